/* SPDX-License-Identifier: MIT */
/*
 * check_hostile: requests and datagrams that are wrong in every field, cut at every length, and random; programs that end at each step.
 */
#include "unit/chan/chanfix.h"

/* Each request, well formed. */
static size_t good_request(void *buf, enum gn_chan_op op, const struct app *a)
{
	struct gn_chan_call *c = call_of(buf, op, op == GN_CHAN_NEW || op == GN_CHAN_PAGE || op == GN_CHAN_TRACE ? NULL : a);
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
		const struct app *with = op == GN_CHAN_NEW || op == GN_CHAN_PAGE || op == GN_CHAN_TRACE ? NULL : &a;
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
		if (op != GN_CHAN_NEW && op != GN_CHAN_SETSOCKOPT && op != GN_CHAN_GETSOCKOPT && op != GN_CHAN_RECVERR &&
		    op != GN_CHAN_SENDTO)
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
		const struct app *with = op == GN_CHAN_NEW || op == GN_CHAN_PAGE || op == GN_CHAN_TRACE ? NULL : &a;
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

Suite *suite(void)
{
	const TTest *const tests[] = { test_each_field_of_a_request_wrong,
				       test_each_field_of_a_datagram_wrong,
				       test_a_writer_without_headers,
				       test_random_requests_and_datagrams,
				       test_a_program_ends_at_each_step,
				       NULL };

	return suite_of("hostile", setup, teardown, tests);
}
