/* SPDX-License-Identifier: MIT */
/*
 * walkfix.h: a whole net on a fake clock whose every function is recorded while a test says so
 *
 * A host with lo, mem0 (192.168.1.1/24) and mem1 (10.0.0.1/24), memory devices. On each there is a peer whose link-layer address is known
 * (192.168.1.2, 10.0.0.2). Frames come by walk_rx() and friends; sent ones go to walk.sink, or are counted and forgotten. Before a test begins each of the
 * ordinary ways was walked once, so that caches and pools are warm and a tree is the same each time.
 *
 *	walk_on(); ...what happens...; walk_golden("name");
 *
 * compares what happened with tests/walk/name.tree (tree.h). Single threaded, but where a test says otherwise.
 */
#ifndef TESTS_WALK_WALKFIX_H
#define TESTS_WALK_WALKFIX_H

#include "drivers/memdev.h"
#include "kernel/wait.h"
#include "stack.h"
#include "support/sockfix.h" /* its packets; its net is not used */
#include "walk/tree.h"

#define WALK_RING (1 << 16)

struct walkfix {
	struct net *net;
	
	struct net_device *lo, *dev0, *dev1;
	struct task task; /* who makes the calls; may sleep when on_wait is set */
	struct trace_ring *ring;
	struct walk_tree tree;
	void (*sink)(const void *frame, unsigned len);
	int (*on_wait)(void);
	unsigned sent;
	bool keep; /* walk_golden() keeps the tree */
};

static struct walkfix walk;
static unsigned char walk_buf[70000], walk_msg[70000];

static inline void walk_wire(void *ctx, unsigned queue, const void *frame, unsigned len)
{
	walk.sent++;
	if (walk.sink)
		walk.sink(frame, len);
}

static inline int walk_wait(void *ctx, uint64_t deadline)
{
	return walk.on_wait ? walk.on_wait() : -EINTR;
}

static inline bool walk_busy(void)
{
	const struct vcpu *v = walk.net->m.cpu[0];

	return v->softirq_pending || READ_ONCE(v->irq_any) || READ_ONCE(v->work_any);
}

/* Turn until nothing is left to do at this time. */
static inline void walk_turn(void)
{
	struct vcpu *v = walk.net->m.cpu[0];
	int i = 0;

	do {
		vcpu_enter(v, NULL);
		vcpu_run(v, f.n.now);
		vcpu_leave(v);
		ck_assert_int_lt(++i, 10000);
	} while (walk_busy());
}

static inline void walk_advance(uint64_t ns)
{
	f.n.now += ns;
	walk_turn();
}

/* One call, made by walk.task inside the vCPU; what it left to do is done with it. */
#define WALK_CALL(expr)                                      \
	({                                                   \
		vcpu_enter(walk.net->m.cpu[0], &walk.task);  \
		__auto_type _ret = (expr);                   \
		vcpu_leave(walk.net->m.cpu[0]);              \
		_ret;                                        \
	})

/* --- recording --- */

static inline void walk_on(void)
{
	static uint8_t kind[1 << 16];
	struct extack err = { "" };

	memset(kind, FGRAPH_BODY, sizeof(kind));
	walk_tree_begin(&walk.tree);
	walk.ring->told = false; /* the task is to be named again */
	ck_assert_msg(!fgraph_arm(kind, &err), "%s", err.msg);
	trace_state.levels = TRACE_LEVELS;
	trace_state.roots = 0;
	trace_state.thresh = 0;
	trace_state.mask = ~0u;
	trace_state.armed = 1;
}

static inline void walk_off(void)
{
	struct gn_trace_rec rec[512];
	size_t n;

	if (!trace_state.armed)
		return;
	trace_state.mask = 0;
	trace_state.armed = 0;
	fgraph_arm(NULL, NULL);
	while ((n = trace_ring_read(walk.ring, rec, ARRAY_SIZE(rec))))
		walk_tree_feed(&walk.tree, rec, n);
	walk_tree_end(&walk.tree);
}

static inline void walk_golden(const char *name)
{
	walk_off();
	walk_compare(&walk.tree, name);
}

/* --- traffic --- */

