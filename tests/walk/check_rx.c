/* SPDX-License-Identifier: MIT */
/* check_rx: golden trees of what comes in: from the interrupt to the socket and its reader, and what the host answers by itself. */
#include <pthread.h>

#include "walk/walkfix.h"

static const unsigned char him[ETH_ALEN] = { 2, 0, 0, 0, 0, 7 };

static unsigned accept_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops hooks[] = {
	{ .hook = accept_hook, .name = "check", .hooknum = NF_INET_PRE_ROUTING },
	{ .hook = accept_hook, .name = "check", .hooknum = NF_INET_LOCAL_IN },
};

/* S0: one short datagram, from the interrupt to the queue of a socket that nobody waits on */
START_TEST(test_rx_softirq)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk_on();
	walk_rx_udp(A_SELF, 5000, 18);
	walk_golden("rx_softirq");
	walk_close(s);
}
END_TEST

/* S0: the reader finds it there */
START_TEST(test_rx_read)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk_rx_udp(A_SELF, 5000, 18);
	walk_on();
	ck_assert_int_eq(walk_recv(s, 0), 18);
	walk_golden("rx_read");
	walk_close(s);
}
END_TEST

static void *other_thread(void *arg)
{
	walk_frame(walk.dev0, walk.dev0->dev_addr, ETH_P_IP, walk_buf, walk_udp(A_SELF, 5000, 18));
	walk_rx_udp(A_SELF, 5000, 19);
	return NULL;
}

/* The reader is asleep: another thread turns meanwhile, two frames come at once. */
static int datagram_comes(void)
{
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, other_thread, NULL), 0);
	pthread_join(t, NULL);
	return 0;
}

/* S0, A10: the reader sleeps before it comes; hooks, a stamp, the way back and the packet's address are wanted: the articles' tree in full */
START_TEST(test_rx_blocked)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);
	int one = 1;

	walk.on_wait = datagram_comes;
	ck_assert_int_eq(walk_set(s, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof(one)), 0);
	ck_assert_int_eq(walk_set(s, SOL_IP, IP_PKTINFO, &one, sizeof(one)), 0);
	walk_sysctl("net.ipv4.conf.all.rp_filter", "1");
	walk_warm(); /* a setting makes cached routes stale */
	ck_assert_int_eq(nf_register_hook(walk.net, &hooks[0]), 0);
	ck_assert_int_eq(nf_register_hook(walk.net, &hooks[1]), 0);
	walk_on();
	ck_assert_int_eq(walk_recv(s, 0), 18);
	walk_golden("rx_blocked");
	ck_assert_int_eq(walk_recv(s, MSG_DONTWAIT), 19);
	ck_assert_uint_ge(walk.tree.entries, 9); /* the sleeper said what is open */
	nf_unregister_hook(walk.net, &hooks[0]);
	nf_unregister_hook(walk.net, &hooks[1]);
	walk_close(s);
}
END_TEST

/* J6: the socket is found before the route */
START_TEST(test_rx_connected)
{
	struct socket *s = walk_bound(A_SELF, 5000);

	walk_connect(s, A_PEER, 4000);
	walk_rx_udp(A_SELF, 5000, 18); /* the first one leaves its route at the socket */
	walk_on();
	walk_rx_udp(A_SELF, 5000, 18);
	walk_golden("rx_connected");
	walk_close(s);
}
END_TEST

/* K5: a long one is summed when it is copied */
START_TEST(test_rx_long)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk_on();
	walk_rx_udp(A_SELF, 5000, 1400);
	ck_assert_int_eq(walk_recv(s, 0), 1400);
	walk_golden("rx_long");
	walk_close(s);
}
END_TEST

START_TEST(test_rx_multicast)
{
	struct socket *s[2] = { walk_bound("0.0.0.0", 5000), walk_bound("0.0.0.0", 5000) };

	walk_join(s[0], GROUP);
	walk_join(s[1], GROUP);
	walk_advance(30 * NSEC_PER_SEC);
	walk_on();
	walk_rx_udp(GROUP, 5000, 18);
	walk_golden("rx_multicast");
	ck_assert_int_eq(walk_recv(s[0], MSG_DONTWAIT), 18);
	ck_assert_int_eq(walk_recv(s[1], MSG_DONTWAIT), 18);
	walk_close(s[0]);
	walk_close(s[1]);
}
END_TEST

START_TEST(test_rx_broadcast)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);

	walk_on();
	walk_rx_udp("192.168.1.255", 5000, 18);
	walk_golden("rx_broadcast");
	ck_assert_int_eq(walk_recv(s, MSG_DONTWAIT), 18);
	walk_close(s);
}
END_TEST

/* A raw socket of ICMP sees the echo request, the host answers it. */
START_TEST(test_rx_raw)
{
	struct socket *s = walk_socket(SOCK_RAW, IPPROTO_ICMP);
	unsigned n = ipfix_icmp(walk_msg, ICMP_ECHO, 0, 0x10001, NULL, 64);

	n = ipfix_pkt(walk_buf, A_PEER, A_SELF, IPPROTO_ICMP, walk_msg, n);
	walk_on();
	walk_rx(walk.dev0, walk_buf, n);
	walk_golden("rx_raw");
	ck_assert_int_eq(walk_recv(s, MSG_DONTWAIT), 84);
	ck_assert_uint_eq(walk.sent, 1);
	walk_close(s);
}
END_TEST

