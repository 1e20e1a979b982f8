/* SPDX-License-Identifier: MIT */
/*
 * tracefix.h: a whole net on a fake clock, with a wire in memory, whose one vCPU writes a ring of trace records
 *
 * tracefix_begin() makes it, tracefix_trace() begins to follow packets (and functions, where the machine lets code be patched), tracefix_read() takes the
 * records out, each with the packet that the CPU worked for when it happened, a function: when it was entered.
 */
#ifndef TESTS_UNIT_STACK_TRACEFIX_H
#define TESTS_UNIT_STACK_TRACEFIX_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/packet_trace.h"
#include "core/socket.h"
#include "drivers/memdev.h"
#include "fs/sysctl.h"
#include "ipv4/fib.h"
#include "kernel/wait.h"
#include "stack.h"
#include "support/suite.h"
#include "trace/fgraph.h"
#include "trace/trace.h"

#include <linux/icmp.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/udp.h>

#define IP(a, b, c, d) htonl((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define OUR_IP IP(10, 0, 0, 1)
#define PEER_IP IP(10, 0, 0, 9)
#define TRACEFIX_RING (1u << 20)
#define TRACEFIX_SEEN (1u << 20)

struct seen {
	uint64_t t;
	uint32_t id;	 /* function or kind */
	uint32_t val;
	uint32_t packet; /* worked for at t */
	unsigned depth;
	struct gn_trace_frame frame;
	struct gn_trace_verdict verdict;
	unsigned char bytes[96];
};

static struct tracefix {
	struct net *net;
	struct net_device *dev, *dev2;
	struct vcpu *v;
	struct task task;
	struct trace_ring *ring;
	struct seen *seen;
	unsigned n;
	unsigned *kind; /* those of seen that are frames and verdicts */
	unsigned n_kinds;
	uint64_t now;
	bool functions; /* are traced too */
	char log[LOG_LINE];
} tf;

static const unsigned char tracefix_peer[6] = { 2, 0, 0, 0, 0, 9 };

static uint64_t tracefix_clock(void *ctx, int clk)
{
	return tf.now + (clk == CLOCK_REALTIME ? 1700000000000000000ull : 0);
}

static void tracefix_emit(void *ctx, int level, const char *line)
{
	snprintf(tf.log, sizeof(tf.log), "%s", line);
}

static struct net_device *tracefix_dev(__be32 addr)
{
	struct memdev_config dc = { .user.rx_slots = 2048, .capture = 4096 };
	struct net_device *dev = memdev_create(tf.net, &dc, NULL);

	ck_assert_ptr_nonnull(dev);
	ck_assert_int_eq(inet_addr_add(dev, addr, 24, 0, RT_SCOPE_UNIVERSE, NULL, NULL), 0);
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	return dev;
}

static inline void tracefix_begin(void)
{
	static const struct host_ops ops = { .clock = tracefix_clock };
	static struct logger log;
	struct machine_config mc = { .host = &ops, .nr_cpus = 1, .seed = { 1, 2 }, .log = &log };

	tf = (struct tracefix){ .now = 5000000000ull };
	logger_init(&log, tracefix_emit, NULL, LOGLEVEL_DEBUG);
	tf.net = net_create(&mc, NULL);
	ck_assert_ptr_nonnull(tf.net);
	task_init(&tf.task, "check", 77, false);
	tf.v = tf.net->m.cpu[0];
	tf.dev = tracefix_dev(OUR_IP);
	tf.dev2 = tracefix_dev(IP(10, 0, 1, 1));
	ck_assert_int_eq(sysctl_write(&tf.net->vfs, "net.ipv4.icmp_ratelimit", "0", NULL), 0);
	ck_assert_int_eq(sysctl_write(&tf.net->vfs, "net.ipv4.icmp_msgs_per_sec", "1000000", NULL), 0);
	ck_assert_int_eq(sysctl_write(&tf.net->vfs, "net.ipv4.icmp_msgs_burst", "100000", NULL), 0);
	tf.seen = calloc(TRACEFIX_SEEN, sizeof(*tf.seen));
	tf.kind = calloc(TRACEFIX_SEEN, sizeof(*tf.kind));
}

/* Packets have ids; @functions: and all functions are traced, if that can be. */
static inline void tracefix_trace(bool functions)
{
	tf.ring = trace_ring_create(0, TRACEFIX_RING);
	ck_assert_ptr_nonnull(tf.ring);
	tf.v->slot[VCPU_SLOT_TRACE] = tf.ring;
	if (functions && !fgraph_init(NULL)) {
		uint8_t *kind = malloc(fgraph_count());

		memset(kind, FGRAPH_BODY, fgraph_count());
		tf.functions = !fgraph_arm(kind, NULL);
		free(kind);
	}
	trace_state.levels = TRACE_LEVELS;
	trace_state.mask = ~0u;
	trace_state.packets = 1;
	trace_state.armed = 1;
}

