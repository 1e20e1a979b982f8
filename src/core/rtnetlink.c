/* SPDX-License-Identifier: MIT */
/*
 * rtnetlink.c - requests of the control protocol to their handlers, answers and notifications to
 * clients
 *
 * Called by the daemon and by chan with one datagram of a client; calls the handlers that rooms
 * registered with rtnl_register(). A request is copied once (aligned, and no longer the client's),
 * checked here, and handled to its end before the next.
 * Owns: the table of handlers, the list of subscribers, the copy of the request, the answer until
 * it is sent.
 * Threads: RTNL. Refuses: changes by a client without rights (EPERM), unknown types (EOPNOTSUPP),
 * messages whose length lies: these end the datagram without a word, as in Linux. A dump is made
 * whole and then cut at message borders into datagrams of at most 8 KiB. RFC 3549. Mirrors:
 * net/core/rtnetlink.c, net/netlink/af_netlink.c.
 */
#include "core/rtnetlink.h"

#include <errno.h>

#include "core/rtnl_impl.h"
#include "kernel/slab.h"

#define NL_DUMP_DATAGRAM 8192

static int rtnetlink_rcv_msg(struct nl_req *req);
static int rtnl_dump(struct nl_req *req, int family);
static int rtnl_dump_send(struct nl_req *req);
static const struct rtnl_handler *rtnl_find(const struct rtnl_link *rtnl, int type, int family);
static void rtnl_send_all(struct nl_client *c, const struct nl_buf *b);
static void netlink_ack(struct nl_req *req, int error);
static void netlink_ack_short(const struct nl_req *req, int error);

int rtnetlink_rcv(struct net *net, struct nl_client *c, const void *buf, size_t len)
{
	struct extack err;
	struct nl_buf out;
	struct nl_req req = { .net = net, .client = c, .out = &out, .err = &err };
	char *copy, *p;
	int handled = 0, ret;

	if (len < NLMSG_HDRLEN)
		return 0;
	nl_buf_init(&out, net);
	copy = kzalloc(&net->m, len);
	if (!copy) {
		struct nlmsghdr first;

		memcpy(&first, buf, sizeof(first));
		req.nlh = &first;
		netlink_ack_short(&req, -ENOBUFS);
		return 0;
	}
	memcpy(copy, buf, len);
	for (p = copy; len >= NLMSG_HDRLEN; handled++) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)p;
		size_t step;

		if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > len)
			break;
		req.nlh = nlh;
		extack_init(&err);
		ret = 0;
		if (nlh->nlmsg_flags & NLM_F_REQUEST && nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			ret = rtnetlink_rcv_msg(&req);
		if (ret <= 0 && (ret || nlh->nlmsg_flags & NLM_F_ACK))
			netlink_ack(&req, ret);
		nl_buf_free(&out);
		step = min_t(size_t, NLMSG_ALIGN(nlh->nlmsg_len), len);
		p += step;
		len -= step;
	}
	kfree(&net->m, copy);
	return handled;
}

/* 0, -errno, or 1: answered to the end, no acknowledgement. */
static int rtnetlink_rcv_msg(struct nl_req *req)
{
	const struct nlmsghdr *nlh = req->nlh;
	const struct rtnl_handler *h;
	int type = nlh->nlmsg_type, family, ret;
	bool get = ((type - RTM_BASE) & 3) == 2;

	if (type < RTM_BASE || type > RTM_MAX)
		return -EOPNOTSUPP;
	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtgenmsg)))
		return 0;
	family = ((const struct rtgenmsg *)NLMSG_DATA(nlh))->rtgen_family;
	if (!get && !req->client->admin)
		return -EPERM;
	if (get && nlh->nlmsg_flags & NLM_F_DUMP)
		return rtnl_dump(req, family);
	h = rtnl_find(req->net->rtnl, type, family);
	if (!h || !h->doit)
		return -EOPNOTSUPP;
	ret = h->doit(req);
	if (ret > 0)
		ret = 0;
	if (!ret && req->out->error)
		ret = req->out->error;
	if (!ret)
		rtnl_send_all(req->client, req->out);
	return ret;
}

static const struct rtnl_handler *rtnl_find(const struct rtnl_link *rtnl, int type, int family)
{
	const struct rtnl_handler *any = NULL;

	for (int i = 0; i < rtnl->n; i++) {
		const struct rtnl_handler *h = rtnl->tab[i];

		if (h->type != type)
			continue;
		if (h->family == family)
			return h;
		if (h->family == AF_UNSPEC)
			any = h;
	}
	return any;
}

/* AF_UNSPEC asks all families; a family that is not here has nothing to tell. */
static int rtnl_dump(struct nl_req *req, int family)
{
	const struct rtnl_link *rtnl = req->net->rtnl;
	const struct rtnl_handler *h = rtnl_find(rtnl, req->nlh->nlmsg_type, family);
	bool known = false;
	int ret;

	if (req->client->dump_waits)
		return extack_fail(req->err, -EBUSY, "a dump is not read to its end yet");
	if (h && h->dumpit) {
		ret = h->dumpit(req);
		return ret < 0 ? ret : rtnl_dump_send(req);
	}
	for (int i = 0; i < rtnl->n; i++) {
		h = rtnl->tab[i];
		if (h->type != req->nlh->nlmsg_type || !h->dumpit)
			continue;
		known = true;
		if (family != AF_UNSPEC)
			continue;
		ret = h->dumpit(req);
		if (ret < 0)
			return ret;
	}
	return known ? rtnl_dump_send(req) : -EOPNOTSUPP;
}

