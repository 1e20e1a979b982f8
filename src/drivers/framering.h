/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_FRAMERING_H
#define DRIVERS_FRAMERING_H
/*
 * framering.h - a bounded ring of frames with one producer and one consumer
 *
 * Theory of operation
 *   Slots of one size, made once. The producer writes a slot and publishes head, the consumer reads
 *   it and publishes tail; neither writes the other's index. Used for the receive ring of a userdev
 *   and the capture ring of a memdev. Indices run freely; the number of slots is a power of two.
 * Threads: one on each side, any. make and free: nobody on either side.
 */
#include <errno.h>
#include <string.h>

#include "kernel/slab.h"
#include "lib/bug.h"

struct frame_slot {
	uint64_t due; /* ns: not before */
	unsigned len;
	unsigned char data[];
};

struct frame_ring {
	unsigned size, slot_size; /* [I] */
	size_t stride;		  /* [I] */
	unsigned char *mem;	  /* [I] */
	unsigned char pad_head[CACHE_BYTES]; /* control memory is not aligned to lines */
	unsigned head; /* [A] producer's */
	unsigned char pad_tail[CACHE_BYTES];
	unsigned tail; /* [A] consumer's */
	unsigned char pad_end[CACHE_BYTES];
};

static __always_inline int frame_ring_make(struct machine *m, struct frame_ring *r, unsigned slots,
					   unsigned slot_size)
{
	r->size = (unsigned)roundup_pow_of_two(slots);
	r->slot_size = slot_size;
	r->stride = ALIGN(sizeof(struct frame_slot) + slot_size, CACHE_BYTES);
	r->head = r->tail = 0;
	r->mem = kmem_alloc(&m->kmem, r->size * r->stride);

	return r->mem ? 0 : -ENOMEM;
}

static __always_inline void frame_ring_free(struct machine *m, struct frame_ring *r)
{
	kmem_free(&m->kmem, r->mem);
	r->mem = NULL;
}

static __always_inline struct frame_slot *frame_ring_slot(const struct frame_ring *r, unsigned i)
{
	return (struct frame_slot *)(void *)(r->mem + (i & (r->size - 1)) * r->stride);
}

static __always_inline unsigned frame_ring_used(const struct frame_ring *r)
{
	return smp_load_acquire(&r->head) - smp_load_acquire(&r->tail);
}

/* Producer: 0, -EMSGSIZE or -ENOBUFS. */
static __always_inline int frame_ring_put(struct frame_ring *r, const void *frame, unsigned len,
					  uint64_t due)
{
	struct frame_slot *s;

	if (unlikely(len > r->slot_size))
		return -EMSGSIZE;
	if (unlikely(r->head - smp_load_acquire(&r->tail) == r->size))
		return -ENOBUFS;
	s = frame_ring_slot(r, r->head);
	s->due = due;
	s->len = len;
	memcpy(s->data, frame, len);
	smp_store_release(&r->head, r->head + 1);

	return 0;
}

/* Consumer: the oldest slot, or NULL; it is given back by frame_ring_pop(). */
static __always_inline const struct frame_slot *frame_ring_peek(const struct frame_ring *r)
{
	return smp_load_acquire(&r->head) == r->tail ? NULL : frame_ring_slot(r, r->tail);
}

static __always_inline void frame_ring_pop(struct frame_ring *r)
{
	smp_store_release(&r->tail, r->tail + 1);
}

#endif