/* A frame on the wire of @dev: @len bytes of @payload with @type, from the peer, for @dst. Not turned. */
static inline void walk_frame(struct net_device *dev, const unsigned char *dst, uint16_t type, const void *payload, unsigned len)
{
	static unsigned char frame[70000];

	memcpy(frame, dst, ETH_ALEN);
	memcpy(frame + ETH_ALEN, ipfix_mac, ETH_ALEN);
	frame[12] = (unsigned char)(type >> 8);
	frame[13] = (unsigned char)type;
	memcpy(frame + ETH_HLEN, payload, len);
	ck_assert_int_eq(memdev_inject(dev, 0, frame, ETH_HLEN + len), 0);
}

/* How a frame with a packet for @daddr is addressed */
static inline const unsigned char *walk_dst(const struct net_device *dev, __be32 daddr)
{
	static unsigned char group[ETH_ALEN] = { 1, 0, 0x5e };
	uint32_t a = ntohl(daddr);

	if (a >> 28 != 14)
		return (a & 255) == 255 ? dev->broadcast : dev->dev_addr;
	group[3] = (a >> 16) & 127;
	group[4] = (unsigned char)(a >> 8);
	group[5] = (unsigned char)a;
	return group;
}

/* An IP packet comes in. */
static inline void walk_rx(struct net_device *dev, const void *pkt, unsigned len)
{
	walk_frame(dev, walk_dst(dev, ((const struct iphdr *)pkt)->daddr), ETH_P_IP, pkt, len);
	walk_turn();
}

/* A datagram of @len bytes for @daddr:@dport, from port 4000 of the peer on mem0: its packet is made in walk_buf. */
static inline unsigned walk_udp(const char *daddr, unsigned dport, unsigned len)
{
	unsigned n = sock_udp_msg(walk_msg, A_PEER, 4000, daddr, dport, NULL, len);

	return ipfix_pkt(walk_buf, A_PEER, daddr, IPPROTO_UDP, walk_msg, n);
}

static inline void walk_rx_udp(const char *daddr, unsigned dport, unsigned len)
{
	walk_rx(walk.dev0, walk_buf, walk_udp(daddr, dport, len));
}

static inline struct socket *walk_socket(int type, int protocol)
{
	struct socket *s = NULL;

	ck_assert_int_eq(WALK_CALL(sock_create(walk.net, &sock_root, PF_INET, type, protocol, &s)), 0);
	return s;
}

static inline int walk_set(struct socket *s, int level, int opt, const void *val, unsigned len)
{
	return WALK_CALL(sock_call_setsockopt(s, level, opt, val, len));
}

