// SPDX-License-Identifier: MIT
/*
 * csum.c - the loop of the Internet checksum (RFC 1071).
 *
 * Called for each received and sent payload that no device has summed. Pure functions, any
 * thread. Adds 64-bit words with end-around carry: 64 bytes a step, then 32, 16, 8, then the
 * rest padded with zero bytes. Unaligned words are read as they lie: every machine we run on
 * can. The sum counts from the first byte of the buffer, so its address does not matter.
 * Mirrors arch/x86/lib/csum-partial_64.c in what it computes.
 */
#include "lib/csum.h"

/* Copy and sum in pieces that stay in the first-level cache; even, so no piece is shifted. */
#define CSUM_COPY_PIECE	4096

__wsum csum_partial(const void *buf, int len, __wsum sum)
{
	return csum_add((__wsum)do_csum(buf, len), sum);
}

static __always_inline uint64_t load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static __always_inline uint64_t add_carry(uint64_t sum, uint64_t v)
{
	sum += v;
	return sum + (sum < v);
}

/* Eight words at once: on x86-64 one chain of adc, which compilers do not find by themselves. */
static __always_inline uint64_t add_block(uint64_t sum, const unsigned char *p)
{
#ifdef __x86_64__
	uint64_t w0 = load64(p), w1 = load64(p + 8), w2 = load64(p + 16), w3 = load64(p + 24);
	uint64_t w4 = load64(p + 32), w5 = load64(p + 40), w6 = load64(p + 48);
	uint64_t w7 = load64(p + 56);

	__asm__("addq %[w0], %[s]\n\tadcq %[w1], %[s]\n\t"
		"adcq %[w2], %[s]\n\tadcq %[w3], %[s]\n\t"
		"adcq %[w4], %[s]\n\tadcq %[w5], %[s]\n\t"
		"adcq %[w6], %[s]\n\tadcq %[w7], %[s]\n\t"
		"adcq $0, %[s]"
		: [s] "+r" (sum)
		: [w0] "rm" (w0), [w1] "rm" (w1), [w2] "rm" (w2), [w3] "rm" (w3),
		  [w4] "rm" (w4), [w5] "rm" (w5), [w6] "rm" (w6), [w7] "rm" (w7)
		: "cc");
	return sum;
#else
	for (int i = 0; i < 64; i += 8)
		sum = add_carry(sum, load64(p + i));
	return sum;
#endif
}

/* Half of it: most headers have one. */
static __always_inline uint64_t add_half(uint64_t sum, const unsigned char *p)
{
#ifdef __x86_64__
	uint64_t w0 = load64(p), w1 = load64(p + 8), w2 = load64(p + 16), w3 = load64(p + 24);

	__asm__("addq %[w0], %[s]\n\tadcq %[w1], %[s]\n\t"
		"adcq %[w2], %[s]\n\tadcq %[w3], %[s]\n\t"
		"adcq $0, %[s]"
		: [s] "+r" (sum)
		: [w0] "rm" (w0), [w1] "rm" (w1), [w2] "rm" (w2), [w3] "rm" (w3)
		: "cc");
	return sum;
#else
	for (int i = 0; i < 32; i += 8)
		sum = add_carry(sum, load64(p + i));
	return sum;
#endif
}

/* And a quarter. */
static __always_inline uint64_t add_pair(uint64_t sum, const unsigned char *p)
{
#ifdef __x86_64__
	uint64_t w0 = load64(p), w1 = load64(p + 8);

	__asm__("addq %[w0], %[s]\n\tadcq %[w1], %[s]\n\t"
		"adcq $0, %[s]"
		: [s] "+r" (sum)
		: [w0] "rm" (w0), [w1] "rm" (w1)
		: "cc");
	return sum;
#else
	return add_carry(add_carry(sum, load64(p)), load64(p + 8));
#endif
}

/* The last 1..7 bytes, as if zero bytes followed. */
static __always_inline uint64_t load_tail(const unsigned char *p, int len)
{
	uint64_t v = 0;

	if (len & 4) {
		uint32_t w;

		memcpy(&w, p, 4);
		v = w;
		p += 4;
	}
	if (len & 2) {
		uint16_t h;

		memcpy(&h, p, 2);
		v += h;
		p += 2;
	}
	if (len & 1)
		v += __BYTE_ORDER == __LITTLE_ENDIAN ? *p : (uint64_t)*p << 8;
	return v;
}

unsigned int do_csum(const unsigned char *buf, int len)
{
	uint64_t sum = 0;

	for (; len >= 64; len -= 64, buf += 64)
		sum = add_block(sum, buf);
	if (len & 32) {
		sum = add_half(sum, buf);
		buf += 32;
	}
	if (len & 16) {
		sum = add_pair(sum, buf);
		buf += 16;
	}
	if (len & 8) {
		sum = add_carry(sum, load64(buf));
		buf += 8;
	}
	if (len & 7)
		sum = add_carry(sum, load_tail(buf, len));
	return (unsigned int)csum_from64(sum);
}

__wsum csum_partial_copy(const void *src, void *dst, int len, __wsum sum)
{
	const char *from = src;
	char *to = dst;

	while (len > 0) {
		int piece = min_t(int, len, CSUM_COPY_PIECE);

		memcpy(to, from, (size_t)piece);
		sum = csum_partial(to, piece, sum);
		from += piece;
		to += piece;
		len -= piece;
	}
	return sum;
}

__sum16 ip_compute_csum(const void *buf, int len)
{
	return csum_fold((__wsum)do_csum(buf, len));
}
