/* SPDX-License-Identifier: MIT */
/*
 * rtnl_neigh.c - neighbours over rtnetlink: RTM_GETNEIGH, RTM_NEWNEIGH, RTM_DELNEIGH
 *
 * Called by rtnetlink.c; looks for the table of the family in net->neigh_tables. Entries belong to
 * vCPUs: changes run inside vCPU 0 through smp_call(), dumps read under RCU, each entry under its
 * lock.
 * Owns: notifications that wait for RTNL. Threads: RTNL; __neigh_notify() the vCPU in which an
 * entry changed.
 * Refuses: as Linux: ENOENT without NLM_F_CREATE, EEXIST with NLM_F_EXCL; proxy entries
 * (EOPNOTSUPP); a state that is no single NUD_* or that only asking can lead to (INCOMPLETE):
 * EINVAL.
 * Mirrors: neigh_add(), neigh_delete(), neigh_dump_info() of net/core/neighbour.c.
 */
#include <errno.h>
#include <linux/neighbour.h>

#include "core/neigh_impl.h"
#include "core/rtnl_impl.h"
#include "kernel/slab.h"
#include "kernel/smp.h"

#define USER_HZ 100
#define NEIGH_NEWS_MAX 4096 /* that wait for RTNL */

/* What a request asks of vCPU 0, and the answer. */
struct neigh_order {
	struct neigh_table *tbl;
	struct net_device *dev;
	const void *key;
	const uint8_t *lladdr;
	uint16_t nlmsg_flags;
	uint8_t state, ntf;
	struct neighbour *n; /* with a reference: what was changed */
	int err;
};

struct neigh_dump {
	struct nl_req *req;
	int ifindex;
};

static int rtnl_getneigh(struct nl_req *req);
static int rtnl_dumpneigh(struct nl_req *req);
static int rtnl_newneigh(struct nl_req *req);
static int rtnl_delneigh(struct nl_req *req);
static int neigh_parse(struct nl_req *req, const struct ndmsg **ret_ndm, const struct nlattr **tb);
static int neigh_target(struct nl_req *req, const struct ndmsg *ndm, const struct nlattr **tb,
			struct neigh_order *order);
static void neigh_add_order(void *arg);
static void neigh_del_order(void *arg);
static void neigh_remove_order(void *n);
static void neigh_dump_one(struct neighbour *n, void *arg);
static void neigh_fill(struct nl_buf *b, struct neighbour *n, uint32_t portid, uint32_t seq,
		       int type, int flags);
static void neigh_news_rcu(struct rcu_head *head);

static const struct nlb_policy neigh_policy[NDA_MAX + 1] = {
	[NDA_DST] = { NLA_BINARY_T, 16 },
	[NDA_LLADDR] = { NLA_BINARY_T, MAX_ADDR_LEN },
	[NDA_PROBES] = { NLA_U32_T, 4 },
	[NDA_IFINDEX] = { NLA_U32_T, 4 },
	[NDA_PROTOCOL] = { NLA_U8_T, 1 },
};

/* --- get --- */

static int rtnl_getneigh(struct nl_req *req)
{
	const struct nlattr *tb[NDA_MAX + 1];
	struct neigh_order order = { 0 };
	const struct ndmsg *ndm;
	int ret = neigh_parse(req, &ndm, tb);

	if (!ret)
		ret = neigh_target(req, ndm, tb, &order);
	if (ret)
		return ret;
	order.n = neigh_lookup(order.tbl, order.key, order.dev);
	if (!order.n)
		return extack_fail(req->err, -ENOENT, "no such neighbour");
	neigh_fill(req->out, order.n, req->client->portid, req->nlh->nlmsg_seq, RTM_NEWNEIGH, 0);
	neigh_release(order.n);
	return 0;
}

static int rtnl_dumpneigh(struct nl_req *req)
{
	const struct nlattr *tb[NDA_MAX + 1];
	struct neigh_dump dump = { .req = req };
	const struct ndmsg *ndm;
	struct neigh_table *tbl;
	int family = ((const struct rtgenmsg *)NLMSG_DATA(req->nlh))->rtgen_family;

	/* old programs send a struct rtgenmsg only */
	if (req->nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(*ndm))) {
		int ret = neigh_parse(req, &ndm, tb);

		if (ret)
			return ret;
		if (ndm->ndm_flags & NTF_PROXY)
			return 0; /* there are none */
		if (tb[NDA_IFINDEX])
			dump.ifindex = (int)nlb_get_u32(tb[NDA_IFINDEX]);
	}
	list_for_each_entry(tbl, &req->net->neigh_tables, link)
		if (family == AF_UNSPEC || family == tbl->family)
			neigh_for_each(tbl, neigh_dump_one, &dump);
	return 0;
}

