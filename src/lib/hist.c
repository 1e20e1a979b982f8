// SPDX-License-Identifier: MIT
/*
 * hist.c - the classes of a log-linear histogram.
 *
 * Class i < 16 holds the value i. Above, with e the position of a value's highest bit, the next
 * four bits choose one of 16 classes of width 2^(e-4). Owns nothing; one writer.
 */
#include "lib/hist.h"

#include <string.h>

void hist_init(struct hist *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

unsigned int hist_index(uint64_t value)
{
	unsigned int shift;

	if (value < HIST_SUB)
		return (unsigned int)value;
	shift = (unsigned int)ilog2(value) - HIST_SUB_BITS;
	/* value >> shift is 16..31, so the class is past those of all smaller powers */
	return shift * HIST_SUB + (unsigned int)(value >> shift);
}

uint64_t hist_lower(unsigned int index)
{
	if (index < HIST_SUB)
		return index;
	return (uint64_t)(index % HIST_SUB + HIST_SUB) << (index / HIST_SUB - 1);
}

uint64_t hist_upper(unsigned int index)
{
	return index + 1 < HIST_BUCKETS ? hist_lower(index + 1) - 1 : UINT64_MAX;
}

void hist_add(struct hist *h, uint64_t value)
{
	h->count++;
	h->sum += value;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->bucket[hist_index(value)]++;
}

void hist_merge(struct hist *to, const struct hist *from)
{
	to->count += from->count;
	to->sum += from->sum;
	to->min = min(to->min, from->min);
	to->max = max(to->max, from->max);
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

uint64_t hist_percentile(const struct hist *h, double percent)
{
	uint64_t rank, seen = 0;
	double exact;

	if (!h->count)
		return 0;
	if (!(percent > 0))
		return h->min;
	if (percent >= 100)
		return h->max;
	/* the smallest rank that covers the share: 1..count */
	exact = (double)h->count * percent / 100;
	rank = (uint64_t)exact;
	if ((double)rank < exact || rank == 0)
		rank++;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			return clamp(hist_upper(i), h->min, h->max);
	}
	return h->max;
}

double hist_mean(const struct hist *h)
{
	return h->count ? (double)h->sum / (double)h->count : 0;
}
