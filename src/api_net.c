/* SPDX-License-Identifier: MIT */
/*
 * api_net.c - the embedding API: a net, its crank, its configuration, its files, hooks and ledger (<glassnet/net.h>)
 *
 * Theory of operation
 *   A thin facade: each call checks its arguments, takes the RTNL or enters a vCPU, and calls the room that does the work. Nothing here is on
 *   the packet path but the hook trampoline.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "api.h"
#include "ipv4/fib.h"
#include "kernel/irq.h"
#include "kernel/smp.h"
#include "netfilter/core.h"
#include "stack.h"

static struct net_device *api_dev(struct gn_net *gn, const char *name, struct extack *err);
static int parse_cidr(const char *text, __be32 *addr, unsigned *plen, struct extack *err);
static int route_config(struct gn_net *gn, const char *dst, const char *via, const char *dev, struct fib_config *cfg, struct extack *err);
static void api_log(void *ctx, int level, const char *line);

/* --- life --- */

struct gn_net *gn_net_create(const struct gn_config *user, char *err, size_t errlen)
{
	struct gn_config cfg = { .size = sizeof(cfg) };
	struct machine_config mc = { 0 };
	struct extack why = { "" };
	struct logger log;
	struct gn_net *gn;

	if (user)
		memcpy(&cfg, user, user->size < sizeof(cfg) ? user->size : sizeof(cfg));
	gn = calloc(1, sizeof(*gn));
	if (!gn) {
		api_error(-ENOMEM, NULL, err, errlen);
		return NULL;
	}
	if (cfg.host) {
		memcpy(&gn->host, cfg.host, cfg.host->size < sizeof(gn->host) ? cfg.host->size : sizeof(gn->host));
		gn->ctx = cfg.ctx;
	} else {
		gn->poll_host = poll_host_new(&gn->host);
		gn->ctx = gn->poll_host;
	}
	if (!gn->host.clock || (!cfg.host && !gn->poll_host)) {
		extack_set(&why, "%s", cfg.host ? "the host has no clock()" : "out of memory");
		goto fail;
	}
	if (gn->poll_host)
		poll_host_attach(gn->poll_host, gn);
	gn->ops = (struct host_ops){ gn->host.clock, gn->host.kick, gn->host.irq_mask, gn->host.irq_unmask, gn->host.dev_open, gn->host.wait };
	gn->log = cfg.log;
	logger_init(&log, api_log, gn, cfg.log ? (cfg.log_level ? cfg.log_level : LOGLEVEL_WARNING) : -1);
	mc.host = &gn->ops;
	mc.host_ctx = gn->ctx;
	mc.nr_cpus = cfg.cpus ? cfg.cpus : 1;
	mc.hz = cfg.hz;
	mc.log = &log;
	memcpy(mc.seed, cfg.seed, sizeof(mc.seed));
	if (!cfg.deterministic && !(cfg.seed[0] | cfg.seed[1] | cfg.seed[2] | cfg.seed[3]) &&
	    getrandom(mc.seed, sizeof(mc.seed), 0) != sizeof(mc.seed)) {
		extack_set(&why, "getrandom: %s", strerror(errno));
		goto fail;
	}
	task_init(&gn->task, "app", 0, gn->host.wait);
	gn->net = net_create(&mc, &why);
	if (gn->net)
		return gn;
fail:
	api_error(-EINVAL, &why, err, errlen);
	poll_host_free(gn->poll_host);
	free(gn);
	return NULL;
}

unsigned long gn_net_destroy(struct gn_net *gn)
{
	unsigned long leaks;

	if (!gn)
		return 0;
	leaks = net_destroy(gn->net);
	poll_host_free(gn->poll_host);
	free(gn);
	return leaks;
}

void gn_net_claim(struct gn_net *gn)
{
	rtnl_claim(&gn->net->m);
}

static void api_log(void *ctx, int level, const char *line)
{
	struct gn_net *gn = ctx;

	if (gn->log)
		gn->log(gn->ctx, level, line);
}

int api_error(int ret, const struct extack *from, char *err, size_t errlen)
{
	if (ret < 0 && err && errlen)
		snprintf(err, errlen, "%s", from && from->msg[0] ? from->msg : strerror(-ret));
	return ret;
}

/* --- crank --- */

bool api_enter(struct gn_net *gn, unsigned cpu)
{
	if (this_vcpu())
		return false;
	vcpu_enter(gn->net->m.cpu[cpu], &gn->task);
	return true;
}

void api_leave(bool entered)
{
	if (entered)
		vcpu_leave(this_vcpu());
}

void gn_irq(struct gn_net *gn, unsigned vector)
{
	struct vcpu *v = vector < NR_IRQS ? irq_cpu(&gn->net->m, (int)vector) : NULL;

	if (v)
		vcpu_irq(v, vector);
}

