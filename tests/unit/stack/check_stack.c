/* SPDX-License-Identifier: MIT */
/*
 * check_stack: whole nets: made and unmade with every allocation failing in turn, two of them joined by a wire, all files read and all knobs
 * written, and twenty thousand hostile frames after which the books balance and nothing is left behind.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "core/rtnetlink.h"
#include "core/socket.h"
#include "drivers/memdev.h"
#include "fs/sysctl.h"
#include "ipv4/fib.h"
#include "kernel/irq.h"
#include "kernel/wait.h"
#include "stack.h"
#include "support/suite.h"

#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/udp.h>

#define IP(a, b, c, d) htonl((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static const struct cred root = { .net_admin = true, .net_raw = true, .net_bind_service = true };

struct host {
	struct net *net;
	struct net_device *dev;
	struct host *peer;
	struct task task;
	char log[LOG_LINE];
};

static uint64_t now = 5000000000ull;

static uint64_t fake_clock(void *ctx, int clk)
{
	return now + (clk == CLOCK_REALTIME ? 1700000000000000000ull : 0);
}

static void emit(void *ctx, int level, const char *line)
{
	struct host *h = ctx;

	snprintf(h->log, sizeof(h->log), "%s", line);
}

static void wire(void *ctx, unsigned queue, const void *frame, unsigned len)
{
	struct host *h = ctx;

	if (h->peer)
		ck_assert_int_eq(memdev_inject(h->peer->dev, 0, frame, len), 0);
}

static bool make(struct host *h, __be32 addr, unsigned long fail_nth)
{
	static const struct host_ops ops = { .clock = fake_clock };
	struct logger log;
	struct machine_config mc = { .host = &ops, .nr_cpus = 1, .seed = { 1, addr }, .log = &log, .fail_nth = fail_nth };
	struct memdev_config dc = { .sink = wire, .sink_ctx = h };

	logger_init(&log, emit, h, LOGLEVEL_DEBUG);
	h->net = net_create(&mc, NULL);
	if (!h->net)
		return false;
	task_init(&h->task, "check", 1, false);
	h->dev = memdev_create(h->net, &dc, NULL);
	return h->dev && !inet_addr_add(h->dev, addr, 24, 0, RT_SCOPE_UNIVERSE, NULL, NULL) && !dev_open(h->dev, NULL);
}

static void turn(struct host *h)
{
	struct vcpu *v = h->net->m.cpu[0];
	int i = 0;

	do {
		vcpu_enter(v, NULL);
		vcpu_run(v, now);
		vcpu_leave(v);
		ck_assert_int_lt(++i, 10000);
	} while (v->softirq_pending || READ_ONCE(v->irq_any) || READ_ONCE(v->work_any));
}

static void turn_both(struct host *a, struct host *b)
{
	for (int i = 0; i < 8; i++) {
		turn(a);
		turn(b);
	}
}

static void unmake(struct host *h)
{
	static struct cpu_stats sum;

	if (!h->net)
		return;
	turn(h);
	stats_fold(h->net, &sum);
	for (unsigned c = LEDGER_FRAME; c < LEDGER_CLASS_MAX; c++)
		ck_assert_int_eq(ledger_balance(&sum, c), 0);
	ck_assert_msg(!net_destroy(h->net), "left behind: %s", h->log);
	h->net = NULL;
}

static struct socket *udp(struct host *h, unsigned short port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct socket *s = NULL;

	if (sock_create(h->net, &root, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &s))
		return NULL;
	if (port && sock_bind(s, (struct sockaddr *)&a, sizeof(a))) {
		sock_release(s);
		return NULL;
	}
	return s;
}

/* --- life --- */

START_TEST(test_made_and_unmade_with_each_allocation_failing)
{
	unsigned long nth = 1;

	for (;; nth++) {
		struct host h = { 0 };
		bool through = make(&h, IP(10, 0, 0, 1), nth), hit = !h.net || kmem_fault_hit(&h.net->m.kmem);

		unmake(&h);
		if (through && !hit)
			break;
		ck_assert_uint_lt(nth, 5000);
	}
	ck_assert_uint_gt(nth, 300); /* that many allocations make a net */
}
END_TEST

