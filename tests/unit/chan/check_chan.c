/* SPDX-License-Identifier: MIT */
/*
 * check_chan: sockets of other processes on a whole net with a fake clock: datagrams over lo through real socketpairs, requests and
 * messages that are wrong in every field, cut at every length and random, programs that end at each step, memory and quotas that run out.
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

static uint64_t fake_clock(void *ctx, int clk)
{
	return now + (clk == CLOCK_REALTIME ? 1700000000000000000ull : 0);
}

static void emit(void *ctx, int level, const char *line)
{
	snprintf(last_log, sizeof(last_log), "%s", line);
}

/* --- the host's side --- */

static int host_open(void *ctx, struct port *port, char letter, uint64_t id, bool nonblock, uint64_t *ino)
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

static void host_watch(void *ctx, struct port *port, unsigned events)
{
	ck_assert_uint_eq(port->events, events);
}

static void host_close(void *ctx, struct port *port)
{
	if (fake_fds)
		return;
	close(port->fd);
	for (int i = 0; i < MOST; i++)
		if (ports[i] == port)
			ports[i] = NULL;
}

static const struct chan_ops ops = { .open = host_open, .watch = host_watch, .close = host_close };

static void turn_once(void)
{
	vcpu_enter(net->m.cpu[0], NULL);
	vcpu_run(net->m.cpu[0], now);
	vcpu_leave(net->m.cpu[0]);
}

/* Until nothing moves. */
static void turn(void)
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

static bool make(unsigned long fail_nth)
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

static void unmake(void)
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

static void setup(void)
{
	msg = calloc(1, sizeof(*msg));
	ck_assert(make(0));
}

static void teardown(void)
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
static int request(const void *buf, size_t len, const struct app *a)
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

static struct gn_chan_call *call_of(void *buf, enum gn_chan_op op, const struct app *a)
{
	struct gn_chan_call *c = memset(buf, 0, sizeof(*c));

	c->magic = GN_CHAN_MAGIC;
	c->op = (uint16_t)op;
	c->id = a ? a->id : 0;
	return c;
}

static int app_new(struct app *a, int type, int protocol)
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

static int app_named(const struct app *a, enum gn_chan_op op, unsigned port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct gn_chan_call c;

	call_of(&c, op, a);
	memcpy(c.name, &sin, sizeof(sin));
	c.namelen = sizeof(sin);
	return request(&c, sizeof(c), a);
}

static int app_setopt(const struct app *a, int level, int name, int val)
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
static size_t dgram_of(void *buf, unsigned port, const void *data, size_t len)
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

static void app_send(const struct app *a, unsigned port, const void *data, size_t len)
{
	static unsigned char buf[70000];
	size_t n = dgram_of(buf, port, data, len);

	ck_assert_int_eq(send(a->fd, buf, n, MSG_DONTWAIT), n);
}