uint64_t gn_run(struct gn_net *gn, unsigned cpu)
{
	struct vcpu *v;
	uint64_t next;

	if (cpu >= gn->net->m.nr_cpus || this_vcpu())
		return UINT64_MAX;
	v = gn->net->m.cpu[cpu];
	vcpu_enter(v, NULL);
	next = vcpu_run(v, v->now);
	vcpu_leave(v);
	if (gn->net->m.nr_garbage && rtnl_is_owner(&gn->net->m))
		rcu_barrier(&gn->net->m);
	return next;
}

uint64_t gn_run_all(struct gn_net *gn)
{
	uint64_t nearest;
	bool more;

	do {
		more = false;
		nearest = UINT64_MAX;
		for (unsigned i = 0; i < gn->net->m.nr_cpus; i++) {
			uint64_t next = gn_run(gn, i);

			more |= next == 0;
			nearest = next < nearest ? next : nearest;
		}
	} while (more);
	return nearest;
}

/* --- configuration --- */

int gn_link_up(struct gn_net *gn, const char *dev, char *err, size_t errlen)
{
	struct extack why = { "" };
	struct net_device *d = api_dev(gn, dev, &why);

	return api_error(d ? dev_change_flags(d, d->flags | IFF_UP, &why) : -ENODEV, &why, err, errlen);
}

int gn_link_down(struct gn_net *gn, const char *dev, char *err, size_t errlen)
{
	struct extack why = { "" };
	struct net_device *d = api_dev(gn, dev, &why);

	return api_error(d ? dev_change_flags(d, d->flags & ~(unsigned)IFF_UP, &why) : -ENODEV, &why, err, errlen);
}

int gn_link_mtu(struct gn_net *gn, const char *dev, int mtu, char *err, size_t errlen)
{
	struct extack why = { "" };
	struct net_device *d = api_dev(gn, dev, &why);

	return api_error(d ? dev_set_mtu(d, mtu, &why) : -ENODEV, &why, err, errlen);
}

int gn_addr_add(struct gn_net *gn, const char *dev, const char *cidr, char *err, size_t errlen)
{
	struct extack why = { "" };
	struct net_device *d = api_dev(gn, dev, &why);
	__be32 addr;
	unsigned plen;
	int ret = d ? parse_cidr(cidr, &addr, &plen, &why) : -ENODEV;

	if (!ret)
		ret = inet_addr_add(d, addr, plen, 0, RT_SCOPE_UNIVERSE, NULL, &why);
	return api_error(ret, &why, err, errlen);
}

int gn_addr_del(struct gn_net *gn, const char *dev, const char *cidr, char *err, size_t errlen)
{
	struct extack why = { "" };
	struct net_device *d = api_dev(gn, dev, &why);
	__be32 addr;
	unsigned plen;
	int ret = d ? parse_cidr(cidr, &addr, &plen, &why) : -ENODEV;

	if (!ret)
		ret = inet_addr_del(d, addr, plen, &why);
	return api_error(ret, &why, err, errlen);
}

int gn_route_add(struct gn_net *gn, const char *dst, const char *via, const char *dev, char *err, size_t errlen)
{
	struct extack why = { "" };
	struct fib_config cfg;
	int ret = route_config(gn, dst, via, dev, &cfg, &why);

	cfg.fc_nlflags = NLM_F_CREATE | NLM_F_EXCL;
	return api_error(ret ? ret : fib_route_add(gn->net, &cfg, &why), &why, err, errlen);
}

int gn_route_del(struct gn_net *gn, const char *dst, const char *via, const char *dev, char *err, size_t errlen)
{
	struct extack why = { "" };
	struct fib_config cfg;
	int ret = route_config(gn, dst, via, dev, &cfg, &why);

	if (!via && !dev)
		cfg.fc_scope = RT_SCOPE_NOWHERE;
	return api_error(ret ? ret : fib_route_del(gn->net, &cfg, &why), &why, err, errlen);
}

static int route_config(struct gn_net *gn, const char *dst, const char *via, const char *dev, struct fib_config *cfg, struct extack *err)
{
	unsigned plen = 0;
	struct net_device *d;

	*cfg = (struct fib_config){ .fc_table = RT_TABLE_MAIN, .fc_type = RTN_UNICAST, .fc_protocol = RTPROT_BOOT };
	if (strcmp(dst, "default")) {
		int ret = parse_cidr(dst, &cfg->fc_dst, &plen, err);

		if (ret)
			return ret;
	}
	cfg->fc_dst_len = (uint8_t)plen;
	cfg->fc_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (via && inet_pton(AF_INET, via, &cfg->fc_gw) != 1) {
		extack_set(err, "\"%s\" is not an IPv4 address", via);
		return -EINVAL;
	}
	if (dev) {
		d = api_dev(gn, dev, err);
		if (!d)
			return -ENODEV;
		cfg->fc_oif = d->ifindex;
	}
	return 0;
}

static struct net_device *api_dev(struct gn_net *gn, const char *name, struct extack *err)
{
	struct net_device *dev = __dev_get_by_name(gn->net, name);

