/* SPDX-License-Identifier: MIT */
/*
 * tracefix.h: a whole net with one device in memory, and the files of its tracing tree
 *
 * tracefix_begin() makes mem0 (10.0.0.1/24), a fake clock that stands still, and a UDP socket on port 7. tracefix_datagram() is one datagram to
 * it: through the driver's interrupt and NET_RX into the socket, then received by the task "reader", thread id 42. The tracer's own clock is the
 * machine's counter: durations are true, so texts are compared without them (tracefix_calls).
 */
#ifndef TESTS_SUPPORT_TRACEFIX_H
#define TESTS_SUPPORT_TRACEFIX_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/socket.h"
#include "drivers/memdev.h"
#include "fs/proc.h"
#include "ipv4/fib.h"
#include "kernel/wait.h"
#include "lib/csum.h"
#include "stack.h"
#include "support/suite.h"
#include "trace/trace.h"
#include "tracefs/tracefs.h"

#define T "/sys/kernel/tracing/"
#define READER_TID 42
#define TRACEFIX_TEXT (8u << 20)

struct tracefix {
	struct net *net;
	struct net_device *dev;
	struct socket *sock;
	struct task task;
	struct logger logger;
	char log[LOG_LINE];
	struct extack why; /* of the last tracefix_put() */
};

static inline uint64_t tracefix_clock(void *ctx, int clk)
{
	(void)ctx;
	return 5000000000ull + (clk == CLOCK_REALTIME ? 1700000000000000000ull : 0);
}

static inline void tracefix_emit(void *ctx, int level, const char *line)
{
	struct tracefix *x = ctx;

	(void)level;
	snprintf(x->log, sizeof(x->log), "%s", line);
}

static inline void tracefix_turn(struct tracefix *x)
{
	for (unsigned cpu = 0; cpu < x->net->m.nr_cpus; cpu++) {
		struct vcpu *v = x->net->m.cpu[cpu];
		int i = 0;

		do {
			vcpu_enter(v, NULL);
			vcpu_run(v, machine_now(&x->net->m));
			vcpu_leave(v);
			ck_assert_int_lt(++i, 10000);
		} while (v->softirq_pending || READ_ONCE(v->irq_any) || READ_ONCE(v->work_any));
	}
}

static inline void tracefix_begin_cpus(struct tracefix *x, unsigned cpus)
{
	static const struct cred root = { .net_admin = true, .net_raw = true, .net_bind_service = true };
	static const struct host_ops ops = { .clock = tracefix_clock };
	struct machine_config mc = { .host = &ops, .nr_cpus = cpus, .seed = { 1, 2 }, .log = &x->logger };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct extack err = { "" };

	memset(x, 0, sizeof(*x));
	logger_init(&x->logger, tracefix_emit, x, LOGLEVEL_DEBUG);
	x->net = net_create(&mc, &err);
	ck_assert_msg(x->net != NULL, "%s", err.msg);
	task_init(&x->task, "reader", READER_TID, false);
	x->dev = memdev_create(x->net, NULL, NULL);
	ck_assert_ptr_nonnull(x->dev);
	ck_assert_int_eq(inet_addr_add(x->dev, inet_addr("10.0.0.1"), 24, 0, RT_SCOPE_UNIVERSE, NULL, NULL), 0);
	ck_assert_int_eq(dev_open(x->dev, NULL), 0);
	vcpu_enter(x->net->m.cpu[0], &x->task);
	ck_assert_int_eq(sock_create(x->net, &root, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, &x->sock), 0);
	ck_assert_int_eq(sock_bind(x->sock, (struct sockaddr *)&a, sizeof(a)), 0);
	vcpu_leave(x->net->m.cpu[0]);
	tracefix_turn(x);
}

static inline void tracefix_begin(struct tracefix *x)
{
	tracefix_begin_cpus(x, 1);
}

static inline void tracefix_end(struct tracefix *x)
{
	vcpu_enter(x->net->m.cpu[0], &x->task);
	sock_release(x->sock);
	vcpu_leave(x->net->m.cpu[0]);
	tracefix_turn(x);
	ck_assert_msg(!net_destroy(x->net), "left behind: %s", x->log);
	x->net = NULL;
}

/* --- files --- */

/* The content of a file of the tree; valid until the next call but one. */
static inline const char *tracefix_cat_abs(struct tracefix *x, const char *path)
{
	static char *text[2];
	static unsigned turn;
	struct seq_file m;
	int ret;

	turn ^= 1;
	seq_init(&m, &x->net->m.kmem);
	ret = vfs_read(&x->net->vfs, path, &m);
	ck_assert_msg(!ret && !m.error, "%s: %d %d", path, ret, m.error);
	free(text[turn]);
	text[turn] = strdup(m.count ? seq_str(&m) : "");
	seq_release(&m);
	return text[turn];
}

