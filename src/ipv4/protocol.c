/* SPDX-License-Identifier: MIT */
/*
 * protocol.c - which handler an IP protocol number has (mirrors net/ipv4/protocol.c)
 *
 * Theory of operation
 *   net->ipv4->protos is read on the walk by ip_local_deliver_finish() (handler), ip_rcv_finish() (early demux) and icmp_rcv() (errors),
 *   without a lock. Handlers are const and live as long as the program, so removal needs no grace period of its own.
 * Owns nothing. Threads: init and exit of a net (control thread); a slot is taken by compare and swap, so two claims cannot both win.
 */
#include "ipv4/protocol.h"

#include <errno.h>

int inet_add_protocol(struct net *net, const struct net_protocol *prot, unsigned char protocol)
{
	const struct net_protocol *none = NULL;

	return __atomic_compare_exchange_n(&net->ipv4->protos[protocol], &none, prot, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED) ? 0 : -EEXIST;
}

int inet_del_protocol(struct net *net, const struct net_protocol *prot, unsigned char protocol)
{
	const struct net_protocol *was = prot;

	return __atomic_compare_exchange_n(&net->ipv4->protos[protocol], &was, NULL, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED) ? 0 : -ENOENT;
}

int inet_add_offload(struct net *net, const struct net_offload *ops, unsigned char protocol)
{
	const struct net_offload *none = NULL;

	return __atomic_compare_exchange_n(&net->ipv4->offloads[protocol], &none, ops, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED) ? 0 : -EEXIST;
}

int inet_del_offload(struct net *net, const struct net_offload *ops, unsigned char protocol)
{
	const struct net_offload *was = ops;

	return __atomic_compare_exchange_n(&net->ipv4->offloads[protocol], &was, NULL, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED) ? 0 : -ENOENT;
}
