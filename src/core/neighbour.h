/* SPDX-License-Identifier: MIT */
#ifndef CORE_NEIGHBOUR_H
#define CORE_NEIGHBOUR_H
/*
 * neighbour.h - link-layer addresses of on-link hosts and their life (mirrors include/net/neighbour.h, RFC 4861 states)
 *
 * Theory of operation
 *   A table (ARP) is a keyed hash of entries, read under RCU, changed under the entry's lock. States NONE INCOMPLETE REACHABLE STALE DELAY
 *   PROBE FAILED NOARP PERMANENT as in Linux. While INCOMPLETE, packets wait in arp_queue (bounded in bytes by unres_qlen_bytes); they
 *   leave in order when the answer comes, or end with reason NEIGH_FAILED and the protocol's error_report.
 *   gc: thresholds gc_thresh1..3, forced collection at the bound, periodic ageing. One timer per entry, homed on the vCPU that made it.
 *   parms: each entry takes the settings of its device (neigh_parms_alloc) or the default, and counts a reference itself.
 * Threads: vCPUs; RTNL through smp_call.
 */
#include <linux/neighbour.h>

#include "core/dev.h"
#include "core/skbuff.h"
#include "kernel/rcu.h"
#include "kernel/timer.h"

#define NUD_IN_TIMER (NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE)
#define NUD_VALID (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)
#define NUD_CONNECTED (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)

#define NEIGH_UPDATE_F_OVERRIDE 0x01
#define NEIGH_UPDATE_F_WEAK_OVERRIDE 0x02
#define NEIGH_UPDATE_F_ADMIN 0x80000000

struct neigh_table;
struct neighbour;

struct hh_cache { /* ready link-layer header: 14 bytes of Ethernet, right-aligned in 16 */
	uint16_t hh_len;
	unsigned char data[16];
};

struct neigh_parms { /* settings; one per device and one default per table. Times in jiffies. [R] READ_ONCE */
	struct net_device *dev;
	struct neigh_table *tbl;
	struct list_head list;
	int mcast_probes, ucast_probes, app_probes, mcast_reprobes; /* 3 3 0 0 */
	int retrans_time, base_reachable_time, delay_probe_time, gc_staletime; /* 1 s, 30 s, 5 s, 60 s */
	int unres_qlen_bytes; /* 212992 */
	int proxy_delay, anycast_delay, locktime, proxy_qlen; /* 0.8 s, 1 s, 1 s, 64 */
	int reachable_time; /* drawn from 0.5..1.5 base */
	struct ctl_table_header *sysctl_hdr;
	atomic_t refcnt;
	struct rcu_head rcu;
};

struct neigh_ops {
	int family;
	void (*solicit)(struct neighbour *n, struct sk_buff *skb);	/* ask once; @skb: head of the queue, borrowed */
	void (*error_report)(struct neighbour *n, struct sk_buff *skb);	/* consumes @skb */
	int (*output)(struct neighbour *n, struct sk_buff *skb);	  /* consume */
	int (*connected_output)(struct neighbour *n, struct sk_buff *skb);
};

struct neighbour {
	struct hlist_node hash; /* RCU */
	struct neigh_table *tbl;
	struct neigh_parms *parms;
	struct net_device *dev;
	spinlock_t lock;
	atomic_t refcnt;
	uint8_t nud_state, type, dead, flags; /* NTF_* */
	unsigned long confirmed, updated, used; /* jiffies */
	atomic_t probes;
	struct sk_buff_head arp_queue;
	unsigned arp_queue_len_bytes;
	struct ktimer timer;
	const struct neigh_ops *ops;
	int (*output)(struct neighbour *n, struct sk_buff *skb); /* current: ops->output or connected_output */
	unsigned char ha[MAX_ADDR_LEN];
	struct hh_cache hh;
	unsigned ha_seq;
	struct rcu_head rcu;
	unsigned char primary_key[16];
};

struct neigh_statistics { /* /proc/net/stat/arp_cache; [A] */
	unsigned long allocs, destroys, hash_grows, res_failed, lookups, hits, rcv_probes_mcast, rcv_probes_ucast, periodic_gc_runs,
		forced_gc_runs, unres_discards, table_fulls;
};

struct neigh_table {
	int family;
	const char *id; /* "arp_cache" */
	unsigned entry_size, key_len;
	uint32_t (*hash)(const void *pkey, const struct net_device *dev, const uint32_t *rnd);
	/* Fills type, nud_state, ops, output, and ha where it needs no asking; parms are set already. 0 or -errno */
	int (*constructor)(struct neighbour *n);
	struct neigh_parms parms; /* default */
	struct list_head parms_list;
	int gc_interval, gc_thresh1, gc_thresh2, gc_thresh3; /* 30 s, 128 512 1024 */
	unsigned long last_flush, last_rand;
	struct ktimer gc_timer;
	atomic_t entries;
	uint32_t hash_rnd[4];
	struct neigh_hash_table *nht; /* RCU, grows */
	struct neigh_statistics stats;
	struct list_head link; /* net->neigh_tables */
	struct net *net;
	struct kmem_cache *cache;
	spinlock_t lock; /* table: insert, grow, collect; order: after sock, before neighbour */
	bool gc_armed;	 /* [L:lock] */
	struct ctl_table_header *sysctl_hdr; /* gc_* of the default directory */
};

