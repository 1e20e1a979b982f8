/* SPDX-License-Identifier: MIT */
/* check_filter.c: classic BPF: every opcode, packet bounds, extensions, hostile programs. */
#include "sockfix.h"

#include <linux/ip.h>
#include <linux/netlink.h>

#include "core/filter.h"

static struct sk_buff *skb; /* 64 bytes that count up from 0 */

static void begin(void)
{
	sockfix_begin();
	skb = fix_skb(64, 0);
}

static void end(void)
{
	consume_skb(skb);
	sockfix_end();
}

#define S(code, k) BPF_STMT(code, k)
#define J(code, k, t, f) BPF_JUMP(code, k, t, f)

static unsigned run(const struct sock_filter *f, unsigned n)
{
	ck_assert_msg(!sk_chk_filter(f, n), "refused: code 0x%x k 0x%x", f[0].code, f[0].k);
	return bpf_run_filter(skb, f, n);
}
#define RUN(...)                                   \
	run((struct sock_filter[]){ __VA_ARGS__ }, \
	    sizeof((struct sock_filter[]){ __VA_ARGS__ }) / sizeof(struct sock_filter))
#define BAD(...)                                                                       \
	ck_assert_int_eq(sk_chk_filter((struct sock_filter[]){ __VA_ARGS__ },          \
				       sizeof((struct sock_filter[]){ __VA_ARGS__ }) / \
					       sizeof(struct sock_filter)),            \
			 -EINVAL)
#define RETA S(BPF_RET | BPF_A, 0)
#define RETK(k) S(BPF_RET | BPF_K, k)
#define LDI(k) S(BPF_LD | BPF_IMM, k)
#define LDXI(k) S(BPF_LDX | BPF_IMM, k)

START_TEST(test_loads)
{
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_W | BPF_ABS, 4), RETA), 0x04050607);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_H | BPF_ABS, 5), RETA), 0x0506);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_B | BPF_ABS, 63), RETA), 63);
	ck_assert_uint_eq(RUN(LDXI(10), S(BPF_LD | BPF_W | BPF_IND, 2), RETA), 0x0c0d0e0f);
	ck_assert_uint_eq(RUN(LDXI(10), S(BPF_LD | BPF_H | BPF_IND, 2), RETA), 0x0c0d);
	ck_assert_uint_eq(RUN(LDXI(10), S(BPF_LD | BPF_B | BPF_IND, 2), RETA), 0x0c);
	ck_assert_uint_eq(RUN(LDXI((uint32_t)-3), S(BPF_LD | BPF_B | BPF_IND, 9), RETA), 6);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_W | BPF_LEN, 0), RETA), 64);
	ck_assert_uint_eq(RUN(S(BPF_LDX | BPF_W | BPF_LEN, 0), S(BPF_MISC | BPF_TXA, 0), RETA), 64);
	ck_assert_uint_eq(RUN(LDI(77), RETA), 77);
	ck_assert_uint_eq(RUN(S(BPF_LDX | BPF_B | BPF_MSH, 21), S(BPF_MISC | BPF_TXA, 0), RETA),
			  20);
	ck_assert_uint_eq(RUN(LDI(5), S(BPF_ST, 15), LDI(0), S(BPF_LD | BPF_MEM, 15), RETA), 5);
	ck_assert_uint_eq(RUN(LDXI(6), S(BPF_STX, 0), LDXI(0), S(BPF_LDX | BPF_MEM, 0),
			      S(BPF_MISC | BPF_TXA, 0), RETA),
			  6);
	ck_assert_uint_eq(
		RUN(LDI(9), S(BPF_MISC | BPF_TAX, 0), LDI(0), S(BPF_MISC | BPF_TXA, 0), RETA), 9);
	ck_assert_uint_eq(RUN(RETK(0xffffffff)), 0xffffffff);
}
END_TEST

