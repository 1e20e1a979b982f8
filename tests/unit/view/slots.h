/* SPDX-License-Identifier: MIT */
/*
 * slots.h: a stream of slots made by hand, for the checks of src/view. A tick is a ns.
 */
#ifndef TESTS_UNIT_VIEW_SLOTS_H
#define TESTS_UNIT_VIEW_SLOTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"
#include "view/view.h"

struct slots {
	struct gn_trace_rec *rec;
	size_t n, cap;
};

static inline void put_rec(struct slots *s, uint64_t t, uint32_t val, uint32_t what)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->rec = reallocarray(s->rec, s->cap, sizeof(*s->rec));
		ck_assert_ptr_nonnull(s->rec);
	}
	s->rec[s->n++] = (struct gn_trace_rec){ t, val, what };
}

/* A function that returned. */
static inline void put_call(struct slots *s, uint32_t id, unsigned depth, uint64_t from,
			    uint64_t to)
{
	put_rec(s, from, to - from < UINT32_MAX ? (uint32_t)(to - from) : UINT32_MAX,
		id | depth << 24);
}

static inline void put_kind(struct slots *s, uint64_t t, enum gn_trace_kind kind, uint32_t val,
			    const void *payload, size_t bytes)
{
	size_t n = (bytes + 15) / 16;

	put_rec(s, t, val, (uint32_t)kind | (uint32_t)n << 24);
	for (size_t i = 0; i < n; i++) {
		size_t part = bytes - i * 16 < 16 ? bytes - i * 16 : 16;

		put_rec(s, 0, 0, 0);
		memcpy(&s->rec[s->n - 1], (const char *)payload + i * 16, part);
	}
}

static inline void put_clock(struct slots *s, uint64_t t)
{
	struct gn_trace_clock c = { .mono_ns = t, .real_ns = t + 1700000000000000000ull };

	put_kind(s, t, GN_TRACE_CLOCK, 1000000, &c, sizeof(c));
}

static inline void put_task(struct slots *s, uint64_t t, uint32_t tid, const char *comm)
{
	char name[16] = "";

	snprintf(name, sizeof(name), "%s", comm);
	put_kind(s, t, GN_TRACE_TASK, tid, name, sizeof(name));
}

static inline void put_entry(struct slots *s, uint32_t id, unsigned depth, uint64_t t)
{
	struct gn_trace_entry e = { .depth = depth };

	put_kind(s, t, GN_TRACE_ENTRY, id, &e, sizeof(e));
}

static inline void put_packet(struct slots *s, uint64_t t, uint32_t id)
{
	put_kind(s, t, GN_TRACE_PACKET, id, NULL, 0);
}

static inline void put_verdict(struct slots *s, uint64_t t, uint32_t id, struct gn_trace_verdict d)
{
	put_kind(s, t, GN_TRACE_VERDICT, id, &d, sizeof(d));
}

static inline void put_frame(struct slots *s, uint64_t t, uint32_t id, uint16_t caplen)
{
	struct {
		struct gn_trace_frame f;
		unsigned char byte[GN_TRACE_SNAPLEN];
	} p = { .f = { .len = caplen,
		       .caplen = caplen,
		       .dir = GN_TRACE_RX,
		       .link = 1,
		       .ifindex = 2 } };

	for (unsigned i = 0; i < caplen; i++)
		p.byte[i] = (unsigned char)i;
	put_kind(s, t, GN_TRACE_FRAME, id, &p, sizeof(p.f) + caplen);
}

static inline void feed(struct view *v, unsigned cpu, struct slots *s)
{
	ck_assert_int_eq(view_feed(v, cpu, s->rec, s->n), 0);
	s->n = 0;
}

/* "F id 0 name file" for ids 1, 2, ... */
static inline void name_functions(struct view *v, const char *const *name)
{
	for (unsigned id = 1; *name; id++, name++) {
		char line[160];

		snprintf(line, sizeof(line), "F %u %x %s room/file", id, id * 16, *name);
		ck_assert_int_eq(view_table(v, line), 0);
	}
}

/* A memory file that the text goes to. */
struct paper {
	FILE *file;
	char *text;
	size_t len;
};

static inline FILE *paper_open(struct paper *p)
{
	memset(p, 0, sizeof(*p));
	p->file = open_memstream(&p->text, &p->len);
	ck_assert_ptr_nonnull(p->file);
	return p->file;
}

static inline const char *paper_text(struct paper *p)
{
	fflush(p->file);
	return p->text;
}

static inline void paper_close(struct paper *p)
{
	fclose(p->file);
	free(p->text);
}

#endif
