/* SPDX-License-Identifier: MIT */
/*
 * jiffies.h - the unit of coarse time, and its conversions.
 *
 * A jiffy is 1/HZ of a second. The count itself belongs to a machine (kernel/timer.h); this
 * file only converts. Conversions to jiffies round up, as in Linux: a delay is never shortened.
 * Comparison (time_after and friends) is in lib/bug.h. Mirrors: include/linux/jiffies.h.
 */
#ifndef GN_LIB_JIFFIES_H
#define GN_LIB_JIFFIES_H

#include <limits.h>

#include "lib/bug.h"

/** HZ - jiffies a second */
#define HZ		1000
/** USER_HZ - ticks a second in files that show clock ticks */
#define USER_HZ		100
#define NSEC_PER_SEC	1000000000ULL
#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_USEC	1000ULL
#define MSEC_PER_SEC	1000UL
#define USEC_PER_SEC	1000000UL
#define NSEC_PER_JIFFY	(NSEC_PER_SEC / HZ)
/** MAX_JIFFY_OFFSET - the longest delay that still compares */
#define MAX_JIFFY_OFFSET ((unsigned long)(LONG_MAX >> 1) - 1)


static __always_inline unsigned long msecs_to_jiffies(unsigned long ms)
{
	return (ms / MSEC_PER_SEC) * HZ + div_round_up((ms % MSEC_PER_SEC) * HZ, MSEC_PER_SEC);
}

static __always_inline unsigned long usecs_to_jiffies(unsigned long us)
{
	return (us / USEC_PER_SEC) * HZ + div_round_up((us % USEC_PER_SEC) * HZ, USEC_PER_SEC);
}

static __always_inline unsigned long nsecs_to_jiffies(uint64_t ns)
{
	return (unsigned long)(ns / NSEC_PER_JIFFY);
}

static __always_inline unsigned long jiffies_to_msecs(unsigned long j)
{
	return (j / HZ) * MSEC_PER_SEC + ((j % HZ) * MSEC_PER_SEC) / HZ;
}

static __always_inline uint64_t jiffies_to_nsecs(unsigned long j)
{
	return (uint64_t)j * NSEC_PER_JIFFY;
}

/** jiffies_to_clock_t() - jiffies as USER_HZ ticks, rounded down */
static __always_inline unsigned long jiffies_to_clock_t(unsigned long j)
{
	return (j / HZ) * USER_HZ + ((j % HZ) * USER_HZ) / HZ;
}

/** clock_t_to_jiffies() - USER_HZ ticks as jiffies */
static __always_inline unsigned long clock_t_to_jiffies(unsigned long t)
{
	return (t / USER_HZ) * HZ + div_round_up((t % USER_HZ) * HZ, (unsigned long)USER_HZ);
}

#endif
