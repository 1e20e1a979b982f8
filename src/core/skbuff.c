/* SPDX-License-Identifier: MIT */
/*
 * skbuff.c - making, sharing and ending socket buffers, and their entry in the books
 *
 * On the walk: a driver's receive makes one by __netdev_alloc_skb() > __netdev_alloc_frag(),
 * build_skb(); a send by __alloc_skb() > __kmalloc_reserve(). Each ends in consume_skb() (normal)
 * or kfree_skb_reason() (discard) > skb_release_all() > skb_release_head_state(),
 * skb_release_data() > skb_free_head(); then kfree_skbmem().
 * Owns: the caches of descriptors and data areas, on struct net. A data area belongs to the
 * descriptors that share it; dataref counts them once skb->cloned is set, and is not looked at
 * before.
 * A buffer's end is where Linux's would be for the size asked for (its kmalloc class less the
 * shared info), as far as our area reaches, so tailroom and truesize are those a socket sees there.
 * Threads: the owner, inside a vCPU. Refuses sizes over SKB_AREA_MAX. Mirrors: net/core/skbuff.c of
 * Linux 3.13.
 */
#include "core/skbuff.h"

#include <errno.h>
#include <netinet/in.h>

#include "core/dev.h"
#include "core/dst.h"
#include "core/net.h"
#include "core/sock.h"
#include "core/trace_events.h"
#include "kernel/slab.h"
#include "lib/pool.h"
#include "trace/work.h"

#include <linux/ip.h>

/* Data areas: the line of shared info, then the bytes. */
#define AREA_2K (2048 - SMP_CACHE_BYTES)
#define AREA_16K (16384 - SMP_CACHE_BYTES)
#define SKB_AREA_MAX (65536 + 1024)
_Static_assert(SKB_AREA_MAX >= 65536 + MAX_HEADER && SKB_AREA_MAX % SMP_CACHE_BYTES == 0, "size");

static unsigned char *__netdev_alloc_frag(struct net *net, unsigned size);
static struct sk_buff *build_skb(struct net *net, unsigned char *head, unsigned size);
static unsigned char *__kmalloc_reserve(struct net *net, unsigned size);
static void skb_release_all(struct sk_buff *skb);
static void skb_release_head_state(struct sk_buff *skb);
static void skb_release_data(struct sk_buff *skb);
static void skb_free_head(struct net *net, unsigned char *head);
static void kfree_skbmem(struct sk_buff *skb);

/* ---- sizes ---- */

/* The kmalloc class of @size data bytes and the shared info: what the buffer takes in Linux. */
static __always_inline unsigned skb_kmalloc_size(unsigned size)
{
	unsigned need = SKB_DATA_ALIGN(size) + LINUX_SIZEOF_SHARED_INFO;

	return need <= 512 ? 512 : 1u << fls(need - 1);
}

unsigned skb_truesize(unsigned size)
{
	return SKB_DATA_ALIGN(LINUX_SIZEOF_SK_BUFF) + skb_kmalloc_size(size);
}

static __always_inline unsigned skb_area_of(unsigned size)
{
	return size <= AREA_2K ? 0 : size <= AREA_16K ? 1 : 2;
}

static __always_inline unsigned skb_area_size(unsigned area)
{
	return area == 0 ? AREA_2K : area == 1 ? AREA_16K : SKB_AREA_MAX;
}

/* ---- making ---- */

int skb_init(struct net *net)
{
	static const char *const name[3] = { "skbuff_data_2k", "skbuff_data_16k",
					     "skbuff_data_64k" };
	struct kmem *k = &net->m.kmem;

	net->skb.skbuff_head_cache = kmem_cache_create(k, "skbuff_head_cache",
						       sizeof(struct sk_buff), SMP_CACHE_BYTES);
	if (!net->skb.skbuff_head_cache)
		return -ENOMEM;
	for (unsigned i = 0; i < 3; i++) {
		net->skb.area[i] = kmem_cache_create(k, name[i], SMP_CACHE_BYTES + skb_area_size(i),
						     SMP_CACHE_BYTES);
		if (!net->skb.area[i]) {
			skb_exit(net);
			return -ENOMEM;
		}
	}

	return 0;
}

void skb_exit(struct net *net)
{
	for (unsigned i = 0; i < 3; i++) {
		kmem_cache_destroy(net->skb.area[i]);
		net->skb.area[i] = NULL;
	}
	kmem_cache_destroy(net->skb.skbuff_head_cache);
	net->skb.skbuff_head_cache = NULL;
}