/* Payload of the next message, or -errno; -1000 - errno for a token. */
static int app_recv(const struct app *a, void *data, size_t room)
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
static void two(struct app *a, struct app *b)
{
	ck_assert_int_eq(app_new(a, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(app_new(b, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(app_named(b, GN_CHAN_BIND, 700), 0);
}

static void works(const struct app *a, const struct app *b)
{
	char buf[16];

	app_send(a, 700, "works", 5);
	turn();
	ck_assert_int_eq(app_recv(b, buf, sizeof(buf)), 5);
	ck_assert_mem_eq(buf, "works", 5);
	ck_assert_int_eq(app_recv(b, buf, sizeof(buf)), -EAGAIN);
}

static void app_close(struct app *a)
{
	close(a->fd);
	turn();
}

/* --- tests --- */

START_TEST(test_datagrams_of_all_sizes_over_lo)
{
	static unsigned char data[65536], got[65536];
	static const size_t sizes[] = { 0, 1, 1472, 16000, 65507 };
	struct app a, b;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 31 >> 3);
	two(&a, &b);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		app_send(&a, 700, data, sizes[i]);
		turn();
		ck_assert_int_eq(app_recv(&b, got, sizeof(got)), sizes[i]);
		ck_assert_mem_eq(got, data, sizes[i]);
	}
	app_close(&a);
	app_close(&b);
	ck_assert_uint_eq(chan_ports(chan), 0);
}
END_TEST

START_TEST(test_a_call_comes_after_what_was_sent)
{
	static struct {
		struct gn_chan_dgram h;
		char rest[256];
	} m;
	struct app a, b;

	two(&a, &b);
	ck_assert_int_eq(app_setopt(&b, IPPROTO_IP, IP_RECVTTL, 1), 0);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(app_setopt(&a, IPPROTO_IP, IP_TTL, 100 + i), 0);
		app_send(&a, 700, &i, sizeof(i));
		app_send(&a, 700, &i, sizeof(i));
	}
	turn();
	for (int i = 0; i < 40; i++) {
		int ttl, n;

		ck_assert_int_gt(recv(b.fd, &m, sizeof(m), MSG_DONTWAIT), sizeof(m.h));
		ck_assert_uint_eq(m.h.control, CMSG_SPACE(sizeof(int)));
		memcpy(&ttl, m.rest + CMSG_LEN(0), sizeof(ttl));
		memcpy(&n, m.rest + m.h.control, sizeof(n));
		ck_assert_int_eq(n, i / 2);
		ck_assert_int_eq(ttl, 100 + i / 2);
	}
	for (int i = 0; i < 150; i++) /* more than one turn takes */
		app_send(&a, 700, &i, sizeof(i));
	app_close(&a);
	for (int i = 0, n; i < 150; i++) {
		ck_assert_int_eq(app_recv(&b, &n, sizeof(n)), sizeof(n));
		ck_assert_int_eq(n, i);
	}
	app_close(&b);
}
END_TEST

START_TEST(test_an_error_is_told_once_and_asked_for)
{
	struct gn_chan_call c;
	struct app a;
	char x;

	ck_assert_int_eq(app_new(&a, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(app_named(&a, GN_CHAN_CONNECT, 9), 0);
	for (int i = 0; i < 3; i++) {
		app_send(&a, 0, "x", 1);
		turn();
	}
	ck_assert_int_eq(app_recv(&a, &x, 1), -1000 - ECONNREFUSED);
	ck_assert_int_eq(app_recv(&a, &x, 1), -EAGAIN);
	call_of(&c, GN_CHAN_TAKE_ERROR, &a);
	ck_assert_int_eq(request(&c, sizeof(c), &a), ECONNREFUSED);
	ck_assert_int_eq(request(&c, sizeof(c), &a), 0);
	app_send(&a, 0, "x", 1);
	turn();
	ck_assert_int_eq(app_recv(&a, &x, 1), -1000 - ECONNREFUSED);
	app_close(&a);
}
END_TEST

/* Each request, well formed. */
static size_t good_request(void *buf, enum gn_chan_op op, const struct app *a)
{
	struct gn_chan_call *c = call_of(buf, op, op == GN_CHAN_NEW ? NULL : a);
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(700) };

	switch (op) {
	case GN_CHAN_NEW:
		c->arg[0] = AF_INET;
		c->arg[1] = SOCK_DGRAM;
		break;
	case GN_CHAN_BIND:
	case GN_CHAN_CONNECT:
	case GN_CHAN_SENDTO:
		memcpy(c->name, &sin, sizeof(sin));
		c->namelen = sizeof(sin);
		if (op == GN_CHAN_SENDTO) {
			c->len = 100;
			memset(c + 1, 'x', 100);
		}
		break;
	case GN_CHAN_SETSOCKOPT:
	case GN_CHAN_GETSOCKOPT:
		c->arg[0] = IPPROTO_IP;
		c->arg[1] = IP_TTL;
		c->arg[2] = op == GN_CHAN_GETSOCKOPT ? 4 : 0;
		c->len = 4;
		memcpy(c + 1, &(int){ 64 }, 4);
		break;
	case GN_CHAN_RECVERR:
		c->arg[1] = 1000;
		break;
	case GN_CHAN_IOCTL:
		c->arg[0] = 0x5411; /* SIOCOUTQ */
		c->len = 4;
		memset(c + 1, 0, 4);
		break;
	default:
		break;
	}
	return sizeof(*c) + c->control + c->len;
}

START_TEST(test_each_field_of_a_request_wrong)
{
	static unsigned char buf[GN_CHAN_CALL_MAX];
	struct gn_chan_call *c = (void *)buf;
	unsigned long bad = chan_malformed(chan);
	struct app a, b;

	two(&a, &b);
	for (int op = 1; op < GN_CHAN_OP_MAX; op++) {
		const struct app *with = op == GN_CHAN_NEW ? NULL : &a;
		size_t len = good_request(buf, op, &a);

#define WRONG(field, value)                                                                                      \
	do {                                                                                                     \
		good_request(buf, op, &a);                                                                       \
		c->field = (value);                                                                              \
		ck_assert_msg(request(buf, len, with) == -EPROTO, "op %d: " #field " is accepted", op); \
		ck_assert_uint_eq(chan_malformed(chan), ++bad);                                                  \
		ck_assert_int_eq(msg->fd, -1);                                                                   \
	} while (0)
		WRONG(magic, GN_CHAN_MAGIC + 1);
		WRONG(magic, 0);
		WRONG(op, 0);
		WRONG(op, GN_CHAN_OP_MAX);
		WRONG(op, 0xffff);
		WRONG(reserved, 1);
		WRONG(namelen, GN_CHAN_ADDR_MAX + 1);
		WRONG(namelen, 0xffffffffu);
		WRONG(control, GN_CHAN_CONTROL_MAX + 1);
		WRONG(control, 0xfffffff0u);
		WRONG(len, GN_CHAN_DATA_MAX + 1);
		WRONG(len, 0xffffffffu);
		WRONG(len, c->len + 1);
		if (op != GN_CHAN_NEW && op != GN_CHAN_SETSOCKOPT && op != GN_CHAN_GETSOCKOPT && op != GN_CHAN_RECVERR)
			WRONG(arg[1], 1);
		if (op != GN_CHAN_NEW && op != GN_CHAN_GETSOCKOPT)
			WRONG(arg[2], -1);
		if (with) {
			WRONG(id, 0); /* a descriptor for nothing */
			good_request(buf, op, &a);
			c->id ^= 4;
			ck_assert_int_eq(request(buf, len, with), -EBADF);
			good_request(buf, op, &a);
			ck_assert_int_eq(request(buf, len, &b), -EBADF); /* another socket's descriptor */
			ck_assert_int_eq(request(buf, len, NULL), -EPROTO);
			bad++;
		}
#undef WRONG
		for (size_t cut = 0; cut < len; cut++) {
			good_request(buf, op, &a);
			ck_assert_int_eq(request(buf, cut, with), -EPROTO);
			bad++;
		}
	}
	ck_assert_uint_eq(chan_ports(chan), 2);
	works(&a, &b);
	app_close(&a);
	app_close(&b);
}
END_TEST

START_TEST(test_each_field_of_a_datagram_wrong)
{
	unsigned char buf[200];
	struct gn_chan_dgram *h = (void *)buf;
	unsigned long bad = chan_malformed(chan);
	size_t len = dgram_of(buf, 700, "abc", 3);
	struct app a, b;

	two(&a, &b);
#define WRONG(field, value)                                             \
	do {                                                            \
		dgram_of(buf, 700, "abc", 3);                           \
		h->field = (value);                                     \
		ck_assert_int_eq(send(a.fd, buf, len, 0), len);         \
		turn();                                                 \
		ck_assert_uint_eq(chan_malformed(chan), ++bad);         \
		ck_assert_int_eq(app_recv(&b, buf, sizeof(buf)), -EAGAIN); \
	} while (0)
	WRONG(magic, 0);
	WRONG(kind, 0);
	WRONG(kind, GN_CHAN_ERROR);
	WRONG(kind, 255);
	WRONG(reserved, 1);
	WRONG(control, 1);
	WRONG(control, 0xffff);
	WRONG(flags, MSG_OOB);
	WRONG(flags, MSG_MORE);
	WRONG(flags, 0xffffffffu);
	WRONG(len, 2);
	WRONG(len, 4);
	WRONG(len, 0xffffffffu);
	WRONG(error, 1);
	WRONG(namelen, 15);
	WRONG(namelen, 128);
#undef WRONG
	for (size_t cut = 1; cut < len; cut++) {
		dgram_of(buf, 700, "abc", 3);
		ck_assert_int_eq(send(a.fd, buf, cut, 0), cut);
		turn();
		ck_assert_uint_eq(chan_malformed(chan), ++bad);
	}
	works(&a, &b);
	app_close(&a);
	app_close(&b);
}
END_TEST

START_TEST(test_a_writer_without_headers)
{
	static char big[70000];
	unsigned long bad = chan_malformed(chan);
	char buf[16];
	struct app a, b;

	two(&a, &b);
	/* to whom? */
	ck_assert_int_eq(send(a.fd, "plain", 5, 0), 5);
	turn();
	ck_assert_uint_eq(chan_malformed(chan), ++bad);
	ck_assert_int_eq(app_named(&a, GN_CHAN_CONNECT, 700), 0);
	for (int len = 1; len <= 5; len += 2) {
		ck_assert_int_eq(send(a.fd, "plain", (size_t)len, 0), len);
		turn();
		ck_assert_int_eq(app_recv(&b, buf, sizeof(buf)), len);
		ck_assert_mem_eq(buf, "plain", (size_t)len);
	}
	/* what begins as a header is one, or wrong; and so is what was cut */
	ck_assert_int_eq(send(a.fd, &(uint32_t){ GN_CHAN_MAGIC }, 4, 0), 4);
	turn();
	ck_assert_uint_eq(chan_malformed(chan), ++bad);
	ck_assert_int_eq(send(a.fd, big, sizeof(big), 0), sizeof(big));
	turn();
	ck_assert_uint_eq(chan_malformed(chan), ++bad);
	ck_assert_int_eq(app_recv(&b, buf, sizeof(buf)), -EAGAIN);
	works(&a, &b);
	app_close(&a);
	app_close(&b);
}
END_TEST

START_TEST(test_random_requests_and_datagrams)
{
	static unsigned char buf[GN_CHAN_CALL_MAX], junk[70000];
	struct app a, b, extra[8];
	unsigned n_extra = 0, well = 0;
	struct rng r;

	rng_seed(&r, 12345);
	two(&a, &b);
	for (int i = 0; i < 20000; i++) {
		enum gn_chan_op op = 1 + rng_below(&r, GN_CHAN_OP_MAX - 1);
		const struct app *with = op == GN_CHAN_NEW ? NULL : &a;
		size_t len = good_request(buf, op, &a);
		unsigned flips = rng_below(&r, 4);

		for (unsigned k = 0; k < flips; k++) { /* the header behind the id, or what follows: it reaches the socket */
			size_t at = rng_below(&r, 2) ? 16 + rng_below(&r, 28) : rng_below(&r, (uint32_t)len);

			buf[at] = rng_below(&r, 2) ? (unsigned char)rng_u64(&r) : (unsigned char)(buf[at] ^ (1 << rng_below(&r, 8)));
		}
		well += request(buf, len, with) != -EPROTO;
		if (msg->fd >= 0 && n_extra < ARRAY_SIZE(extra))
			extra[n_extra++].fd = msg->fd;
		else if (msg->fd >= 0)
			close(msg->fd);
		if (!(i % 4)) {
			size_t n = dgram_of(junk, 700, buf, rng_below(&r, 300));

			for (unsigned k = rng_below(&r, 3); k; k--)
				junk[rng_below(&r, (uint32_t)n)] ^= (unsigned char)(1 << rng_below(&r, 8));
			send(a.fd, junk, n, MSG_DONTWAIT);
		}
		if (!(i % 16))
			turn();
		if (!(i % 64))
			while (app_recv(&b, junk, sizeof(junk)) != -EAGAIN)
				;
		if (!(i % 500)) { /* it may have been shut, connected to itself, starved of buffers */
			app_close(&a);
			ck_assert_int_eq(app_new(&a, SOCK_DGRAM, 0), 0);
		}
	}
	ck_assert_uint_gt(well, 5000);
	for (unsigned i = 0; i < n_extra; i++)
		close(extra[i].fd);
	app_close(&a);
	app_close(&b);
	ck_assert_uint_eq(chan_ports(chan), 0);
}
END_TEST

START_TEST(test_a_program_ends_at_each_step)
{
	static unsigned char data[2000];

	for (int step = 0; step < 7; step++) {
		struct app a, b;

		two(&a, &b);
		if (step == 1)
			ck_assert_int_eq(app_named(&a, GN_CHAN_CONNECT, 700), 0);
		if (step == 2)
			app_send(&a, 700, data, sizeof(data)); /* not yet taken */
		for (int i = 0; step >= 3 && i < 300; i++) { /* b's pair and queue fill */
			app_send(&a, 700, data, sizeof(data));
			turn();
		}
		if (step == 4)
			recv(b.fd, data, sizeof(data), 0);
		if (step == 5)
			shutdown(b.fd, SHUT_RD);
		if (step == 6)
			shutdown(b.fd, SHUT_WR);
		close(b.fd);
		if (step == 2)
			close(a.fd);
		turn();
		if (step != 2) {
			ck_assert_uint_eq(chan_ports(chan), 1);
			app_close(&a);
		}
		ck_assert_uint_eq(chan_ports(chan), 0);
		ck_assert_int_eq(app_named(&a, GN_CHAN_BIND, 5), -EBADF);
	}
}
END_TEST

START_TEST(test_what_the_pair_does_not_take_waits_charged)
{
	static unsigned char data[4000], got[4000];
	unsigned n = 0, dropped;
	struct app a, b;

	two(&a, &b);
	ck_assert_int_eq(app_setopt(&b, SOL_SOCKET, SO_RCVBUF, 100000), 0);
	for (unsigned i = 0; i < 400; i++) {
		memcpy(data, &i, sizeof(i));
		app_send(&a, 700, data, sizeof(data));
		turn();
	}
	for (unsigned i; app_recv(&b, got, sizeof(got)) == sizeof(got); n++) {
		memcpy(&i, got, sizeof(i));
		ck_assert_uint_eq(i, n); /* the first ones, in order, whether they lay in the pair or in the queue */
		turn();
	}
	ck_assert_uint_gt(n, 15);
	ck_assert_uint_lt(n, 60); /* 200000 bytes of buffers */
	for (unsigned i = 0; i < 5; i++) { /* there is room again */
		works(&a, &b);
	}
	dropped = 400 - n;
	ck_assert_uint_gt(dropped, 0);
	app_close(&a);
	app_close(&b);
}
END_TEST

static uint32_t rmem(const struct app *a)
{
	struct gn_chan_call c;
	uint32_t v;

	call_of(&c, GN_CHAN_GETSOCKOPT, a);
	c.arg[0] = SOL_SOCKET;
	c.arg[1] = SO_MEMINFO;
	c.arg[2] = 36;
	ck_assert_int_eq(request(&c, sizeof(c), a), 0);
	memcpy(&v, msg->data, sizeof(v));
	return v;
}

static uint64_t in_datagrams(void)
{
	static struct cpu_stats sum;

	net->before_read(net);
	stats_fold(net, &sum);
	return sum.udp[UDP_MIB_INDATAGRAMS];
}

START_TEST(test_a_datagram_is_charged_and_not_counted_until_it_is_read)
{
	static unsigned char data[20000];
	uint32_t before, step[24];
	struct app a, b;

	two(&a, &b);
	for (unsigned i = 0; i < 24; i++) {
		before = rmem(&b);
		app_send(&a, 700, data, i * 90);
		turn();
		step[i] = rmem(&b) - before;
		ck_assert_uint_gt(step[i], i * 90); /* truesize */
	}
	ck_assert_uint_eq(in_datagrams(), 0);
	for (unsigned i = 0; i < 24; i++) {
		before = rmem(&b);
		ck_assert_int_eq(app_recv(&b, data, sizeof(data)), i * 90);
		ck_assert_uint_eq(before - rmem(&b), step[i]);
		ck_assert_uint_eq(in_datagrams(), i + 1);
	}
	ck_assert_uint_eq(rmem(&b), 0);
	for (int i = 0; i < 3; i++)
		app_send(&a, 700, "x", 1);
	turn();
	ck_assert_int_eq(app_recv(&b, data, sizeof(data)), 1);
	ck_assert_uint_eq(in_datagrams(), 25);
	app_close(&b); /* with two of them unread */
	ck_assert_uint_eq(in_datagrams(), 25);
	ck_assert_int_eq(app_new(&b, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(app_named(&b, GN_CHAN_BIND, 700), 0);
	app_send(&a, 700, "x", 1);
	turn();
	ck_assert_int_eq(app_recv(&b, data, sizeof(data)), 1);
	app_close(&b); /* all of it read */
	ck_assert_uint_eq(in_datagrams(), 26);
	app_close(&a);
}
END_TEST

START_TEST(test_a_full_socket_learns_what_was_read)
{
	static unsigned char data[1000];
	struct app a, b;
	unsigned n = 0;

	two(&a, &b);
	ck_assert_int_eq(app_setopt(&b, SOL_SOCKET, SO_RCVBUF, 8000), 0);
	for (int i = 0; i < 50; i++)
		app_send(&a, 700, data, sizeof(data));
	turn();
	while (app_recv(&b, data, sizeof(data)) == sizeof(data))
		n++;
	ck_assert_uint_gt(n, 3);
	ck_assert_uint_lt(n, 20); /* 16000 bytes of buffers */
	for (unsigned i = 0; i < n; i++) /* in one turn, with the charges as they were known: all of them have room */
		app_send(&a, 700, data, sizeof(data));
	turn();
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(app_recv(&b, data, sizeof(data)), sizeof(data));
	app_close(&a);
	app_close(&b);
}
END_TEST

START_TEST(test_end_of_file_after_shutdown)
{
	struct gn_chan_call c;
	struct app a, b;
	char x[8];

	two(&a, &b);
	app_send(&a, 700, "last", 4);
	turn();
	call_of(&c, GN_CHAN_SHUTDOWN, &b);
	c.arg[0] = SHUT_RD;
	ck_assert_int_eq(request(&c, sizeof(c), &b), -ENOTCONN);
	ck_assert_int_eq(app_recv(&b, x, sizeof(x)), 4);
	ck_assert_int_eq(recv(b.fd, x, sizeof(x), MSG_DONTWAIT), 0);
	app_send(&b, 700, "still", 5);
	turn();
	ck_assert_uint_eq(chan_ports(chan), 2);
	app_close(&a);
	app_close(&b);
}
END_TEST

START_TEST(test_a_user_has_a_bounded_number)
{
	struct app a;

	fake_fds = true;
	for (int i = 0; i < CHAN_MAX_PER_UID; i++)
		ck_assert_int_eq(app_new(&a, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(app_new(&a, SOCK_DGRAM, 0), -ENFILE);
	ck_assert_uint_eq(chan_ports(chan), CHAN_MAX_PER_UID);
	chan_destroy(chan);
	chan = NULL;
	fake_fds = false;
}
END_TEST

START_TEST(test_no_descriptors_no_socket)
{
	struct app a;

	no_fds = true;
	ck_assert_int_eq(app_new(&a, SOCK_DGRAM, 0), -ENFILE);
	ck_assert_int_eq(app_new(&a, SOCK_RAW, IPPROTO_ICMP), -ENFILE);
	no_fds = false;
	ck_assert_uint_eq(chan_ports(chan), 0);
	ck_assert_int_eq(app_new(&a, SOCK_STREAM, 0), -ESOCKTNOSUPPORT);
	ck_assert_int_eq(app_new(&a, SOCK_DGRAM | 0x40000000, 0), -EINVAL);
	ck_assert_uint_eq(chan_ports(chan), 0);
}
END_TEST

static bool scenario(unsigned long nth, bool *hit)
{
	struct app a = { .fd = -1 }, b = { .fd = -1 };
	bool ok = make(nth);

	ok = ok && !app_new(&a, SOCK_DGRAM, 0) && !app_new(&b, SOCK_DGRAM, 0) && !app_named(&b, GN_CHAN_BIND, 700);
	if (ok) {
		app_send(&a, 700, "x", 1);
		turn();
	}
	*hit = kmem_fault_hit(&net->m.kmem);
	if (a.fd >= 0)
		close(a.fd);
	if (b.fd >= 0)
		close(b.fd);
	unmake();
	return ok;
}

START_TEST(test_each_allocation_failing)
{
	unmake();
	ck_assert_uint_gt(faulty_sweep(scenario), 5);
	ck_assert(make(0));
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_datagrams_of_all_sizes_over_lo,
				       test_a_call_comes_after_what_was_sent,
				       test_an_error_is_told_once_and_asked_for,
				       test_each_field_of_a_request_wrong,
				       test_each_field_of_a_datagram_wrong,
				       test_a_writer_without_headers, test_random_requests_and_datagrams,
				       test_a_program_ends_at_each_step,
				       test_what_the_pair_does_not_take_waits_charged,
				       test_a_datagram_is_charged_and_not_counted_until_it_is_read,
				       test_a_full_socket_learns_what_was_read,
				       test_end_of_file_after_shutdown,
				       test_a_user_has_a_bounded_number,
				       test_no_descriptors_no_socket,
				       test_each_allocation_failing,
				       NULL };

	return suite_of("chan", setup, teardown, tests);
}
