/* SPDX-License-Identifier: MIT */
/*
 * stack_rx.c - what one small datagram costs inside the stack: from the memory device's ring to the socket's queue
 *
 *	stack_rx [ROUNDS [SOCKETS [off | one | echo | paced | ring | closed | lttng=MODULE]]]
 *
 * A frame of 60 bytes (18 of UDP payload) is put on the receive ring BATCH times; one vcpu_run() takes the batch through interrupt, NAPI, IP, both
 * checksums, route, lookup, filter, accounting and queue. Only that run is timed. The reader then empties the queue, untimed. With SOCKETS above
 * 1 the destination port rotates over that many bound sockets; "one": all goes to the first of them. "echo": the reader sends each datagram back, and
 * that and the transmit completion are timed, too. For instructions: valgrind --tool=callgrind --toggle-collect='turn*'.
 *
 * Else the third word is the tracer's state: off; ring: every function is recorded, the ring is emptied between the runs, untimed; closed: every function is
 * patched and the gate shut, as for a packet that is not followed; paced: off, but 100 000 frames a second; lttng: as paced, the functions of the rooms that the packet walks through the
 * tracing tree and a drainer thread into the LTTng module at the path MODULE (a session must be there, or nothing leaves).
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/socket.h"
#include "drivers/memdev.h"
#include "ipv4/arp.h"
#include "ipv4/inetdevice.h"
#include "kernel/wait.h"
#include "stack.h"
#include "trace/fgraph.h"
#include "trace/fgraph_arch.h"
#include "trace/trace.h"
#include "tracefs/tracefs.h"

#include <linux/ip.h>
#include <linux/udp.h>

#define BATCH 64
#define FIRST_PORT 5000
#define RING_SLOTS (1u << 16)

struct bench;
void turn(struct vcpu *v);
void turn_echo(struct bench *b);

static uint64_t clock_ns(void *ctx, int clk)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(clk, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "stack_rx: %s: %s\n", what, why);
	exit(1);
}

/* What is timed. */
noinline void turn(struct vcpu *v)
{
	vcpu_run(v, v->now);
}

/* Every function patched; @open: and recorded. */
static struct trace_ring *arm(struct vcpu *v, bool open)
{
	static uint8_t kind[FGRAPH_MAX];
	struct trace_ring *ring = trace_ring_create(0, RING_SLOTS);
	struct extack err = { "" };
	uint64_t t0;

	if (!ring)
		die("ring", "out of memory");
	v->slot[VCPU_SLOT_TRACE] = ring;
	memset(kind, FGRAPH_BODY, sizeof(kind));
	if (fgraph_arm(kind, &err) || fgraph_arm(NULL, &err)) /* the first time copies the pages of code */
		die("arm", err.msg);
	t0 = clock_ns(NULL, CLOCK_MONOTONIC);
	if (fgraph_arm(kind, &err))
		die("arm", err.msg);
	printf("functions=%u arm_us=%.1f ", fgraph_count(), (double)(clock_ns(NULL, CLOCK_MONOTONIC) - t0) / 1000);
	trace_state.mask = ~0u;
	trace_state.roots = !open;
	trace_state.armed = 1;
	vcpu_trace(v);
	return ring;
}