/* An area for @size bytes, its shared info filled; the address of the first byte or NULL. */
static __always_inline unsigned char *area_alloc(struct net *net, unsigned size)
{
	unsigned area = skb_area_of(size);
	struct kmem_cache *cache = net->skb.area[area];
	struct vcpu *v = this_vcpu();
	struct skb_shared_info *shinfo;

	if (unlikely(size > SKB_AREA_MAX))
		return NULL;
	if (likely(v && v->m == &net->m))
		shinfo = pool_alloc(cache, v->id);
	else
		shinfo = kmem_cache_alloc(&net->m, cache);
	if (unlikely(!shinfo))
		return NULL;
	*shinfo = (struct skb_shared_info){ .dataref = ATOMIC_INIT(1), .area = (uint8_t)area };

	return (unsigned char *)shinfo + SMP_CACHE_BYTES;
}

/*
 * memset() of a descriptor: plain vector stores; a string instruction costs more than the whole of
 * what it clears.
 */
static __always_inline void skb_zero(struct sk_buff *skb)
{
	typedef long long vec_t __attribute__((vector_size(16), aligned(8), may_alias));
	vec_t *v = (vec_t *)(void *)skb;

	_Static_assert(sizeof(*skb) % sizeof(vec_t) == 8, "vectors and one word");
#pragma GCC unroll 16
	for (unsigned i = 0; i < sizeof(*skb) / sizeof(vec_t); i++)
		v[i] = (vec_t){ 0, 0 };
	*(uint64_t *)(void *)(v + sizeof(*skb) / sizeof(vec_t)) = 0;
}

/* A descriptor of zero bytes, but for what says where its data is. */
static __always_inline void skb_setup(struct sk_buff *skb, struct net *net, unsigned char *head,
				      unsigned size)
{
	unsigned class = skb_kmalloc_size(size);
	unsigned room = skb_area_size(skb_area_of(size));

	skb_zero(skb);
	skb->head = head;
	skb->data = head;
	skb->end = min(class - LINUX_SIZEOF_SHARED_INFO, room);
	skb->truesize = SKB_DATA_ALIGN(LINUX_SIZEOF_SK_BUFF) + class;
	skb->transport_header = 0xffff;
	skb->mac_header = 0xffff;
	atomic_set(&skb->users, 1);
	skb->net = net;
	if (trace_packets_on()) { /* it is made for the packet that is worked for */
		skb->packet_id = trace_thread.packet;
		skb->packet_match = trace_thread.match & 3;
	}
}

struct sk_buff *__netdev_alloc_skb(struct net_device *dev, unsigned length)
{
	struct net *net = dev_net(dev);
	unsigned size = length + NET_SKB_PAD + NET_IP_ALIGN;
	unsigned char *head;
	struct sk_buff *skb;

	if (unlikely(length > SKB_AREA_MAX))
		return NULL;
	head = __netdev_alloc_frag(net, size);
	if (unlikely(!head))
		return NULL;
	skb = build_skb(net, head, size);
	if (unlikely(!skb)) {
		skb_free_head(net, head);
		return NULL;
	}
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	skb->dev = dev;

	return skb;
}

static unsigned char *__netdev_alloc_frag(struct net *net, unsigned size)
{
	return area_alloc(net, size);
}

static struct sk_buff *build_skb(struct net *net, unsigned char *head, unsigned size)
{
	struct sk_buff *skb = kmem_cache_alloc(&net->m, net->skb.skbuff_head_cache);

	if (likely(skb))
		skb_setup(skb, net, head, size);

	return skb;
}

struct sk_buff *__alloc_skb(struct net *net, unsigned size)
{
	struct sk_buff *skb;
	unsigned char *head;

	if (unlikely(size > 65536 + MAX_HEADER))
		return NULL;
	skb = kmem_cache_alloc(&net->m, net->skb.skbuff_head_cache);
	if (unlikely(!skb))
		return NULL;
	head = __kmalloc_reserve(net, size);
	if (unlikely(!head)) {
		kmem_cache_free(&net->m, net->skb.skbuff_head_cache, skb);
		return NULL;
	}
	skb_setup(skb, net, head, size);

	return skb;
}

static unsigned char *__kmalloc_reserve(struct net *net, unsigned size)
{
	return area_alloc(net, size);
}

/* ---- sharing ---- */

/*
 * What a second descriptor of the packet has of its own; the dst goes along, with a reference if it
 * had one.
 */
static __always_inline void skb_copy_header(struct sk_buff *n, const struct sk_buff *skb)
{
	*n = *skb;
	n->next = NULL;
	n->prev = NULL;
	n->sk = NULL;
	n->destructor = NULL;
	n->ledger = LEDGER_NONE;
	n->held = 0;
	atomic_set(&n->users, 1);
	if (n->_skb_refdst && !(n->_skb_refdst & SKB_DST_NOREF))
		dst_hold(skb_dst(n));
	if (skb->ledger)
		ledger_begin(n, LEDGER_COPY);
}

