/* SPDX-License-Identifier: MIT */
#ifndef CORE_SKBUFF_H
#define CORE_SKBUFF_H
/*
 * skbuff.h - the socket buffer (mirrors include/linux/skbuff.h)
 *
 * Theory of operation
 *      head          data                tail              end
 *       | headroom    | the packet, linear | tailroom        |
 *   An skb describes one packet in one linear data area: there are no page fragments and no frag list, so every byte between data and
 *   tail is readable at once, and pskb_may_pull() is only a length check. Areas come from per-vCPU caches of 2, 16 and 64 KiB; the area
 *   begins with struct skb_shared_info (Linux has it at the end), so that freeing touches the line that holds the reference count.
 *
 *   Owners: exactly one function or queue owns an skb; users counts only borrowed references (skb_get), dataref the clones of a data area.
 *   Clones share bytes, never descriptors; shared bytes are read only (skb_ensure_writable, skb_unshare).
 *   truesize is what a socket is charged. It follows Linux's kmalloc arithmetic for the size asked for, not our pool areas, so a
 *   receive buffer holds as many datagrams as it does there.
 *
 *   Ends: consume_skb() for a normal end, kfree_skb_reason() for a discard; both end the packet's ledger entry.
 * Threads: the owner, inside a vCPU.
 */
#include <linux/types.h>
#include <string.h>

#include "core/drop.h"
#include "core/skb_cb.h"
#include "core/stats.h"
#include "kernel/vcpu.h"
#include "lib/atomic.h"
#include "lib/bug.h"
#include "lib/csum.h"
#include "lib/list.h"
#include "lib/spinlock.h"

struct net;
struct net_device;
struct sock;
struct dst_entry;
struct sk_buff;

/* Linux's sizes on x86-64, for truesize arithmetic */
#define LINUX_SIZEOF_SK_BUFF 232
#define LINUX_SIZEOF_SHARED_INFO 320
#define SMP_CACHE_BYTES 64
#define SKB_DATA_ALIGN(x) (((x) + (SMP_CACHE_BYTES - 1)) & ~(SMP_CACHE_BYTES - 1))
/* What Linux charges for a buffer of @x data bytes that was made by alloc_skb (kmalloc size classes included). */
unsigned skb_truesize(unsigned size);
#define NET_SKB_PAD 64
#define NET_IP_ALIGN 2 /* our headroom keeps the IP header 4-aligned */
#define MAX_HEADER 128


/* pkt_type holds PACKET_HOST, PACKET_BROADCAST ... of <linux/if_packet.h> */
enum { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE, CHECKSUM_PARTIAL };

struct skb_shared_info {
	atomic_t dataref;
	uint8_t area; /* which cache: 0 2K, 1 16K, 2 64K */
	uint8_t tx_flags;
	uint16_t gso_size, gso_segs;
	unsigned gso_type;
	int64_t hwtstamp; /* ns */
	uint32_t tskey;
};

struct sk_buff {
	/* queue links first: an sk_buff_head looks like an skb */
	struct sk_buff *next, *prev;
	struct sock *sk;
	struct net_device *dev;
	int64_t tstamp; /* ns of CLOCK_REALTIME, 0 none */
	union skb_cb cb;
	unsigned long _skb_refdst; /* dst_entry pointer, bit 0: not refcounted */
	void (*destructor)(struct sk_buff *skb);

	unsigned char *head, *data;
	unsigned tail, end; /* offsets from head */
	unsigned len;
	unsigned truesize;

	uint16_t transport_header, network_header, mac_header; /* offsets from head; 0xffff unset */
	uint16_t mac_len;
	union {
		__wsum csum;
		struct {
			uint16_t csum_start, csum_offset; /* CHECKSUM_PARTIAL */
		};
	};
	uint32_t priority;
	int skb_iif;
	uint32_t hash;
	__be16 protocol;
	__be16 vlan_proto;
	uint16_t vlan_tci;
	uint16_t queue_mapping;
	uint32_t mark;
	uint32_t packet_id; /* for traces: given where it came from, inherited by clones and replies (core/packet_trace.h) */

	uint8_t pkt_type : 3, ip_summed : 2, cloned : 1, peeked : 1, l4_hash : 1;
	uint8_t csum_valid : 1, csum_complete_sw : 1, ignore_df : 1, vlan_present : 1, local_df : 1, loopback : 1, dst_pending_confirm : 1,
		csum_bad : 1;
	uint8_t ledger;	     /* enum ledger_class; LEDGER_NONE once it has ended */
	uint8_t held;	     /* enum ledger_queue + 1 while in a queue */
	uint16_t napi_id;
	bool ptp; /* a frame of the Precision Time Protocol (skb_defer_rx_timestamp) */
	uint8_t packet_match; /* enum trace_match: what the packet filter of traces said */
	atomic_t users;
	struct net *net; /* whose pools it came from */
};