/* A load that is not wholly inside ends the program with 0. */
START_TEST(test_bounds)
{
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_B | BPF_ABS, 64), RETK(1)), 0);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_H | BPF_ABS, 63), RETK(1)), 0);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_H | BPF_ABS, 62), RETK(1)), 1);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_W | BPF_ABS, 61), RETK(1)), 0);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_W | BPF_ABS, 60), RETK(1)), 1);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_W | BPF_ABS, 0x7ffffffe), RETK(1)), 0);
	ck_assert_uint_eq(RUN(LDXI(0x7fffffff), S(BPF_LD | BPF_W | BPF_IND, 1), RETK(1)), 0);
	ck_assert_uint_eq(RUN(LDXI(0xffffffff), S(BPF_LD | BPF_B | BPF_IND, 0), RETK(1)), 0);
	ck_assert_uint_eq(RUN(S(BPF_LDX | BPF_B | BPF_MSH, 64), RETK(1)), 0);
	ck_assert_uint_eq(RUN(LDXI((uint32_t)SKF_AD_OFF), S(BPF_LD | BPF_B | BPF_IND, 0), RETK(1)),
			  0);
}
END_TEST

START_TEST(test_alu)
{
	static const struct {
		uint16_t op;
		uint32_t a, k, want;
	} t[] = {
		{ BPF_ADD, 0xffffffff, 2, 1 },
		{ BPF_SUB, 1, 2, 0xffffffff },
		{ BPF_MUL, 0x10000, 0x10001, 0x10000 },
		{ BPF_DIV, 0xffffffff, 16, 0x0fffffff },
		{ BPF_MOD, 100, 7, 2 },
		{ BPF_AND, 0xff00, 0x0ff0, 0x0f00 },
		{ BPF_OR, 0xf0, 0x0f, 0xff },
		{ BPF_XOR, 0xff, 0x0f, 0xf0 },
		{ BPF_LSH, 1, 31, 0x80000000 },
		{ BPF_RSH, 0x80000000, 31, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_uint_eq(RUN(LDI(t[i].a), S(BPF_ALU | BPF_K | t[i].op, t[i].k), RETA),
				  t[i].want);
		ck_assert_uint_eq(RUN(LDI(t[i].a), LDXI(t[i].k), S(BPF_ALU | BPF_X | t[i].op, 0),
				      RETA),
				  t[i].want);
	}
	ck_assert_uint_eq(RUN(LDI(5), S(BPF_ALU | BPF_NEG, 0), RETA), 0xfffffffb);
	/* by zero: the end */
	ck_assert_uint_eq(RUN(LDI(5), LDXI(0), S(BPF_ALU | BPF_DIV | BPF_X, 0), RETK(1)), 0);
	ck_assert_uint_eq(RUN(LDI(5), LDXI(0), S(BPF_ALU | BPF_MOD | BPF_X, 0), RETK(1)), 0);
	BAD(S(BPF_ALU | BPF_DIV | BPF_K, 0), RETA);
	BAD(S(BPF_ALU | BPF_MOD | BPF_K, 0), RETA);
	BAD(S(BPF_ALU | BPF_LSH | BPF_K, 32), RETA);
	BAD(S(BPF_ALU | BPF_RSH | BPF_K, 32), RETA);
	/* a shift by X takes its low five bits */
	ck_assert_uint_eq(RUN(LDI(1), LDXI(33), S(BPF_ALU | BPF_LSH | BPF_X, 0), RETA), 2);
}
END_TEST

START_TEST(test_jumps)
{
	static const struct {
		uint16_t op;
		uint32_t a, k;
		int taken;
	} t[] = {
		{ BPF_JEQ, 5, 5, 1 },  { BPF_JEQ, 5, 6, 0 },  { BPF_JGT, 6, 5, 1 },
		{ BPF_JGT, 5, 5, 0 },  { BPF_JGE, 5, 5, 1 },  { BPF_JGE, 4, 5, 0 },
		{ BPF_JSET, 6, 2, 1 }, { BPF_JSET, 6, 1, 0 }, { BPF_JGT, 0xffffffff, 1, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		unsigned want = t[i].taken ? 11 : 22;

		ck_assert_uint_eq(RUN(LDI(t[i].a), J(BPF_JMP | BPF_K | t[i].op, t[i].k, 1, 0),
				      RETK(22), RETK(11)),
				  want);
		ck_assert_uint_eq(RUN(LDI(t[i].a), LDXI(t[i].k),
				      J(BPF_JMP | BPF_X | t[i].op, 0, 1, 0), RETK(22), RETK(11)),
				  want);
	}
	ck_assert_uint_eq(RUN(S(BPF_JMP | BPF_JA, 1), RETK(1), RETK(2)), 2);
	BAD(S(BPF_JMP | BPF_JA, 1), RETK(1));
	BAD(S(BPF_JMP | BPF_JA, 0xffffffff), RETK(1));
	BAD(J(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), RETK(1));
	BAD(J(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RETK(1));
}
END_TEST

START_TEST(test_extensions)
{
#define AD(x) S(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + (x)))
	skb->pkt_type = 3;
	skb->mark = 0xabc;
	skb->queue_mapping = 4;
	skb->hash = 0x1234567;
	skb->vlan_tci = 0x2005;
	skb->vlan_proto = htons(0x8100);
	ck_assert_uint_eq(RUN(AD(SKF_AD_PROTOCOL), RETA), ETH_P_IP);
	ck_assert_uint_eq(RUN(AD(SKF_AD_PKTTYPE), RETA), 3);
	skb->dev = NULL;
	ck_assert_uint_eq(RUN(AD(SKF_AD_IFINDEX), RETK(1)), 0);
	ck_assert_uint_eq(RUN(AD(SKF_AD_HATYPE), RETK(1)), 0);
	skb->dev = fx.dev;
	ck_assert_uint_eq(RUN(AD(SKF_AD_IFINDEX), RETA), (unsigned)fx.dev->ifindex);
	ck_assert_uint_eq(RUN(AD(SKF_AD_HATYPE), RETA), 1);
	ck_assert_uint_eq(RUN(AD(SKF_AD_MARK), RETA), 0xabc);
	ck_assert_uint_eq(RUN(AD(SKF_AD_QUEUE), RETA), 4);
	ck_assert_uint_eq(RUN(AD(SKF_AD_RXHASH), RETA), 0x1234567);
	ck_assert_uint_eq(RUN(AD(SKF_AD_CPU), RETA), 0);
	ck_assert_uint_eq(RUN(LDI(6), LDXI(3), AD(SKF_AD_ALU_XOR_X), RETA), 5);
	ck_assert_uint_eq(RUN(AD(SKF_AD_VLAN_TAG_PRESENT), RETA), 0);
	ck_assert_uint_eq(RUN(AD(SKF_AD_VLAN_TAG), RETA), 0);
	skb->vlan_present = 1;
	ck_assert_uint_eq(RUN(AD(SKF_AD_VLAN_TAG_PRESENT), RETA), 1);
	ck_assert_uint_eq(RUN(AD(SKF_AD_VLAN_TAG), RETA), 0x2005);
	ck_assert_uint_eq(RUN(AD(SKF_AD_VLAN_TPID), RETA), 0x8100);
	ck_assert_uint_ne(RUN(AD(SKF_AD_RANDOM), RETA), RUN(AD(SKF_AD_RANDOM), RETA));
	BAD(AD(SKF_AD_VLAN_TPID + 4), RETK(1));
	skb->dev = NULL;
}
END_TEST

/* SKF_NET_OFF and SKF_LL_OFF count from the headers, and stay inside the buffer. */
START_TEST(test_header_offsets)
{
	skb_set_network_header(skb, 14);
	skb_reset_mac_header(skb);
	skb_pull(skb, 14);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_B | BPF_ABS, 0), RETA), 14);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + 2), RETA), 16);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_H | BPF_ABS, (uint32_t)SKF_LL_OFF + 12), RETA),
			  0x0c0d);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_LL_OFF + 63), RETA), 63);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_LL_OFF + 64), RETK(1)), 0);
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + 47), RETK(1)), 0);
	ck_assert_uint_eq(RUN(LDXI((uint32_t)SKF_NET_OFF), S(BPF_LD | BPF_B | BPF_IND, 3), RETA),
			  17);
	skb->mac_header = 0xffff;
	ck_assert_uint_eq(RUN(S(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_LL_OFF), RETK(1)), 0);
	skb_push(skb, 14);
}
END_TEST

