/* SPDX-License-Identifier: MIT */
#ifndef NETFILTER_CORE_H
#define NETFILTER_CORE_H
/*
 * core.h - netfilter hook points (mirrors net/netfilter/core.c)
 *
 * Theory of operation
 *   Five IPv4 hook points; each has an array of hooks sorted by priority, replaced whole under RCU when one is registered. nf_hook() is one load when
 *   the array is empty, else nf_hook_slow() > nf_iterate() runs the hooks. The caller goes on to the next step only on NF_ACCEPT:
 *       if (nf_hook(NF_INET_PRE_ROUTING, skb, in, out) != NF_ACCEPT)
 *               return;
 *   Any other verdict has consumed the skb (DROP: reason NETFILTER_DROP; STOLEN: the hook owns it; QUEUE without a listener: dropped).
 *   REPEAT calls the same hook again.
 */
#include "core/net.h"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>

#define NF_MAX_HOOKS 32 /* a point */

struct nf_hook_state {
	unsigned hook;
	struct net_device *in, *out;
	struct net *net;
};

struct nf_hook_ops {
	unsigned (*hook)(void *priv, struct sk_buff *skb, const struct nf_hook_state *state); /* NF_* verdict */
	const char *name;
	void *priv;
	unsigned hooknum; /* NF_INET_PRE_ROUTING .. */
	int priority;	  /* ascending */
};

struct nf_hook_entries {
	struct rcu_head rcu;
	struct net *net;
	unsigned n;
	const struct nf_hook_ops *ops[];
};

struct netns_nf {
	struct nf_hook_entries *hooks[NF_INET_NUMHOOKS]; /* RCU; NULL when empty */
};

int nf_init(struct net *net);
void nf_exit(struct net *net);
int nf_register_hook(struct net *net, const struct nf_hook_ops *ops); /* RTNL: 0, -EINVAL, -ENOMEM, -E2BIG */
void nf_unregister_hook(struct net *net, const struct nf_hook_ops *ops); /* RTNL; after the next grace period it is not called */
int nf_hook_slow(struct nf_hook_entries *e, struct sk_buff *skb, const struct nf_hook_state *state);

/* NF_ACCEPT: go on with skb. Else: skb is gone, the value is NF_DROP or NF_STOLEN. */
static __always_inline int nf_hook(struct net *net, unsigned hook, struct sk_buff *skb, struct net_device *in, struct net_device *out)
{
	struct nf_hook_entries *e = rcu_dereference(net->nf->hooks[hook]);
	struct nf_hook_state state;

	if (likely(!e))
		return NF_ACCEPT;
	state = (struct nf_hook_state){ .hook = hook, .in = in, .out = out, .net = net };
	return nf_hook_slow(e, skb, &state);
}

#endif
