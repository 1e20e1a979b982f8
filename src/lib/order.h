/* SPDX-License-Identifier: MIT */
/*
 * order.h - byte order, and words at any address.
 *
 * get_unaligned_beN and put_unaligned_beN convert between bytes in network order and host
 * numbers; get_net16/32 and put_net16/32 move a word that stays in network order. Nothing here
 * checks a length: the caller has. Mirrors: include/linux/unaligned.h.
 */
#ifndef GN_LIB_ORDER_H
#define GN_LIB_ORDER_H

#include <endian.h>
#include <netinet/in.h>

/*
 * libc's htons, htobe16 and their like are inline functions beneath, which the rooms (compiled without inlining) would call; these are one instruction.
 * Included after <netinet/in.h> and <endian.h>, whose macros they replace.
 */
#undef htons
#undef ntohs
#undef htonl
#undef ntohl
#undef htobe16
#undef htobe32
#undef htobe64
#undef htole64
#undef be16toh
#undef be32toh
#undef be64toh
#undef le16toh
#undef le32toh
#undef le64toh
#undef htole16
#undef htole32
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define htobe16(x) ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define htobe32(x) ((uint32_t)__builtin_bswap32((uint32_t)(x)))
#define htobe64(x) ((uint64_t)__builtin_bswap64((uint64_t)(x)))
#define htole16(x) ((uint16_t)(x))
#define htole32(x) ((uint32_t)(x))
#define htole64(x) ((uint64_t)(x))
#else
#define htobe16(x) ((uint16_t)(x))
#define htobe32(x) ((uint32_t)(x))
#define htobe64(x) ((uint64_t)(x))
#define htole16(x) ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define htole32(x) ((uint32_t)__builtin_bswap32((uint32_t)(x)))
#define htole64(x) ((uint64_t)__builtin_bswap64((uint64_t)(x)))
#endif
#define be16toh(x) htobe16(x)
#define be32toh(x) htobe32(x)
#define be64toh(x) htobe64(x)
#define le16toh(x) htole16(x)
#define le32toh(x) htole32(x)
#define le64toh(x) htole64(x)
#define htons(x) htobe16(x)
#define htonl(x) htobe32(x)
#define ntohs(x) htobe16(x)
#define ntohl(x) htobe32(x)


#include <endian.h>
#include <linux/types.h>
#include <string.h>

#include "lib/bug.h"

#define GN_UNALIGNED(bits, ord)								\
static __always_inline uint##bits##_t get_unaligned_##ord##bits(const void *p)		\
{											\
	uint##bits##_t v;								\
											\
	memcpy(&v, p, sizeof(v));							\
	return ord##bits##toh(v);							\
}											\
static __always_inline void put_unaligned_##ord##bits(uint##bits##_t host, void *p)	\
{											\
	uint##bits##_t v = hto##ord##bits(host);					\
											\
	memcpy(p, &v, sizeof(v));							\
}

GN_UNALIGNED(16, be)
GN_UNALIGNED(32, be)
GN_UNALIGNED(64, be)
GN_UNALIGNED(16, le)
GN_UNALIGNED(32, le)
GN_UNALIGNED(64, le)

/** get_net16() - the two bytes at @p as they are */
static __always_inline __be16 get_net16(const void *p)
{
	__be16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/** get_net32() - the four bytes at @p as they are */
static __always_inline __be32 get_net32(const void *p)
{
	__be32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static __always_inline void put_net16(__be16 v, void *p)
{
	memcpy(p, &v, sizeof(v));
}

static __always_inline void put_net32(__be32 v, void *p)
{
	memcpy(p, &v, sizeof(v));
}

static __always_inline __be16 cpu_to_be16(uint16_t v)
{
	return (__be16)htobe16(v);
}

static __always_inline __be32 cpu_to_be32(uint32_t v)
{
	return (__be32)htobe32(v);
}

static __always_inline __be64 cpu_to_be64(uint64_t v)
{
	return (__be64)htobe64(v);
}

static __always_inline uint16_t be16_to_cpu(__be16 v)
{
	return be16toh((uint16_t)v);
}

static __always_inline uint32_t be32_to_cpu(__be32 v)
{
	return be32toh((uint32_t)v);
}

static __always_inline uint64_t be64_to_cpu(__be64 v)
{
	return be64toh((uint64_t)v);
}

static __always_inline uint32_t rol32(uint32_t v, unsigned int n)
{
	return (v << (n & 31)) | (v >> (-n & 31));
}

static __always_inline uint64_t rol64(uint64_t v, unsigned int n)
{
	return (v << (n & 63)) | (v >> (-n & 63));
}

#endif