struct sk_buff *skb_clone(struct sk_buff *skb)
{
	struct net *net = skb->net;
	struct sk_buff *n = kmem_cache_alloc(&net->m, net->skb.skbuff_head_cache);

	if (unlikely(!n))
		return NULL;
	skb_copy_header(n, skb);
	n->cloned = 1;
	skb->cloned = 1;
	atomic_inc(&skb_shinfo(skb)->dataref);

	return n;
}

/* The marks that lie in the shared info. */
static __always_inline void shinfo_copy(unsigned char *to, const unsigned char *from)
{
	struct skb_shared_info *n = (struct skb_shared_info *)(void *)(to - SMP_CACHE_BYTES);
	const struct skb_shared_info *o = (const void *)(from - SMP_CACHE_BYTES);

	n->tx_flags = o->tx_flags;
	n->gso_size = o->gso_size;
	n->gso_segs = o->gso_segs;
	n->gso_type = o->gso_type;
	n->hwtstamp = o->hwtstamp;
	n->tskey = o->tskey;
}

/* The bytes lie @off further from head than before. */
static __always_inline void skb_headers_offset_update(struct sk_buff *skb, unsigned off)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start = (uint16_t)(skb->csum_start + off);
	if (skb->transport_header != 0xffff)
		skb->transport_header = (uint16_t)(skb->transport_header + off);
	if (skb->mac_header != 0xffff)
		skb->mac_header = (uint16_t)(skb->mac_header + off);
	skb->network_header = (uint16_t)(skb->network_header + off);
}

struct sk_buff *skb_copy(const struct sk_buff *skb, unsigned extra_headroom)
{
	struct sk_buff *n = __alloc_skb(skb->net, extra_headroom + skb->tail);
	unsigned char *head;
	unsigned end, truesize;

	if (unlikely(!n))
		return NULL;
	head = n->head;
	end = n->end;
	truesize = n->truesize;
	skb_copy_header(n, skb);
	n->head = head;
	n->end = end;
	n->truesize = truesize;
	n->cloned = 0;
	n->data = head + extra_headroom + skb_headroom(skb);
	n->tail = extra_headroom + skb->tail;
	memcpy(head + extra_headroom, skb->head, skb->tail);
	shinfo_copy(head, skb->head);
	skb_headers_offset_update(n, extra_headroom);

	return n;
}

struct sk_buff *skb_share_check_slow(struct sk_buff *skb)
{
	struct sk_buff *n = skb_clone(skb);

	if (likely(n))
		consume_skb(skb);
	else
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);

	return n;
}

int skb_ensure_writable(struct sk_buff *skb, unsigned write_len)
{
	if (unlikely(write_len > skb->len))
		return -ENOMEM;
	if (likely(!skb_cloned(skb)))
		return 0;

	return pskb_expand_head(skb, 0, 0);
}

int skb_cow_head(struct sk_buff *skb, unsigned headroom)
{
	unsigned delta = headroom > skb_headroom(skb) ? headroom - skb_headroom(skb) : 0;

	if (likely(!delta && !skb_cloned(skb)))
		return 0;

	return pskb_expand_head(skb, (delta + NET_SKB_PAD - 1) & ~(NET_SKB_PAD - 1u), 0);
}

int pskb_expand_head(struct sk_buff *skb, unsigned nhead, unsigned ntail)
{
	unsigned off = skb_headroom(skb) + nhead;
	unsigned size = nhead + skb->end + ntail;
	unsigned char *head;

	BUG_ON(skb_shared(skb));
	if (size > SKB_AREA_MAX) /* give up what tailroom nobody asked for */
		size = nhead + skb->tail + ntail;
	head = __kmalloc_reserve(skb->net, size);
	if (unlikely(!head))
		return -ENOMEM;
	memcpy(head + nhead, skb->head, skb->tail);
	shinfo_copy(head, skb->head);
	skb_release_data(skb);
	skb->cloned = 0;
	skb->head = head;
	skb->data = head + off;
	skb->tail += nhead;
	skb->end = min(skb_kmalloc_size(size) - LINUX_SIZEOF_SHARED_INFO,
		       skb_area_size(skb_area_of(size)));
	skb_headers_offset_update(skb, nhead);
	if (!skb->sk) /* a socket has been charged with the old truesize */
		skb->truesize = skb_truesize(size);

	return 0;
}

/* ---- ending ---- */

/* Give one reference back; true for the last. */
static __always_inline bool skb_unref(struct sk_buff *skb)
{
	return likely(atomic_read(&skb->users) == 1) || atomic_dec_and_test(&skb->users);
}

static __always_inline enum ledger_verdict verdict_of_driver(const struct sk_buff *skb)
{
	return skb->ledger == LEDGER_FRAME ? VERDICT_FORWARDED : VERDICT_SENT;
}

