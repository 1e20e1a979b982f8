/* SPDX-License-Identifier: MIT */
#ifndef CORE_FILTER_H
#define CORE_FILTER_H
/*
 * filter.h - classic BPF: check once, run many (mirrors net/core/filter.c of the classic interpreter)
 *
 * Theory of operation
 *   sk_chk_filter() proves that a program ends: only forward jumps inside it, known opcodes, memory slots in range, no division by constant 0,
 *   a return at the end. bpf_run_filter() then needs no check but packet bounds: a load outside the packet returns 0. Extensions at
 *   SKF_AD_OFF (protocol, pkttype, ifindex, mark, cpu, rxhash, vlan ...), SKF_NET_OFF and SKF_LL_OFF as in Linux.
 */
#include <linux/filter.h>

#include "core/sock.h"

#define BPF_MAXINSNS_CLASSIC 4096

struct sk_filter {
	struct net *net;
	atomic_t refcnt;
	unsigned len;
	struct rcu_head rcu;
	struct sock_filter insns[];
};

static __always_inline size_t sk_filter_size(unsigned len) /* what a program of @len instructions is charged */
{
	return sizeof(struct sk_filter) + len * sizeof(struct sock_filter);
}

int sk_chk_filter(const struct sock_filter *filter, unsigned flen); /* 0 or -EINVAL */
/* Bytes of the packet to keep: 0 drops it. */
unsigned bpf_run_filter(const struct sk_buff *skb, const struct sock_filter *filter, unsigned flen);
int sk_attach_filter(const struct sock_fprog *fprog, struct sock *sk); /* -EINVAL, -ENOMEM, -EPERM when locked */
int sk_detach_filter(struct sock *sk);				       /* -ENOENT */
int sk_get_filter(struct sock *sk, struct sock_filter *out, unsigned len); /* number of instructions */
void sk_filter_release(struct net *net, struct sk_filter *fp);

#endif