static inline void tracefix_untrace(void)
{
	if (tf.functions)
		ck_assert_int_eq(fgraph_arm(NULL, NULL), 0);
	tf.functions = false;
	trace_state.armed = trace_state.packets = trace_state.events = trace_state.stacks = 0;
	trace_state.mask = 0;
	trace_state.sink = NULL;
	tf.v->slot[VCPU_SLOT_TRACE] = NULL;
}

static inline void tracefix_turn(void)
{
	int i = 0;

	do {
		vcpu_enter(tf.v, NULL);
		vcpu_run(tf.v, tf.now);
		vcpu_leave(tf.v);
		ck_assert_int_lt(++i, 10000);
	} while (tf.v->softirq_pending || READ_ONCE(tf.v->irq_any) || READ_ONCE(tf.v->work_any));
}

static inline void tracefix_end(void)
{
	static struct cpu_stats sum;

	tracefix_untrace();
	tracefix_turn();
	stats_fold(tf.net, &sum);
	for (unsigned c = LEDGER_FRAME; c < LEDGER_CLASS_MAX; c++)
		ck_assert_int_eq(ledger_balance(&sum, c), 0);
	ck_assert_msg(!net_destroy(tf.net), "left behind: %s", tf.log);
	trace_ring_destroy(tf.ring);
	free(tf.seen);
	free(tf.kind);
}

/* --- calls --- */

static inline struct socket *tracefix_udp(unsigned short port)
{
	static const struct cred root = { .net_admin = true, .net_raw = true, .net_bind_service = true };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct socket *s = NULL;

	vcpu_enter(tf.v, &tf.task);
	ck_assert_int_eq(sock_create(tf.net, &root, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &s), 0);
	if (port)
		ck_assert_int_eq(sock_bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	vcpu_leave(tf.v);
	return s;
}

static inline void tracefix_close(struct socket *s)
{
	vcpu_enter(tf.v, &tf.task);
	sock_release(s);
	vcpu_leave(tf.v);
}

static inline ssize_t tracefix_sendto(struct socket *s, __be32 to, unsigned short port, unsigned len, int flags)
{
	static char buf[8192];
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = to };
	ssize_t n;

	vcpu_enter(tf.v, &tf.task);
	n = sock_sendto(s, buf, len, MSG_DONTWAIT | flags, (struct sockaddr *)&a, sizeof(a));
	vcpu_leave(tf.v);
	return n;
}

static inline ssize_t tracefix_recv(struct socket *s)
{
	static char buf[8192];
	ssize_t n;

	vcpu_enter(tf.v, &tf.task);
	n = sock_recvfrom(s, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL);
	vcpu_leave(tf.v);
	return n;
}

/* --- frames --- */

static inline void tracefix_inject(const unsigned char *f, unsigned len)
{
	ck_assert_int_eq(memdev_inject(tf.dev, 0, f, len), 0);
}

/* From the peer to @daddr; @ident is the IP identification, by which records are told apart. Returns where the payload goes. */
static inline void *tracefix_ip(unsigned char *f, __be32 daddr, uint8_t proto, uint16_t ident, unsigned payload)
{
	struct ethhdr *eth = (struct ethhdr *)(void *)f;
	struct iphdr *ip = (struct iphdr *)(void *)(f + 14);

	memset(f, 0, 34 + payload);
	memcpy(eth->h_dest, tf.dev->dev_addr, 6);
	memcpy(eth->h_source, tracefix_peer, 6);
	eth->h_proto = htons(ETH_P_IP);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .tot_len = htons((uint16_t)(20 + payload)), .ttl = 64, .protocol = proto,
			      .id = htons(ident), .saddr = PEER_IP, .daddr = daddr };
	ip->check = ip_fast_csum(ip, 5);
	return ip + 1;
}

static inline unsigned tracefix_udp_frame(unsigned char *f, __be32 daddr, unsigned short port, uint16_t ident, unsigned len)
{
	struct udphdr *u = tracefix_ip(f, daddr, IPPROTO_UDP, ident, 8 + len);

	*u = (struct udphdr){ .source = htons(7777), .dest = htons(port), .len = htons((uint16_t)(8 + len)) };
	u->check = csum_tcpudp_magic(PEER_IP, daddr, 8 + len, IPPROTO_UDP, csum_partial(u, (int)(8 + len), 0));
	return 42 + len;
}

static inline unsigned tracefix_arp_frame(unsigned char *f, unsigned op, __be32 tip)
{
	unsigned char *p = f + 22;
	__be32 sip = PEER_IP;

	memset(f, 0, 60);
	memcpy(f, tf.dev->dev_addr, 6);
	memcpy(f + 6, tracefix_peer, 6);
	f[12] = 0x08;
	f[13] = 0x06;
	*(struct arphdr *)(void *)(f + 14) = (struct arphdr){ htons(1), htons(ETH_P_IP), 6, 4, htons((uint16_t)op) };
	memcpy(p, tracefix_peer, 6);
	memcpy(p + 6, &sip, 4);
	if (op == ARPOP_REPLY)
		memcpy(p + 10, tf.dev->dev_addr, 6);
	memcpy(p + 16, &tip, 4);
	return 60;
}