/* A ring whose head stands in for a packet: written as either type, so it may alias, and its size is kept from the compiler. */
struct sk_buff_head {
	struct sk_buff *next, *prev;
	uint32_t qlen;
	spinlock_t lock;
} __attribute__((may_alias));
static __always_inline struct sk_buff *skb_queue_end(const struct sk_buff_head *q)
{
	struct sk_buff *end = (struct sk_buff *)(uintptr_t)q;

	__asm__("" : "+r"(end));
	return end;
}

struct skb_pools { /* member of struct net */
	struct kmem_cache *skbuff_head_cache;
	struct kmem_cache *area[3]; /* skbuff_data_2k, _16k, _64k */
};

int skb_init(struct net *net); /* make the caches: 0 or -ENOMEM */
void skb_exit(struct net *net);

/* --- making --- */
/* A buffer with room for @size bytes behind @headroom-less data; NULL when there is no memory or size > 65536+MAX_HEADER. users 1. */
struct sk_buff *__alloc_skb(struct net *net, unsigned size);
static __always_inline struct sk_buff *alloc_skb(struct net *net, unsigned size)
{
	return __alloc_skb(net, size);
}
/* For a receiving driver: NET_SKB_PAD + NET_IP_ALIGN of headroom before @length bytes; skb->dev set. Tree: __netdev_alloc_frag, build_skb. */
struct sk_buff *__netdev_alloc_skb(struct net_device *dev, unsigned length);
struct sk_buff *skb_clone(struct sk_buff *skb);	  /* shares the bytes; ledger COPY if the original is in the books */
struct sk_buff *skb_copy(const struct sk_buff *skb, unsigned extra_headroom); /* own bytes */
/* Own descriptor: @skb itself unless shared, else a clone and @skb is released; NULL (and @skb released) without memory. */
struct sk_buff *skb_share_check_slow(struct sk_buff *skb);
static __always_inline __must_check struct sk_buff *skb_share_check(struct sk_buff *skb);
/* Own bytes for the first @write_len: 0, or -ENOMEM with the skb untouched. */
int skb_ensure_writable(struct sk_buff *skb, unsigned write_len);
/* At least @headroom bytes before data and bytes of its own: 0 or -ENOMEM, skb untouched. */
int pskb_expand_head(struct sk_buff *skb, unsigned nhead, unsigned ntail);
int skb_cow_head(struct sk_buff *skb, unsigned headroom);

/* --- ending --- */
void kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason reason); /* NULL allowed */
/* The same for a drop at socket @sk: moves sk_drops too when the row says so. */
void sk_skb_reason_drop(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason reason);
void consume_skb(struct sk_buff *skb); /* normal end; verdict CONSUMED unless the entry has ended before */
void dev_kfree_skb_any(struct sk_buff *skb); /* driver: end of a transmitted skb (consume_skb) */
void __kfree_skb(struct sk_buff *skb);	     /* the memory half: skb_release_all > skb_release_head_state, skb_release_data; kfree_skbmem */
void skb_orphan_slow(struct sk_buff *skb);

/* --- ledger --- */
static __always_inline void ledger_unhold(struct sk_buff *skb)
{
	if (skb->held) {
		this_cpu_stats()->held_out[skb->ledger][skb->held - 1]++;
		skb->held = 0;
	}
}
/* A packet that moves to another queue needs no ledger_unhold() in between. */
static __always_inline void ledger_hold(struct sk_buff *skb, enum ledger_queue q)
{
	ledger_unhold(skb);
	if (skb->ledger) {
		this_cpu_stats()->held_in[skb->ledger][q]++;
		skb->held = (uint8_t)(q + 1);
	}
}
/*
 * From dev_hard_start_xmit() on a packet is held by the driver (HELD_TXRING), without a doing of the driver. Its normal end
 * (consume_skb, dev_kfree_skb_any) then is SENT, or FORWARDED for a received frame; a drop is DROPPED; NETDEV_TX_BUSY gives it back.
 */
static __always_inline bool ledger_in_driver(const struct sk_buff *skb) { return skb->held == HELD_TXRING + 1; }
notrace void ledger_begin_anew(struct sk_buff *skb, enum ledger_class class);
/*
 * ledger_begin() - enter @class, unless the packet is in the books already. One that is in a driver's hands ends there
 * first: a device that hands the skb on (loopback, veth) has sent it, and it is received anew.
 */
