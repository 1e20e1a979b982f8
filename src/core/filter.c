/* SPDX-License-Identifier: MIT */
/*
 * filter.c - classic BPF: the checker, the interpreter, programs of sockets
 *
 * On the walk: sock_queue_rcv_skb() > sk_filter() > security_sock_rcv_skb(), bpf_run_filter(); taps
 * run their program directly.
 * Owns: the program of a socket (struct sk_filter), replaced whole and freed after a grace period;
 * charged to the socket's option memory.
 * Threads: programs run in any vCPU without a lock; attached and detached under the sock's lock.
 * Refuses: any program of which it cannot be proved that it ends, stays inside itself and its 16
 * memory words, and writes a word before it reads it. A load outside the packet ends a program with
 * 0.
 * Mirrors: net/core/filter.c of Linux 3.13 (sk_chk_filter, sk_run_filter) with later extensions.
 */
#include "core/filter.h"

#include <endian.h>
#include <errno.h>
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/netlink.h>

#include "kernel/slab.h"
#include "lib/order.h"

/* What a code may do, one byte each: known at all, and what its operands must be. */
enum { OP_NONE, OP_OK, OP_NONZERO_K, OP_SHIFT_K, OP_MEM, OP_JA, OP_JUMP, OP_ABS };

static bool check_insn(const struct sock_filter *f, unsigned pc, unsigned flen);
static bool check_memory_words(const struct sock_filter *filter, unsigned flen);
static void sk_filter_free_rcu(struct rcu_head *head);
static bool load_bytes(const struct sk_buff *skb, const struct sock_filter *f, uint32_t x,
		       uint32_t *a);
static bool load_extension(const struct sk_buff *skb, uint32_t ad, uint32_t x, uint32_t *a);
static bool alu(uint16_t code, uint32_t k, uint32_t *a);
static bool jump_taken(uint16_t code, uint32_t a, uint32_t k);

int sk_filter(struct sock *sk, struct sk_buff *skb)
{
	struct sk_filter *fp;
	unsigned keep;
	int err;

	err = security_sock_rcv_skb(sk, skb);
	if (err)
		return err;
	fp = rcu_dereference(sk->sk_filter);
	if (!fp)
		return 0;
	keep = bpf_run_filter(skb, fp->insns, fp->len);
	if (!keep)
		return -EPERM;
	if (keep < skb->len)
		pskb_trim_rcsum(skb, keep);
	return 0;
}

int security_sock_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	const struct sock_policy *policy = rcu_dereference(sock_net(sk)->sock_policy);

	return policy ? policy->sock_rcv_skb(policy->priv, sk, skb) : 0;
}

/* --- run --- */

