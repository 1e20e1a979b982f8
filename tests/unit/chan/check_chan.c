/* SPDX-License-Identifier: MIT */
/*
 * check_chan: sockets of other processes: datagrams over lo, the order of calls and datagrams, errors, what is charged and counted until it
 * is read, the page, memory, descriptors and quotas that run out.
 */
#include "unit/chan/chanfix.h"

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
	static struct cpu_stats sum;
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
	stats_fold(net, &sum);
	ck_assert_uint_eq(sum.udp[UDP_MIB_OUTDATAGRAMS], 3); /* an error that waits is no matter of theirs */
	call_of(&c, GN_CHAN_TAKE_ERROR, &a);
	ck_assert_int_eq(request(&c, sizeof(c), &a), ECONNREFUSED);
	ck_assert_int_eq(request(&c, sizeof(c), &a), 0);
	app_send(&a, 0, "x", 1);
	turn();
	ck_assert_int_eq(app_recv(&a, &x, 1), -1000 - ECONNREFUSED);
	app_close(&a);
}
END_TEST

/* A receive that finds no error would wake for nothing, for ever; who only asks (poll, SO_ERROR) is told again. */
START_TEST(test_an_unread_error_queue_is_told_again_but_not_to_who_waits)
{
	struct gn_chan_call c;
	struct app a;
	char x;

	ck_assert_int_eq(app_new(&a, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(app_setopt(&a, IPPROTO_IP, IP_RECVERR, 1), 0);
	ck_assert_int_eq(app_named(&a, GN_CHAN_CONNECT, 9), 0);
	app_send(&a, 0, "x", 1);
	turn();
	ck_assert_int_eq(app_recv(&a, &x, 1), -1000 - ECONNREFUSED);
	call_of(&c, GN_CHAN_TAKE_ERROR, &a);
	c.arg[0] = 1;
	ck_assert_int_eq(request(&c, sizeof(c), &a), ECONNREFUSED);
	turn();
	ck_assert_int_le(app_recv(&a, &x, 1), -1000);
	ck_assert_int_eq(request(&c, sizeof(c), &a), 0);
	turn();
	ck_assert_int_eq(app_recv(&a, &x, 1), -EAGAIN);
	c.arg[0] = 0;
	ck_assert_int_eq(request(&c, sizeof(c), &a), 0);
	turn();
	ck_assert_int_le(app_recv(&a, &x, 1), -1000);
	app_close(&a);
}
END_TEST

START_TEST(test_what_the_pair_does_not_take_waits_charged)
{
	static unsigned char data[4000], got[4000];
	unsigned n = 0, dropped;
	struct app a, b;

	two(&a, &b);
	ck_assert_int_eq(app_setopt(&b, SOL_SOCKET, SO_RCVBUF, 100000), 0);
	ck_assert_int_eq(setsockopt(ports[1]->fd, SOL_SOCKET, SO_SNDBUF, &(int){ 30000 }, sizeof(int)), 0);
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
	struct app a, b, raw;
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
	ck_assert_uint_eq(app_new(&raw, SOCK_RAW, IPPROTO_UDP), 0);
	ck_assert_int_eq(app_setopt(&raw, SOL_SOCKET, SO_RCVBUF, 4000), 0);
	for (unsigned i = 0; i < n; i++) /* in one turn, with the charges as they were known: all of them have room */
		app_send(&a, 700, data, sizeof(data));
	turn();
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(app_recv(&b, data, sizeof(data)), sizeof(data));
	for (int round = 0; round < 2; round++) { /* a raw socket the same: it got what had room, and is full */
		unsigned got = 0;

		while (app_recv(&raw, data, sizeof(data)) > 0)
			got++;
		ck_assert_uint_gt(got, 1);
		ck_assert_uint_lt(got, n);
		for (unsigned i = 0; i < n; i++)
			app_send(&a, 700, data, sizeof(data));
		turn();
	}
	app_close(&raw);
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

static uint64_t generation_after(struct gn_chan_page *page, const char *path, const char *text)
{
	uint64_t was = page->generation;

	if (path)
		ck_assert_int_eq(vfs_write(&net->vfs, path, text, strlen(text), NULL), 0);
	else
		net_changed(net);
	return page->generation - was;
}

START_TEST(test_the_page_moves_with_the_stack_and_with_each_socket)
{
	static struct gn_chan_page page;
	struct gn_chan_call c;
	uint32_t was[GN_CHAN_PAGE_SOCKS];
	struct app a, b;

	memset(&page, 0, sizeof(page));
	call_of(&c, GN_CHAN_PAGE, NULL);
	ck_assert_int_eq(request(&c, sizeof(c), NULL), -EOPNOTSUPP);
	chan_set_page(chan, &page);
	ck_assert_int_eq(request(&c, sizeof(c), NULL), 0);
	ck_assert_int_ge(msg->fd, 0);
	close(msg->fd);
	no_fds = true;
	ck_assert_int_eq(request(&c, sizeof(c), NULL), -ENFILE);
	ck_assert_int_eq(msg->fd, -1);
	no_fds = false;
	two(&a, &b);
	call_of(&c, GN_CHAN_PAGE, &a);
	ck_assert_int_eq(request(&c, sizeof(c), &a), -EPROTO);
	ck_assert_uint_eq(page.magic, GN_CHAN_PAGE_MAGIC);
	ck_assert_uint_eq(page.size, sizeof(page));
	ck_assert_uint_eq(page.tag, GN_CHAN_ID_TAG(a.id));
	ck_assert_uint_eq(page.tag, GN_CHAN_ID_TAG(b.id));
	memcpy(was, page.sock, sizeof(was));
	ck_assert_uint_eq(generation_after(&page, NULL, NULL), 1);
	ck_assert_uint_gt(generation_after(&page, "/proc/sys/net/ipv4/conf/all/forwarding", "1"), 0);
	ck_assert_mem_eq(was, page.sock, sizeof(was));
	ck_assert_int_eq(app_setopt(&a, SOL_SOCKET, SO_BROADCAST, 1), 0);
	was[a.id % GN_CHAN_PAGE_SOCKS]++;
	ck_assert_int_eq(app_named(&a, GN_CHAN_CONNECT, 700), 0);
	was[a.id % GN_CHAN_PAGE_SOCKS]++;
	works(&a, &b); /* and what is sent changes nothing */
	ck_assert_mem_eq(was, page.sock, sizeof(was));
	ck_assert_uint_eq(generation_after(&page, NULL, NULL), 1);
	chan_set_tracing(chan, 3);
	ck_assert_uint_eq(page.tracing, 3);
	app_close(&a);
	app_close(&b);
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
				       test_an_unread_error_queue_is_told_again_but_not_to_who_waits,
				       test_what_the_pair_does_not_take_waits_charged,
				       test_a_datagram_is_charged_and_not_counted_until_it_is_read,
				       test_a_full_socket_learns_what_was_read,
				       test_end_of_file_after_shutdown,
				       test_a_user_has_a_bounded_number,
				       test_no_descriptors_no_socket,
				       test_the_page_moves_with_the_stack_and_with_each_socket,
				       test_each_allocation_failing,
				       NULL };

	return suite_of("chan", setup, teardown, tests);
}