static inline void walk_bind(struct socket *s, const char *addr, unsigned port)
{
	struct sockaddr_in a = sin_of(addr, port);
	int one = 1;

	ck_assert_int_eq(walk_set(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	ck_assert_int_eq(WALK_CALL(sock_bind(s, (struct sockaddr *)&a, sizeof(a))), 0);
}

static inline struct socket *walk_bound(const char *addr, unsigned port)
{
	struct socket *s = walk_socket(SOCK_DGRAM, 0);

	walk_bind(s, addr, port);
	return s;
}

static inline void walk_connect(struct socket *s, const char *addr, unsigned port)
{
	struct sockaddr_in a = sin_of(addr, port);

	ck_assert_int_eq(WALK_CALL(sock_connect(s, (struct sockaddr *)&a, sizeof(a))), 0);
}

static inline void walk_join(struct socket *s, const char *group)
{
	struct ip_mreqn m = { .imr_multiaddr.s_addr = inet_addr(group), .imr_ifindex = walk.dev0->ifindex };

	ck_assert_int_eq(walk_set(s, SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)), 0);
}

/* @len bytes to @addr:@port; NULL: to where it is connected. Turned when it is over. */
static inline long walk_send(struct socket *s, unsigned len, const char *addr, unsigned port)
{
	struct sockaddr_in a = sin_of(addr ? addr : "0.0.0.0", port);
	long ret = WALK_CALL(sock_sendto(s, walk_msg, len, 0, addr ? (struct sockaddr *)&a : NULL, addr ? sizeof(a) : 0));

	walk_turn();
	return ret;
}

static inline long walk_recv(struct socket *s, int flags)
{
	return WALK_CALL(sock_recvfrom(s, walk_msg, sizeof(walk_msg), flags, NULL, NULL));
}

static inline void walk_close(struct socket *s)
{
	WALK_CALL(({ sock_release(s); 0; }));
	walk_turn();
}

static inline void walk_sysctl(const char *key, const char *value)
{
	struct extack err = { "" };

	ck_assert_msg(!sysctl_write(&walk.net->vfs, key, value, &err), "%s: %s", key, err.msg);
}

static inline uint64_t walk_dropped(enum skb_drop_reason reason)
{
	static struct cpu_stats sum;
	uint64_t n = 0;

	stats_fold(walk.net, &sum);
	for (unsigned c = 0; c < LEDGER_CLASS_MAX; c++)
		n += sum.drop[c][reason];
	return n;
}

/* --- begin and end --- */

const char *suite_skip(void)
{
	static struct extack err;

	return fgraph_init(&err) ? err.msg : NULL;
}

static inline void walk_neigh(struct net_device *dev, const char *addr)
{
	struct neighbour *n;

	vcpu_enter(walk.net->m.cpu[0], NULL);
	n = ipv4_neigh_lookup(dev, inet_addr(addr));
	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(neigh_update(n, ipfix_mac, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN), 0);
	vcpu_leave(walk.net->m.cpu[0]);
}

static inline struct net_device *walk_dev(const char *addr)
{
	struct memdev_config cfg = { .sink = walk_wire, .user.slot_size = 4096, .user.opts.mtu = 1500 };
	struct extack err = { "" };
	struct net_device *dev = memdev_create(walk.net, &cfg, &err);

	ck_assert_msg(dev && !inet_addr_add(dev, inet_addr(addr), 24, 0, RT_SCOPE_UNIVERSE, NULL, &err) && !dev_open(dev, &err),
		      "%s", err.msg);
	return dev;
}

/* The ordinary ways, once. */
static inline void walk_warm(void)
{
	struct socket *s = walk_bound("0.0.0.0", 9999);

	for (int i = 0; i < 4; i++) {
		walk_rx_udp(A_SELF, 9999, 20);
		ck_assert_int_eq(walk_recv(s, MSG_DONTWAIT), 20);
		ck_assert_int_eq(walk_send(s, 20, A_PEER, 9), 20);
	}
	walk_close(s);
}

static inline void walk_begin(void)
{
	struct machine_config cfg = { .host = &f.n.ops, .host_ctx = &f.n, .nr_cpus = 1, .seed = { 1, 2, 3, 4 }, .log = &f.n.logger };
	struct extack err = { "" };

	memset(&walk, 0, sizeof(walk));
	memset(&f, 0, sizeof(f));
	f.n.now = NETFIX_START;
	f.n.ops = (struct host_ops){ .clock = netfix_clock, .wait = walk_wait };
	logger_init(&f.n.logger, netfix_emit, &f.n, LOGLEVEL_DEBUG);
	walk.net = net_create(&cfg, &err);
	ck_assert_msg(walk.net, "%s", err.msg);
	walk.ring = trace_ring_create(0, WALK_RING);
	ck_assert_ptr_nonnull(walk.ring);
	walk.net->m.cpu[0]->slot[VCPU_SLOT_TRACE] = walk.ring;
	task_init(&walk.task, "reader", 100, true);
	walk.dev0 = walk_dev(A_SELF);
	walk.dev1 = walk_dev(A_SELF1);
	walk_turn();
	walk_neigh(walk.dev0, A_PEER);
	walk_neigh(walk.dev1, A_PEER1);
	walk_advance(30 * NSEC_PER_SEC); /* reports of groups are over */
	walk_warm();
	walk.sent = 0;
}

static inline void walk_end(void)
{
	static struct cpu_stats sum;

	walk_tree_free(&walk.tree);
	walk_turn();
	stats_fold(walk.net, &sum);
	for (unsigned c = LEDGER_FRAME; c < LEDGER_CLASS_MAX; c++)
		ck_assert_int_eq(ledger_balance(&sum, c), 0);
	walk.net->m.cpu[0]->slot[VCPU_SLOT_TRACE] = NULL;
	trace_ring_destroy(walk.ring);
	ck_assert_msg(!net_destroy(walk.net), "left behind: %s", f.n.log);
}

#endif
