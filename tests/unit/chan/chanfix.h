/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CHAN_CHANFIX_H
#define TESTS_UNIT_CHAN_CHANFIX_H
/*
 * chanfix.h: sockets of other processes on a whole net with a fake clock, for the checks of src/chan: the host's side with real socketpairs,
 * and the program's: requests and datagrams as the client writes them
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chan/chan.h"
#include "core/stats.h"
#include "kernel/rcu.h"
#include "stack.h"
#include "support/faulty.h"

#define MOST 64

static uint64_t now = 5000000000ull;
static char last_log[LOG_LINE];
static struct net *net;
static struct chan *chan;
static struct port *ports[MOST]; /* as the host knows them */
static struct chan_msg *msg;
static bool fake_fds, no_fds;

static inline uint64_t fake_clock(void *ctx, int clk)
{
	return now + (clk == CLOCK_REALTIME ? 1700000000000000000ull : 0);
}

static inline void emit(void *ctx, int level, const char *line)
{
	snprintf(last_log, sizeof(last_log), "%s", line);
}

/* --- the host's side --- */

static inline int host_open(void *ctx, struct port *port, char letter, uint64_t id, bool nonblock, uint64_t *ino)
{
	struct stat st;
	int fd[2];

	if (no_fds)
		return -ENFILE;
	if (fake_fds) {
		*ino = id;
		return 1000000;
	}
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	ck_assert_int_eq(fstat(fd[1], &st), 0);
	port->fd = fd[0];
	*ino = st.st_ino;
	for (int i = 0; i < MOST; i++) {
		if (ports[i])
			continue;
		ports[i] = port;
		return fd[1];
	}
	ck_abort_msg("too many ports");
}

static inline void host_watch(void *ctx, struct port *port, unsigned events)
{
	ck_assert_uint_eq(port->events, events);
}

static inline void host_close(void *ctx, struct port *port)
{
	if (fake_fds)
		return;
	close(port->fd);
	for (int i = 0; i < MOST; i++)
		if (ports[i] == port)
			ports[i] = NULL;
}

static inline int host_page(void *ctx)
{
	return no_fds ? -ENFILE : open("/dev/null", O_RDONLY);
}

static inline int host_trace(void *ctx, uint32_t pid, uint32_t uid)
{
	return no_fds ? -ENFILE : pid == 77 && uid == 1000 ? open("/dev/null", O_RDONLY) : -EAGAIN;
}

static const struct chan_ops ops = { .open = host_open, .watch = host_watch, .close = host_close, .page = host_page, .trace = host_trace };

static inline void turn_once(void)
{
	vcpu_enter(net->m.cpu[0], NULL);
	vcpu_run(net->m.cpu[0], now);
	vcpu_leave(net->m.cpu[0]);
}

/* Until nothing moves. */
static inline void turn(void)
{
	for (int n = 0, idle = 0; idle < 2; n++) {
		ck_assert_int_lt(n, 100000);
		turn_once();
		idle++;
		for (int i = 0; i < MOST; i++) {
			struct pollfd p = { .events = 0 };

			if (!ports[i])
				continue;
			p.fd = ports[i]->fd;
			p.events = (short)ports[i]->events;
			if (poll(&p, 1, 0) == 1) {
				chan_ready(chan, ports[i], (unsigned)(p.revents & POLLHUP ? p.revents | POLLIN : p.revents) & p.events);
				idle = 0;
			}
		}
		rcu_barrier(&net->m);
	}
}

static inline bool make(unsigned long fail_nth)
{
	static const struct host_ops host = { .clock = fake_clock };
	struct logger log;
	struct machine_config mc = { .host = &host, .nr_cpus = 1, .seed = { 1, 2, 3, 4 }, .log = &log };

	logger_init(&log, emit, NULL, LOGLEVEL_DEBUG);
	net = net_create(&mc, NULL);
	ck_assert_ptr_nonnull(net);
	kmem_fail_nth(&net->m.kmem, fail_nth, NULL);
	chan = chan_create(net, &ops, NULL);
	return chan;
}

static inline void unmake(void)
{
	static struct cpu_stats sum;

	if (chan) {
		turn();
		chan_destroy(chan);
	}
	chan = NULL;
	stats_fold(net, &sum);
	for (unsigned c = LEDGER_FRAME; c < LEDGER_CLASS_MAX; c++)
		ck_assert_int_eq(ledger_balance(&sum, c), 0);
	ck_assert_msg(!net_destroy(net), "left behind: %s", last_log);
	for (int i = 0; i < MOST; i++)
		ck_assert_ptr_null(ports[i]);
}

static inline void setup(void)
{
	msg = calloc(1, sizeof(*msg));
	ck_assert(make(0));
}