START_TEST(test_pay_offset)
{
	struct iphdr *iph = (void *)skb->data;

	memset(skb->data, 0, 64);
	iph->version = 4;
	iph->ihl = 5;
	iph->protocol = IPPROTO_UDP;
	ck_assert_uint_eq(RUN(AD(SKF_AD_PAY_OFFSET), RETA), 28);
	iph->protocol = IPPROTO_TCP;
	skb->data[20 + 12] = 0x80;
	ck_assert_uint_eq(RUN(AD(SKF_AD_PAY_OFFSET), RETA), 52);
	iph->protocol = IPPROTO_ICMP;
	iph->ihl = 6;
	ck_assert_uint_eq(RUN(AD(SKF_AD_PAY_OFFSET), RETA), 32);
	iph->frag_off = htons(1);
	ck_assert_uint_eq(RUN(AD(SKF_AD_PAY_OFFSET), RETA), 24);
	iph->ihl = 4;
	ck_assert_uint_eq(RUN(AD(SKF_AD_PAY_OFFSET), RETA), 0);
	skb_trim(skb, 19);
	iph->ihl = 5;
	ck_assert_uint_eq(RUN(AD(SKF_AD_PAY_OFFSET), RETA), 0);
}
END_TEST

START_TEST(test_nlattr)
{
	struct nlattr a = { 12, 1 }, in = { 8, 7 }, b = { 8, 2 };

	memset(skb->data, 0, 64);
	memcpy(skb->data + 16, &a, 4); /* a nest with one inside */
	memcpy(skb->data + 20, &in, 4);
	memcpy(skb->data + 28, &b, 4);
	skb_trim(skb, 36);
	ck_assert_uint_eq(RUN(LDI(16), LDXI(2), AD(SKF_AD_NLATTR), RETA), 28);
	ck_assert_uint_eq(RUN(LDI(16), LDXI(7), AD(SKF_AD_NLATTR), RETA), 0);
	ck_assert_uint_eq(RUN(LDI(16), LDXI(7), AD(SKF_AD_NLATTR_NEST), RETA), 20);
	ck_assert_uint_eq(RUN(LDI(33), LDXI(7), AD(SKF_AD_NLATTR), RETK(1)), 0);
	ck_assert_uint_eq(RUN(LDI(0xffffffff), LDXI(7), AD(SKF_AD_NLATTR_NEST), RETK(1)), 0);
	ck_assert_uint_eq(RUN(LDI(32), LDXI(7), AD(SKF_AD_NLATTR_NEST), RETK(1)), 0);
}
END_TEST