/* A datagram there and back, and an echo to a closed port: what a host does, with allocation @nth of it failing. */
static bool exchange(unsigned long nth)
{
	struct host a = { 0 }, b = { 0 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = IP(10, 0, 0, 2) };
	struct socket *sa, *sb;
	bool hit, got = false;
	char buf[3000];

	ck_assert(make(&a, IP(10, 0, 0, 1), 0) && make(&b, IP(10, 0, 0, 2), 0));
	a.peer = &b;
	b.peer = &a;
	kmem_fail_nth(&a.net->m.kmem, nth, NULL);
	kmem_fail_nth(&b.net->m.kmem, nth, NULL);
	memset(buf, 'x', sizeof(buf));
	vcpu_enter(a.net->m.cpu[0], &a.task);
	sa = udp(&a, 0);
	vcpu_leave(a.net->m.cpu[0]);
	vcpu_enter(b.net->m.cpu[0], &b.task);
	sb = udp(&b, 7);
	vcpu_leave(b.net->m.cpu[0]);
	for (int i = 0; sa && sb && i < 3; i++) { /* a small one, a fragmented one, one to a closed port */
		to.sin_port = htons(i == 2 ? 9 : 7);
		vcpu_enter(a.net->m.cpu[0], &a.task);
		sock_sendto(sa, buf, i == 1 ? sizeof(buf) : 18, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
		vcpu_leave(a.net->m.cpu[0]);
		turn_both(&a, &b);
	}
	if (sb) {
		vcpu_enter(b.net->m.cpu[0], &b.task);
		got = sock_recvfrom(sb, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL) == 18;
		got &= sock_recvfrom(sb, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL) == 3000;
		sock_release(sb);
		vcpu_leave(b.net->m.cpu[0]);
	}
	if (sa) {
		vcpu_enter(a.net->m.cpu[0], &a.task);
		sock_release(sa);
		vcpu_leave(a.net->m.cpu[0]);
	}
	hit = kmem_fault_hit(&a.net->m.kmem) || kmem_fault_hit(&b.net->m.kmem);
	a.peer = b.peer = NULL;
	unmake(&a);
	unmake(&b);
	ck_assert_msg(hit || got, "without a failure both datagrams arrive");
	return hit;
}

START_TEST(test_two_nets_exchange_with_each_allocation_failing)
{
	unsigned long nth = 1;

	ck_assert(!exchange(0));
	while (exchange(nth))
		ck_assert_uint_lt(nth++, 1000);
	ck_assert_uint_gt(nth, 10);
}
END_TEST

/* --- files and knobs --- */

static struct host one;
static unsigned files, knobs;

static int read_below(void *ctx, const char *name, unsigned mode)
{
	char path[VFS_PATH_MAX];
	struct seq_file m;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", strcmp(ctx, "/") ? (char *)ctx : "", name);
	if (S_ISDIR(mode))
		return vfs_readdir(&one.net->vfs, path, read_below, path);
	if (S_ISLNK(mode) || !(mode & 0444))
		return 0;
	for (int abi = 0; abi <= 313; abi += 313) {
		seq_init(&m, &one.net->m.kmem);
		m.abi = abi;
		ret = vfs_read(&one.net->vfs, path, &m);
		ck_assert_msg(!ret && !m.error, "%s: %d", path, ret);
		seq_release(&m);
	}
	files++;
	return 0;
}

START_TEST(test_every_file_can_be_read)
{
	char rootdir[] = "/";

	ck_assert(make(&one, IP(10, 0, 0, 1), 0));
	ck_assert_int_eq(vfs_readdir(&one.net->vfs, "/", read_below, rootdir), 0);
	ck_assert_uint_gt(files, 150);
	unmake(&one);
}
END_TEST

static int write_back(void *ctx, const char *key, const char *value, const struct ctl_table *row)
{
	struct extack err = { "" };
	int ret;

	ck_assert_msg(row->doc && *row->doc, "%s has no line that says what it does", key);
	if (!(row->mode & 0200) || !(row->mode & 0444))
		return 0;
	ret = sysctl_write(&one.net->vfs, key, value, NULL);
	ck_assert_msg(!ret, "%s=%s: %d", key, value, ret);
	ret = sysctl_write(&one.net->vfs, key, "12monkeys", &err);
	if (row->proc_handler != proc_dostring) {
		ck_assert_msg(ret == -EINVAL || ret == -ENOENT, "%s takes junk: %d", key, ret);
		ck_assert_msg(err.msg[0], "%s refuses without a word", key);
	}
	knobs++;
	return 0;
}

START_TEST(test_every_knob_takes_its_own_value_and_refuses_junk)
{
	ck_assert(make(&one, IP(10, 0, 0, 1), 0));
	ck_assert_int_eq(sysctl_for_each(&one.net->vfs, write_back, NULL), 0);
	ck_assert_uint_gt(knobs, 60);
	unmake(&one);
}
END_TEST

/* --- hostile frames --- */

/* A frame that is nearly right: one of a few kinds, then up to four bytes of it changed, sometimes cut. */
static unsigned hostile(struct rng *rng, unsigned char *f)
{
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_UDPLITE, IPPROTO_TCP };
	static const __be32 dsts[] = { 0x0100000a, 0xff00000a, 0xffffffff, 0x010000e0, 0x0500000a, 0x0100007f };
	unsigned payload = rng_u32(rng) % 200, len = 34 + payload;
	struct ethhdr *eth = (struct ethhdr *)(void *)f;
	struct iphdr *ip = (struct iphdr *)(void *)(f + 14);

	for (unsigned i = 0; i < len; i++)
		f[i] = (unsigned char)rng_u32(rng);
	memcpy(eth->h_dest, one.dev->dev_addr, 6);
	eth->h_source[0] = 2;
	if (rng_u32(rng) % 16 == 0)
		memset(eth->h_dest, 0xff, 6);
	eth->h_proto = htons(rng_u32(rng) % 8 ? ETH_P_IP : ETH_P_ARP);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .tot_len = htons((uint16_t)(20 + payload)), .ttl = 64,
			      .protocol = protos[rng_u32(rng) % 6], .saddr = IP(10, 0, 0, 2 + rng_u32(rng) % 8),
			      .daddr = dsts[rng_u32(rng) % 6], .id = (uint16_t)(rng_u32(rng) % 4) };
	if (rng_u32(rng) % 3 == 0)
		ip->frag_off = htons((uint16_t)((rng_u32(rng) % 2 ? 0x2000 : 0) | rng_u32(rng) % 32));
	if (rng_u32(rng) % 4 == 0)
		ip->ihl = 5 + rng_u32(rng) % 6;
	if (payload >= 8) { /* ports and lengths that go far in */
		struct udphdr *u = (struct udphdr *)(void *)(f + 14 + ip->ihl * 4);

		if (14u + ip->ihl * 4u + 8 <= len && ip->protocol != IPPROTO_ICMP) {
			u->dest = htons(rng_u32(rng) % 2 ? 7 : 9);
			u->len = htons((uint16_t)(len - 14 - ip->ihl * 4));
			u->check = 0;
		} else if (14u + ip->ihl * 4u + 8 <= len) {
			struct icmphdr *ic = (struct icmphdr *)(void *)u;

			ic->type = (uint8_t)(rng_u32(rng) % 19);
			ic->checksum = 0;
			ic->checksum = ip_compute_csum(ic, (int)(len - 14 - ip->ihl * 4));
		}
	}
	ip->check = 0;
	if (14u + ip->ihl * 4u <= len)
		ip->check = ip_fast_csum(ip, ip->ihl);
	for (unsigned i = rng_u32(rng) % 5; i > 1; i--)
		f[14 + rng_u32(rng) % (len - 14)] = (unsigned char)rng_u32(rng);
	return rng_u32(rng) % 8 ? len : 14 + rng_u32(rng) % (len - 13);
}