static inline void teardown(void)
{
	unmake();
	free(msg);
}

/* --- the program's side --- */

struct app {
	int fd;
	uint64_t id, ino;
};

/* @len bytes of @buf as a request that came with the descriptor of @a, if any. */
static inline int request(const void *buf, size_t len, const struct app *a)
{
	msg->buf = buf;
	msg->len = len;
	msg->has_fd = a != NULL;
	msg->ino = a ? a->ino : 0;
	msg->cred = (struct cred){ .net_admin = true, .net_raw = true, .net_bind_service = true };
	chan_call(chan, msg);
	ck_assert_uint_eq(msg->reply.magic, GN_CHAN_MAGIC);
	ck_assert_uint_le(msg->reply.len, sizeof(msg->data));
	ck_assert_uint_le(msg->reply.control, sizeof(msg->control));
	return msg->reply.result;
}

static inline struct gn_chan_call *call_of(void *buf, enum gn_chan_op op, const struct app *a)
{
	struct gn_chan_call *c = memset(buf, 0, sizeof(*c));

	c->magic = GN_CHAN_MAGIC;
	c->op = (uint16_t)op;
	c->id = a ? a->id : 0;
	return c;
}

static inline int app_new(struct app *a, int type, int protocol)
{
	struct gn_chan_call c;
	struct stat st;
	int ret;

	call_of(&c, GN_CHAN_NEW, NULL);
	c.arg[0] = AF_INET;
	c.arg[1] = type;
	c.arg[2] = protocol;
	ret = request(&c, sizeof(c), NULL);
	*a = (struct app){ .fd = msg->fd, .id = msg->reply.id };
	if (!ret && !fake_fds) {
		fstat(a->fd, &st);
		a->ino = st.st_ino;
	}
	return ret;
}

static inline int app_named(const struct app *a, enum gn_chan_op op, unsigned port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct gn_chan_call c;

	call_of(&c, op, a);
	memcpy(c.name, &sin, sizeof(sin));
	c.namelen = sizeof(sin);
	return request(&c, sizeof(c), a);
}

static inline int app_setopt(const struct app *a, int level, int name, int val)
{
	struct {
		struct gn_chan_call c;
		int val;
	} r;

	call_of(&r.c, GN_CHAN_SETSOCKOPT, a);
	r.c.arg[0] = level;
	r.c.arg[1] = name;
	r.c.len = sizeof(val);
	r.val = val;
	return request(&r, sizeof(r.c) + sizeof(val), a);
}

/* A datagram as the client writes it: its length. */
static inline size_t dgram_of(void *buf, unsigned port, const void *data, size_t len)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct gn_chan_dgram *h = memset(buf, 0, sizeof(*h));

	h->magic = GN_CHAN_MAGIC;
	h->kind = GN_CHAN_DATA;
	h->len = (uint32_t)len;
	h->namelen = port ? sizeof(sin) : 0;
	if (port)
		memcpy(h->name, &sin, sizeof(sin));
	memcpy(h + 1, data, len);
	return sizeof(*h) + len;
}

static inline void app_send(const struct app *a, unsigned port, const void *data, size_t len)
{
	static unsigned char buf[70000];
	size_t n = dgram_of(buf, port, data, len);

	ck_assert_int_eq(send(a->fd, buf, n, MSG_DONTWAIT), n);
}

/* Payload of the next message, or -errno; -1000 - errno for a token. */
static inline int app_recv(const struct app *a, void *data, size_t room)
{
	static unsigned char buf[70000];
	const struct gn_chan_dgram *h = (const void *)buf;
	ssize_t n = recv(a->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	ck_assert_int_ge(n, sizeof(*h));
	ck_assert_uint_eq(h->magic, GN_CHAN_MAGIC);
	if (h->kind == GN_CHAN_ERROR)
		return -1000 - h->error;
	ck_assert_uint_eq(sizeof(*h) + h->control + h->len, n);
	memcpy(data, buf + sizeof(*h) + h->control, h->len < room ? h->len : room);
	return (int)h->len;
}

/* Two sockets that see each other: b has port 700. */
static inline void two(struct app *a, struct app *b)
{
	ck_assert_int_eq(app_new(a, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(app_new(b, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(app_named(b, GN_CHAN_BIND, 700), 0);
}

static inline void works(const struct app *a, const struct app *b)
{
	char buf[16];

	app_send(a, 700, "works", 5);
	turn();
	ck_assert_int_eq(app_recv(b, buf, sizeof(buf)), 5);
	ck_assert_mem_eq(buf, "works", 5);
	ck_assert_int_eq(app_recv(b, buf, sizeof(buf)), -EAGAIN);
}

static inline void app_close(struct app *a)
{
	close(a->fd);
	turn();
}

#endif
