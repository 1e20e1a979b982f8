/* SPDX-License-Identifier: MIT */
/*
 * mutate.c - frames of the table, spoiled at random
 *
 * Theory of operation
 *   One to three bytes of the first 80 get another value; then, mostly, the checksums are
 *   made right again, so that the spoiled field and not the checksum decides. The dice start
 *   from a number that the caller keeps: both sides get the same frames, and a difference can
 *   be played again. Called by main.c (--fuzz). One thread.
 */
#include <linux/if_ether.h>
#include <string.h>

#include "frame.h"

static uint32_t roll(uint64_t *dice, uint32_t sides)
{
	uint64_t z = (*dice += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) >> 32) % sides;
}

static void repair(uint8_t *p, size_t n, size_t at)
{
	uint32_t sum = 0;

	memset(p + at, 0, 2);
	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)p[i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	p[at] = (uint8_t)(~sum >> 8);
	p[at + 1] = (uint8_t)~sum;
}

void frame_mutate(uint8_t *f, size_t len, uint64_t *dice)
{
	static const uint8_t edges[] = { 0, 1, 4, 7, 8, 0x7f, 0x80, 0xff };
	uint8_t *ip = f + ETH_HLEN;
	size_t room = len - ETH_HLEN, hl, n, wild = len < 80 ? len : 80;

	for (uint32_t k = 1 + roll(dice, 3); k; k--) {
		size_t at = 12 + roll(dice, (uint32_t)wild - 12);

		switch (roll(dice, 3)) {
		case 0:
			f[at] = edges[roll(dice, sizeof(edges))];
			break;
		case 1:
			f[at] ^= (uint8_t)(1u << roll(dice, 8));
			break;
		default:
			f[at] = (uint8_t)roll(dice, 256);
		}
	}
	if (len < ETH_HLEN + 20 || f[12] != 8 || f[13] != 0)
		return;
	hl = (ip[0] & 15u) * 4;
	n = (size_t)(ip[2] << 8 | ip[3]);
	n = n < room ? n : room;
	if (hl < 20 || hl > room)
		return;
	if (roll(dice, 16))
		repair(ip, hl, 10);
	if (n < hl + 8 || !roll(dice, 4))
		return;
	if (ip[9] == 1 || ip[9] == 2)
		repair(ip + hl, n - hl, 2);
	else if (ip[9] == 17)
		memset(ip + hl + 6, 0, 2);
}
