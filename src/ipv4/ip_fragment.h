/* SPDX-License-Identifier: MIT */
#ifndef IPV4_IP_FRAGMENT_H
#define IPV4_IP_FRAGMENT_H
/*
 * ip_fragment.h - the store of fragments, between ip_fragment.c (what a piece means) and ip_frag_store.c (where queues live and end)
 *
 * A queue is found, changed and ended under the lock of its bucket. References: one of the hash, one of the armed timer, one of who works on
 * it. Who ends it (ipq_kill, ipq_complete) takes it out of the hash and disarms the timer, from whatever vCPU.
 */
#include "ipv4/inetpeer.h"
#include "ipv4/ip.h"

#define FRAG_BUCKETS 1024u
#define FRAG_MAX_LEN 65535u
#define FRAG_MAP_WORDS 128 /* 64 KiB in units of 8 bytes */
#define FRAG_HEADROOM 128u /* before a reassembled datagram; 65535 + it fits the largest area */
#define LINUX_SIZEOF_IPQ 216 /* what Linux charges for a queue, about */

enum { FRAG_FIRST_IN = 1, FRAG_LAST_IN = 2, FRAG_COMPLETE = 4 };
enum frag_cover { FRAG_COVER_NONE, FRAG_COVER_SOME, FRAG_COVER_ALL };

struct frag_key {
	__be32 saddr, daddr;
	__be16 id;
	uint8_t protocol, user;
};

struct frag_bucket {
	spinlock_t lock;
	struct hlist_head chain;
};

struct ipq {
	struct hlist_node node;
	struct frag_key key;
	struct frag_bucket *bucket;
	struct fqdir *fqdir;
	atomic_t refcnt;
	struct ktimer timer; /* homed where the first piece came in */
	struct sk_buff *pieces, *first; /* newest first; the one with offset 0 */
	unsigned len, meat;	 /* length as far as known; bytes that are there */
	int iif, rid;
	struct inet_peer *peer; /* for ipfrag_max_dist */
	uint8_t flags, ecn;
	uint16_t max_size, max_df_size; /* largest piece; largest with DF */
	uint64_t map[FRAG_MAP_WORDS];
};

struct fqdir {
	struct net *net;
	long high_thresh, low_thresh; /* bytes */
	int timeout;		      /* jiffies */
	int secret_interval;	      /* kept for scripts; Linux uses it no more */
	atomic_long_t mem;
	atomic_t nqueues;
	struct kmem_cache *cache;
	struct ctl_table_header *sysctl_hdr, *dist_hdr;
	struct frag_bucket bucket[FRAG_BUCKETS];
};

/* The queue of @key, made when there is none, with its bucket locked; or NULL, nothing locked: over the limit, or no memory. */
struct ipq *ip_find(struct fqdir *fqdir, const struct frag_key *key);
/* Give up what ip_find() gave: the lock and a reference. */
void ipq_unlock(struct ipq *q);
/* Under the bucket's lock: */
void ipq_hold(struct ipq *q);
/* Drop all pieces: one for @reason (which counts), the others as FRAG_QUEUE; the queue is as new. */
void ipq_purge(struct ipq *q, enum skb_drop_reason reason);
/* Purge, and end the queue. */
void ipq_kill(struct ipq *q, enum skb_drop_reason reason);
/* End the queue; @skb leaves it and takes over the first piece's entry in the books, the other pieces end MERGED. */
void ipq_complete(struct ipq *q, struct sk_buff *skb);

#endif