static __always_inline void ledger_begin(struct sk_buff *skb, enum ledger_class class)
{
	if (!skb->ledger) {
		skb->ledger = (uint8_t)class;
		this_cpu_stats()->ledger[class][VERDICT_ENTERED]++;
	} else if (unlikely(ledger_in_driver(skb))) {
		ledger_begin_anew(skb, class);
	}
}
/* Tell the tracer of an end of a packet that has an id: core/packet_trace.c. */
void packet_trace_verdict(const struct sk_buff *skb, enum ledger_verdict v, enum skb_drop_reason reason);
static __always_inline void ledger_end(struct sk_buff *skb, enum ledger_verdict v)
{
	if (skb->ledger) {
		if (unlikely(skb->packet_id) && v != VERDICT_DROPPED) /* who drops knows the reason, and tells */
			packet_trace_verdict(skb, v, SKB_DROP_REASON_NOT_SPECIFIED);
		ledger_unhold(skb);
		this_cpu_stats()->ledger[skb->ledger][v]++;
		skb->ledger = LEDGER_NONE;
	}
}

/* --- geometry: Linux's names and meanings --- */
void *skb_put(struct sk_buff *skb, unsigned len);  /* beyond end: skb_over_panic() aborts with both lengths */
void *skb_push(struct sk_buff *skb, unsigned len); /* beyond head: aborts */
void *skb_pull(struct sk_buff *skb, unsigned len); /* NULL when shorter */
void skb_trim(struct sk_buff *skb, unsigned len);
int skb_pad(struct sk_buff *skb, unsigned pad); /* zero tail padding; on -ENOMEM the skb is gone (as in Linux) */

static __always_inline void skb_reserve(struct sk_buff *skb, unsigned len)
{
	skb->data += len;
	skb->tail += len;
}
static __always_inline unsigned char *skb_tail_pointer(const struct sk_buff *skb) { return skb->head + skb->tail; }
static __always_inline unsigned char *skb_end_pointer(const struct sk_buff *skb) { return skb->head + skb->end; }
static __always_inline struct skb_shared_info *skb_shinfo(const struct sk_buff *skb)
{
	return (struct skb_shared_info *)(void *)(skb->head - SMP_CACHE_BYTES);
}
_Static_assert(sizeof(struct skb_shared_info) <= SMP_CACHE_BYTES, "one line before head");
static __always_inline unsigned skb_headroom(const struct sk_buff *skb) { return (unsigned)(skb->data - skb->head); }
static __always_inline unsigned skb_tailroom(const struct sk_buff *skb) { return skb->end - skb->tail; }
static __always_inline unsigned skb_headlen(const struct sk_buff *skb) { return skb->len; }
static __always_inline void *__skb_push(struct sk_buff *skb, unsigned len) { skb->data -= len; skb->len += len; return skb->data; }
static __always_inline void *__skb_pull(struct sk_buff *skb, unsigned len) { skb->len -= len; return skb->data += len; }
static __always_inline void *__skb_put(struct sk_buff *skb, unsigned len)
{
	void *p = skb_tail_pointer(skb);

	skb->tail += len;
	skb->len += len;
	return p;
}
static __always_inline void __skb_trim(struct sk_buff *skb, unsigned len)
{
	skb->len = len;
	skb->tail = (unsigned)(skb->data - skb->head) + len;
}
/* Are @len bytes there? (linear: no pulling needed) */
static __always_inline __must_check bool pskb_may_pull(const struct sk_buff *skb, unsigned len) { return likely(len <= skb->len); }
/* Trim to @len when longer; checksum COMPLETE is lost. Never fails here. */
void pskb_trim_rcsum_slow(struct sk_buff *skb, unsigned len);
static __always_inline void pskb_trim_rcsum(struct sk_buff *skb, unsigned len)
{
	if (unlikely(len < skb->len))
		pskb_trim_rcsum_slow(skb, len);
}
/* @len bytes at @offset from data, or NULL */
static __always_inline __must_check void *skb_header_pointer(const struct sk_buff *skb, unsigned offset, unsigned len)
{
	return offset <= skb->len && len <= skb->len - offset ? skb->data + offset : NULL;
}

