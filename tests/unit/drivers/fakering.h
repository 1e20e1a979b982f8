/* SPDX-License-Identifier: MIT */
/*
 * fakering.h: the kernel's half of a receive ring, played in memory: frames are put in as af_packet.c of Linux puts them
 */
#ifndef TESTS_UNIT_DRIVERS_FAKERING_H
#define TESTS_UNIT_DRIVERS_FAKERING_H

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/tpring.h"

#define FAKE_MAC 80 /* where a frame begins behind its header */

/* The kernel's place in ring @r; memory and geometry are those of @r. */
struct fake {
	unsigned char *mem;
	unsigned version, block_size, block_nr, slot_size;
	unsigned char ahead[10]; /* the offload header of the next frame */
	unsigned cur, used; /* block or slot to be filled, bytes used of the block */
	struct tpacket3_hdr *last;
};

static inline struct tpacket_hdr_v1 *fake_block(struct fake *k, unsigned i)
{
	return &((struct tpacket_block_desc *)(void *)(k->mem + (size_t)i * k->block_size))->hdr.bh1;
}

static inline struct tpacket2_hdr *fake_slot(struct fake *k, unsigned i)
{
	return (void *)(k->mem + (size_t)i * k->slot_size);
}

/* Hand the block over as it is. */
static inline void fake_retire(struct fake *k)
{
	struct tpacket_hdr_v1 *b = fake_block(k, k->cur);

	if (!k->used)
		return;
	b->blk_len = k->used;
	__atomic_store_n(&b->block_status, TP_STATUS_USER | TP_STATUS_BLK_TMO, __ATOMIC_RELEASE);
	k->cur = (k->cur + 1) % k->block_nr;
	k->used = 0;
}

static inline bool fake_put_v2(struct fake *k, const void *frame, unsigned snap, unsigned len, uint32_t status, uint16_t tci)
{
	struct tpacket2_hdr *h = fake_slot(k, k->cur);

	if (h->tp_status != TP_STATUS_KERNEL || FAKE_MAC + snap > k->slot_size)
		return false;
	*h = (struct tpacket2_hdr){ .tp_len = len, .tp_snaplen = snap, .tp_mac = FAKE_MAC, .tp_net = FAKE_MAC + 14, .tp_vlan_tci = tci };
	memcpy((unsigned char *)h + FAKE_MAC, frame, snap);
	__atomic_store_n(&h->tp_status, TP_STATUS_USER | status, __ATOMIC_RELEASE);
	k->cur = (k->cur + 1) % (k->block_size / k->slot_size * k->block_nr);
	return true;
}

/* False: no room; nothing is overwritten. */
static inline bool fake_put(struct fake *k, const void *frame, unsigned snap, unsigned len, uint32_t status, uint16_t tci)
{
	unsigned need = (FAKE_MAC + snap + 7) & ~7u;
	struct tpacket_hdr_v1 *b;
	struct tpacket3_hdr *h;

	if (k->version == 2)
		return fake_put_v2(k, frame, snap, len, status, tci);
	if (k->used + need > k->block_size)
		fake_retire(k);
	b = fake_block(k, k->cur);
	if (b->block_status != TP_STATUS_KERNEL)
		return false;
	if (!k->used) {
		k->used = sizeof(struct tpacket_block_desc);
		b->num_pkts = 0;
		b->offset_to_first_pkt = k->used;
		k->last = NULL;
	}
	h = (void *)(k->mem + (size_t)k->cur * k->block_size + k->used);
	*h = (struct tpacket3_hdr){ .tp_len = len, .tp_snaplen = snap, .tp_mac = FAKE_MAC, .tp_net = FAKE_MAC + 14,
				    .tp_status = TP_STATUS_USER | status, .hv1 = { .tp_vlan_tci = tci } };
	memcpy((unsigned char *)h + FAKE_MAC - sizeof(k->ahead), k->ahead, sizeof(k->ahead));
	memcpy((unsigned char *)h + FAKE_MAC, frame, snap);
	if (k->last)
		k->last->tp_next_offset = (unsigned)((unsigned char *)h - (unsigned char *)k->last);
	k->last = h;
	k->used += need;
	b->num_pkts++;
	return true;
}

/* What poll() says: the newest place that was handed over is not free again. */
static inline bool fake_readable(struct fake *k)
{
	unsigned n = k->version == 3 ? k->block_nr : k->block_size / k->slot_size * k->block_nr;
	unsigned last = (k->cur + n - 1) % n;

	return (k->version == 3 ? fake_block(k, last)->block_status : fake_slot(k, last)->tp_status) & TP_STATUS_USER;
}

#endif
