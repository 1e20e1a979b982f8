/* SPDX-License-Identifier: MIT */
/*
 * udp_hash.c - ports and lookup of UDP sockets (mirrors the first half of net/ipv4/udp.c)
 *
 * Theory of operation
 *   Two hashes: by port, and by (local address, port). Each has a slot for every port number, so
 *   the tables are as large as the sockets can get and never have to grow under their readers;
 *   untouched slots are untouched pages. A slot of the first table holds the sockets of one port;
 *   only when it holds more than ten is the second asked, first for the exact address, then for the
 *   wildcard. Readers walk under RCU and take no reference: a socket's memory outlives the run that
 *   found it (SOCK_RCU_FREE). Writers (bind, connect, close; inside a vCPU) hold the slot's lock;
 *   order: port slot, then address slot.
 * Called by: bind, autobind, connect, close; udp_input.c for lookups. Owns: the tables.
 */
#include <errno.h>

#include "core/socket.h"
#include "ipv4/udp.h"
#include "kernel/slab.h"

#define UDP_HTABLE_SIZE 65536u

/* The best socket of a look-up so far. */
struct udp_best {
	struct sock *sk;
	int score;
	unsigned matches; /* equally good ones with SO_REUSEPORT */
	uint32_t hash;
};

static struct udp_table *udp_table_new(struct net *net);
static void udp_table_free(struct net *net, struct udp_table *t);
static bool inet_rcv_saddr_equal(const struct sock *a, const struct sock *b, bool match_wildcard);
static bool udp_lib_lport_inuse(const struct sock *sk, uint16_t num, const struct udp_hslot *slot);
static void udp_offer(struct udp_best *best, struct sock *sk, struct net *net,
		      const struct udp_key *key);
static __always_inline int compute_score(const struct sock *sk, const struct udp_key *key);
static notrace struct sock *udp4_lib_lookup_many(struct net *net, const struct udp_key *key,
					     struct udp_table *t);
static struct sock *udp4_lib_lookup2(struct net *net, const struct udp_key *key,
				     const struct udp_hslot *slot2);

/* --- tables --- */

int udp_tables_init(struct net *net)
{
	net->ipv4->udp_table = udp_table_new(net);
	net->ipv4->udplite_table = udp_table_new(net);
	if (net->ipv4->udp_table && net->ipv4->udplite_table)
		return 0;
	udp_tables_exit(net);
	return -ENOMEM;
}

void udp_tables_exit(struct net *net)
{
	udp_table_free(net, net->ipv4->udp_table);
	udp_table_free(net, net->ipv4->udplite_table);
	net->ipv4->udp_table = net->ipv4->udplite_table = NULL;
}

static struct udp_table *udp_table_new(struct net *net)
{
	struct udp_table *t = kzalloc(&net->m, sizeof(*t));

	if (!t)
		return NULL;
	t->hash = kzalloc(&net->m, UDP_HTABLE_SIZE * sizeof(*t->hash));
	t->hash2 = kzalloc(&net->m, UDP_HTABLE_SIZE * sizeof(*t->hash2));
	t->mask = UDP_HTABLE_SIZE - 1;
	t->net = net;
	if (t->hash && t->hash2)
		return t;
	udp_table_free(net, t);
	return NULL;
}

static void udp_table_free(struct net *net, struct udp_table *t)
{
	if (!t)
		return;
	kfree(&net->m, t->hash);
	kfree(&net->m, t->hash2);
	kfree(&net->m, t);
}

static __always_inline struct udp_table *udp_sk_table(const struct sock *sk)
{
	return IS_UDPLITE(sk) ? sock_net(sk)->ipv4->udplite_table : sock_net(sk)->ipv4->udp_table;
}

static __always_inline struct udp_hslot *udp_hashslot2(const struct udp_table *t, uint32_t hash)
{
	return &t->hash2[hash & t->mask];
}

static __always_inline uint32_t ipv4_portaddr_hash(const struct net *net, __be32 addr,
						   uint16_t port)
{
	return jhash_1word((uint32_t)addr, net->hash_rnd) ^ port;
}

/* --- ports --- */

/*
 * Bind @sk to @snum, or to a free port of the local range when it is 0: 0, or 1 when in use.
 * Candidates are tried from a random start with a random odd stride, so that ports cannot be
 * guessed (RFC 6056) and every port of the range is met once.
 */