START_TEST(test_hostile)
{
	static struct sock_filter big[4097];
	struct sock_filter one = RETK(1);

	ck_assert_int_eq(sk_chk_filter(&one, 0), -EINVAL);
	for (int i = 0; i < 4097; i++)
		big[i] = one;
	ck_assert_int_eq(sk_chk_filter(big, 4096), 0);
	ck_assert_int_eq(sk_chk_filter(big, 4097), -EINVAL);
	BAD(LDI(1)); /* no end */
	BAD(S(BPF_RET | BPF_X, 0));
	BAD(S(BPF_ST, 16), RETA);
	BAD(S(BPF_STX, 0xffffffff), RETA);
	BAD(LDI(1), S(BPF_LD | BPF_MEM, 16), RETA);
	BAD(S(BPF_LD | BPF_MEM, 3), RETA); /* read before write */
	BAD(S(BPF_LDX | BPF_MEM, 3), RETA);
	/* written on one path only */
	BAD(J(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), S(BPF_ST, 3), S(BPF_LD | BPF_MEM, 3), RETA);
	ck_assert_uint_eq(RUN(J(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), S(BPF_JMP | BPF_JA, 1),
			      S(BPF_ST, 3), S(BPF_ST, 3), S(BPF_LD | BPF_MEM, 3), RETA),
			  0);
	/* every code that is none, with any operand */
	for (unsigned code = 0; code < 0x200; code++) {
		struct sock_filter f[] = {
			LDI(0), S(BPF_ST, 0), { (uint16_t)code, 0, 0, 0 }, RETK(1)
		};

		if (!sk_chk_filter(f, 4))
			bpf_run_filter(skb, f, 4);
	}
	BAD(S(0xffff, 0), RETA);
	BAD(S(BPF_LDX | BPF_W | BPF_ABS, 0), RETA);
	BAD(S(BPF_ALU | 0xf0, 0), RETA);
	BAD(S(BPF_JMP | 0x50, 0), RETA);
}
END_TEST