static int rtnl_dump_send(struct nl_req *req)
{
	struct nl_client *c = req->client;
	size_t from = 0, to = 0, room = c->dump_room ? c->dump_room : NL_DUMP_DATAGRAM;
	struct nl_buf *out = req->out;
	int *done;

	done = nlb_msg(out, c->portid, req->nlh->nlmsg_seq, NLMSG_DONE, sizeof(*done),
			 NLM_F_MULTI);
	nlb_msg_end(out);
	if (out->error)
		return out->error;
	c->dumping = true;
	while (to < out->len) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)(out->buf + to);

		nlh->nlmsg_flags |= NLM_F_MULTI;
		if (to > from && to + nlh->nlmsg_len - from > room) {
			if (c->send(c, out->buf + from, to - from) < 0)
				goto out; /* it does not listen: the rest is lost too */
			from = to;
		}
		to += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	c->send(c, out->buf + from, to - from);
out:
	c->dumping = false;
	return 1;
}

/* Each message of @b as a datagram. */
static void rtnl_send_all(struct nl_client *c, const struct nl_buf *b)
{
	for (size_t at = 0; at < b->len;) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)(b->buf + at);

		if (c->send(c, nlh, nlh->nlmsg_len) < 0)
			return;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
}

/*
 * NLMSG_ERROR: the verdict, the request (its header only, when all is well or the client wants it
 * so), the text.
 */
static void netlink_ack(struct nl_req *req, int error)
{
	const struct nlmsghdr *nlh = req->nlh;
	const struct nl_client *c = req->client;
	size_t quote = error && !c->cap_ack ? nlh->nlmsg_len : sizeof(*nlh);
	bool text = c->ext_ack && req->err->msg[0];
	struct nlmsgerr *e;
	struct nl_buf b;
	int flags = 0;

	if (quote == sizeof(*nlh))
		flags |= NLM_F_CAPPED;
	if (text)
		flags |= NLM_F_ACK_TLVS;
	nl_buf_init(&b, req->net);
	e = nlb_msg(&b, c->portid, nlh->nlmsg_seq, NLMSG_ERROR,
		      (int)(sizeof(e->error) + NLMSG_ALIGN(quote)), flags);
	if (e) {
		e->error = error;
		memcpy(&e->msg, nlh, quote);
		if (text)
			nlb_put_string(&b, NLMSGERR_ATTR_MSG, req->err->msg);
		nlb_msg_end(&b);
	}
	if (b.error)
		netlink_ack_short(req, error);
	else
		rtnl_send_all(req->client, &b);
	nl_buf_free(&b);
}

/* The same where no memory is left. */
static void netlink_ack_short(const struct nl_req *req, int error)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} m = { .h = { .nlmsg_len = sizeof(m), .nlmsg_type = NLMSG_ERROR,
		       .nlmsg_flags = NLM_F_CAPPED, .nlmsg_seq = req->nlh->nlmsg_seq,
		       .nlmsg_pid = req->client->portid },
		.e = { .error = error, .msg = *req->nlh } };

	req->client->send(req->client, &m, sizeof(m));
}

/* --- registration --- */

int rtnl_register(struct net *net, const struct rtnl_handler *h, int n)
{
	struct rtnl_link *rtnl = net->rtnl;

	if (rtnl->n + n > RTNL_HANDLERS_MAX)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		rtnl->tab[rtnl->n++] = &h[i];
	return 0;
}

void rtnl_client_add(struct net *net, struct nl_client *c)
{
	list_add_tail(&c->list, &net->rtnl_groups);
}

void rtnl_client_del(struct net *net, struct nl_client *c)
{
	rtnl_client_groups(net, c, 0);
	list_del(&c->list);
}

/* The union is what others look at before they make a message. */
void rtnl_client_groups(struct net *net, struct nl_client *c, uint32_t groups)
{
	const struct nl_client *o;
	uint32_t all = 0;

	if (c->groups == groups)
		return;
	c->groups = groups;
	list_for_each_entry(o, &net->rtnl_groups, list)
		all |= o->groups;
	WRITE_ONCE(net->rtnl_wanted, all);
}

void rtnl_notify(struct net *net, struct nl_buf *b, uint32_t group, struct nl_client *skip)
{
	struct nl_client *c, *next;

	if (b->error)
		return;
	list_for_each_entry_safe(c, next, &net->rtnl_groups, list)
		if (c != skip && c->groups & group)
			rtnl_send_all(c, b);
}

void rtnl_notify_lost(struct net *net, uint32_t group)
{
	struct nl_client *c;

	list_for_each_entry(c, &net->rtnl_groups, list)
		if (c->groups & group && c->lost)
			c->lost(c);
}

int rtnetlink_init(struct net *net)
{
	int err;

	net->rtnl = kzalloc(&net->m, sizeof(*net->rtnl));
	if (!net->rtnl)
		return -ENOMEM;
	INIT_LIST_HEAD(&net->rtnl->link_ops);
	err = rtnl_link_init(net);
	if (!err)
		err = rtnl_neigh_init(net);
	if (err)
		rtnetlink_exit(net);
	return err;
}

void rtnetlink_exit(struct net *net)
{
	if (!net->rtnl)
		return;
	rtnl_link_exit(net);
	kfree(&net->m, net->rtnl);
	net->rtnl = NULL;
}
