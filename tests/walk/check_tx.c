/* SPDX-License-Identifier: MIT */
/* check_tx: golden trees of what goes out: from the call to the device, its completion, and what an interrupt does in the middle of it. */
#include "walk/walkfix.h"

static unsigned accept_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops hooks[] = {
	{ .hook = accept_hook, .name = "check", .hooknum = NF_INET_LOCAL_OUT },
	{ .hook = accept_hook, .name = "check", .hooknum = NF_INET_POST_ROUTING },
};

/* S1: a connected socket knows its route; hooks are there: the articles' tree in full, completion included */
START_TEST(test_tx_connected)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk_connect(s, A_PEER, 9);
	ck_assert_int_eq(walk_send(s, 18, NULL, 0), 18);
	ck_assert_int_eq(nf_register_hook(walk.net, &hooks[0]), 0);
	ck_assert_int_eq(nf_register_hook(walk.net, &hooks[1]), 0);
	/* a run that was cut short left timers to be looked after */
	WALK_CALL(({ raise_softirq(TIMER_SOFTIRQ); 0; }));
	walk_on();
	ck_assert_int_eq(walk_send(s, 1, NULL, 0), 1);
	walk_golden("tx_connected");
	ck_assert_uint_eq(walk.sent, 2);
	nf_unregister_hook(walk.net, &hooks[0]);
	nf_unregister_hook(walk.net, &hooks[1]);
	walk_close(s);
}
END_TEST

START_TEST(test_tx_unconnected)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk_on();
	ck_assert_int_eq(walk_send(s, 18, A_PEER, 9), 18);
	walk_golden("tx_unconnected");
	walk_close(s);
}
END_TEST

static void frame_comes(const void *frame, unsigned len)
{
	walk.sink = NULL;
	walk_frame(walk.dev0, walk.dev0->dev_addr, ETH_P_IP, walk_buf, walk_udp(A_SELF, 5000, 18));
}

/* A8: a frame comes while the device sends: its interrupt nests in the transmit, the rest waits for the end of the bottom half */
START_TEST(test_tx_interrupted)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk.sink = frame_comes;
	walk_on();
	ck_assert_int_eq(walk_send(s, 18, A_PEER, 9), 18);
	walk_golden("tx_interrupted");
	ck_assert_int_eq(walk_recv(s, MSG_DONTWAIT), 18);
	walk_close(s);
}
END_TEST

/* 2000 bytes in a 1500 byte MTU */
START_TEST(test_tx_fragmented)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk_on();
	ck_assert_int_eq(walk_send(s, 2000, A_PEER, 9), 2000);
	walk_golden("tx_fragmented");
	ck_assert_uint_eq(walk.sent, 2);
	walk_close(s);
}
END_TEST

/* The link-layer address is not known: the datagram waits and a question goes out. */
START_TEST(test_tx_unresolved)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk_on();
	ck_assert_int_eq(walk_send(s, 18, "192.168.1.7", 9), 18);
	walk_golden("tx_unresolved");
	ck_assert_uint_eq(walk.sent, 1);
	walk_close(s);
}
END_TEST

START_TEST(test_tx_loopback)
{
	struct socket *s = walk_bound("127.0.0.1", 5000);

	ck_assert_int_eq(walk_send(s, 18, "127.0.0.1", 5000), 18);
	ck_assert_int_eq(walk_recv(s, MSG_DONTWAIT), 18);
	walk_on();
	ck_assert_int_eq(walk_send(s, 18, "127.0.0.1", 5000), 18);
	walk_golden("tx_loopback");
	ck_assert_int_eq(walk_recv(s, MSG_DONTWAIT), 18);
	walk_close(s);
}
END_TEST

START_TEST(test_tx_multicast)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);
	struct in_addr from = { inet_addr(A_SELF) };

	ck_assert_int_eq(walk_set(s, SOL_IP, IP_MULTICAST_IF, &from, sizeof(from)), 0);
	walk_on();
	ck_assert_int_eq(walk_send(s, 18, GROUP, 9), 18);
	walk_golden("tx_multicast");
	walk_close(s);
}
END_TEST

/* The device takes no frame: the qdisc keeps it, the device's word sets it going again. */
START_TEST(test_tx_stopped)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	memdev_block_tx(walk.dev0, true);
	walk_on();
	ck_assert_int_eq(walk_send(s, 18, A_PEER, 9), 18);
	ck_assert_uint_eq(walk.sent, 0);
	memdev_block_tx(walk.dev0, false);
	walk_turn();
	walk_golden("tx_stopped");
	ck_assert_uint_eq(walk.sent, 1);
	walk_close(s);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_tx_connected, test_tx_unconnected, test_tx_interrupted, test_tx_fragmented, test_tx_unresolved,
		test_tx_loopback,  test_tx_multicast,	test_tx_stopped,     NULL,
	};

	return suite_of("tx", walk_begin, walk_end, tests);
}