static void neigh_dump_one(struct neighbour *n, void *arg)
{
	struct neigh_dump *dump = arg;
	struct nl_req *req = dump->req;

	if (dump->ifindex && n->dev->ifindex != dump->ifindex)
		return;
	neigh_fill(req->out, n, req->client->portid, req->nlh->nlmsg_seq, RTM_NEWNEIGH,
		   NLM_F_MULTI);
}

static int neigh_parse(struct nl_req *req, const struct ndmsg **ret_ndm, const struct nlattr **tb)
{
	const void *attrs;
	size_t len;

	*ret_ndm = nlb_header(req, sizeof(**ret_ndm), &attrs, &len, req->err);
	if (!*ret_ndm)
		return -EINVAL;
	return nlb_parse(tb, NDA_MAX, attrs, len, neigh_policy, false, req->err);
}

/* Table, device and key that a request names. */
static int neigh_target(struct nl_req *req, const struct ndmsg *ndm, const struct nlattr **tb,
			struct neigh_order *order)
{
	struct neigh_table *tbl;

	if (!tb[NDA_DST])
		return extack_fail(req->err, -EINVAL, "no network address given");
	if (ndm->ndm_ifindex) {
		order->dev = __dev_get_by_index(req->net, ndm->ndm_ifindex);
		if (!order->dev)
			return -ENODEV;
	}
	list_for_each_entry(tbl, &req->net->neigh_tables, link)
		if (tbl->family == ndm->ndm_family)
			order->tbl = tbl;
	if (!order->tbl)
		return -EAFNOSUPPORT;
	if (nlb_len(tb[NDA_DST]) < (int)order->tbl->key_len)
		return extack_fail(req->err, -EINVAL, "network address is too short");
	if (ndm->ndm_flags & NTF_PROXY)
		return extack_fail(req->err, -EOPNOTSUPP, "no proxy entries here");
	if (!order->dev)
		return extack_fail(req->err, -EINVAL, "no device given");
	order->key = nlb_data(tb[NDA_DST]);
	return 0;
}

/* --- change --- */

static int rtnl_newneigh(struct nl_req *req)
{
	const struct nlattr *tb[NDA_MAX + 1];
	struct neigh_order order = { .nlmsg_flags = req->nlh->nlmsg_flags };
	const struct ndmsg *ndm;
	int ret = neigh_parse(req, &ndm, tb);

	if (!ret)
		ret = neigh_target(req, ndm, tb, &order);
	if (ret)
		return ret;
	if (tb[NDA_LLADDR]) {
		if (nlb_len(tb[NDA_LLADDR]) < order.dev->addr_len)
			return extack_fail(req->err, -EINVAL, "link-layer address is too short");
		order.lladdr = nlb_data(tb[NDA_LLADDR]);
	}
	if (ndm->ndm_state & ~0xff || hweight32(ndm->ndm_state) > 1 ||
	    ndm->ndm_state == NUD_INCOMPLETE)
		return extack_fail(req->err, -EINVAL, "0x%x is no state to set", ndm->ndm_state);
	order.state = (uint8_t)ndm->ndm_state;
	order.ntf = ndm->ndm_flags;
	smp_call(&req->net->m, 0, neigh_add_order, &order);
	if (order.n)
		neigh_release(order.n);
	if (order.err == -EINVAL)
		extack_set(req->err, "no link-layer address given");
	return order.err;
}

static void neigh_add_order(void *arg)
{
	struct neigh_order *o = arg;
	uint32_t flags = NEIGH_UPDATE_F_ADMIN | NEIGH_UPDATE_F_OVERRIDE;

	o->n = neigh_lookup(o->tbl, o->key, o->dev);
	if (!o->n) {
		o->err = -ENOENT;
		if (!(o->nlmsg_flags & NLM_F_CREATE))
			return;
		o->n = __neigh_create(o->tbl, o->key, o->dev, true);
		o->err = -ENOBUFS;
		if (!o->n)
			return;
	} else {
		o->err = -EEXIST;
		if (o->nlmsg_flags & NLM_F_EXCL)
			return;
		if (!(o->nlmsg_flags & NLM_F_REPLACE))
			flags &= ~(uint32_t)NEIGH_UPDATE_F_OVERRIDE;
	}
	if (o->ntf & NTF_USE) {
		neigh_event_send(o->n, NULL);
		o->err = 0;
	} else {
		o->err = neigh_update(o->n, o->lladdr, o->state, flags);
	}
}