int udp_get_port(struct sock *sk, unsigned short snum)
{
	struct udp_table *t = udp_sk_table(sk);
	struct udp_hslot *slot = NULL;
	int low, high;

	if (snum) {
		slot = udp_hashslot(t, snum);
		spin_lock(&slot->lock);
		if (udp_lib_lport_inuse(sk, snum, slot))
			goto in_use;
	} else {
		uint32_t rnd, remaining, i;

		inet_get_local_port_range(sock_net(sk), &low, &high);
		remaining = (uint32_t)(high - low) + 1;
		rnd = rng_u32(&this_vcpu()->rng);
		for (i = 0; i < remaining; i++) {
			snum = (unsigned short)((uint32_t)low + (rnd + i) % remaining);
			slot = udp_hashslot(t, snum);
			spin_lock(&slot->lock);
			if (!udp_lib_lport_inuse(sk, snum, slot))
				break;
			spin_unlock(&slot->lock);
		}
		if (i == remaining)
			return 1;
	}
	inet_sk(sk)->inet_num = snum;
	udp_sk(sk)->udp_portaddr_hash =
		(uint16_t)ipv4_portaddr_hash(sock_net(sk), sk->sk_rcv_saddr, snum);
	if (hlist_unhashed(&sk->sk_node)) {
		struct udp_hslot *slot2 = udp_hashslot2(t, udp_sk(sk)->udp_portaddr_hash);

		sock_hold(sk);
		hlist_add_head_rcu(&sk->sk_node, &slot->head);
		slot->count++;
		spin_lock(&slot2->lock);
		hlist_add_head_rcu(&sk->skc_portaddr_node, &slot2->head);
		slot2->count++;
		spin_unlock(&slot2->lock);
	}
	spin_unlock(&slot->lock);
	return 0;
in_use:
	spin_unlock(&slot->lock);
	return 1;
}

void udp_lib_unhash(struct sock *sk)
{
	struct udp_table *t = udp_sk_table(sk);
	struct udp_hslot *slot, *slot2;

	if (hlist_unhashed(&sk->sk_node))
		return;
	slot = udp_hashslot(t, sk->sk_num);
	slot2 = udp_hashslot2(t, udp_sk(sk)->udp_portaddr_hash);
	spin_lock(&slot->lock);
	hlist_del_init_rcu(&sk->sk_node);
	slot->count--;
	inet_sk(sk)->inet_num = 0;
	spin_lock(&slot2->lock);
	hlist_del_init_rcu(&sk->skc_portaddr_node);
	slot2->count--;
	spin_unlock(&slot2->lock);
	spin_unlock(&slot->lock);
	sock_put(sk);
}

/* The local address changed (connect, disconnect): move to the right slot of the second hash. */
void udp_v4_rehash(struct sock *sk)
{
	struct udp_table *t = udp_sk_table(sk);
	uint16_t hash = (uint16_t)ipv4_portaddr_hash(sock_net(sk), sk->sk_rcv_saddr, sk->sk_num);
	struct udp_hslot *slot, *old, *new;

	if (hlist_unhashed(&sk->sk_node) || hash == udp_sk(sk)->udp_portaddr_hash)
		return;
	slot = udp_hashslot(t, sk->sk_num);
	old = udp_hashslot2(t, udp_sk(sk)->udp_portaddr_hash);
	new = udp_hashslot2(t, hash);
	spin_lock(&slot->lock);
	spin_lock(&old->lock);
	hlist_del_init_rcu(&sk->skc_portaddr_node);
	old->count--;
	spin_unlock(&old->lock);
	spin_lock(&new->lock);
	hlist_add_head_rcu(&sk->skc_portaddr_node, &new->head);
	new->count++;
	spin_unlock(&new->lock);
	udp_sk(sk)->udp_portaddr_hash = hash;
	spin_unlock(&slot->lock);
}

/*
 * Would @sk at @num clash with a socket in @slot? Linux's rules for SO_REUSEADDR, SO_REUSEPORT,
 * devices and addresses.
 */
static bool udp_lib_lport_inuse(const struct sock *sk, uint16_t num, const struct udp_hslot *slot)
{
	struct sock *sk2;

	hlist_for_each_entry(sk2, &slot->head, sk_node) {
		if (sk2 == sk || sk2->sk_num != num || (sk2->sk_reuse && sk->sk_reuse))
			continue;
		if (sk2->sk_bound_dev_if && sk->sk_bound_dev_if &&
		    sk2->sk_bound_dev_if != sk->sk_bound_dev_if)
			continue;
		if (!inet_rcv_saddr_equal(sk, sk2, true))
			continue;
		if (sk2->sk_reuseport && sk->sk_reuseport && sk2->sk_uid == sk->sk_uid)
			continue;
		return true;
	}
	return false;
}

static bool inet_rcv_saddr_equal(const struct sock *a, const struct sock *b, bool match_wildcard)
{
	if (a->sk_rcv_saddr == b->sk_rcv_saddr)
		return true;
	return match_wildcard && (!a->sk_rcv_saddr || !b->sk_rcv_saddr);
}

/* --- lookup --- */

struct sock *__udp4_lib_lookup(struct net *net, const struct udp_key *key, struct udp_table *t)
{
	struct sock *sk = udp_only(udp_hashslot(t, ntohs(key->dport)));

	if (unlikely(!sk))
		return udp4_lib_lookup_many(net, key, t);
	return compute_score(sk, key) ? sk : NULL; /* nothing to choose from */
}

/* Among several, or none. */
static struct sock *udp4_lib_lookup_many(struct net *net, const struct udp_key *key,
				     struct udp_table *t)
{
	uint16_t hnum = ntohs(key->dport);
	struct udp_hslot *slot = udp_hashslot(t, hnum), *slot2;
	struct udp_best best = { .sk = NULL };
	struct sock *sk;

