/* SPDX-License-Identifier: MIT */
/*
 * force.h: how each drop reason is forced on the host of walkfix.h
 *
 * A function a reason; it prepares, calls walk_on() (or a send_ function that does) and lets it happen. Hooks and the socket are the test's to undo.
 */
#ifndef TESTS_WALK_FORCE_H
#define TESTS_WALK_FORCE_H

#include <linux/filter.h>
#include <linux/igmp.h>

#include "core/dev.h"
#include "core/filter.h"
#include "ipv4/fib.h"
#include "walk/walkfix.h"

static const unsigned char him[ETH_ALEN] = { 2, 0, 0, 0, 0, 7 };
static struct socket *sock; /* closed at the end when set */

/* --- packets --- */

/* The usual datagram for port 5000, changed by the caller, which then calls send_ip(). */
static struct iphdr *base(unsigned len)
{
	walk_udp(A_SELF, 5000, len);
	return ipfix_iph(walk_buf);
}

static struct udphdr *base_udp(void)
{
	return (struct udphdr *)(void *)(walk_buf + 20);
}

static void send_ip(void)
{
	ipfix_sum(walk_buf);
	walk_on();
	walk_rx(walk.dev0, walk_buf, ntohs(ipfix_iph(walk_buf)->tot_len));
}

static void send_base(void)
{
	base(18);
	send_ip();
}

static void send_to(const char *daddr)
{
	base(18)->daddr = inet_addr(daddr);
	send_ip();
}

static void send_from(const char *saddr)
{
	base(18)->saddr = inet_addr(saddr);
	send_ip();
}

static void send_options(const void *opt, unsigned len)
{
	ipfix_pkt_opt(walk_buf, A_PEER, A_SELF, IPPROTO_UDP, opt, len, NULL, 20);
	send_ip();
}

static void send_icmp(const char *daddr, int type, bool bad_sum)
{
	unsigned n = ipfix_icmp(walk_msg, type, 0, 1, NULL, 64);

	walk_msg[2] ^= bad_sum;
	ipfix_pkt(walk_buf, A_PEER, daddr, IPPROTO_ICMP, walk_msg, n);
	send_ip();
}

/* A piece of a datagram of @id: bytes @from to @to, more to come? Not recorded by itself. */
static void piece(unsigned id, unsigned from, unsigned to, bool more)
{
	struct iphdr *iph;

	ipfix_pkt(walk_buf, A_PEER, A_SELF, IPPROTO_UDP, NULL, to - from);
	iph = ipfix_iph(walk_buf);
	iph->id = htons((uint16_t)id);
	iph->frag_off = htons((uint16_t)(from / 8 | (more ? IP_MF : 0)));
	ipfix_sum(walk_buf);
	walk_rx(walk.dev0, walk_buf, ntohs(iph->tot_len));
}

/* From @dev0's side through the host to the peer at mem1 */
static void send_transit(const char *forward)
{
	walk_sysctl("net.ipv4.ip_forward", forward);
	base(18)->daddr = inet_addr(A_PEER1);
	send_ip();
}

static void bound(void)
{
	sock = walk_bound("0.0.0.0", 5000);
}

static void filter_all(void)
{
	static struct sock_filter none = { 0x06, 0, 0, 0 };
	struct sock_fprog prog = { 1, &none };

	ck_assert_int_eq(walk_set(sock, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), 0);
}

/* --- hooks --- */

static unsigned drop_it(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_DROP;
}

/* What somebody else holds a copy of must be copied before it is changed, for which there is no memory then. */
static struct sk_buff *copy;
static unsigned share_it(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	copy = skb_clone(skb);
	ck_assert_ptr_nonnull(copy);
	kmem_fail_nth(&walk.net->m.kmem, 1, "skbuff_data_2k");
	return NF_ACCEPT;
}

static unsigned device_goes(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	walk.dev0->flags &= ~(unsigned)IFF_UP;
	return NF_ACCEPT;
}

