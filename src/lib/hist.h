/* SPDX-License-Identifier: MIT */
/*
 * hist.h - a log-linear histogram of 64-bit values: constant memory, error below 1/16.
 *
 * Values below 16 are kept exactly; each further power of two is split in 16. One writer;
 * merge copies of several writers to read them together. No allocation.
 */
#ifndef GN_LIB_HIST_H
#define GN_LIB_HIST_H

#include "lib/bug.h"

#define HIST_SUB_BITS	4
#define HIST_SUB	(1 << HIST_SUB_BITS)
#define HIST_BUCKETS	((64 - HIST_SUB_BITS + 1) * HIST_SUB)

/**
 * struct hist - counts
 * @count: values added
 * @sum: of them (wraps)
 * @min: smallest; UINT64_MAX when empty
 * @max: largest
 * @bucket: values in each class
 */
struct hist {
	uint64_t count, sum, min, max;
	uint64_t bucket[HIST_BUCKETS];
};

/** hist_init() - empty it */
void hist_init(struct hist *h);
/** hist_add() - one value */
void hist_add(struct hist *h, uint64_t value);
/** hist_merge() - add all of @from to @to */
void hist_merge(struct hist *to, const struct hist *from);
/**
 * hist_percentile() - the value that @percent of all values do not exceed
 * @h: histogram
 * @percent: 0..100; 0 gives the minimum, 100 the maximum, both exact
 * Return: upper end of the class that holds it, at most the maximum; 0 when empty
 */
uint64_t hist_percentile(const struct hist *h, double percent);
/** hist_mean() - average; 0 when empty */
double hist_mean(const struct hist *h);
/** hist_index() - class of @value */
unsigned int hist_index(uint64_t value);
/** hist_lower() - smallest value of class @index */
uint64_t hist_lower(unsigned int index);
/** hist_upper() - largest value of class @index */
uint64_t hist_upper(unsigned int index);

#endif