START_TEST(test_hostile_frames_leave_the_books_balanced)
{
	static struct cpu_stats sum;
	struct rng rng;
	struct socket *s;
	_Alignas(4) unsigned char mem[514];
	unsigned char *f = mem + 2; /* the IP header is aligned */
	uint64_t injected = 0;

	rng_seed(&rng, 1);
	ck_assert(make(&one, IP(10, 0, 0, 1), 0));
	ck_assert_int_eq(sysctl_write(&one.net->vfs, "net.ipv4.icmp_ratelimit", "0", NULL), 0);
	vcpu_enter(one.net->m.cpu[0], &one.task);
	s = udp(&one, 7);
	ck_assert_ptr_nonnull(s);
	vcpu_leave(one.net->m.cpu[0]);
	for (int i = 0; i < 20000; i++) {
		unsigned len = hostile(&rng, f);

		if (!memdev_inject(one.dev, 0, f, len))
			injected++;
		if (i % 32 == 31) {
			turn(&one);
			now += 40000000;
		}
		if (i % 1000 == 999) {
			char buf[2048];

			stats_fold(one.net, &sum);
			for (unsigned c = LEDGER_FRAME; c < LEDGER_CLASS_MAX; c++)
				ck_assert_int_eq(ledger_balance(&sum, c), 0);
			vcpu_enter(one.net->m.cpu[0], &one.task);
			while (sock_recvfrom(s, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL) >= 0)
				;
			vcpu_leave(one.net->m.cpu[0]);
		}
	}
	ck_assert_uint_gt(injected, 19000);
	stats_fold(one.net, &sum);
	ck_assert_uint_gt(sum.ip[IPSTATS_MIB_INPKTS], 10000);
	ck_assert_uint_gt(sum.ip[IPSTATS_MIB_INDELIVERS], 1000);
	ck_assert_uint_gt(sum.ip[IPSTATS_MIB_REASMREQDS], 1000);
	ck_assert_uint_gt(sum.udp[UDP_MIB_INDATAGRAMS], 100);
	vcpu_enter(one.net->m.cpu[0], &one.task);
	sock_release(s);
	vcpu_leave(one.net->m.cpu[0]);
	unmake(&one);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_made_and_unmade_with_each_allocation_failing,
				       test_two_nets_exchange_with_each_allocation_failing,
				       test_every_file_can_be_read,
				       test_every_knob_takes_its_own_value_and_refuses_junk,
				       test_hostile_frames_leave_the_books_balanced,
				       NULL };

	return suite_of("stack", NULL, NULL, tests);
}