static struct nf_hook_ops hook;
static void hooked(unsigned (*fn)(void *priv, struct sk_buff *skb, const struct nf_hook_state *state), unsigned where)
{
	hook = (struct nf_hook_ops){ .hook = fn, .name = "check", .hooknum = where };
	ck_assert_int_eq(nf_register_hook(walk.net, &hook), 0);
}

static void copy_ends(void)
{
	ck_assert_ptr_nonnull(copy);
	walk_off();
	WALK_CALL(({ consume_skb(copy); 0; }));
}

/* --- devices of their own --- */

static struct net_device *dev2;
static void device(unsigned queue, const struct userdev_config *user)
{
	struct memdev_config cfg = { .sink = walk_wire };
	struct extack err = { "" };

	if (user)
		cfg.user = *user;
	dev2 = memdev_create(walk.net, &cfg, &err);
	ck_assert_msg(dev2, "%s", err.msg);
	dev2->tx_queue_len = queue;
	ck_assert_int_eq(inet_addr_add(dev2, inet_addr("172.16.0.1"), 24, 0, RT_SCOPE_UNIVERSE, NULL, NULL), 0);
	ck_assert_int_eq(dev_open(dev2, NULL), 0);
	walk_neigh(dev2, "172.16.0.2");
	walk_advance(30 * NSEC_PER_SEC);
}

static void send_again(const void *frame, unsigned len)
{
	struct sockaddr_in a = sin_of("172.16.0.2", 9);

	walk.sink = NULL;
	sock_sendto(sock, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, sizeof(a));
}

/* --- one a reason --- */