void dev_kfree_skb_any(struct sk_buff *skb)
{
	if (unlikely(skb && this_vcpu()->irq_depth))
		dev_kfree_skb_irq(skb);
	else
		consume_skb(skb);
}

void consume_skb(struct sk_buff *skb)
{
	if (unlikely(!skb) || !skb_unref(skb))
		return;
	trace_consume_skb(skb, __builtin_return_address(0));
	if (skb->ledger)
		ledger_end(skb, ledger_in_driver(skb) ? verdict_of_driver(skb) : VERDICT_CONSUMED);
	skb_release_all(skb);
	kfree_skbmem(skb);
}

void sk_skb_reason_drop(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason reason)
{
	if (sk && drop_table[reason].sk_drops)
		atomic_inc(&sk->sk_drops);
	kfree_skb_reason(skb, reason);
}

/* The counter at @offset of struct cpu_stats; that of UDP-Lite for its packets. */
static void drop_count(struct cpu_stats *st, unsigned offset, const struct sk_buff *skb)
{
	if (offset - offsetof(struct cpu_stats, udp) < sizeof(st->udp) &&
	    skb->protocol == htons(ETH_P_IP) &&
	    skb_tail_pointer(skb) - skb_network_header(skb) >= (long)sizeof(struct iphdr) &&
	    ip_hdr(skb)->protocol == IPPROTO_UDPLITE)
		offset += offsetof(struct cpu_stats, udplite) - offsetof(struct cpu_stats, udp);
	*(uint64_t *)(void *)((char *)st + offset) += 1;
}

void kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason reason)
{
	const struct drop_row *row = &drop_table[reason];
	struct cpu_stats *st;

	if (unlikely(!skb))
		return;
	st = this_cpu_stats();
	/*
	 * The event counts although somebody else still looks at the packet; its entry in the books
	 * ends with the last.
	 */
	drop_count(st, row->counter[0], skb);
	drop_count(st, row->counter[1], skb);
	if (!skb_unref(skb))
		return;
	st->drop[skb->ledger][reason]++;
	trace_kfree_skb(skb, __builtin_return_address(0), reason);
	if (unlikely(skb->packet_id))
		packet_trace_verdict(skb, VERDICT_DROPPED, reason);
	ledger_end(skb, VERDICT_DROPPED);
	skb_release_all(skb);
	kfree_skbmem(skb);
}

void __kfree_skb(struct sk_buff *skb)
{
	skb_release_all(skb);
	kfree_skbmem(skb);
}

static void skb_release_all(struct sk_buff *skb)
{
	skb_release_head_state(skb);
	skb_release_data(skb);
}

static void skb_release_head_state(struct sk_buff *skb)
{
	if (skb->_skb_refdst && !(skb->_skb_refdst & SKB_DST_NOREF))
		dst_release(skb_dst(skb));
	if (skb->destructor)
		skb->destructor(skb);
}

static void skb_release_data(struct sk_buff *skb)
{
	if (unlikely(skb->cloned) && !atomic_dec_and_test(&skb_shinfo(skb)->dataref))
		return;
	skb_free_head(skb->net, skb->head);
}

static void skb_free_head(struct net *net, unsigned char *head)
{
	struct skb_shared_info *shinfo = (struct skb_shared_info *)(void *)(head - SMP_CACHE_BYTES);
	struct kmem_cache *cache = net->skb.area[shinfo->area];
	struct vcpu *v = this_vcpu();

	if (likely(v && v->m == &net->m))
		pool_free(cache, v->id, shinfo);
	else
		kmem_cache_free(&net->m, cache, shinfo);
}

static void kfree_skbmem(struct sk_buff *skb)
{
	struct net *net = skb->net;

	kmem_cache_free(&net->m, net->skb.skbuff_head_cache, skb);
}

/* ---- books, owner, dst ---- */

/* A device hands it on: it was sent, and is received. */
void ledger_begin_anew(struct sk_buff *skb, enum ledger_class class)
{
	ledger_end(skb, verdict_of_driver(skb));
	skb->ledger = (uint8_t)class;
	this_cpu_stats()->ledger[class][VERDICT_ENTERED]++;
}

void skb_orphan_slow(struct sk_buff *skb)
{
	skb->destructor(skb);
	skb->destructor = NULL;
	skb->sk = NULL;
}

void __skb_dst_set_noref(struct sk_buff *skb, struct dst_entry *dst)
{
	skb->_skb_refdst = (unsigned long)dst | SKB_DST_NOREF;
}

void skb_dst_force_slow(struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);

	/*
	 * A dst whose last reference has gone lives on for this grace period only: the packet does
	 * without it.
	 */
	skb->_skb_refdst = dst && atomic_inc_not_zero(&dst->refcnt) ? (unsigned long)dst : 0;
}