int neigh_table_init(struct net *net, struct neigh_table *tbl);
void neigh_table_clear(struct neigh_table *tbl);
struct neigh_parms *neigh_parms_alloc(struct net_device *dev, struct neigh_table *tbl); /* RTNL */
void neigh_parms_release(struct neigh_table *tbl, struct neigh_parms *parms);
/* RCU lookup without reference, NULL when absent */
struct neighbour *__neigh_lookup_noref(struct neigh_table *tbl, const void *pkey, struct net_device *dev);
struct neighbour *neigh_lookup(struct neigh_table *tbl, const void *pkey, struct net_device *dev); /* with reference */
/* Make an entry (or find the one made meanwhile); NULL: table full or no memory. @want_ref: with reference, else noref. */
struct neighbour *__neigh_create(struct neigh_table *tbl, const void *pkey, struct net_device *dev, bool want_ref);
void neigh_destroy(struct neighbour *n);
static __always_inline void neigh_release(struct neighbour *n)
{
	if (atomic_dec_and_test(&n->refcnt))
		neigh_destroy(n);
}
static __always_inline void neigh_hold(struct neighbour *n) { atomic_inc(&n->refcnt); }
/* 0: send now; 1: @skb was queued or dropped (consumed). */
int __neigh_event_send(struct neighbour *n, struct sk_buff *skb);
static __always_inline int neigh_event_send(struct neighbour *n, struct sk_buff *skb)
{
	unsigned long now = jiffies_now();

	if (READ_ONCE(n->used) != now)
		WRITE_ONCE(n->used, now);
	if (!(n->nud_state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE)))
		return __neigh_event_send(n, skb);
	return 0;
}
/* New state and address, Linux's rules: 0 or -errno. vCPU. */
int neigh_update(struct neighbour *n, const uint8_t *lladdr, uint8_t new_state, uint32_t flags);
int neigh_resolve_output(struct neighbour *n, struct sk_buff *skb);   /* consume */
int neigh_connected_output(struct neighbour *n, struct sk_buff *skb); /* consume */
int neigh_direct_output(struct neighbour *n, struct sk_buff *skb);    /* consume */
/* Consume: push the cached header, dev_queue_xmit. Inline, as in Linux: the trace of a connected send shows skb_push and dev_queue_xmit. */
static __always_inline int neigh_hh_output(const struct hh_cache *hh, struct sk_buff *skb)
{
	const struct neighbour *n = container_of(hh, struct neighbour, hh);
	unsigned len = READ_ONCE(hh->hh_len), seq;
	unsigned char header[sizeof(hh->data)];

	do { /* ha_seq is odd while somebody writes */
		seq = smp_load_acquire(&n->ha_seq);
		memcpy(header, hh->data, sizeof(header));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (unlikely(seq & 1 || seq != READ_ONCE(n->ha_seq)));
	memcpy(skb_push(skb, len), header + sizeof(header) - len, len);
	return dev_queue_xmit(skb);
}
/* Proof from above that @n is there (dst_confirm): it need not be asked for a while. */
static __always_inline void neigh_confirm(struct neighbour *n)
{
	unsigned long now = jiffies_now();

	if (READ_ONCE(n->confirmed) != now)
		WRITE_ONCE(n->confirmed, now);
}
/* Send by @n: cached header when connected, else its output function. Consumes. */
static __always_inline int neigh_output(struct neighbour *n, struct sk_buff *skb)
{
	if ((n->nud_state & NUD_CONNECTED) && n->hh.hh_len)
		return neigh_hh_output(&n->hh, skb);
	return n->output(n, skb);
}
/* Forget every entry of @dev (NULL: all). RTNL or a vCPU. */
void neigh_ifdown(struct neigh_table *tbl, struct net_device *dev);
void neigh_changeaddr(struct neigh_table *tbl, struct net_device *dev);
void neigh_carrier_down(struct neigh_table *tbl, struct net_device *dev); /* all but the permanent ones */
/* Walk all entries. RCU reader or RTNL. */
void neigh_for_each(struct neigh_table *tbl, void (*cb)(struct neighbour *n, void *arg), void *arg);
static __always_inline bool neigh_key_eq32(const struct neighbour *n, const void *pkey)
{
	return *(const uint32_t *)(const void *)n->primary_key == *(const uint32_t *)pkey;
}
/* sysctl directory net/ipv4/neigh/NAME: from ipv4/arp.c */
int neigh_sysctl_register(struct net *net, struct neigh_parms *p, const char *dir);
void neigh_sysctl_unregister(struct net *net, struct neigh_parms *p);

#endif
