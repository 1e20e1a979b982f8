/* SPDX-License-Identifier: MIT */
/*
 * core.c - netfilter: the hooks at the five points of the IPv4 walk
 *
 * Theory of operation
 *   Called by: nf_hook() in ip_rcv, ip_local_deliver, ip_forward, __ip_local_out, ip_output;
 *   registration by whoever filters.
 *   Calls: the hooks, by ascending priority; equal priorities in order of registration.
 *   Owns: one array a point, immutable once published but for one case: when there is no memory for
 *   a smaller array, the entry of a leaving hook is overwritten by one that accepts, so that
 *   unregistering cannot fail. The next change of the array leaves it out. The hooks themselves
 *   belong to who registered them, until one grace period after nf_unregister_hook().
 *   Threads: registration RTNL; nf_hook_slow any vCPU.
 *   Refuses: more than NF_MAX_HOOKS at a point. There is no queue to userspace: QUEUE drops, unless
 *   its bypass flag says go on.
 *   Mirrors: net/netfilter/core.c.
 */
#include "netfilter/core.h"

#include <errno.h>

#include "kernel/slab.h"

static unsigned nf_iterate(struct sk_buff *skb, const struct nf_hook_state *state,
			   const struct nf_hook_entries *e, unsigned *ret_index);
static unsigned accept_all(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);
static unsigned nf_count(const struct nf_hook_entries *e, const struct nf_hook_ops *but);
static struct nf_hook_entries *nf_entries_alloc(struct net *net, unsigned n);
static void nf_entries_free(struct rcu_head *head);
static void nf_publish(struct net *net, unsigned hooknum, struct nf_hook_entries *e);

static const struct nf_hook_ops dummy_ops = { .hook = accept_all, .name = "accept" };

int nf_hook_slow(struct nf_hook_entries *e, struct sk_buff *skb, const struct nf_hook_state *state)
{
	unsigned i = 0, verdict;

	for (;;) {
		verdict = nf_iterate(skb, state, e, &i);
		if (verdict == NF_ACCEPT || verdict == NF_STOP)
			return NF_ACCEPT;
		if (verdict == NF_STOLEN)
			return NF_STOLEN;
		if ((verdict & NF_VERDICT_MASK) != NF_QUEUE ||
		    !(verdict & NF_VERDICT_FLAG_QUEUE_BYPASS))
			break;
		i++; /* nobody listens and the hook does not mind: the next one */
	}
	kfree_skb_reason(skb, SKB_DROP_REASON_NETFILTER_DROP);

	return NF_DROP;
}

/*
 * Run hooks from *@ret_index on; returns ACCEPT after the last, else the verdict and where it fell.
 */
static unsigned nf_iterate(struct sk_buff *skb, const struct nf_hook_state *state,
			   const struct nf_hook_entries *e, unsigned *ret_index)
{
	for (; *ret_index < e->n; (*ret_index)++) {
		const struct nf_hook_ops *ops = READ_ONCE(e->ops[*ret_index]);
		unsigned verdict;

		do {
			verdict = ops->hook(ops->priv, skb, state);
		} while (verdict == NF_REPEAT);
		if (verdict != NF_ACCEPT)
			return verdict;
	}
	return NF_ACCEPT;
}

static unsigned accept_all(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

int nf_register_hook(struct net *net, const struct nf_hook_ops *ops)
{
	struct nf_hook_entries *old, *e;
	unsigned n, i = 0, j = 0;

	ASSERT_RTNL(&net->m);
	if (ops->hooknum >= NF_INET_NUMHOOKS || !ops->hook)
		return -EINVAL;
	old = net->nf->hooks[ops->hooknum];
	n = nf_count(old, NULL);
	if (n == NF_MAX_HOOKS)
		return -E2BIG;
	e = nf_entries_alloc(net, n + 1);
	if (!e)
		return -ENOMEM;
	for (; old && i < old->n; i++) {
		if (old->ops[i] == &dummy_ops)
			continue;
		if (ops && old->ops[i]->priority > ops->priority) {
			e->ops[j++] = ops;
			ops = NULL;
		}
		e->ops[j++] = old->ops[i];
	}
	if (ops)
		e->ops[j++] = ops;
	nf_publish(net, e->ops[0]->hooknum, e);

	return 0;
}

void nf_unregister_hook(struct net *net, const struct nf_hook_ops *ops)
{
	struct nf_hook_entries *old = net->nf->hooks[ops->hooknum], *e = NULL;
	unsigned n = nf_count(old, ops), j = 0;

	ASSERT_RTNL(&net->m);
	if (n) {
		e = nf_entries_alloc(net, n);
		if (!e) {
			for (unsigned i = 0; i < old->n; i++)
				if (old->ops[i] == ops)
					WRITE_ONCE(old->ops[i], &dummy_ops);
			return;
		}
		for (unsigned i = 0; i < old->n; i++)
			if (old->ops[i] != &dummy_ops && old->ops[i] != ops)
				e->ops[j++] = old->ops[i];
	}
	nf_publish(net, ops->hooknum, e);
}

/* Hooks of @e that will stay when @but goes. */
static unsigned nf_count(const struct nf_hook_entries *e, const struct nf_hook_ops *but)
{
	unsigned n = 0;

	for (unsigned i = 0; e && i < e->n; i++)
		n += e->ops[i] != &dummy_ops && e->ops[i] != but;
	return n;
}

static struct nf_hook_entries *nf_entries_alloc(struct net *net, unsigned n)
{
	struct nf_hook_entries *e = kzalloc(&net->m, sizeof(*e) + n * sizeof(e->ops[0]));

	if (e) {
		e->net = net;
		e->n = n;
	}
	return e;
}

static void nf_entries_free(struct rcu_head *head)
{
	struct nf_hook_entries *e = container_of(head, struct nf_hook_entries, rcu);

	kfree(&e->net->m, e);
}

static void nf_publish(struct net *net, unsigned hooknum, struct nf_hook_entries *e)
{
	struct nf_hook_entries *old = net->nf->hooks[hooknum];

	rcu_assign_pointer(net->nf->hooks[hooknum], e);
	if (old)
		call_rcu(&net->m, &old->rcu, nf_entries_free);
}

int nf_init(struct net *net)
{
	net->nf = kzalloc(&net->m, sizeof(*net->nf));
	return net->nf ? 0 : -ENOMEM;
}

void nf_exit(struct net *net)
{
	if (!net->nf)
		return;
	for (unsigned h = 0; h < NF_INET_NUMHOOKS; h++)
		if (net->nf->hooks[h])
			nf_publish(net, h, NULL);
	rcu_barrier(&net->m);
	kfree(&net->m, net->nf);
	net->nf = NULL;
}