static int rtnl_delneigh(struct nl_req *req)
{
	const struct nlattr *tb[NDA_MAX + 1];
	struct neigh_order order = { 0 };
	const struct ndmsg *ndm;
	int ret = neigh_parse(req, &ndm, tb);

	if (!ret)
		ret = neigh_target(req, ndm, tb, &order);
	if (ret)
		return ret;
	smp_call(&req->net->m, 0, neigh_del_order, &order);
	if (!order.n)
		return -ENOENT;
	smp_call(&req->net->m, 0, neigh_remove_order, order.n);
	return order.err;
}

static void neigh_del_order(void *arg)
{
	struct neigh_order *o = arg;

	o->n = neigh_lookup(o->tbl, o->key, o->dev);
	if (o->n)
		o->err = neigh_update(o->n, NULL, NUD_FAILED,
				      NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
}

static void neigh_remove_order(void *n)
{
	neigh_remove_one(n);
}

/* --- messages --- */

static uint32_t clock_since(const struct net *net, unsigned long now, unsigned long then)
{
	return (uint32_t)((now - then) * USER_HZ / net->m.hz);
}

static void neigh_fill(struct nl_buf *b, struct neighbour *n, uint32_t portid, uint32_t seq,
		       int type, int flags)
{
	struct net *net = n->tbl->net;
	unsigned long now = machine_jiffies(&net->m, machine_now(&net->m));
	struct ndmsg *ndm = nlb_msg(b, portid, seq, type, sizeof(*ndm), flags);
	struct nda_cacheinfo ci;
	uint8_t ha[MAX_ADDR_LEN], state;

	if (!ndm)
		return;
	spin_lock(&n->lock);
	state = n->nud_state;
	memcpy(ha, n->ha, sizeof(ha));
	ci.ndm_used = clock_since(net, now, n->used);
	ci.ndm_confirmed = clock_since(net, now, n->confirmed);
	ci.ndm_updated = clock_since(net, now, n->updated);
	ci.ndm_refcnt = (uint32_t)atomic_read(&n->refcnt) - 1;
	spin_unlock(&n->lock);
	ndm->ndm_family = (uint8_t)n->tbl->family;
	ndm->ndm_flags = n->flags;
	ndm->ndm_type = n->type;
	ndm->ndm_ifindex = n->dev->ifindex;
	ndm->ndm_state = state;
	nlb_put(b, NDA_DST, (int)n->tbl->key_len, n->primary_key);
	if (state & NUD_VALID)
		nlb_put(b, NDA_LLADDR, n->dev->addr_len, ha);
	nlb_put(b, NDA_CACHEINFO, sizeof(ci), &ci);
	nlb_put_u32(b, NDA_PROBES, (uint32_t)atomic_read(&n->probes));
	nlb_msg_end(b);
}

/* What happens in vCPUs is written down there and sent by RTNL, which has the clients: it collects garbage anyway. */
struct neigh_news {
	struct rcu_head rcu;
	struct nl_buf b;
};

void __neigh_notify(struct neighbour *n, int type)
{
	struct net *net = n->tbl->net;
	struct neigh_news *news = NULL;

	if (READ_ONCE(net->rtnl->neigh_news) < NEIGH_NEWS_MAX)
		news = kzalloc(&net->m, sizeof(*news));
	if (!news) {
		WRITE_ONCE(net->rtnl->neigh_lost, true);
		return;
	}
	nl_buf_init(&news->b, net);
	neigh_fill(&news->b, n, 0, 0, type, 0);
	__atomic_fetch_add(&net->rtnl->neigh_news, 1, __ATOMIC_RELAXED);
	call_rcu(&net->m, &news->rcu, neigh_news_rcu);
}

static void neigh_news_rcu(struct rcu_head *head)
{
	struct neigh_news *news = container_of(head, struct neigh_news, rcu);
	struct net *net = news->b.net;

	__atomic_fetch_sub(&net->rtnl->neigh_news, 1, __ATOMIC_RELAXED);
	rtnl_notify(net, &news->b, RTMGRP_NEIGH, NULL);
	if (news->b.error || __atomic_exchange_n(&net->rtnl->neigh_lost, false, __ATOMIC_RELAXED))
		rtnl_notify_lost(net, RTMGRP_NEIGH);
	nl_buf_free(&news->b);
	kfree(&net->m, news);
}

static const struct rtnl_handler neigh_handlers[] = {
	{ .type = RTM_GETNEIGH, .doit = rtnl_getneigh, .dumpit = rtnl_dumpneigh },
	{ .type = RTM_NEWNEIGH, .doit = rtnl_newneigh },
	{ .type = RTM_DELNEIGH, .doit = rtnl_delneigh },
};

int rtnl_neigh_init(struct net *net)
{
	return rtnl_register(net, neigh_handlers, ARRAY_SIZE(neigh_handlers));
}