/* What the daemon's drainer does. */
static bool draining;
static void *drainer(void *net)
{
	while (__atomic_load_n(&draining, __ATOMIC_ACQUIRE)) {
		tracefs_drain(net);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return NULL;
}

static void set(struct net *net, const char *file, const char *text)
{
	struct extack err = { "" };
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", file);
	if (vfs_write(&net->vfs, path, text, strlen(text), &err))
		die(path, err.msg);
}

static void lttng_start(struct net *net, struct vcpu *v, const char *module, pthread_t *thread)
{
	void *lib = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	const struct trace_sink *(*sink)(void);
	struct extack err = { "" };

	if (!lib)
		die("lttng", dlerror());
	*(void **)&sink = dlsym(lib, "gn_lttng_sink");
	if (!sink || tracefs_sink(net, sink(), &err))
		die("lttng", sink ? err.msg : "the module has no gn_lttng_sink");
	draining = true;
	if (pthread_create(thread, NULL, drainer, net))
		die("lttng", "no thread");
	sleep(1); /* the session says what it wants, the tables are said */
	set(net, "set_ftrace_notrace", "*:mod:lib/* *:mod:kernel/* *:mod:core/skb* *:mod:core/timekeeping");
	set(net, "current_tracer", "function_graph");
	vcpu_trace(v);
}

/* The number behind @word in trace_stats. */
static uint64_t stat_of(struct net *net, const char *word)
{
	struct seq_file m;
	const char *at;
	uint64_t n = 0;

	seq_init(&m, &net->m.kmem);
	if (!vfs_read(&net->vfs, "/sys/kernel/tracing/trace_stats", &m) && seq_str(&m) && (at = strstr(seq_str(&m), word)))
		n = strtoull(at + strlen(word), NULL, 10);
	seq_release(&m);
	return n;
}

static void lttng_stop(struct net *net, pthread_t thread)
{
	set(net, "current_tracer", "nop");
	__atomic_store_n(&draining, false, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	sleep(1);
	tracefs_sink(net, NULL, NULL);
}

/* Slots in the ring, taken out. */
static uint64_t drain(struct trace_ring *ring)
{
	static struct gn_trace_rec buf[4096];
	uint64_t all = 0;
	size_t n;

	while ((n = trace_ring_read(ring, buf, 4096)))
		all += n;
	return all;
}

static void make_frame(unsigned char *f, const unsigned char *mac, unsigned port)
{
	struct ethhdr *eth = (struct ethhdr *)(void *)f;
	struct iphdr *ip = (struct iphdr *)(void *)(f + 14);
	struct udphdr *udp = (struct udphdr *)(void *)(f + 34);

	memset(f, 0, 60);
	memcpy(eth->h_dest, mac, 6);
	eth->h_source[0] = 2;
	eth->h_source[5] = 9;
	eth->h_proto = htons(ETH_P_IP);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .tot_len = htons(46), .ttl = 64, .protocol = IPPROTO_UDP,
			      .saddr = htonl(0x0a000002), .daddr = htonl(0x0a000001) };
	ip->check = ip_fast_csum(ip, 5);
	*udp = (struct udphdr){ .source = htons(7777), .dest = htons((uint16_t)port), .len = htons(26) };
	memset(udp + 1, 'x', 18);
	udp->check = csum_tcpudp_magic(ip->saddr, ip->daddr, 26, IPPROTO_UDP, csum_partial(udp, 26, 0));
}

static int cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct bench {
	struct net *net;
	struct net_device *dev;
	struct vcpu *v;
	struct socket **sock;
	unsigned nsock, hot, next; /* of all sockets the first @hot get datagrams */
	bool echo;
	struct trace_ring *ring; /* NULL: not emptied here */
	bool paced;
	uint64_t due, got, records;
};

static void open_sockets(struct bench *b)
{
	static const struct cred own = { .net_bind_service = true };

	for (unsigned i = 0; i < b->nsock; i++) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(FIRST_PORT + i)) };
		int ret = sock_create(b->net, &own, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &b->sock[i]);

		if (ret || (ret = sock_bind(b->sock[i], (struct sockaddr *)&a, sizeof(a))))
			die("socket", strerror(-ret));
	}
}