/* The peer's address is known: no packet has to wait for ARP. */
static inline void tracefix_know_peer(void)
{
	_Alignas(4) unsigned char mem[64];

	tracefix_inject(mem + 2, tracefix_arp_frame(mem + 2, ARPOP_REQUEST, OUR_IP));
	tracefix_turn();
}

/* --- records --- */

static inline void tracefix_payload(struct seen *s, const struct gn_trace_rec *payload, size_t bytes)
{
	if (s->id == GN_TRACE_VERDICT)
		memcpy(&s->verdict, payload, sizeof(s->verdict));
	if (s->id != GN_TRACE_FRAME)
		return;
	memcpy(&s->frame, payload, sizeof(s->frame));
	bytes -= sizeof(s->frame);
	memcpy(s->bytes, payload + 1, bytes < sizeof(s->bytes) ? bytes : sizeof(s->bytes));
}

static inline int tracefix_by_time(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return x->t < y->t ? -1 : x->t > y->t;
}

/* All records so far, by time; what was read before is forgotten. None may be lost. */
static inline void tracefix_read(void)
{
	static struct gn_trace_rec buf[TRACEFIX_RING];
	size_t n = trace_ring_read(tf.ring, buf, TRACEFIX_RING), slots;
	uint32_t packet = 0;

	tf.n = tf.n_kinds = 0;
	for (size_t i = 0; i < n; i += slots) {
		struct seen *s = &tf.seen[tf.n++];
		uint32_t what = buf[i].what;

		*s = (struct seen){ .t = buf[i].t, .val = buf[i].val, .id = GN_TRACE_ID(what) };
		slots = s->id >= GN_TRACE_KIND ? 1 + GN_TRACE_SLOTS(what) : 1;
		ck_assert_uint_ne(s->id, GN_TRACE_LOST);
		if (s->id < GN_TRACE_KIND)
			s->depth = GN_TRACE_DEPTH(what);
		else if (slots > 1)
			tracefix_payload(s, &buf[i + 1], (slots - 1) * sizeof(buf[0]));
	}
	/* kinds of the same tick stay in the order of writing: the sort below is stable enough, ticks differ */
	qsort(tf.seen, tf.n, sizeof(*tf.seen), tracefix_by_time);
	for (unsigned i = 0; i < tf.n; i++) {
		if (tf.seen[i].id == GN_TRACE_PACKET)
			packet = tf.seen[i].val;
		tf.seen[i].packet = packet;
		if (tf.seen[i].id == GN_TRACE_FRAME || tf.seen[i].id == GN_TRACE_VERDICT)
			tf.kind[tf.n_kinds++] = i;
	}
}

static inline bool tracefix_is(const struct seen *s, const char *name)
{
	return s->id < GN_TRACE_KIND && !strcmp(fgraph_func(s->id)->name, name);
}

/* How often @name was called for @packet. */
static inline unsigned tracefix_calls(uint32_t packet, const char *name)
{
	int id = fgraph_find(name);
	unsigned calls = 0;

	ck_assert_msg(id >= 0, "no function %s", name);
	for (unsigned i = 0; i < tf.n; i++)
		calls += tf.seen[i].id == (uint32_t)id && tf.seen[i].packet == packet;
	return calls;
}

/* The @nth FRAME record of direction @dir (0: any) of @packet (0: any), or NULL. */
static inline const struct seen *tracefix_frame(uint32_t packet, unsigned dir, unsigned nth)
{
	for (unsigned i = 0; i < tf.n_kinds; i++) {
		const struct seen *s = &tf.seen[tf.kind[i]];

		if (s->id == GN_TRACE_FRAME && (!packet || s->val == packet) && (!dir || s->frame.dir == dir) && !nth--)
			return s;
	}
	return NULL;
}

/* Its @nth VERDICT, or NULL. */
static inline const struct gn_trace_verdict *tracefix_verdict(uint32_t packet, unsigned nth)
{
	for (unsigned i = 0; i < tf.n_kinds; i++) {
		const struct seen *s = &tf.seen[tf.kind[i]];

		if (s->id == GN_TRACE_VERDICT && (!packet || s->val == packet) && !nth--)
			return &s->verdict;
	}
	return NULL;
}

#define ck_assert_verdict(v, code_, ledger_)                    \
	do {                                                    \
		const struct gn_trace_verdict *v_ = (v);        \
		ck_assert_ptr_nonnull(v_);                      \
		ck_assert_uint_eq(v_->code, code_);             \
		ck_assert_uint_eq(v_->ledger, ledger_);         \
	} while (0)

#endif
