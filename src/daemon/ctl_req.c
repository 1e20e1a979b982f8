/* SPDX-License-Identifier: MIT */
/*
 * ctl_req.c - the private requests of the control socket: files, sysctl, status, ledger, dump, stop (<glassnet/uapi/ctl.h>)
 *
 * Theory of operation
 *   Each request type is a row: the attributes it takes and its handler. A request is parsed with libnl; an attribute that the row does not take is
 *   refused by name. Handlers add DATA messages to the answer; ctl_request() ends it with DONE, or throws it away for an ERROR.
 * Threads: the main thread (RTNL).
 */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chan/chan_stat.h"
#include "daemon/ctl.h"
#include "drivers/driver.h"
#include "fs/sysctl.h"
#include "kernel/vcpu.h"
#include "tracefs/tracefs.h"

struct ctl_op {
	const char *name;
	int (*run)(struct ctl_req *r, struct nlattr **tb, struct extack *err);
	uint32_t takes, needs; /* bits of GN_ATTR_* */
	bool admin;
};

static int op_read(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_write(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_list(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_sysctl(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_status(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_ledger(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_dump(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_stop(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_trace_claim(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_trace_lttng(struct ctl_req *r, struct nlattr **tb, struct extack *err);
static int op_stat(struct ctl_req *r, struct nlattr **tb, struct extack *err);

#define A(x) (1u << GN_ATTR_##x)
static const struct ctl_op ops[GN_CTL_TYPE_MAX - GN_CTL_BASE] = {
	[GN_CTL_READ - GN_CTL_BASE] = { "read", op_read, A(PATH) | A(ABI), A(PATH), false },
	[GN_CTL_WRITE - GN_CTL_BASE] = { "write", op_write, A(PATH) | A(DATA) | A(TRUNC), A(PATH), true },
	[GN_CTL_LIST - GN_CTL_BASE] = { "list", op_list, A(PATH), A(PATH), false },
	[GN_CTL_SYSCTL - GN_CTL_BASE] = { "sysctl", op_sysctl, A(KEY), 0, false },
	[GN_CTL_STATUS - GN_CTL_BASE] = { "status", op_status, 0, 0, false },
	[GN_CTL_LEDGER - GN_CTL_BASE] = { "ledger", op_ledger, A(RESET), 0, false },
	[GN_CTL_DUMP - GN_CTL_BASE] = { "dump", op_dump, 0, 0, false },
	[GN_CTL_STOP - GN_CTL_BASE] = { "stop", op_stop, 0, 0, true },
	[GN_CTL_TRACE_CLAIM - GN_CTL_BASE] = { "claim the tracer", op_trace_claim, A(NAME), 0, true },
	[GN_CTL_TRACE_LTTNG - GN_CTL_BASE] = { "attach LTTng", op_trace_lttng, 0, 0, true },
	[GN_CTL_STAT - GN_CTL_BASE] = { "stat", op_stat, A(PATH), A(PATH), false },
};

static const char *const attr_names[GN_ATTR_MAX_PLUS1] = { "?",	    "path",  "data",  "name",  "mode",	"key",	"value",
							   "reset", "trunc", "class", "layer", "count", "text", "abi" };

/* --- building the answer --- */

static void flush(struct ctl_req *r)
{
	if (r->len && !r->failed && r->client->send(r->client, r->out, r->len))
		r->failed = true;
	r->len = 0;
}

static void add_msg(struct ctl_req *r, struct nl_msg *msg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);

	if (r->len + NLMSG_ALIGN(nlh->nlmsg_len) > GN_CTL_CHUNK + 4096)
		flush(r);
	memcpy(r->out + r->len, nlh, nlh->nlmsg_len);
	r->len += NLMSG_ALIGN(nlh->nlmsg_len);
}

static struct nl_msg *data_begin(struct ctl_req *r, size_t room)
{
	struct nl_msg *msg = nlmsg_alloc_size(room + 512);
	struct gn_ctl_hdr hdr = { .version = GN_CTL_VERSION };
	struct nlmsghdr *nlh = msg ? nlmsg_put(msg, r->client->portid, r->nlh->nlmsg_seq, GN_CTL_DATA, sizeof(hdr), NLM_F_MULTI) : NULL;

	if (nlh)
		memcpy(nlmsg_data(nlh), &hdr, sizeof(hdr));
	return msg;
}

static int data_end(struct ctl_req *r, struct nl_msg *msg)
{
	if (!msg)
		return -ENOMEM;
	add_msg(r, msg);
	nlmsg_free(msg);
	return r->failed ? -EPIPE : 0;
}

/* Text in chunks. */
static int add_text(struct ctl_req *r, const char *buf, size_t len)
{
	int ret = 0;

	for (size_t off = 0; !ret && (off < len || !off); off += GN_CTL_CHUNK) {
		size_t n = len - off < GN_CTL_CHUNK ? len - off : GN_CTL_CHUNK;
		struct nl_msg *msg = data_begin(r, n);

		if (msg)
			nla_put(msg, GN_ATTR_DATA, (int)n, buf + off);
		ret = data_end(r, msg);
	}
	return ret;
}

void ctl_reply_error(struct ctl_req *r, int error, const char *text)
{
	struct nl_msg *msg = nlmsg_alloc_size(1024);
	struct nlmsgerr e = { .error = error, .msg = *r->nlh };
	int flags = NLM_F_CAPPED | (error && text ? NLM_F_ACK_TLVS : 0);
	struct nlmsghdr *nlh = msg ? nlmsg_put(msg, r->client->portid, r->nlh->nlmsg_seq, NLMSG_ERROR, sizeof(e), flags) : NULL;

	r->len = 0; /* what was gathered is not sent any more */
	if (nlh) {
		memcpy(nlmsg_data(nlh), &e, sizeof(e));
		if (error && text)
			nla_put_string(msg, NLMSGERR_ATTR_MSG, text);
		add_msg(r, msg);
	}
	nlmsg_free(msg);
	flush(r);
}

static void reply_done(struct ctl_req *r)
{
	struct nl_msg *msg = nlmsg_alloc_size(64);
	int zero = 0;
	struct nlmsghdr *nlh = msg ? nlmsg_put(msg, r->client->portid, r->nlh->nlmsg_seq, NLMSG_DONE, sizeof(zero), NLM_F_MULTI) : NULL;

	if (nlh) {
		memcpy(nlmsg_data(nlh), &zero, sizeof(zero));
		add_msg(r, msg);
	}
	nlmsg_free(msg);
	flush(r);
}

/* --- one request --- */

/* Header, version, attributes: 0 or -errno with text. */
static int parse(const struct nlmsghdr *nlh, const struct ctl_op *op, struct nlattr **tb, struct extack *err)
{
	static const struct nla_policy policy[GN_ATTR_MAX_PLUS1] = {
		[GN_ATTR_PATH] = { .type = NLA_STRING, .minlen = 1, .maxlen = 4096 },
		[GN_ATTR_NAME] = { .type = NLA_STRING, .minlen = 1, .maxlen = 40 },
		[GN_ATTR_KEY] = { .type = NLA_STRING, .minlen = 1, .maxlen = 512 },
		[GN_ATTR_RESET] = { .type = NLA_FLAG },
		[GN_ATTR_TRUNC] = { .type = NLA_FLAG },
		[GN_ATTR_ABI] = { .type = NLA_U32 },
	};
	const struct gn_ctl_hdr *hdr = nlmsg_data(nlh);
	const struct nlattr *a;
	int rem;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*hdr)) {
		extack_set(err, "request %s is too short", op->name);
		return -EINVAL;
	}
	if (hdr->version != GN_CTL_VERSION) {
		extack_set(err, "control protocol %u, this daemon speaks %u", hdr->version, GN_CTL_VERSION);
		return -EPROTO;
	}
	nlmsg_for_each_attr(a, nlh, sizeof(*hdr), rem) {
		int type = nla_type(a);

		if (type > GN_ATTR_MAX || !(op->takes & 1u << type)) {
			extack_set(err, "request %s does not take attribute %d (%s)", op->name, type, type <= GN_ATTR_MAX ? attr_names[type] : "?");
			return -EINVAL;
		}
	}
	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)nlh, sizeof(*hdr), tb, GN_ATTR_MAX, policy) < 0) {
		extack_set(err, "request %s is malformed", op->name);
		return -EINVAL;
	}
	for (int i = 1; i <= GN_ATTR_MAX; i++) {
		if ((op->needs & 1u << i) && !tb[i]) {
			extack_set(err, "request %s needs a %s", op->name, attr_names[i]);
			return -EINVAL;
		}
		/* strings must end where they say */
		if (tb[i] && (i == GN_ATTR_PATH || i == GN_ATTR_KEY || i == GN_ATTR_NAME) && !memchr(nla_data(tb[i]), 0, (size_t)nla_len(tb[i]))) {
			extack_set(err, "the %s of request %s does not end", attr_names[i], op->name);
			return -EINVAL;
		}
	}
	return 0;
}

void ctl_request(struct ctl *c, struct nl_client *client, const struct nlmsghdr *nlh)
{
	struct ctl_req *r = calloc(1, sizeof(*r));
	unsigned i = nlh->nlmsg_type - GN_CTL_BASE;
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	struct extack why = { "" };
	int ret;

	if (!r)
		return;
	r->ctl = c;
	r->client = client;
	r->nlh = nlh;
	if (i >= ARRAY_SIZE(ops) || !ops[i].run) {
		extack_set(&why, "request %u is not known to this daemon", nlh->nlmsg_type);
		ret = -EOPNOTSUPP;
	} else if (ops[i].admin && !client->admin) {
		extack_set(&why, "only root and the daemon's own user may %s", ops[i].name);
		ret = -EPERM;
	} else {
		ret = parse(nlh, &ops[i], tb, &why);
		if (!ret)
			ret = ops[i].run(r, tb, &why);
	}
	if (ret < 0)
		ctl_reply_error(r, ret, why.msg[0] ? why.msg : strerror(-ret));
	else if (r->started)
		reply_done(r);
	else
		ctl_reply_error(r, 0, NULL);
	free(r);
}

/* --- files --- */

static int op_read(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	struct net *net = r->ctl->d->net;
	const char *path = nla_data(tb[GN_ATTR_PATH]);
	struct seq_file m;
	int ret = tracefs_may_read(net, r->client, r->client->admin, path, err);

	if (ret)
		return ret;
	if (net->before_read)
		net->before_read(net);
	seq_init(&m, &net->m.kmem);
	m.abi = tb[GN_ATTR_ABI] ? (int)nla_get_u32(tb[GN_ATTR_ABI]) : net->abi;
	ret = vfs_read(&net->vfs, path, &m);
	if (!ret)
		ret = m.error;
	if (!ret) {
		r->started = true;
		ret = add_text(r, m.buf, m.count);
	} else {
		extack_set(err, "%s: %s", path, strerror(-ret));
	}
	seq_release(&m);
	return ret;
}

static int op_write(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	struct net *net = r->ctl->d->net;
	const char *path = nla_data(tb[GN_ATTR_PATH]);
	int ret = tracefs_may_write(net, r->client, path, err);

	if (!ret && tb[GN_ATTR_TRUNC])
		ret = vfs_truncate(&net->vfs, path, err);
	else if (!ret)
		ret = vfs_may_write(&net->vfs, path, err);
	if (!ret && tb[GN_ATTR_DATA])
		ret = vfs_write(&net->vfs, path, nla_data(tb[GN_ATTR_DATA]), (size_t)nla_len(tb[GN_ATTR_DATA]), err);
	if (ret && !err->msg[0])
		extack_set(err, "%s: %s", path, strerror(-ret));
	net_changed(net); /* a setting, perhaps */
	trace_thread_poke(r->ctl->d);
	return ret;
}

static int op_stat(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	const char *path = nla_data(tb[GN_ATTR_PATH]);
	struct vfs_stat st;
	struct nl_msg *msg;
	int ret = vfs_stat(&r->ctl->d->net->vfs, path, &st);

	if (ret) {
		extack_set(err, "%s: %s", path, strerror(-ret));
		return ret;
	}
	r->started = true;
	msg = data_begin(r, 64);
	if (msg) {
		nla_put_u32(msg, GN_ATTR_MODE, st.mode);
		nla_put_u64(msg, GN_ATTR_COUNT, st.ino);
	}
	return data_end(r, msg);
}

static int list_one(void *ctx, const char *name, unsigned mode)
{
	struct ctl_req *r = ctx;
	struct nl_msg *msg = data_begin(r, 512);

	if (msg) {
		nla_put_string(msg, GN_ATTR_NAME, name);
		nla_put_u32(msg, GN_ATTR_MODE, mode);
	}
	return data_end(r, msg);
}

static int op_list(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	const char *path = nla_data(tb[GN_ATTR_PATH]);
	int ret;

	r->started = true;
	ret = vfs_readdir(&r->ctl->d->net->vfs, path, list_one, r);
	if (ret)
		extack_set(err, "%s: %s", path, strerror(-ret));
	return ret;
}

static int sysctl_one(void *ctx, const char *key, const char *value, const struct ctl_table *row)
{
	struct ctl_req *r = ctx;
	struct nl_msg *msg = data_begin(r, 4096);

	if (msg) {
		nla_put_string(msg, GN_ATTR_KEY, key);
		nla_put_string(msg, GN_ATTR_VALUE, value);
		if (row && row->doc)
			nla_put_string(msg, GN_ATTR_TEXT, row->doc);
	}
	return data_end(r, msg);
}

static int op_sysctl(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	struct net *net = r->ctl->d->net;
	struct seq_file m;
	const char *key;
	int ret;

	r->started = true;
	if (!tb[GN_ATTR_KEY])
		return sysctl_for_each(&net->vfs, sysctl_one, r);
	key = nla_data(tb[GN_ATTR_KEY]);
	seq_init(&m, &net->m.kmem);
	ret = sysctl_read(&net->vfs, key, &m);
	if (!ret)
		ret = m.error;
	if (ret) {
		extack_set(err, "%s: %s", key, ret == -ENOENT ? "no such key" : strerror(-ret));
	} else {
		if (m.count && m.buf[m.count - 1] == '\n')
			m.count--;
		seq_putc(&m, '\0');
		ret = m.error ? m.error : sysctl_one(r, key, m.buf, sysctl_find(&net->vfs, key));
	}
	seq_release(&m);
	return ret;
}

/* --- the daemon --- */

static int op_status(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	struct daemon *d = r->ctl->d;
	struct net_device *dev;
	struct seq_file m;
	int ret;

	(void)tb;
	(void)err;
	seq_init(&m, &d->net->m.kmem);
	seq_printf(&m, "version=%s\nname=%s\npid=%d\nuptime_s=%.3f\ncpus=%u\nhz=%u\nsocket=%s\nclients=%u\nsockets=%ld\n", PACKAGE_VERSION,
		   d->opt.name, (int)getpid(), (double)(machine_now(&d->net->m) - d->started_ns) / 1e9, d->net->m.nr_cpus, d->net->m.hz,
		   d->socket_path, r->ctl->n_clients, d->net->sockets_inuse);
	if (d->chan)
		seq_printf(&m, "program_sockets=%u\nprogram_malformed=%lu\nprogram_unknown_options=%lu\n", chan_ports(d->chan),
			   chan_malformed(d->chan), chan_unknown_options(d->chan));
	for_each_netdev(d->net, dev)
		seq_printf(&m, "device=%s %s%s\n", dev->name, dev->flags & IFF_UP ? "up" : "down", netif_carrier_ok(dev) ? "" : " no-carrier");
	r->started = true;
	ret = m.error ? m.error : add_text(r, m.buf, m.count);
	seq_release(&m);
	return ret;
}

static int op_dump(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	struct daemon *d = r->ctl->d;
	struct seq_file m;
	int ret;

	(void)tb;
	(void)err;
	seq_init(&m, &d->net->m.kmem);
	ret = dump_config(d, &m);
	r->started = true;
	if (!ret)
		ret = add_text(r, m.buf, m.count);
	seq_release(&m);
	return ret;
}

static int op_stop(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	(void)tb;
	(void)err;
	ev_break(r->ctl->d->loop, EVBREAK_ALL);
	return 0;
}

/* The tracer is the client's until its connection ends, however that happens. */
static int op_trace_claim(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	char name[41] = "a client", who[64];
	int ret;

	if (tb[GN_ATTR_NAME])
		snprintf(name, sizeof(name), "%s", (const char *)nla_data(tb[GN_ATTR_NAME]));
	for (char *p = name; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	snprintf(who, sizeof(who), "%s, pid %d", name, (int)ctl_client_pid(r->client));
	ret = tracefs_claim(r->ctl->d->net, r->client, who, err);
	trace_thread_poke(r->ctl->d);
	return ret;
}

static int op_trace_lttng(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	struct daemon *d = r->ctl->d;
	struct seq_file m;
	int ret = lttng_load(d, err);

	(void)tb;
	if (ret)
		return ret;
	seq_init(&m, &d->net->m.kmem);
	lttng_state(d, &m);
	r->started = true;
	ret = m.error ? m.error : add_text(r, m.buf, m.count);
	seq_release(&m);
	return ret;
}

/* --- the ledger --- */

static int ledger_row(struct ctl_req *r, unsigned class, const char *layer, const char *name, uint64_t count, const char *text)
{
	struct nl_msg *msg = data_begin(r, 512);

	if (msg) {
		nla_put_u32(msg, GN_ATTR_CLASS, class);
		nla_put_string(msg, GN_ATTR_LAYER, layer);
		nla_put_string(msg, GN_ATTR_NAME, name);
		nla_put_u64(msg, GN_ATTR_COUNT, count);
		nla_put_string(msg, GN_ATTR_TEXT, text);
	}
	return data_end(r, msg);
}

static const struct {
	const char *name, *text;
} verdicts[VERDICT_MAX] = {
	[VERDICT_ENTERED] = { "entered", "came into the books" },
	[VERDICT_DELIVERED] = { "delivered", "to at least one socket" },
	[VERDICT_CONSUMED] = { "consumed", "by the stack itself: ARP, ICMP, IGMP, taps" },
	[VERDICT_FORWARDED] = { "forwarded", "sent on to another host" },
	[VERDICT_SENT] = { "sent", "handed to a device" },
	[VERDICT_MERGED] = { "merged", "became part of another: fragments, GRO" },
	[VERDICT_DROPPED] = { "dropped", "by the reasons below" },
}, queues[HELD_MAX] = {
	[HELD_BACKLOG] = { "cpu-backlog", "waiting for process_backlog" },
	[HELD_SOCKET_BACKLOG] = { "socket-backlog", "waiting for the owner of a locked socket" },
	[HELD_QDISC] = { "qdisc", "waiting to be sent" },
	[HELD_NEIGH] = { "neighbour", "waiting for a link-layer address" },
	[HELD_FRAG] = { "fragments", "waiting for the rest of a datagram" },
	[HELD_GRO] = { "gro", "waiting for more of its flow" },
	[HELD_TXRING] = { "txring", "in a driver's hands" },
};

/* @now less what was there at the last reset; held packets of then are carried over as entered. */
static void ledger_since(struct cpu_stats *now, const struct cpu_stats *base)
{
	for (int c = 1; c < LEDGER_CLASS_MAX; c++) {
		for (int v = 0; v < VERDICT_MAX; v++)
			now->ledger[c][v] -= base->ledger[c][v];
		for (int q = 0; q < HELD_MAX; q++)
			now->ledger[c][VERDICT_ENTERED] += base->held_in[c][q] - base->held_out[c][q];
	}
	for (int c = 0; c < LEDGER_CLASS_MAX; c++)
		for (int i = 0; i < SKB_DROP_REASON_MAX; i++)
			now->drop[c][i] -= base->drop[c][i];
}

static int ledger_rows(struct ctl_req *r, const struct cpu_stats *sum)
{
	int ret = 0;

	for (unsigned c = 0; c < LEDGER_CLASS_MAX; c++) {
		for (int v = 0; c && v < VERDICT_MAX; v++)
			ret |= ledger_row(r, c, "verdict", verdicts[v].name, sum->ledger[c][v], verdicts[v].text);
		for (int q = 0; c && q < HELD_MAX; q++)
			ret |= ledger_row(r, c, "held", queues[q].name, sum->held_in[c][q] - sum->held_out[c][q], queues[q].text);
		for (int i = 0; i < SKB_DROP_REASON_MAX; i++)
			if (sum->drop[c][i])
				ret |= ledger_row(r, c, drop_layer_name[drop_table[i].layer], drop_table[i].name, sum->drop[c][i],
						  drop_table[i].text);
	}
	return ret ? -ENOMEM : 0;
}

static int op_ledger(struct ctl_req *r, struct nlattr **tb, struct extack *err)
{
	struct ctl *c = r->ctl;
	struct cpu_stats *sum;
	int ret;

	if (tb[GN_ATTR_RESET] && !r->client->admin) {
		extack_set(err, "only root and the daemon's own user may reset the ledger");
		return -EPERM;
	}
	sum = calloc(2, sizeof(*sum));
	if (!sum)
		return -ENOMEM;
	stats_fold(c->d->net, sum);
	sum[1] = sum[0];
	if (c->base)
		ledger_since(sum, c->base);
	r->started = true;
	ret = ledger_rows(r, sum);
	if (!ret && tb[GN_ATTR_RESET]) {
		if (!c->base)
			c->base = malloc(sizeof(*c->base));
		if (c->base)
			*c->base = sum[1];
		else
			ret = -ENOMEM;
	}
	free(sum);
	return ret;
}