static void rx_runt(void)
{
	walk_on();
	ck_assert_int_eq(memdev_inject(walk.dev0, 0, walk_buf, 10), 0);
	walk_turn();
}
static void rx_filtered(void)
{
	walk_on();
	walk_frame(walk.dev0, him, ETH_P_IP, walk_buf, 46);
	walk_turn();
}
static void rx_nomem(void)
{
	walk_on();
	kmem_fail_nth(&walk.net->m.kmem, 1, "skbuff_data_2k");
	walk_rx(walk.dev0, walk_buf, walk_udp(A_SELF, 5000, 18));
}
static void dev_ready(void)
{
	bound();
	hooked(device_goes, NF_INET_POST_ROUTING);
	walk_on();
	walk_send(sock, 18, A_PEER, 9);
	walk.dev0->flags |= IFF_UP;
}
static void full_ring(void)
{
	bound();
	device(0, NULL);
	memdev_block_tx(dev2, true);
	walk_on();
	walk_send(sock, 18, "172.16.0.2", 9);
}
static void dev_tx_error(void)
{
	const struct userdev_config user = { .tx_ring = 1, .hold_tx = true };

	bound();
	device(10, &user);
	if (userdev_tx_complete(dev2, 0, 1)) /* a report of a group */
		walk_turn();
	walk_send(sock, 18, "172.16.0.2", 9);
	walk_on();
	walk_advance(12 * NSEC_PER_SEC);
}
static void otherhost(void)
{
	ck_assert_int_eq(dev_set_promiscuity(walk.dev0, 1), 0);
	base(18);
	ipfix_sum(walk_buf);
	walk_on();
	walk_frame(walk.dev0, him, ETH_P_IP, walk_buf, 46);
	walk_turn();
}
static void cpu_backlog(void)
{
	struct sockaddr_in a = sin_of("127.0.0.1", 5000);

	bound();
	walk_sysctl("net.core.netdev_max_backlog", "1");
	walk_on();
	vcpu_enter(walk.net->m.cpu[0], &walk.task);
	local_bh_disable();
	for (int i = 0; i < 3; i++)
		sock_sendto(sock, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, sizeof(a));
	local_bh_enable();
	vcpu_leave(walk.net->m.cpu[0]);
}
static void unhandled_proto(void)
{
	walk_on();
	walk_frame(walk.dev0, walk.dev0->dev_addr, 0x88b5, walk_buf, 46);
	walk_turn();
}
static void recursion_limit(void)
{
	bound();
	device(0, NULL);
	walk.sink = send_again;
	walk_on();
	walk_send(sock, 18, "172.16.0.2", 9);
}
static void qdisc_drop(void)
{
	bound();
	device(1, NULL);
	memdev_block_tx(dev2, true);
	walk_send(sock, 18, "172.16.0.2", 9);
	walk_send(sock, 18, "172.16.0.2", 9);
	walk_on();
	walk_send(sock, 18, "172.16.0.2", 9);
}
static void queue_purge(void)
{
	int one = 1, zero = 0;

	sock = walk_bound(A_SELF, 5000);
	ck_assert_int_eq(walk_set(sock, SOL_IP, IP_RECVERR, &one, sizeof(one)), 0);
	walk_send(sock, 1473, A_PEER, 9); /* leaves a route behind */
	walk_sysctl("net.ipv4.ip_forward", "0");
	ck_assert_int_eq(walk_set(sock, SOL_IP, IP_MTU_DISCOVER, &(int){ IP_PMTUDISC_DO }, sizeof(int)), 0);
	ck_assert_int_lt(walk_send(sock, 2000, A_PEER, 9), 0); /* an error for the queue */
	walk_on();
	ck_assert_int_eq(walk_set(sock, SOL_IP, IP_RECVERR, &zero, sizeof(zero)), 0);
}
static void nomem(void)
{
	hooked(share_it, NF_INET_PRE_ROUTING);
	send_transit("1");
	copy_ends();
}
static void neigh_createfail(void)
{
	bound();
	walk_sysctl("net.ipv4.neigh.default.gc_thresh3", "1");
	walk_on();
	walk_send(sock, 18, "192.168.1.99", 9);
}
static void neigh_queuefull(void)
{
	bound();
	walk_sysctl("net.ipv4.neigh.mem0.unres_qlen_bytes", "1");
	walk_send(sock, 18, "192.168.1.99", 9);
	walk_on();
	walk_send(sock, 18, "192.168.1.99", 9);
}
static void neigh_failed(void)
{
	bound();
	walk_send(sock, 18, "192.168.1.99", 9);
	walk_on();
	for (int i = 0; i < 10; i++)
		walk_advance(NSEC_PER_SEC);
}
static void neigh_dead(void)
{
	bound();
	walk_send(sock, 18, "192.168.1.99", 9);
	walk_on();
	WALK_CALL(({ neigh_ifdown(&walk.net->ipv4->arp_tbl, walk.dev0); 0; }));
}
static void arp(int hrd, const char *tip)
{
	unsigned char *p = walk_buf;
	__be32 s = inet_addr("192.168.1.7"), t = inet_addr(tip);

	memset(p, 0, 46);
	memcpy(p, "\0\1\10\0\6\4\0\1", 8);
	p[1] = (unsigned char)hrd;
	memcpy(p + 8, him, 6);
	memcpy(p + 14, &s, 4);
	memcpy(p + 24, &t, 4);
	walk_on();
	walk_frame(walk.dev0, walk.dev0->broadcast, ETH_P_ARP, p, 46);
	walk_turn();
}
static void arp_invalid(void)
{
	arp(9, A_SELF);
}
static void arp_ignored(void)
{
	walk_sysctl("net.ipv4.conf.all.drop_gratuitous_arp", "1");
	arp(1, "192.168.1.7");
}
static void pkt_too_small(void)
{
	base(18);
	walk_on();
	walk_rx(walk.dev0, walk_buf, 30);
}
static void ip_inhdr(void)
{
	base(18)->version = 5;
	send_ip();
}
static void ip_csum(void)
{
	base(18)->check ^= 1;
	walk_on();
	walk_rx(walk.dev0, walk_buf, 46);
}
static void ip_indiscards(void)
{
	hooked(share_it, NF_INET_PRE_ROUTING);
	send_options("\7\7\4\0\0\0\0", 8);
	copy_ends();
}
static void ip_options(void)
{
	send_options("\7\2\0", 4);
}
static void ip_source_route(void)
{
	walk_sysctl("net.ipv4.conf.all.accept_source_route", "0");
	send_options("\203\7\4\300\250\1\2", 8);
}
static void ip_ttl(void)
{
	walk_sysctl("net.ipv4.ip_forward", "1");
	base(18)->ttl = 1;
	ipfix_iph(walk_buf)->daddr = inet_addr(A_PEER1);
	send_ip();
}
static void ip_inaddrerrors(void)
{
	send_transit("0");
}
static void ip_innoroutes(void)
{
	walk_sysctl("net.ipv4.ip_forward", "1");
	send_to("8.8.8.8");
}
static void ip_rpfilter(void)
{
	walk_sysctl("net.ipv4.conf.all.rp_filter", "1");
	send_from("10.0.0.77");
}
static void ip_invalid_source(void)
{
	send_from("224.0.0.9");
}
static void ip_invalid_dest(void)
{
	send_to("0.0.0.0");
}
static void ip_localnet(void)
{
	send_to("127.0.0.1");
}
static void unicast_in_l2_multicast(void)
{
	walk_sysctl("net.ipv4.conf.all.drop_unicast_in_l2_multicast", "1");
	base(18);
	walk_on();
	walk_frame(walk.dev0, walk.dev0->broadcast, ETH_P_IP, walk_buf, 46);
	walk_turn();
}
static void ip_not_joined(void)
{
	send_to("225.0.0.1"); /* its frame is that of 224.0.0.1 */
}
static void ip_noproto(void)
{
	base(18)->protocol = 99;
	send_ip();
}
static void netfilter_drop(void)
{
	hooked(drop_it, NF_INET_LOCAL_IN);
	send_base();
}
static void frag_reasm_timeout(void)
{
	piece(1, 0, 80, true);
	walk_on();
	walk_advance(31 * NSEC_PER_SEC);
}
static void frag_too_far(void)
{
	walk_sysctl("net.ipv4.ipfrag_max_dist", "2");
	for (unsigned id = 1; id < 6; id++)
		piece(id, 0, 80, true);
	walk_on();
	piece(1, 80, 160, true);
}
static void frag_dup(void)
{
	piece(1, 0, 80, true);
	walk_on();
	piece(1, 0, 80, true);
}
static void frag_overlap(void)
{
	piece(1, 0, 80, true);
	walk_on();
	piece(1, 40, 160, true);
}
static void frag_invalid(void)
{
	walk_on();
	piece(1, 65528, 65608, true);
}
static void frag_queue(void)
{
	piece(1, 0, 80, true);
	walk_on();
	piece(1, 8, 40, false); /* ends before what is there */
}
static void frag_nomem(void)
{
	walk_sysctl("net.ipv4.ipfrag_high_thresh", "0");
	walk_on();
	piece(1, 0, 80, true);
}
static void pkt_too_big(void)
{
	walk_sysctl("net.ipv4.ip_forward", "1");
	ck_assert_int_eq(dev_set_mtu(walk.dev1, 600, NULL), 0);
	base(1000)->daddr = inet_addr(A_PEER1);
	ipfix_iph(walk_buf)->frag_off = htons(IP_DF);
	send_ip();
}
static void frag_fails(void)
{
	uint64_t before = walk_dropped(SKB_DROP_REASON_FRAG_FAILS);

	walk_sysctl("net.ipv4.ip_forward", "1");
	ck_assert_int_eq(dev_set_mtu(walk.dev1, 600, NULL), 0);
	base(1000)->daddr = inet_addr(A_PEER1);
	for (unsigned long nth = 1; walk_dropped(SKB_DROP_REASON_FRAG_FAILS) == before; nth++) {
		ck_assert_uint_lt(nth, 20);
		walk_off();
		kmem_fail_nth(&walk.net->m.kmem, nth, "skbuff_head_cache");
		send_ip();
	}
}
static void ip_forward_refused(void)
{
	walk_sysctl("net.ipv4.ip_forward", "1");
	base(18)->daddr = inet_addr(A_PEER1);
	ipfix_sum(walk_buf);
	walk_on();
	walk_frame(walk.dev0, walk.dev0->broadcast, ETH_P_IP, walk_buf, 46);
	walk_turn();
}
static void icmp_csum(void)
{
	send_icmp(A_SELF, ICMP_ECHO, true);
}
static void invalid_proto(void)
{
	send_icmp(A_SELF, 77, false);
}
static void icmp_broadcast(void)
{
	send_icmp("192.168.1.255", ICMP_ECHO, false);
}
static void igmp_invalid(void)
{
	ipfix_pkt(walk_buf, A_PEER, "224.0.0.1", IPPROTO_IGMP, "\x11\0\0", 4);
	send_ip();
}
static void udp_too_small(void)
{
	base(18);
	base_udp()->len = htons(4);
	send_ip();
}
static void udp_csum(void)
{
	bound();
	base(18);
	base_udp()->check ^= 1;
	send_ip();
}
static void udp_csum_read(void)
{
	bound();
	base(1400);
	base_udp()->check ^= 1;
	walk_rx(walk.dev0, walk_buf, 1428);
	walk_on();
	ck_assert_int_lt(walk_recv(sock, MSG_DONTWAIT), 0);
}
static void udp_coverage(void)
{
	int want = 20;

	sock = walk_socket(SOCK_DGRAM, IPPROTO_UDPLITE);
	walk_bind(sock, "0.0.0.0", 5000);
	ck_assert_int_eq(walk_set(sock, IPPROTO_UDPLITE, 11 /* UDPLITE_RECV_CSCOV */, &want, sizeof(want)), 0);
	base(18)->protocol = IPPROTO_UDPLITE;
	base_udp()->len = htons(12);
	base_udp()->check = 0;
	base_udp()->check = csum_tcpudp_magic(inet_addr(A_PEER), inet_addr(A_SELF), 26, IPPROTO_UDPLITE,
					      csum_partial(base_udp(), 12, 0));
	send_ip();
}
static void udp_no_mcast(void)
{
	walk_udp("192.168.1.255", 5000, 18);
	send_ip();
}
static void socket_filter(void)
{
	bound();
	filter_all();
	send_base();
}
static void socket_rcvbuff(void)
{
	bound();
	sock->sk->sk_rcvbuf = 0;
	walk_rx_udp(A_SELF, 5000, 18);
	send_base();
}
static void proto_mem(void)
{
	bound();
	walk_sysctl("net.ipv4.udp_rmem_min", "1");
	walk_sysctl("net.ipv4.udp_mem", "1 1 1");
	while (!walk_dropped(SKB_DROP_REASON_PROTO_MEM)) {
		walk_off();
		send_base();
	}
}
static void raw(void)
{
	sock = walk_socket(SOCK_RAW, 99);
	base(18)->protocol = 99;
}
static void raw_rcvbuff(void)
{
	raw();
	sock->sk->sk_rcvbuf = 0;
	ipfix_sum(walk_buf);
	walk_rx(walk.dev0, walk_buf, 46);
	send_ip();
}
static void raw_filter(void)
{
	raw();
	filter_all();
	send_ip();
}
static void socket_close(void)
{
	bound();
	walk_rx_udp(A_SELF, 5000, 18);
	walk_on();
	WALK_CALL(({ sock_release(sock); 0; }));
	sock = NULL;
}

