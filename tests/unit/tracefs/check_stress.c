/* SPDX-License-Identifier: MIT */
/*
 * check_stress: three vCPUs in three threads carry packets at full speed while the control thread arms, filters, reads and disarms without a pause
 *
 * Each thread feeds a device of its own (its interrupt is bound to its vCPU) and empties a socket of its own. At the end every datagram that was put in was read, the
 * ledger balances and nothing is left behind. Runs GN_STRESS_SECONDS seconds, 2 unless set.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/socket.h"
#include "drivers/memdev.h"
#include "ipv4/inetdevice.h"
#include "kernel/irq.h"
#include "kernel/wait.h"
#include "lib/rng.h"
#include "stack.h"
#include "support/suite.h"
#include "tracefs/tracefs.h"

#include <linux/ip.h>
#include <linux/udp.h>

#define CPUS 3
#define BATCH 32
#define PORT 5000
#define FRAME 60

struct worker {
	pthread_t thread;
	struct net *net;
	struct net_device *dev;
	struct socket *sock;
	struct task task;
	unsigned cpu;
	bool *stop;
	uint64_t put, got;
};

static uint64_t clock_ns(void *ctx, int clk)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(clk, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/* Nobody sleeps here, so nobody needs to be woken. */
static void kick(void *ctx, unsigned cpu)
{
	(void)ctx;
	(void)cpu;
}

static void make_frame(unsigned char *f, const struct worker *w)
{
	struct ethhdr *eth = (struct ethhdr *)(void *)f;
	struct iphdr *ip = (struct iphdr *)(void *)(f + 14);
	struct udphdr *udp = (struct udphdr *)(void *)(f + 34);

	memset(f, 0, FRAME);
	memcpy(eth->h_dest, w->dev->dev_addr, 6);
	eth->h_source[0] = 2;
	eth->h_proto = htons(ETH_P_IP);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .tot_len = htons(46), .ttl = 64, .protocol = IPPROTO_UDP,
			      .saddr = htonl(0x0a000002 + (w->cpu << 8)), .daddr = htonl(0x0a000001 + (w->cpu << 8)) };
	ip->check = ip_fast_csum(ip, 5);
	*udp = (struct udphdr){ .source = htons(7777), .dest = htons((uint16_t)(PORT + w->cpu)), .len = htons(26) };
	memset(udp + 1, 'x', 18);
	udp->check = csum_tcpudp_magic(ip->saddr, ip->daddr, 26, IPPROTO_UDP, csum_partial(udp, 26, 0));
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct vcpu *v = w->net->m.cpu[w->cpu];
	_Alignas(4) unsigned char mem[2 + FRAME];
	unsigned char *frame = mem + 2; /* the IP header is aligned */
	char buf[64];

	make_frame(frame, w);
	while (!__atomic_load_n(w->stop, __ATOMIC_ACQUIRE)) {
		for (unsigned i = 0; i < BATCH; i++)
			w->put += !memdev_inject(w->dev, 0, frame, FRAME);
		vcpu_enter(v, &w->task);
		vcpu_run(v, v->now);
		while (sock_recvfrom(w->sock, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL) == 18)
			w->got++;
		vcpu_leave(v);
	}
	vcpu_retire(v);
	return NULL;
}

static void control(struct net *net, const char *file, const char *text)
{
	struct extack err = { "" };
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", file);
	ck_assert_msg(!vfs_write(&net->vfs, path, text, strlen(text), &err), "%s: %s", path, err.msg);
}

static void clear(struct net *net, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", file);
	ck_assert_int_eq(vfs_truncate(&net->vfs, path, NULL), 0);
}

static size_t read_file(struct net *net, const char *path)
{
	struct seq_file m;
	size_t n;

	seq_init(&m, &net->m.kmem);
	ck_assert_int_eq(vfs_read(&net->vfs, path, &m), 0);
	n = m.count;
	seq_release(&m);
	return n;
}

/* One random thing that a user may do. */
static void meddle(struct net *net, struct rng *rng)
{
	static const char *const sets[] = { "udp_*", "ip_rcv", "*skb*", "net_rx_action userdev_intr", "!*", "*recv*" };
	static const char *const files[] = { "set_graph_function", "set_graph_notrace", "set_ftrace_filter", "set_ftrace_notrace" };

	switch (rng_u32(rng) % 10) {
	case 0:
	case 1:
		control(net, "current_tracer", "function_graph");
		break;
	case 2:
		control(net, "current_tracer", rng_u32(rng) % 2 ? "nop" : "function");
		break;
	case 3:
		control(net, files[rng_u32(rng) % ARRAY_SIZE(files)], sets[rng_u32(rng) % ARRAY_SIZE(sets)]);
		break;
	case 4:
		clear(net, files[rng_u32(rng) % ARRAY_SIZE(files)]);
		break;
	case 5:
		control(net, "tracing_on", rng_u32(rng) % 4 ? "1" : "0");
		break;
	case 6:
		control(net, "max_graph_depth", rng_u32(rng) % 2 ? "0" : "3");
		break;
	case 7:
		control(net, "tracing_thresh", rng_u32(rng) % 4 ? "0" : "5");
		break;
	case 8:
		control(net, "set_packet_filter", rng_u32(rng) % 2 ? "0" :
			"udp port 5001\nEN10MB 4,40 0 0 36,21 0 1 5001,6 0 0 262144,6 0 0 0\nRAW 4,40 0 0 22,21 0 1 5001,6 0 0 262144,6 0 0 0");
		break;
	case 9:
		read_file(net, rng_u32(rng) % 2 ? "/sys/kernel/tracing/trace_pipe_raw" : "/sys/kernel/tracing/trace_stats");
	}
	tracefs_drain(net);
}