	if (!dev)
		extack_set(err, "no device \"%s\"", name);
	return dev;
}

static int parse_cidr(const char *text, __be32 *addr, unsigned *plen, struct extack *err)
{
	char buf[INET_ADDRSTRLEN], *end;
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);

	*plen = 32;
	if (n < sizeof(buf)) {
		memcpy(buf, text, n);
		buf[n] = 0;
		if (slash)
			*plen = (unsigned)strtoul(slash + 1, &end, 10);
		if (inet_pton(AF_INET, buf, addr) == 1 && *plen <= 32 && (!slash || (slash[1] >= '0' && slash[1] <= '9' && !*end)))
			return 0;
	}
	extack_set(err, "\"%s\" is not ADDRESS/PREFIX with a prefix of 0..32", text);
	return -EINVAL;
}

/* --- sysctl and files --- */

int gn_sysctl_set(struct gn_net *gn, const char *key, const char *value, char *err, size_t errlen)
{
	struct extack why = { "" };

	return api_error(sysctl_write(&gn->net->vfs, key, value, &why), &why, err, errlen);
}

/* Text of @m into the caller's buffer: its length, or -errno. */
static int seq_give(struct seq_file *m, int ret, char *buf, size_t len)
{
	if (!ret && m->error)
		ret = m->error;
	if (!ret && m->count + 1 > len)
		ret = -ERANGE;
	if (!ret) {
		if (m->count) /* an empty file has no buffer */
			memcpy(buf, m->buf, m->count);
		buf[m->count] = 0;
		ret = (int)m->count;
	}
	seq_release(m);
	return ret;
}

int gn_sysctl_get(struct gn_net *gn, const char *key, char *buf, size_t len)
{
	struct seq_file m;
	int ret;

	seq_init(&m, &gn->net->m.kmem);
	m.abi = gn->net->abi;
	ret = seq_give(&m, sysctl_read(&gn->net->vfs, key, &m), buf, len);
	if (ret > 0 && buf[ret - 1] == '\n')
		buf[--ret] = 0;
	return ret;
}

int gn_file_read(struct gn_net *gn, const char *path, char *buf, size_t len)
{
	struct seq_file m;

	seq_init(&m, &gn->net->m.kmem);
	m.abi = gn->net->abi;
	return seq_give(&m, vfs_read(&gn->net->vfs, path, &m), buf, len);
}

int gn_file_write(struct gn_net *gn, const char *path, const char *text, char *err, size_t errlen)
{
	struct extack why = { "" };

	return api_error(vfs_write(&gn->net->vfs, path, text, strlen(text), &why), &why, err, errlen);
}

/* --- ledger --- */

int gn_ledger_get(struct gn_net *gn, enum gn_ledger_class which, struct gn_ledger *out)
{
	struct cpu_stats *sum;
	uint64_t *v;

	if (which < GN_LEDGER_FRAMES || which > GN_LEDGER_LOCAL)
		return -EINVAL;
	sum = calloc(1, sizeof(*sum));
	if (!sum)
		return -ENOMEM;
	stats_fold(gn->net, sum);
	v = sum->ledger[which];
	*out = (struct gn_ledger){ v[VERDICT_ENTERED], v[VERDICT_DELIVERED], v[VERDICT_CONSUMED], v[VERDICT_FORWARDED],
				   v[VERDICT_SENT], v[VERDICT_MERGED], v[VERDICT_DROPPED], 0 };
	for (int q = 0; q < HELD_MAX; q++)
		out->held += sum->held_in[which][q] - sum->held_out[which][q];
	free(sum);
	return 0;
}

/* --- hooks --- */

struct gn_hook_handle {
	struct nf_hook_ops ops;
	struct gn_net *gn;
	gn_hook_fn fn;
	void *ctx;
};

static unsigned hook_trampoline(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct gn_hook_handle *h = priv;
	const unsigned char *ip = skb_network_header(skb);

	return h->fn(h->ctx, (enum gn_hook)state->hook, ip, (size_t)(skb_tail_pointer(skb) - ip)) == GN_ACCEPT ? NF_ACCEPT : NF_DROP;
}

struct gn_hook_handle *gn_hook_register(struct gn_net *gn, enum gn_hook hook, int priority, gn_hook_fn fn, void *ctx)
{
	struct gn_hook_handle *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	*h = (struct gn_hook_handle){ .gn = gn, .fn = fn, .ctx = ctx };
	h->ops = (struct nf_hook_ops){ .hook = hook_trampoline, .name = "gn_hook", .priv = h, .hooknum = (unsigned)hook, .priority = priority };
	if (nf_register_hook(gn->net, &h->ops)) {
		free(h);
		return NULL;
	}
	return h;
}

void gn_hook_unregister(struct gn_hook_handle *h)
{
	if (!h)
		return;
	nf_unregister_hook(h->gn->net, &h->ops);
	synchronize_rcu(&h->gn->net->m);
	free(h);
}
