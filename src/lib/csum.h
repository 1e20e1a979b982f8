/* SPDX-License-Identifier: MIT */
/*
 * csum.h - the Internet checksum (RFC 1071, 1624).
 *
 * A __wsum is a 32-bit one's complement sum in memory order; csum_fold() makes of it the 16 bits
 * that go into a header. csum_partial() and do_csum() are real functions, as traces show them;
 * the arithmetic on sums is inline. A sum over a piece that starts at an odd offset is joined
 * with csum_block_add(). No function here reads beyond the length it is given.
 * Mirrors: lib/checksum.c, include/net/checksum.h.
 */
#ifndef GN_LIB_CSUM_H
#define GN_LIB_CSUM_H

#include <endian.h>
#include <linux/types.h>
#include <string.h>

#include "lib/bug.h"

/** CSUM_MANGLED_0 - how UDP writes a computed checksum of 0 (0 means none) */
#define CSUM_MANGLED_0	((__sum16)0xffff)

/**
 * csum_partial() - add the bytes at @buf to @sum
 * @buf: any address
 * @len: bytes, 0 or more
 * @sum: what was added so far (0 at first)
 */
__wsum csum_partial(const void *buf, int len, __wsum sum);
/** do_csum() - the loop of csum_partial(): the sum of @len bytes, folded to 32 bits */
unsigned int do_csum(const unsigned char *buf, int len);
/** csum_partial_copy() - copy @len bytes from @src to @dst and add them to @sum */
__wsum csum_partial_copy(const void *src, void *dst, int len, __wsum sum);
/** ip_compute_csum() - the finished checksum of @len bytes: what an ICMP header carries */
__sum16 ip_compute_csum(const void *buf, int len);

/** csum_fold() - the 16 bits for the header: folded and complemented */
static __always_inline __sum16 csum_fold(__wsum sum)
{
	uint32_t s = (uint32_t)sum;

	s += s << 16 | s >> 16; /* the upper half is both halves and their carry */
	return (__sum16)(~s >> 16);
}

/** csum_unfold() - 16 bits as a sum again */
static __always_inline __wsum csum_unfold(__sum16 n)
{
	return (__wsum)(uint16_t)n;
}

static __always_inline __wsum csum_add(__wsum a, __wsum b)
{
	uint32_t s = (uint32_t)a + (uint32_t)b;

	return (__wsum)(s + (s < (uint32_t)b));
}

static __always_inline __wsum csum_sub(__wsum a, __wsum b)
{
	return csum_add(a, (__wsum)~(uint32_t)b);
}

/** csum_shift() - the sum of a piece as it counts at byte @offset of the whole */
static __always_inline __wsum csum_shift(__wsum sum, int offset)
{
	uint32_t s = (uint32_t)sum;

	return (__wsum)(offset & 1 ? s >> 8 | s << 24 : s);
}

/** csum_block_add() - add the sum @b of a piece that starts at byte @offset */
static __always_inline __wsum csum_block_add(__wsum a, __wsum b, int offset)
{
	return csum_add(a, csum_shift(b, offset));
}

static __always_inline __wsum csum_block_sub(__wsum a, __wsum b, int offset)
{
	return csum_block_add(a, (__wsum)~(uint32_t)b, offset);
}

/** csum_from64() - fold a 64-bit one's complement sum to 32 */
static __always_inline __wsum csum_from64(uint64_t s)
{
	s += s << 32 | s >> 32;
	return (__wsum)(s >> 32);
}

/**
 * csum_tcpudp_nofold() - add the pseudo header
 * @saddr: source address
 * @daddr: destination address
 * @len: length of transport header and data, host order
 * @proto: protocol number
 * @sum: what was added so far
 */
static __always_inline __wsum csum_tcpudp_nofold(__be32 saddr, __be32 daddr, uint32_t len,
						 uint8_t proto, __wsum sum)
{
	uint64_t s = (uint32_t)sum;

	s += (uint32_t)saddr;
	s += (uint32_t)daddr;
#if __BYTE_ORDER == __LITTLE_ENDIAN
	s += ((uint64_t)proto + len) << 8;
#else
	s += (uint64_t)proto + len;
#endif
	return csum_from64(s);
}

/** csum_tcpudp_magic() - the same, finished: 0 when a received sum is right */
static __always_inline __sum16 csum_tcpudp_magic(__be32 saddr, __be32 daddr, uint32_t len,
						 uint8_t proto, __wsum sum)
{
	return csum_fold(csum_tcpudp_nofold(saddr, daddr, len, proto, sum));
}

/**
 * ip_fast_csum() - the finished checksum of an IP header
 * @iph: header, any alignment
 * @ihl: its length in 32-bit words, 5 or more
 * Return: 0 when the header's own checksum is right; what to store when the field is 0
 */
static __always_inline __sum16 ip_fast_csum(const void *iph, unsigned int ihl)
{
	const uint8_t *p = iph;
	uint64_t a, b, s;
	uint32_t w;

	memcpy(&a, p, 8);
	memcpy(&b, p + 8, 8);
	memcpy(&w, p + 16, 4);
	s = a + b;
	s = (s >> 32) + (uint32_t)s + (s < b) + w;
	for (unsigned int i = 5; unlikely(i < ihl); i++) {
		memcpy(&w, p + 4 * i, 4);
		s += w;
	}
	return csum_fold(csum_from64(s));
}

/** csum16_add() - one's complement sum of two 16-bit words */
static __always_inline __sum16 csum16_add(__sum16 sum, __be16 addend)
{
	uint16_t res = (uint16_t)((uint16_t)sum + (uint16_t)addend);

	return (__sum16)(res + (res < (uint16_t)addend));
}

/** csum_replace_by_diff() - correct a header's checksum by an unfolded difference */
static __always_inline void csum_replace_by_diff(__sum16 *sum, __wsum diff)
{
	*sum = csum_fold(csum_add(diff, (__wsum)~(uint32_t)csum_unfold(*sum)));
}

/** csum_replace4() - correct a header's checksum for a changed 32-bit word (RFC 1624) */
static __always_inline void csum_replace4(__sum16 *sum, __be32 from, __be32 to)
{
	__wsum tmp = csum_sub((__wsum)~(uint32_t)csum_unfold(*sum), (__wsum)from);

	*sum = csum_fold(csum_add(tmp, (__wsum)to));
}

/** csum_replace2() - the same for a changed 16-bit word */
static __always_inline void csum_replace2(__sum16 *sum, __be16 old, __be16 val)
{
	*sum = (__sum16)~(uint16_t)csum16_add(csum16_add((__sum16)~(uint16_t)*sum,
							 (__be16)~(uint16_t)old), val);
}

#endif