struct force {
	void (*fn)(void);
	const char *why; /* it cannot be forced here */
};
static const struct force forces[SKB_DROP_REASON_MAX] = {
#define R(name) [SKB_DROP_REASON_##name]
	R(NOT_SPECIFIED) = { NULL, "no drop on a packet's way leaves its reason out; it is what functions say that did not drop" },
	R(RX_OFFLOAD) = { NULL, "a memory device has no offload headers; check_tap_vnet forces it" },
	R(RX_TRUNCATED) = { NULL, "a memory device refuses a long frame at its door; check_tap and check_pcapdev force it" },
	R(RX_RUNT) = { rx_runt },
	R(RX_FILTERED) = { rx_filtered },
	R(RX_NOMEM) = { rx_nomem },
	R(DEV_READY) = { dev_ready },
	R(FULL_RING) = { full_ring },
	R(DEV_TX_ERROR) = { dev_tx_error },
	R(OTHERHOST) = { otherhost },
	R(CPU_BACKLOG) = { cpu_backlog },
	R(UNHANDLED_PROTO) = { unhandled_proto },
	R(RECURSION_LIMIT) = { recursion_limit },
	R(QDISC_DROP) = { qdisc_drop },
	R(QUEUE_PURGE) = { queue_purge },
	R(NOMEM) = { nomem },
	R(NEIGH_CREATEFAIL) = { neigh_createfail },
	R(NEIGH_QUEUEFULL) = { neigh_queuefull },
	R(NEIGH_FAILED) = { neigh_failed },
	R(NEIGH_DEAD) = { neigh_dead },
	R(ARP_INVALID) = { arp_invalid },
	R(ARP_IGNORED) = { arp_ignored },
	R(PKT_TOO_SMALL) = { pkt_too_small },
	R(IP_INHDR) = { ip_inhdr },
	R(IP_CSUM) = { ip_csum },
	R(IP_INDISCARDS) = { ip_indiscards },
	R(IP_OPTIONS) = { ip_options },
	R(IP_SOURCE_ROUTE) = { ip_source_route },
	R(IP_TTL) = { ip_ttl },
	R(IP_INADDRERRORS) = { ip_inaddrerrors },
	R(IP_INNOROUTES) = { ip_innoroutes },
	R(IP_RPFILTER) = { ip_rpfilter },
	R(IP_INVALID_SOURCE) = { ip_invalid_source },
	R(IP_INVALID_DEST) = { ip_invalid_dest },
	R(IP_LOCALNET) = { ip_localnet },
	R(UNICAST_IN_L2_MULTICAST) = { unicast_in_l2_multicast },
	R(IP_NOT_JOINED) = { ip_not_joined },
	R(IP_NOPROTO) = { ip_noproto },
	R(NETFILTER_DROP) = { netfilter_drop },
	R(FRAG_REASM_TIMEOUT) = { frag_reasm_timeout },
	R(FRAG_TOO_FAR) = { frag_too_far },
	R(FRAG_OVERLAP) = { frag_overlap },
	R(FRAG_DUP) = { frag_dup },
	R(FRAG_INVALID) = { frag_invalid },
	R(FRAG_NOMEM) = { frag_nomem },
	R(FRAG_QUEUE) = { frag_queue },
	R(PKT_TOO_BIG) = { pkt_too_big },
	R(FRAG_FAILS) = { frag_fails },
	R(IP_BLACKHOLE) = { NULL, "a blackhole route refuses at the look-up; dst_discard() is the net below it: check_ip_input" },
	R(IP_FORWARD_REFUSED) = { ip_forward_refused },
	R(ICMP_CSUM) = { icmp_csum },
	R(INVALID_PROTO) = { invalid_proto },
	R(ICMP_BROADCAST) = { icmp_broadcast },
	R(IGMP_INVALID) = { igmp_invalid },
	R(UDP_TOO_SMALL) = { udp_too_small },
	R(UDP_CSUM) = { udp_csum },
	R(UDP_CSUM_READ) = { udp_csum_read },
	R(UDP_COVERAGE) = { udp_coverage },
	R(NO_SOCKET) = { send_base },
	R(UDP_NO_MCAST) = { udp_no_mcast },
	R(SOCKET_FILTER) = { socket_filter },
	R(SOCKET_RCVBUFF) = { socket_rcvbuff },
	R(SOCKET_BACKLOG) = { NULL, "udp_queue_rcv_skb() looked at the same limit just before: two CPUs must race" },
	R(PROTO_MEM) = { proto_mem },
	R(RAW_RCVBUFF) = { raw_rcvbuff },
	R(RAW_FILTER) = { raw_filter },
	R(SOCKET_CLOSE) = { socket_close },
#undef R
};

#endif
