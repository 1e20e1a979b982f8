/* SPDX-License-Identifier: MIT */
#ifndef DIFFERENTIAL_JUDGE_H
#define DIFFERENTIAL_JUDGE_H
/*
 * judge.h - what a side answered, and whether two sides answered the same
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLIES_MAX 600
#define COUNTERS_MAX 320

struct counter {
	char name[48]; /* "Ip.InReceives" */
	long value;
};

struct counters {
	struct counter c[COUNTERS_MAX];
	int n;
};

struct reply {
	uint8_t *data;
	size_t len;
};

struct result {
	struct reply reply[REPLIES_MAX];
	int replies;
	struct counters delta;
	char trouble[160]; /* the side failed: why */
};

/* Append the counters that are compared, out of /proc/net/snmp or netstat. False: malformed. */
bool counters_parse(struct counters *c, char *text);
/* Counter @name, made with value 0 when it is not there. */
struct counter *counters_find(struct counters *c, const char *name);
/* Keep a copy of a frame with what may differ masked. */
void result_add(struct result *r, const uint8_t *frame, size_t len);
void result_free(struct result *r);
/* True: the same but for the table's differences. What else differs is said as TAP comments. */
bool judge(const char *name, struct result *a, const char *a_name, struct result *b,
	   const char *b_name);
/* The table of differences as a page. */
void judge_markdown(void);

#endif
