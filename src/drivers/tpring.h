/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_TPRING_H
#define DRIVERS_TPRING_H
/*
 * tpring.h - the receive ring of an AF_PACKET socket, read frame by frame
 *
 * Theory of operation
 *   The ring is memory that the host's kernel fills and hands over by a status word: version 2 a
 *   slot a frame, version 3 a block with as many frames as fit, handed over when it is full or its
 *   time is up. peek() shows the oldest frame, pop() gives its place back: at once in version 2,
 *   with the last frame of its block in version 3.
 *   Every number in the ring is read once and compared with the bounds before it is used: what the
 *   ring says can make a frame wrong, never a read outside of it, and each step of a walk goes on
 *   in its block, so a walk ends. A block or slot with a number that cannot be is given back as a
 *   whole.
 * Called by: tpacket.c. Calls: nothing. Owns: where it stands. Threads: one.
 * Layout: Documentation/networking/packet_mmap.rst of the kernel.
 */
#include <stddef.h>
#include <stdint.h>

#include <stdbool.h>

#include "lib/bug.h"

/**
 * struct tpring - a ring and where it is read
 * @mem:	@block_nr blocks of @block_size bytes
 * @version:	2 or 3
 * @slot_size:	version 2: divides @block_size
 * @ahead:	bytes of an offload header right before each frame, 0: none
 * @cur:	block (slot in version 2) that is read
 * @at, @left:	version 3: the next frame of the block, and frames from it on; 0: not begun
 * @next:	version 3: distance to the frame after it, as peek() found it
 */
struct tpring {
	unsigned char *mem;
	unsigned version, block_size, block_nr, slot_size;
	unsigned ahead;
	unsigned cur, at, left, next;
};

/**
 * struct tpframe - a frame in the ring
 * @data:	from the Ethernet header on, without a VLAN tag
 * @snaplen:	bytes there
 * @len:	bytes on the wire
 * @status:	TP_STATUS_*
 * @vlan_tci, @vlan_tpid: the tag that was taken out, when @status says so
 */
struct tpframe {
	const unsigned char *data;
	unsigned snaplen, len;
	uint32_t status;
	uint16_t vlan_tci, vlan_tpid;
};

enum tpring_answer { TPRING_BAD = -1, TPRING_EMPTY = 0, TPRING_FRAME = 1 };

/**
 * tpring_peek() - the oldest frame
 *
 * Return: TPRING_FRAME and *@f, which is good until tpring_pop(); TPRING_EMPTY; TPRING_BAD: the
 * ring held what cannot be, its block was given back with what was left in it.
 */
enum tpring_answer tpring_peek(struct tpring *r, struct tpframe *f);
/* The frame that peek() showed has been copied. */
void tpring_pop(struct tpring *r);

#endif