START_TEST(test_icmp_echo)
{
	unsigned n = ipfix_icmp(walk_msg, ICMP_ECHO, 0, 0x10001, NULL, 64);

	n = ipfix_pkt(walk_buf, A_PEER, A_SELF, IPPROTO_ICMP, walk_msg, n);
	walk_rx(walk.dev0, walk_buf, n);
	walk.sent = 0;
	walk_on();
	walk_rx(walk.dev0, walk_buf, n);
	walk_golden("icmp_echo");
	ck_assert_uint_eq(walk.sent, 1);
}
END_TEST

/* K4: the ICMP error goes out before the datagram is dropped */
START_TEST(test_closed_port)
{
	walk_on();
	walk_rx_udp(A_SELF, 5001, 18);
	walk_golden("closed_port");
	ck_assert_uint_eq(walk.sent, 1);
}
END_TEST

static void arp_frame(uint16_t op, const char *sip, const char *tip)
{
	unsigned char *p = walk_buf;
	__be32 s = inet_addr(sip), t = inet_addr(tip);

	memset(p, 0, 46);
	memcpy(p, "\0\1\10\0\6\4", 6);
	p[7] = (unsigned char)op;
	memcpy(p + 8, him, 6);
	memcpy(p + 14, &s, 4);
	memcpy(p + 18, walk.dev0->dev_addr, 6);
	memcpy(p + 24, &t, 4);
	walk_frame(walk.dev0, walk.dev0->dev_addr, ETH_P_ARP, p, 46);
	walk_turn();
}

/* Somebody asks for our address and is answered. */
START_TEST(test_arp_request)
{
	walk_on();
	arp_frame(ARPOP_REQUEST, "192.168.1.7", A_SELF);
	walk_golden("arp_request");
	ck_assert_uint_eq(walk.sent, 1);
}
END_TEST

/* The answer that a datagram of ours waits for */
START_TEST(test_arp_answer)
{
	struct socket *s = walk_socket(SOCK_DGRAM, 0);

	ck_assert_int_eq(walk_send(s, 18, "192.168.1.7", 9), 18);
	ck_assert_uint_eq(walk.sent, 1); /* the question */
	walk_on();
	arp_frame(ARPOP_REPLY, "192.168.1.7", A_SELF);
	walk_golden("arp_answer");
	ck_assert_uint_eq(walk.sent, 2);
	walk_close(s);
}
END_TEST

static unsigned transit(unsigned ttl)
{
	unsigned n = sock_udp_msg(walk_msg, A_PEER, 4000, A_PEER1, 9, NULL, 18);

	n = ipfix_pkt(walk_buf, A_PEER, A_PEER1, IPPROTO_UDP, walk_msg, n);
	ipfix_iph(walk_buf)->ttl = (uint8_t)ttl;
	ipfix_sum(walk_buf);
	return n;
}

START_TEST(test_forward)
{
	walk_sysctl("net.ipv4.ip_forward", "1");
	walk_rx(walk.dev0, walk_buf, transit(64));
	walk.sent = 0;
	walk_on();
	walk_rx(walk.dev0, walk_buf, transit(64));
	walk_golden("forward");
	ck_assert_uint_eq(walk.sent, 1);
}
END_TEST

START_TEST(test_ttl)
{
	walk_sysctl("net.ipv4.ip_forward", "1");
	walk_rx(walk.dev0, walk_buf, transit(64));
	walk_on();
	walk_rx(walk.dev0, walk_buf, transit(1));
	walk_golden("ttl");
}
END_TEST

/* Two fragments; the second one completes the datagram. */
START_TEST(test_fragments)
{
	struct socket *s = walk_bound("0.0.0.0", 5000);
	unsigned char part[2000];
	unsigned n = walk_udp(A_SELF, 5000, 1192);

	walk_on();
	for (unsigned i = 0; i < 2; i++) {
		memcpy(part, walk_buf, 20);
		memcpy(part + 20, walk_buf + 20 + i * 800, i ? n - 820 : 800);
		ipfix_iph(part)->tot_len = htons((uint16_t)(i ? n - 800 : 820));
		ipfix_iph(part)->frag_off = htons(i ? 100 : IP_MF);
		ipfix_sum(part);
		walk_rx(walk.dev0, part, ntohs(ipfix_iph(part)->tot_len));
	}
	walk_golden("fragments");
	ck_assert_int_eq(walk_recv(s, MSG_DONTWAIT), 1192);
	walk_close(s);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_rx_softirq, test_rx_read,	test_rx_blocked, test_rx_connected, test_rx_long,    test_rx_multicast, test_rx_broadcast,
		test_rx_raw,	 test_icmp_echo, test_closed_port, test_arp_request, test_arp_answer, test_forward,	test_ttl,
		test_fragments,	 NULL,
	};

	return suite_of("rx", walk_begin, walk_end, tests);
}