static double seconds(void)
{
	const char *s = getenv("GN_STRESS_SECONDS");

	return s ? atof(s) : 2;
}

static void start_worker(struct worker *w, unsigned cpu, struct net *net, bool *stop)
{
	static const struct cred own = { .net_bind_service = true };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(PORT + cpu)) };
	struct memdev_config dc = { .capture = 16 };

	*w = (struct worker){ .net = net, .cpu = cpu, .stop = stop };
	w->dev = memdev_create(net, &dc, NULL);
	ck_assert_ptr_nonnull(w->dev);
	ck_assert_int_eq(inet_addr_add(w->dev, htonl(0x0a000001 + (cpu << 8)), 24, 0, RT_SCOPE_UNIVERSE, NULL, NULL), 0);
	ck_assert_int_eq(dev_open(w->dev, NULL), 0);
	ck_assert_int_eq(irq_set_affinity(&net->m, userdev_vector(w->dev, 0), cpu), 0);
	task_init(&w->task, "worker", 100 + (int)cpu, false);
	vcpu_enter(net->m.cpu[cpu], &w->task);
	ck_assert_int_eq(sock_create(net, &own, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &w->sock), 0);
	ck_assert_int_eq(sock_bind(w->sock, (struct sockaddr *)&a, sizeof(a)), 0);
	vcpu_leave(net->m.cpu[cpu]);
}

/* What is still in the rings and queues is read by the control thread. */
static void finish_worker(struct worker *w)
{
	struct vcpu *v = w->net->m.cpu[w->cpu];
	char buf[64];

	vcpu_enter(v, &w->task);
	for (int i = 0; i < 100; i++)
		vcpu_run(v, v->now);
	while (sock_recvfrom(w->sock, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL) == 18)
		w->got++;
	sock_release(w->sock);
	vcpu_leave(v);
}

START_TEST(test_arm_and_disarm_under_load)
{
	static const struct host_ops ops = { .clock = clock_ns, .kick = kick };
	struct machine_config mc = { .host = &ops, .nr_cpus = CPUS, .seed = { 7 } };
	uint64_t end = clock_ns(NULL, CLOCK_MONOTONIC) + (uint64_t)(seconds() * 1e9);
	struct net *net = net_create(&mc, NULL);
	static struct cpu_stats sum;
	struct worker w[CPUS];
	bool stop = false;
	uint64_t got = 0, times = 0;
	struct rng rng;

	rng_seed(&rng, 1);
	for (unsigned i = 0; i < CPUS; i++)
		start_worker(&w[i], i, net, &stop);
	for (unsigned i = 0; i < CPUS; i++) {
		vcpu_serve(net->m.cpu[i]);
		ck_assert_int_eq(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	}
	for (; clock_ns(NULL, CLOCK_MONOTONIC) < end; times++)
		meddle(net, &rng);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < CPUS; i++)
		pthread_join(w[i].thread, NULL);
	control(net, "current_tracer", "nop");
	for (unsigned i = 0; i < CPUS; i++) {
		finish_worker(&w[i]);
		ck_assert_msg(w[i].got == w[i].put, "vCPU %u: %llu in, %llu out", i, (unsigned long long)w[i].put, (unsigned long long)w[i].got);
		got += w[i].got;
		memdev_destroy(w[i].dev);
	}
	printf("# %llu changes of the tracer while %llu datagrams went through\n", (unsigned long long)times, (unsigned long long)got);
	stats_fold(net, &sum);
	for (unsigned class = LEDGER_FRAME; class < LEDGER_CLASS_MAX; class++)
		ck_assert_int_eq(ledger_balance(&sum, class), 0);
	ck_assert_int_eq(net_destroy(net), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("stress");
	TCase *c = tcase_create("stress");

	tcase_set_timeout(c, seconds() + 60);
	tcase_add_test(c, test_arm_and_disarm_under_load);
	suite_add_tcase(s, c);
	return s;
}