/* What the reader does. */
noinline void turn_echo(struct bench *b)
{
	struct sockaddr_in from;
	char buf[64];

	for (unsigned i = 0; i < BATCH; i++) {
		struct socket *s = b->sock[(b->next + i) % b->hot];
		socklen_t len = sizeof(from);
		ssize_t n = sock_recvfrom(s, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

		b->got += n == 18 && sock_sendto(s, buf, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&from, len) == n;
	}
}

/* A neighbour that needs no question. */
static void know(struct bench *b, const char *addr)
{
	static const unsigned char mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct neighbour *n = ipv4_neigh_lookup(b->dev, inet_addr(addr));

	if (!n || neigh_update(n, mac, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN))
		die("neighbour", addr);
}

static void swallow(void *ctx, unsigned queue, const void *frame, unsigned len)
{
	(void)ctx;
	(void)queue;
	(void)frame;
	(void)len;
}

/* One batch: ns a frame of the timed turn. */
static double round_of(struct bench *b)
{
	unsigned char frame[60];
	char buf[64];
	uint64_t t0;
	double ns;

	for (unsigned i = 0; i < BATCH; i++) {
		make_frame(frame, b->dev->dev_addr, FIRST_PORT + (b->next + i) % b->hot);
		if (memdev_inject(b->dev, 0, frame, sizeof(frame)))
			die("inject", "ring full");
	}
	if (b->ring)
		drain(b->ring);
	while (b->paced && clock_ns(NULL, CLOCK_MONOTONIC) < b->due)
		;
	b->due = clock_ns(NULL, CLOCK_MONOTONIC) + BATCH * 10000;
	t0 = clock_ns(NULL, CLOCK_MONOTONIC);
	turn(b->v);
	if (b->echo) {
		turn_echo(b);
		turn(b->v);
	}
	ns = (double)(clock_ns(NULL, CLOCK_MONOTONIC) - t0) / BATCH;
	if (b->ring)
		b->records += drain(b->ring);
	for (unsigned i = 0; i < BATCH && !b->echo; i++) {
		struct socket *s = b->sock[(b->next + i) % b->hot];

		b->got += sock_recvfrom(s, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL) == 18;
	}
	b->next = (b->next + BATCH) % b->hot;
	return ns;
}

/* The rounds, with the tracer in state @mode; says what the tracer did. */
static void measure(struct bench *b, const char *mode, double *ns, unsigned rounds)
{
	const char *module = strncmp(mode, "lttng=", 6) ? NULL : mode + 6;
	pthread_t thread;

	b->paced = module || !strcmp(mode, "paced");
	b->echo = !strcmp(mode, "echo");
	b->hot = strcmp(mode, "one") ? b->nsock : 1;
	if (!strcmp(mode, "ring") || !strcmp(mode, "closed"))
		b->ring = arm(b->v, *mode == 'r');
	else if (module)
		lttng_start(b->net, b->v, module, &thread);
	else if (b->echo)
		know(b, "10.0.0.2");
	else if (strcmp(mode, "off") && strcmp(mode, "one") && !b->paced)
		die(mode, "one, echo, or the tracer is off, paced, ring, closed or lttng=MODULE");
	for (unsigned r = 0; r < rounds; r++)
		ns[r] = round_of(b);
	if (b->ring) {
		printf("records_a_frame=%.2f lost=%llu ", (double)b->records / rounds / BATCH, (unsigned long long)b->ring->lost);
		trace_state.mask = trace_state.armed = 0;
		fgraph_arm(NULL, NULL);
		vcpu_trace(b->v);
	}
	if (module) {
		printf("records_a_frame=%.2f lost=%llu ", (double)stat_of(b->net, "written: ") / rounds / BATCH,
		       (unsigned long long)stat_of(b->net, "lost: "));
		lttng_stop(b->net, thread);
	}
}

int main(int argc, char **argv)
{
	static const struct host_ops ops = { .clock = clock_ns };
	struct memdev_config wire = { .sink = swallow };
	struct machine_config mc = { .host = &ops, .nr_cpus = 1, .seed = { 1 } };
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 20000, nsock = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	struct extack err = { "" };
	struct bench b = { .net = net_create(&mc, &err), .nsock = nsock, .sock = calloc(nsock, sizeof(struct socket *)) };
	double *ns = calloc(rounds, sizeof(*ns));
	struct task task;

	b.dev = b.net ? memdev_create(b.net, &wire, &err) : NULL;
	if (!b.dev || inet_addr_add(b.dev, htonl(0x0a000001), 24, 0, RT_SCOPE_UNIVERSE, NULL, &err) || dev_open(b.dev, &err))
		die("set-up", err.msg);
	task_init(&task, "bench", 1, false);
	b.v = b.net->m.cpu[0];
	vcpu_enter(b.v, &task);
	open_sockets(&b);
	measure(&b, argc > 3 ? argv[3] : "off", ns, rounds);
	qsort(ns, rounds, sizeof(*ns), cmp);
	printf("frames=%llu delivered=%llu sockets=%u ns_p50=%.1f ns_p10=%.1f ns_p90=%.1f\n", (unsigned long long)rounds * BATCH,
	       (unsigned long long)b.got, nsock, ns[rounds / 2], ns[rounds / 10], ns[rounds * 9 / 10]);
	for (unsigned i = 0; i < nsock; i++)
		sock_release(b.sock[i]);
	vcpu_leave(b.v); /* the ring goes with the net */
	memdev_destroy(b.dev);
	free(b.sock);
	free(ns);
	if (net_destroy(b.net))
		die("end", "something was left behind");
	return b.got != (uint64_t)rounds * BATCH;
}
