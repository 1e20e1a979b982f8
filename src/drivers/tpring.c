/* SPDX-License-Identifier: MIT */
/*
 * tpring.c - walking a receive ring of AF_PACKET
 *
 * Theory of operation
 *   Called by: tp_clean_rx() of tpacket.c, for each frame. Calls: nothing. Owns nothing.
 *   The status word is loaded with acquire, so that what the kernel wrote before it is seen, and
 *   stored with release, so that the place is free only when everything in it has been read.
 *   Refuses: offsets and lengths that leave the block, a next frame that is no step forward.
 * Threads: the vCPU of the queue. Mirrors: the other side of net/packet/af_packet.c.
 */
#include "drivers/tpring.h"

#include <linux/if_packet.h>

#define TPRING_ALIGN 8 /* of frames in a block */

static enum tpring_answer tpring_peek_v2(struct tpring *r, struct tpframe *f);
static bool tpring_begin_block(struct tpring *r);
static enum tpring_answer tpring_peek_v3(struct tpring *r, struct tpframe *f);
static void tpring_give_back(struct tpring *r, uint32_t *status, unsigned n);

static __always_inline struct tpacket2_hdr *tpring_slot(const struct tpring *r)
{
	return (void *)(r->mem + (size_t)r->cur * r->slot_size);
}

static __always_inline struct tpacket_block_desc *tpring_block(const struct tpring *r)
{
	return (void *)(r->mem + (size_t)r->cur * r->block_size);
}

static __always_inline struct tpacket_hdr_v1 *tpring_block_hdr(const struct tpring *r)
{
	return &tpring_block(r)->hdr.bh1;
}

enum tpring_answer tpring_peek(struct tpring *r, struct tpframe *f)
{
	return r->version == 3 ? tpring_peek_v3(r, f) : tpring_peek_v2(r, f);
}

static enum tpring_answer tpring_peek_v2(struct tpring *r, struct tpframe *f)
{
	struct tpacket2_hdr *h = tpring_slot(r);
	unsigned mac;

	f->status = smp_load_acquire(&h->tp_status);
	if (!(f->status & TP_STATUS_USER))
		return TPRING_EMPTY;
	mac = READ_ONCE(h->tp_mac);
	f->snaplen = READ_ONCE(h->tp_snaplen);
	f->len = READ_ONCE(h->tp_len);
	f->vlan_tci = READ_ONCE(h->tp_vlan_tci);
	f->vlan_tpid = READ_ONCE(h->tp_vlan_tpid);
	if (unlikely(mac < sizeof(*h) + r->ahead || mac > r->slot_size || f->snaplen > r->slot_size - mac ||
		     f->snaplen > f->len)) {
		tpring_pop(r);
		return TPRING_BAD;
	}
	f->data = (const unsigned char *)h + mac;

	return TPRING_FRAME;
}

static enum tpring_answer tpring_peek_v3(struct tpring *r, struct tpframe *f)
{
	const struct tpacket3_hdr *h;
	unsigned mac, room;

	if (!r->left && !tpring_begin_block(r))
		return TPRING_EMPTY;
	if (unlikely(r->at % TPRING_ALIGN || r->at < sizeof(struct tpacket_block_desc) ||
		     r->at > r->block_size - sizeof(*h)))
		goto bad;
	h = (const void *)((const unsigned char *)tpring_block(r) + r->at);
	room = r->block_size - r->at;
	mac = READ_ONCE(h->tp_mac);
	r->next = READ_ONCE(h->tp_next_offset);
	f->status = READ_ONCE(h->tp_status);
	f->snaplen = READ_ONCE(h->tp_snaplen);
	f->len = READ_ONCE(h->tp_len);
	f->vlan_tci = (uint16_t)READ_ONCE(h->hv1.tp_vlan_tci);
	f->vlan_tpid = READ_ONCE(h->hv1.tp_vlan_tpid);
	if (unlikely(mac < sizeof(*h) + r->ahead || mac > room || f->snaplen > room - mac ||
		     f->snaplen > f->len))
		goto bad;
	if (unlikely(r->left > 1 && (r->next < sizeof(*h) || r->next > room)))
		goto bad;
	f->data = (const unsigned char *)h + mac;

	return TPRING_FRAME;
bad:
	r->left = 0;
	tpring_give_back(r, &tpring_block_hdr(r)->block_status, r->block_nr);

	return TPRING_BAD;
}

/* The next block that has frames: true when there is one. */
static bool tpring_begin_block(struct tpring *r)
{
	for (unsigned i = 0; i < r->block_nr; i++) {
		struct tpacket_hdr_v1 *b = tpring_block_hdr(r);

		if (!(smp_load_acquire(&b->block_status) & TP_STATUS_USER))
			return false;
		r->left = READ_ONCE(b->num_pkts);
		r->at = READ_ONCE(b->offset_to_first_pkt);
		if (likely(r->left))
			return true;
		tpring_give_back(r, &b->block_status, r->block_nr);
	}
	return false;
}

void tpring_pop(struct tpring *r)
{
	if (r->version == 2) {
		tpring_give_back(r, &tpring_slot(r)->tp_status,
				 r->block_size / r->slot_size * r->block_nr);
	} else if (!--r->left) {
		tpring_give_back(r, &tpring_block_hdr(r)->block_status, r->block_nr);
	} else {
		r->at += r->next;
		__builtin_prefetch((const unsigned char *)tpring_block(r) + r->at);
		__builtin_prefetch((const unsigned char *)tpring_block(r) + r->at + 64);
	}
}

/* To the kernel; on to the next of @n. */
static void tpring_give_back(struct tpring *r, uint32_t *status, unsigned n)
{
	smp_store_release(status, TP_STATUS_KERNEL);
	r->cur = r->cur + 1 == n ? 0 : r->cur + 1;
}