unsigned bpf_run_filter(const struct sk_buff *skb, const struct sock_filter *filter, unsigned flen)
{
	uint32_t a = 0, x = 0, mem[BPF_MEMWORDS];

	for (const struct sock_filter *f = filter; f < filter + flen; f++) {
		uint32_t k = f->k;

		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			if (f->code == (BPF_LD | BPF_IMM))
				a = k;
			else if (f->code == (BPF_LD | BPF_MEM))
				a = mem[k];
			else if (f->code == (BPF_LD | BPF_W | BPF_LEN))
				a = skb->len;
			else if (!load_bytes(skb, f, x, &a))
				return 0;
			break;
		case BPF_LDX:
			if (f->code == (BPF_LDX | BPF_IMM)) {
				x = k;
			} else if (f->code == (BPF_LDX | BPF_MEM)) {
				x = mem[k];
			} else if (f->code == (BPF_LDX | BPF_W | BPF_LEN)) {
				x = skb->len;
			} else { /* 4 * (P[k] & 15): the length of an IP header */
				struct sock_filter ld = { BPF_LD | BPF_B | BPF_ABS, 0, 0, k };

				if (!load_bytes(skb, &ld, 0, &x))
					return 0;
				x = (x & 0xf) << 2;
			}
			break;
		case BPF_ST:
			mem[k] = a;
			break;
		case BPF_STX:
			mem[k] = x;
			break;
		case BPF_ALU:
			if (!alu(f->code, BPF_SRC(f->code) == BPF_X ? x : k, &a))
				return 0;
			break;
		case BPF_JMP:
			if (f->code == (BPF_JMP | BPF_JA))
				f += k;
			else
				f += jump_taken(f->code, a, BPF_SRC(f->code) == BPF_X ? x : k) ?
				     f->jt : f->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? a : k;
		case BPF_MISC:
			if (BPF_MISCOP(f->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
	return 0;
}

/* Division by a zero X ends the program. */
static bool alu(uint16_t code, uint32_t k, uint32_t *a)
{
	switch (BPF_OP(code)) {
	case BPF_ADD: *a += k; break;
	case BPF_SUB: *a -= k; break;
	case BPF_MUL: *a *= k; break;
	case BPF_OR: *a |= k; break;
	case BPF_AND: *a &= k; break;
	case BPF_XOR: *a ^= k; break;
	case BPF_LSH: *a <<= k & 31; break;
	case BPF_RSH: *a >>= k & 31; break;
	case BPF_NEG: *a = -*a; break;
	case BPF_DIV:
		if (!k)
			return false;
		*a /= k;
		break;
	case BPF_MOD:
		if (!k)
			return false;
		*a %= k;
		break;
	}
	return true;
}

static bool jump_taken(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ: return a == k;
	case BPF_JGT: return a > k;
	case BPF_JGE: return a >= k;
	}
	return a & k; /* BPF_JSET */
}

/*
 * @size bytes at @off, which may be relative to the network or the link-layer header; NULL when not
 * all of them exist.
 */
static const unsigned char *load_pointer(const struct sk_buff *skb, int off, unsigned size)
{
	const unsigned char *p;

	if (off >= 0)
		return skb_header_pointer(skb, (unsigned)off, size);
	if (off >= SKF_NET_OFF) {
		if (skb->network_header == 0xffff)
			return NULL;
		p = skb_network_header(skb) + (off - SKF_NET_OFF);
	} else if (off >= SKF_LL_OFF && skb_mac_header_was_set(skb)) {
		p = skb_mac_header(skb) + (off - SKF_LL_OFF);
	} else {
		return NULL;
	}
	if (p < skb->head || p > skb_tail_pointer(skb) ||
	    size > (size_t)(skb_tail_pointer(skb) - p))
		return NULL;
	return p;
}

static bool load_bytes(const struct sk_buff *skb, const struct sock_filter *f, uint32_t x,
		       uint32_t *a)
{
	unsigned size = BPF_SIZE(f->code) == BPF_W ? 4 : BPF_SIZE(f->code) == BPF_H ? 2 : 1;
	const unsigned char *p;
	uint32_t off = f->k;

	if (BPF_MODE(f->code) == BPF_IND)
		off += x;
	else if ((int)off < 0 && off >= (uint32_t)SKF_AD_OFF)
		return load_extension(skb, off - (uint32_t)SKF_AD_OFF, x, a);
	p = load_pointer(skb, (int)off, size);
	if (!p)
		return false;
	*a = size == 4 ? get_unaligned_be32(p) : size == 2 ? get_unaligned_be16(p) : *p;
	return true;
}

/* Where the payload of the innermost known header begins: IPv4 with UDP, TCP, ICMP. */
static uint32_t payload_offset(const struct sk_buff *skb)
{
	unsigned off = skb->network_header == 0xffff ? 0 : (unsigned)skb_network_offset(skb);
	const struct iphdr *iph = skb_header_pointer(skb, off, sizeof(*iph));
	const unsigned char *tcp;
	unsigned th;

	if (skb->protocol != htobe16(ETH_P_IP) || !iph || iph->version != 4 || iph->ihl < 5)
		return 0;
	th = off + iph->ihl * 4u;
	if (iph->frag_off & htobe16(0x1fff))
		return th;
	switch (iph->protocol) {
	case IPPROTO_TCP:
		tcp = skb_header_pointer(skb, th, 20);
		return tcp ? th + max_t(unsigned, 20, (tcp[12] >> 4) * 4u) : th;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return th + 8;
	case IPPROTO_ICMP:
		return th + (unsigned)sizeof(struct icmphdr);
	}
	return th;
}

/* Offset of the first attribute of type @type in @len bytes from @off on; 0: none. */
static uint32_t find_nlattr(const struct sk_buff *skb, uint32_t off, uint32_t len, uint32_t type)
{
	while (len >= NLA_HDRLEN) {
		struct nlattr nla;
		uint32_t step;

		memcpy(&nla, skb->data + off, sizeof(nla));
		if (nla.nla_len < NLA_HDRLEN || nla.nla_len > len)
			break;
		if (nla.nla_type == type)
			return off;
		step = min_t(uint32_t, NLA_ALIGN(nla.nla_len), len);
		off += step;
		len -= step;
	}
	return 0;
}

static bool load_nlattr(const struct sk_buff *skb, bool nest, uint32_t x, uint32_t *a)
{
	struct nlattr nla;

	if (skb->len < NLA_HDRLEN || *a > skb->len - NLA_HDRLEN)
		return false;
	if (!nest) {
		*a = find_nlattr(skb, *a, skb->len - *a, x);
		return true;
	}
	memcpy(&nla, skb->data + *a, sizeof(nla));
	if (nla.nla_len < NLA_HDRLEN || nla.nla_len > skb->len - *a)
		return false;
	*a = find_nlattr(skb, *a + NLA_HDRLEN, nla.nla_len - (uint32_t)NLA_HDRLEN, x);
	return true;
}

static bool load_extension(const struct sk_buff *skb, uint32_t ad, uint32_t x, uint32_t *a)
{
	switch (ad) {
	case SKF_AD_PROTOCOL: *a = be16toh(skb->protocol); break;
	case SKF_AD_PKTTYPE: *a = skb->pkt_type; break;
	case SKF_AD_IFINDEX:
		if (!skb->dev)
			return false;
		*a = (uint32_t)skb->dev->ifindex;
		break;
	case SKF_AD_HATYPE:
		if (!skb->dev)
			return false;
		*a = skb->dev->type;
		break;
	case SKF_AD_NLATTR: return load_nlattr(skb, false, x, a);
	case SKF_AD_NLATTR_NEST: return load_nlattr(skb, true, x, a);
	case SKF_AD_MARK: *a = skb->mark; break;
	case SKF_AD_QUEUE: *a = skb->queue_mapping; break;
	case SKF_AD_RXHASH: *a = skb->hash; break;
	case SKF_AD_CPU: *a = this_vcpu()->id; break;
	case SKF_AD_ALU_XOR_X: *a ^= x; break;
	case SKF_AD_VLAN_TAG: *a = skb->vlan_present ? skb->vlan_tci : 0; break;
	case SKF_AD_VLAN_TAG_PRESENT: *a = skb->vlan_present; break;
	case SKF_AD_VLAN_TPID: *a = be16toh(skb->vlan_proto); break;
	case SKF_AD_PAY_OFFSET: *a = payload_offset(skb); break;
	case SKF_AD_RANDOM: *a = rng_u32(&this_vcpu()->rng); break;
	default: return false;
	}
	return true;
}

/* --- check --- */

/* Codes of the classic machine; what is not here does not exist. */
static uint8_t op_kind(uint16_t code)
{
	switch (code) {
	case BPF_ALU | BPF_ADD | BPF_K: case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K: case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K: case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K: case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K: case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K: case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_X: case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_X: case BPF_ALU | BPF_MOD | BPF_X:
	case BPF_ALU | BPF_NEG:
	case BPF_LD | BPF_W | BPF_LEN: case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_W | BPF_IND: case BPF_LD | BPF_H | BPF_IND: case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_IMM: case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_B | BPF_MSH:
	case BPF_MISC | BPF_TAX: case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K: case BPF_RET | BPF_A:
		return OP_OK;
	case BPF_ALU | BPF_DIV | BPF_K: case BPF_ALU | BPF_MOD | BPF_K:
		return OP_NONZERO_K;
	case BPF_ALU | BPF_LSH | BPF_K: case BPF_ALU | BPF_RSH | BPF_K:
		return OP_SHIFT_K;
	case BPF_LD | BPF_W | BPF_ABS: case BPF_LD | BPF_H | BPF_ABS: case BPF_LD | BPF_B | BPF_ABS:
		return OP_ABS;
	case BPF_LD | BPF_MEM: case BPF_LDX | BPF_MEM: case BPF_ST: case BPF_STX:
		return OP_MEM;
	case BPF_JMP | BPF_JA:
		return OP_JA;
	case BPF_JMP | BPF_JEQ | BPF_K: case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K: case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K: case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K: case BPF_JMP | BPF_JSET | BPF_X:
		return OP_JUMP;
	}
	return OP_NONE;
}

int sk_chk_filter(const struct sock_filter *filter, unsigned flen)
{
	uint16_t last;

	if (!flen || flen > BPF_MAXINSNS_CLASSIC)
		return -EINVAL;
	for (unsigned pc = 0; pc < flen; pc++)
		if (!check_insn(&filter[pc], pc, flen))
			return -EINVAL;
	last = filter[flen - 1].code;
	if (last != (BPF_RET | BPF_K) && last != (BPF_RET | BPF_A))
		return -EINVAL;
	return check_memory_words(filter, flen) ? 0 : -EINVAL;
}

static bool check_insn(const struct sock_filter *f, unsigned pc, unsigned flen)
{
	switch (op_kind(f->code)) {
	case OP_OK:
		return true;
	case OP_NONZERO_K:
		return f->k != 0;
	case OP_SHIFT_K:
		return f->k < 32;
	case OP_MEM:
		return f->k < BPF_MEMWORDS;
	case OP_JA: /* k is unsigned: this also keeps jumps forward */
		return f->k < flen - pc - 1;
	case OP_JUMP:
		return pc + f->jt + 1 < flen && pc + f->jf + 1 < flen;
	case OP_ABS:
		return f->k < (uint32_t)SKF_AD_OFF ||
		       f->k - (uint32_t)SKF_AD_OFF <= SKF_AD_VLAN_TPID;
	}
	return false;
}

/*
 * No path may read a memory word that it has not written. Jumps go forward only, so one pass sees
 * every path.
 */
static bool check_memory_words(const struct sock_filter *filter, unsigned flen)
{
	uint16_t written[BPF_MAXINSNS_CLASSIC], valid = 0;

	memset(written, 0xff, flen * sizeof(written[0]));
	for (unsigned pc = 0; pc < flen; pc++) {
		const struct sock_filter *f = &filter[pc];

		valid &= written[pc];
		switch (op_kind(f->code)) {
		case OP_MEM:
			if (BPF_CLASS(f->code) == BPF_ST || BPF_CLASS(f->code) == BPF_STX)
				valid |= (uint16_t)(1u << f->k);
			else if (!(valid & 1u << f->k))
				return false;
			break;
		case OP_JA:
			written[pc + 1 + f->k] &= valid;
			valid = 0xffff;
			break;
		case OP_JUMP:
			written[pc + 1 + f->jt] &= valid;
			written[pc + 1 + f->jf] &= valid;
			valid = 0xffff;
			break;
		}
	}
	return true;
}

/* --- programs of sockets --- */

int sk_attach_filter(const struct sock_fprog *fprog, struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct sk_filter *fp, *old;
	size_t size;
	int err;

	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (!fprog->filter || !fprog->len || fprog->len > BPF_MAXINSNS_CLASSIC)
		return -EINVAL;
	size = sk_filter_size(fprog->len);
	if ((size_t)atomic_read(&sk->sk_omem_alloc) + size >
	    (size_t)READ_ONCE(net->core.sysctl_optmem_max))
		return -ENOMEM;
	fp = kzalloc(&net->m, size);
	if (!fp)
		return -ENOMEM;
	fp->net = net;
	fp->len = fprog->len;
	atomic_set(&fp->refcnt, 1);
	memcpy(fp->insns, fprog->filter, fp->len * sizeof(fp->insns[0]));
	err = sk_chk_filter(fp->insns, fp->len);
	if (err) {
		kfree(&net->m, fp);
		return err;
	}
	/* in one step: no packet may pass between the old program and the new one */
	old = sk->sk_filter;
	atomic_add((int)size, &sk->sk_omem_alloc);
	rcu_assign_pointer(sk->sk_filter, fp);
	if (old) {
		atomic_sub((int)sk_filter_size(old->len), &sk->sk_omem_alloc);
		sk_filter_release(net, old);
	}
	return 0;
}

int sk_detach_filter(struct sock *sk)
{
	struct sk_filter *fp = sk->sk_filter;

	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (!fp)
		return -ENOENT;
	rcu_assign_pointer(sk->sk_filter, NULL);
	atomic_sub((int)sk_filter_size(fp->len), &sk->sk_omem_alloc);
	sk_filter_release(sock_net(sk), fp);
	return 0;
}

int sk_get_filter(struct sock *sk, struct sock_filter *out, unsigned len)
{
	const struct sk_filter *fp;
	int n = 0;

	lock_sock(sk);
	fp = sk->sk_filter;
	if (fp) {
		n = (int)fp->len;
		if (len && len < fp->len)
			n = -EINVAL;
		else if (len)
			memcpy(out, fp->insns, fp->len * sizeof(*out));
	}
	release_sock(sk);
	return n;
}

void sk_filter_release(struct net *net, struct sk_filter *fp)
{
	if (atomic_dec_and_test(&fp->refcnt))
		call_rcu(&net->m, &fp->rcu, sk_filter_free_rcu);
}

static void sk_filter_free_rcu(struct rcu_head *head)
{
	struct sk_filter *fp = container_of(head, struct sk_filter, rcu);

	kfree(&fp->net->m, fp);
}