	if (slot->count > 10) {
		slot2 = udp_hashslot2(t, (uint16_t)ipv4_portaddr_hash(net, key->daddr, hnum));
		if (slot2->count < slot->count) {
			sk = udp4_lib_lookup2(net, key, slot2);
			if (sk)
				return sk;
			slot2 = udp_hashslot2(
				t, (uint16_t)ipv4_portaddr_hash(net, htonl(INADDR_ANY), hnum));
			if (slot2->count < slot->count)
				return udp4_lib_lookup2(net, key, slot2);
		}
	}
	hlist_for_each_entry_rcu(sk, &slot->head, sk_node)
		udp_offer(&best, sk, net, key);
	return best.sk;
}

/* The same over one slot of the second hash. */
static struct sock *udp4_lib_lookup2(struct net *net, const struct udp_key *key,
				     const struct udp_hslot *slot2)
{
	struct udp_best best = { .sk = NULL };
	struct sock *sk;

	hlist_for_each_entry_rcu(sk, &slot2->head, skc_portaddr_node)
		udp_offer(&best, sk, net, key);
	return best.sk;
}

/*
 * Take @sk if it fits better than what was found so far. Of several equally good ones with
 * SO_REUSEPORT the flow's hash takes each with the same probability.
 */
static __always_inline void udp_offer(struct udp_best *best, struct sock *sk, struct net *net,
				      const struct udp_key *key)
{
	int score = compute_score(sk, key);

	if (score > best->score) {
		best->sk = sk;
		best->score = score;
		best->matches = sk->sk_reuseport;
		if (best->matches)
			best->hash = udp_ehashfn(net, key);
	} else if (score == best->score && score > 0 && sk->sk_reuseport) {
		best->matches++;
		if (((uint64_t)best->hash * best->matches) >> 32 == 0)
			best->sk = sk;
		best->hash = best->hash * 1664525u + 1013904223u;
	}
}

/* How well does @sk fit? 0: not at all; each thing it insists on and gets counts 4. */
static __always_inline int compute_score(const struct sock *sk, const struct udp_key *key)
{
	int score = 2;

	if (sk->sk_num != ntohs(key->dport))
		return 0;
	if (sk->sk_rcv_saddr) {
		if (sk->sk_rcv_saddr != key->daddr)
			return 0;
		score += 4;
	}
	if (sk->sk_daddr) {
		if (sk->sk_daddr != key->saddr)
			return 0;
		score += 4;
	}
	if (sk->sk_dport) {
		if (sk->sk_dport != key->sport)
			return 0;
		score += 4;
	}
	if (sk->sk_bound_dev_if) {
		if (sk->sk_bound_dev_if != key->dif)
			return 0;
		score += 4;
	}
	if (READ_ONCE(sk->sk_incoming_cpu) == (int)this_vcpu()->id)
		score++;
	return score;
}

uint32_t udp_ehashfn(const struct net *net, const struct udp_key *key)
{
	return jhash_3words((uint32_t)key->saddr, (uint32_t)key->daddr,
			    (uint32_t)key->sport << 16 | (uint32_t)key->dport, net->hash_rnd);
}

/*
 * The connected socket of exactly this flow, if it is the first of its slot: what early demux looks
 * for.
 */
struct sock *udp4_lib_demux_lookup(struct net *net, const struct udp_key *key)
{
	struct udp_table *t = net->ipv4->udp_table;
	uint16_t hnum = ntohs(key->dport);
	struct udp_hslot *slot2 =
		udp_hashslot2(t, (uint16_t)ipv4_portaddr_hash(net, key->daddr, hnum));
	struct sock *sk;

	hlist_for_each_entry_rcu(sk, &slot2->head, skc_portaddr_node) {
		if (sk->sk_num == hnum && sk->sk_dport == key->sport &&
		    sk->sk_daddr == key->saddr && sk->sk_rcv_saddr == key->daddr &&
		    (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == key->dif))
			return sk;
		break;
	}
	return NULL;
}

/*
 * Any socket of the port that would take a group datagram; @sk: where to go on from (NULL: the
 * first).
 */
struct sock *udp_v4_mcast_next(struct udp_hslot *slot, struct sock *sk, const struct udp_key *key)
{
	struct hlist_node *node =
		sk ? rcu_dereference(sk->sk_node.next) : rcu_dereference(slot->head.first);

	for (; node; node = rcu_dereference(node->next)) {
		struct sock *s = container_of(node, struct sock, sk_node);

		if (udp_v4_mcast_match(s, key))
			return s;
	}
	return NULL;
}

bool udp_v4_mcast_match(const struct sock *sk, const struct udp_key *key)
{
	if (sk->sk_num != ntohs(key->dport) || (sk->sk_daddr && sk->sk_daddr != key->saddr) ||
	    (sk->sk_dport && sk->sk_dport != key->sport) ||
	    (sk->sk_rcv_saddr && sk->sk_rcv_saddr != key->daddr) ||
	    (sk->sk_bound_dev_if && sk->sk_bound_dev_if != key->dif))
		return false;
	return ip_mc_sf_allow(sk, key->daddr, key->saddr, key->dif);
}