static __always_inline void skb_reset_mac_header(struct sk_buff *skb) { skb->mac_header = (uint16_t)(skb->data - skb->head); }
static __always_inline void skb_reset_network_header(struct sk_buff *skb) { skb->network_header = (uint16_t)(skb->data - skb->head); }
static __always_inline void skb_reset_transport_header(struct sk_buff *skb) { skb->transport_header = (uint16_t)(skb->data - skb->head); }
static __always_inline void skb_set_network_header(struct sk_buff *skb, int off) { skb->network_header = (uint16_t)(skb->data - skb->head + off); }
static __always_inline void skb_set_transport_header(struct sk_buff *skb, int off) { skb->transport_header = (uint16_t)(skb->data - skb->head + off); }
static __always_inline void skb_reset_mac_len(struct sk_buff *skb) { skb->mac_len = (uint16_t)(skb->network_header - skb->mac_header); }
static __always_inline unsigned char *skb_mac_header(const struct sk_buff *skb) { return skb->head + skb->mac_header; }
static __always_inline unsigned char *skb_network_header(const struct sk_buff *skb) { return skb->head + skb->network_header; }
static __always_inline unsigned char *skb_transport_header(const struct sk_buff *skb) { return skb->head + skb->transport_header; }
static __always_inline bool skb_mac_header_was_set(const struct sk_buff *skb) { return skb->mac_header != 0xffff; }
static __always_inline bool skb_transport_header_was_set(const struct sk_buff *skb) { return skb->transport_header != 0xffff; }
static __always_inline int skb_network_offset(const struct sk_buff *skb) { return (int)(skb_network_header(skb) - skb->data); }
static __always_inline int skb_transport_offset(const struct sk_buff *skb) { return (int)(skb_transport_header(skb) - skb->data); }
static __always_inline unsigned skb_network_header_len(const struct sk_buff *skb) { return (unsigned)skb->transport_header - skb->network_header; }
#define ip_hdr(skb) ((struct iphdr *)(void *)skb_network_header(skb))
#define udp_hdr(skb) ((struct udphdr *)(void *)skb_transport_header(skb))
#define icmp_hdr(skb) ((struct icmphdr *)(void *)skb_transport_header(skb))
#define eth_hdr(skb) ((struct ethhdr *)(void *)skb_mac_header(skb))
#define arp_hdr(skb) ((struct arphdr *)(void *)skb_network_header(skb))
#define ip_hdrlen(skb) (ip_hdr(skb)->ihl * 4u)

static __always_inline bool skb_cloned(const struct sk_buff *skb)
{
	return skb->cloned && atomic_read(&skb_shinfo(skb)->dataref) != 1;
}
static __always_inline bool skb_shared(const struct sk_buff *skb) { return atomic_read(&skb->users) != 1; }
static __always_inline struct sk_buff *skb_share_check(struct sk_buff *skb)
{
	return likely(!skb_shared(skb)) ? skb : skb_share_check_slow(skb);
}
static __always_inline struct sk_buff *skb_get(struct sk_buff *skb)
{
	atomic_inc(&skb->users);
	return skb;
}

/* --- owner (socket) --- */
static __always_inline void skb_orphan(struct sk_buff *skb)
{
	if (skb->destructor)
		skb_orphan_slow(skb);
}

/* --- dst: the reference rides in _skb_refdst (core/dst.h) --- */
#define SKB_DST_NOREF 1UL
static __always_inline struct dst_entry *skb_dst(const struct sk_buff *skb)
{
	return (struct dst_entry *)(skb->_skb_refdst & ~SKB_DST_NOREF);
}
static __always_inline void skb_dst_set(struct sk_buff *skb, struct dst_entry *dst) { skb->_skb_refdst = (unsigned long)dst; }
void __skb_dst_set_noref(struct sk_buff *skb, struct dst_entry *dst);
void dst_release(struct dst_entry *dst); /* dst.c; NULL allowed */
static __always_inline void skb_dst_drop(struct sk_buff *skb)
{
	if (unlikely(skb->_skb_refdst && !(skb->_skb_refdst & SKB_DST_NOREF)))
		dst_release(skb_dst(skb));
	skb->_skb_refdst = 0;
}
void skb_dst_force_slow(struct sk_buff *skb);
/* Take a real reference if there was none: before the skb waits in a queue longer than this run. */
static __always_inline void skb_dst_force(struct sk_buff *skb)
{
	if (skb->_skb_refdst & SKB_DST_NOREF)
		skb_dst_force_slow(skb);
}

/* skb_shinfo()->gso_type: datagrams of gso_size bytes of payload, the last may be shorter; alone or not at all */
#define SKB_GSO_UDP_L4 (1u << 17)
/* Does it stand for more than one packet (of at most gso_size bytes of payload each)? */
static __always_inline bool skb_is_gso(const struct sk_buff *skb) { return skb_shinfo(skb)->gso_size; }