/* Random programs: what is accepted ends and touches nothing outside. */
START_TEST(test_random)
{
	static const uint32_t ks[] = { 0,
				       1,
				       15,
				       16,
				       31,
				       60,
				       64,
				       0x7fffffff,
				       0xffffffff,
				       (uint32_t)SKF_AD_OFF,
				       (uint32_t)SKF_NET_OFF,
				       (uint32_t)SKF_LL_OFF,
				       (uint32_t)SKF_AD_OFF + 12 };
	struct sock_filter f[12];
	struct rng r;
	unsigned accepted = 0;

	rng_seed(&r, 7);
	for (int i = 0; i < 200000; i++) {
		unsigned n = 1 + rng_below(&r, 11);

		for (unsigned j = 0; j < n; j++)
			f[j] = (struct sock_filter){ (uint16_t)rng_below(&r, 256),
						     (uint8_t)rng_below(&r, 4),
						     (uint8_t)rng_below(&r, 4),
						     ks[rng_below(&r, ARRAY_SIZE(ks))] };
		f[n - 1].code = BPF_RET | BPF_A;
		if (sk_chk_filter(f, n))
			continue;
		accepted++;
		bpf_run_filter(skb, f, n);
	}
	ck_assert_uint_gt(accepted, 1000);
}
END_TEST

/* L6: the program of a socket is replaced in one step; without memory the old one stays. */
START_TEST(test_L6_attach)
{
	struct sock_filter no = RETK(0), yes = RETK(0xffff), bad = LDI(1);
	struct sock_fprog prog = { 1, &no };
	struct sock *sk = fix_sock();

	ck_assert_int_eq(sk_attach_filter(&prog, sk), 0);
	ck_assert_int_eq(fix_deliver(sk, 10, 0), -EPERM);
	ck_assert_int_eq(atomic_read(&sk->sk_drops), 1);
	prog.filter = &yes;
	kmem_fail_nth(&fx.net->m.kmem, 1, NULL);
	ck_assert_int_eq(sk_attach_filter(&prog, sk), -ENOMEM);
	ck_assert_int_eq(fix_deliver(sk, 10, 0), -EPERM);
	prog.filter = &bad;
	ck_assert_int_eq(sk_attach_filter(&prog, sk), -EINVAL);
	prog.filter = NULL;
	ck_assert_int_eq(sk_attach_filter(&prog, sk), -EINVAL);
	prog.filter = &yes;
	ck_assert_int_eq(sk_attach_filter(&prog, sk), 0);
	ck_assert_int_eq(atomic_read(&sk->sk_omem_alloc), (int)sk_filter_size(1));
	ck_assert_int_eq(fix_deliver(sk, 10, 0), 0);
	sk_common_release(sk); /* with its program */
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_loads,	test_bounds,	 test_alu,
				       test_jumps,	test_extensions, test_header_offsets,
				       test_pay_offset, test_nlattr,	 test_hostile,
				       test_random,	test_L6_attach,	 NULL };

	return suite_of("filter", begin, end, tests);
}