static inline const char *tracefix_cat(struct tracefix *x, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), T "%s", name);
	return tracefix_cat_abs(x, path);
}

/* As `echo TEXT > NAME` (@trunc) or `>> NAME`: 0 or -errno, with x->why. */
static inline int tracefix_echo(struct tracefix *x, const char *name, const char *text, bool trunc)
{
	char path[128], line[4096];
	int ret = 0;

	x->why.msg[0] = 0;
	snprintf(path, sizeof(path), T "%s", name);
	snprintf(line, sizeof(line), "%s\n", text);
	if (trunc)
		ret = vfs_truncate(&x->net->vfs, path, &x->why);
	return ret ? ret : vfs_write(&x->net->vfs, path, line, strlen(line), &x->why);
}

#define put(x, name, text) ck_assert_msg(!tracefix_echo(x, name, text, true), "%s: %s", name, (x)->why.msg)
#define add(x, name, text) ck_assert_msg(!tracefix_echo(x, name, text, false), "%s: %s", name, (x)->why.msg)
#define is(x, name, text) ck_assert_str_eq(tracefix_cat(x, name), text)
/* Refused with @error, and the text has @part in it. */
#define refused(x, name, text, error, part)                                                              \
	do {                                                                                             \
		int ret_ = tracefix_echo(x, name, text, false);                                          \
		ck_assert_msg(ret_ == -(error), "%s takes \"%s\": %d", name, text, ret_);                \
		ck_assert_msg(strstr((x)->why.msg, part) != NULL, "%s: \"%s\"", name, (x)->why.msg);     \
	} while (0)

/* --- traffic --- */

/* One datagram to port 7, up to the socket. */
static inline void tracefix_frame(struct tracefix *x, unsigned payload)
{
	_Alignas(4) unsigned char mem[2 + 14 + 28 + 64] = { 0 };
	unsigned char *f = mem + 2;
	struct iphdr *ip = (struct iphdr *)(void *)(f + 14);
	struct udphdr *udp = (struct udphdr *)(void *)(ip + 1);

	memcpy(f, x->dev->dev_addr, 6);
	f[6] = 2;
	f[11] = 2;
	f[12] = 8;
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
			      .tot_len = htons((uint16_t)(28 + payload)), .saddr = inet_addr("10.0.0.2"), .daddr = inet_addr("10.0.0.1") };
	ip->check = ip_fast_csum(ip, 5);
	*udp = (struct udphdr){ .source = htons(1111), .dest = htons(7), .len = htons((uint16_t)(8 + payload)) };
	ck_assert_int_eq(memdev_inject(x->dev, 0, f, 42 + payload), 0);
	tracefix_turn(x);
}

/* One datagram, received by the reader. */
static inline void tracefix_datagram(struct tracefix *x)
{
	char buf[64];

	tracefix_frame(x, 18);
	vcpu_enter(x->net->m.cpu[0], &x->task);
	ck_assert_int_eq(sock_recvfrom(x->sock, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL), 18);
	vcpu_leave(x->net->m.cpu[0]);
}

/* --- texts --- */

/* Not by strstr(): the one of AddressSanitizer looks at the whole text each time. */
static inline unsigned tracefix_count(const char *text, const char *part)
{
	size_t len = strlen(part);
	unsigned n = 0;

	for (; (text = strchr(text, *part)) != NULL; text++)
		n += !strncmp(text, part, len);
	return n;
}

/*
 * A graph without its times: for each line of function_graph text what stands behind the bar, from depth @skip on; valid until the next call.
 * Comments, separators and empty lines are left out.
 */
static inline const char *tracefix_calls(const char *text)
{
	static char out[TRACEFIX_TEXT];
	char *to = out;

	for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
		const char *bar = NULL;

		end = strchrnul(line, '\n');
		if (*line == '#')
			continue;
		bar = memchr(line, '|', (size_t)(end - line));
		/* nothing behind the bar: an arrow around an interrupt */
		if (!bar || bar + 1 == end || to + (end - bar) + 2 > out + sizeof(out))
			continue;
		for (bar++; bar < end && *bar == ' ' && bar[1] == ' '; bar += 2)
			*to++ = '.';
		to = mempcpy(to, bar, (size_t)(end - bar));
		*to++ = '\n';
	}
	*to = 0;
	return out;
}

#endif