/* --- checksums --- */
/* Sum of @len bytes at @offset from data, added to @csum. Tree: skb_checksum > __skb_checksum > csum_partial > do_csum. */
__wsum skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum csum);
/* Verify the whole packet against skb->csum (a pseudo-header sum): 0 when right. */
__sum16 __skb_checksum_complete(struct sk_buff *skb);
__sum16 __skb_checksum_complete_head(struct sk_buff *skb, int len);
static __always_inline bool skb_csum_unnecessary(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_UNNECESSARY || skb->csum_valid || (skb->ip_summed == CHECKSUM_PARTIAL);
}
static __always_inline int skb_checksum_start_offset(const struct sk_buff *skb) { return (int)skb->csum_start - (int)skb_headroom(skb); }
/* Finish a CHECKSUM_PARTIAL packet in software: 0 or -errno. */
int skb_checksum_help(struct sk_buff *skb);
/* Copy @len bytes at @offset to @to and add them up. */
__wsum skb_copy_and_csum_bits(const struct sk_buff *skb, int offset, void *to, int len, __wsum csum);
int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len); /* 0 or -EFAULT when out of range */
static __always_inline void skb_postpull_rcsum(struct sk_buff *skb, const void *start, unsigned len)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_sub(skb->csum, csum_partial(start, (int)len, 0));
}

/* --- flow --- */
/* A keyed hash of the packet's flow (addresses, protocol, ports): skb->hash when there is one, else computed and kept. */
uint32_t skb_get_hash(struct sk_buff *skb);
/* Ethernet protocol of a packet that is being sent; 0 when it cannot be told. */
__be16 skb_network_protocol(const struct sk_buff *skb);

/* --- queues --- */
static __always_inline void __skb_queue_head_init(struct sk_buff_head *q)
{
	q->prev = q->next = (struct sk_buff *)(void *)q;
	q->qlen = 0;
}
void skb_queue_head_init(struct sk_buff_head *q);
static __always_inline bool skb_queue_empty(const struct sk_buff_head *q) { return q->next == (const struct sk_buff *)(const void *)q; }
static __always_inline uint32_t skb_queue_len(const struct sk_buff_head *q) { return q->qlen; }
static __always_inline struct sk_buff *skb_peek(const struct sk_buff_head *q) { return skb_queue_empty(q) ? NULL : q->next; }
static __always_inline struct sk_buff *skb_peek_tail(const struct sk_buff_head *q) { return skb_queue_empty(q) ? NULL : q->prev; }
static __always_inline void __skb_insert(struct sk_buff *n, struct sk_buff *prev, struct sk_buff *next, struct sk_buff_head *q)
{
	n->next = next;
	n->prev = prev;
	next->prev = prev->next = n;
	q->qlen++;
}
static __always_inline void __skb_queue_tail(struct sk_buff_head *q, struct sk_buff *n)
{
	__skb_insert(n, q->prev, skb_queue_end(q), q);
}
static __always_inline void __skb_queue_head(struct sk_buff_head *q, struct sk_buff *n)
{
	__skb_insert(n, skb_queue_end(q), q->next, q);
}
static __always_inline void __skb_unlink(struct sk_buff *skb, struct sk_buff_head *q)
{
	q->qlen--;
	skb->prev->next = skb->next;
	skb->next->prev = skb->prev;
	skb->next = skb->prev = NULL;
}
static __always_inline struct sk_buff *__skb_dequeue(struct sk_buff_head *q)
{
	struct sk_buff *skb = skb_peek(q);

	if (skb)
		__skb_unlink(skb, q);
	return skb;
}
static __always_inline void skb_queue_splice_init(struct sk_buff_head *from, struct sk_buff_head *to)
{
	if (!skb_queue_empty(from)) {
		from->next->prev = to->prev;
		to->prev->next = from->next;
		from->prev->next = skb_queue_end(to);
		to->prev = from->prev;
		to->qlen += from->qlen;
		__skb_queue_head_init(from);
	}
}
/* locked forms */
void skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb);
struct sk_buff *skb_dequeue(struct sk_buff_head *q);
/* Drop everything in @q for @reason. */
void skb_queue_purge_reason(struct sk_buff_head *q, enum skb_drop_reason reason);
#define skb_queue_walk(q, skb) for (skb = (q)->next; skb != (struct sk_buff *)(void *)(q); skb = skb->next)

#endif
