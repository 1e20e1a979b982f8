/* SPDX-License-Identifier: MIT */
/*
 * recorded.h: function_graph text that a Linux kernel printed, turned back into slots
 *
 * Each line is a call that began, one that ended, or both. Without a column of times the calls are
 * put one after the other. A kernel stamps an event a moment after the function's own clock was
 * read; a record has one clock only: a call begins when its first line says, and its duration says
 * when it ends.
 */
#ifndef TESTS_UNIT_VIEW_RECORDED_H
#define TESTS_UNIT_VIEW_RECORDED_H

#include <ctype.h>

#include "slots.h"

struct recorded {
	struct slots s;
	const char *name[256]; /* function by id - 1, "name" or "name [module]" */
	char *copy[256];
	unsigned names;
	uint64_t now;
	struct {
		uint64_t start;
		unsigned id, depth;
	} open[64];
	unsigned opens;
	char task[32];
	bool exits; /* every line is an end */
};

struct recorded_line {
	bool has_time, begins, ends;
	uint64_t time, took;
	char task[32];
	unsigned depth;
	char name[96];
};

/* The file, in memory. */
static inline char *recorded_load(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[512];
	FILE *f;
	char *text = NULL;
	size_t len = 0;

	snprintf(path, sizeof(path), "%s/tests/unit/view/data/%s", top ? top : "..", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s cannot be read", path);
	ck_assert_int_gt(getdelim(&text, &len, '\0', f), 0);
	fclose(f);
	return text;
}

static inline unsigned recorded_id(struct recorded *r, const char *name)
{
	for (unsigned i = 0; i < r->names; i++)
		if (!strcmp(r->name[i], name))
			return i + 1;
	ck_assert_uint_lt(r->names, 256);
	r->name[r->names] = r->copy[r->names] = strdup(name);
	return ++r->names;
}

/* Whole: [time |] cpu) [task |] mark duration |  text */
static inline void recorded_parse(const char *line, struct recorded_line *l)
{
	const char *p = line, *bar, *text;
	unsigned long s, us;
	char *end;

	memset(l, 0, sizeof(*l));
	if (sscanf(line, " %lu.%lu |", &s, &us) == 2 && strchr(line, '|') < strchr(line, ')')) {
		l->has_time = true;
		l->time = (s * 1000000 + us) * 1000;
	}
	p = strchr(p, ')') + 2;
	bar = strchr(p, '|');
	ck_assert_ptr_nonnull(bar);
	if (strchr(bar + 1, '|')) { /* the task's column */
		sscanf(p, " %31s", l->task);
		p = bar + 2;
		bar = strchr(p, '|');
	}
	s = strtoul(p + 2, &end, 10);
	if (*end == '.')
		l->took = s * 1000 + strtoul(end + 1, NULL, 10);
	text = bar + 3;
	l->depth = (unsigned)strspn(text, " ") / 2;
	text += strspn(text, " ");
	l->ends = *text == '}' || strstr(text, "();");
	l->begins = *text != '}';
	if (l->begins)
		memcpy(l->name, text, (size_t)(strchr(text, '(') - text));
	else if (text[1] == ' ')
		memcpy(l->name, text + 5, (size_t)(strstr(text + 5, " */") - (text + 5)));
}

/* The task leaves its CPU: it says what is open. */
static inline void recorded_sleep(struct recorded *r)
{
	for (unsigned i = 0; i < r->opens && !r->exits; i++)
		put_entry(&r->s, r->open[i].id, r->open[i].depth, r->open[i].start);
	r->opens = 0;
}

static inline void recorded_switch(struct recorded *r, const struct recorded_line *l)
{
	char comm[32];
	char *dash;

	if (!strcmp(r->task, l->task))
		return;
	recorded_sleep(r);
	strcpy(r->task, l->task);
	strcpy(comm, l->task);
	dash = strrchr(comm, '-');
	*dash = '\0';
	put_task(&r->s, r->now, (uint32_t)atoi(dash + 1), comm);
}

static inline void recorded_end(struct recorded *r, const struct recorded_line *l)
{
	uint64_t start = r->now, end = r->now + l->took;
	unsigned id;

	if (!l->begins && r->opens && r->open[r->opens - 1].depth == l->depth) {
		struct recorded *o = r;

		start = o->open[--r->opens].start;
		end = start + l->took;
		id = r->open[r->opens].id;
	} else {
		id = recorded_id(r, l->name);
		if (!l->begins) { /* its beginning is not in the text */
			end = r->now;
			start = end - l->took;
		}
	}
	put_call(&r->s, id, l->depth, start, end);
	if (r->now < end)
		r->now = end;
}

/* tracing_thresh: ends only. The last pending ones that are deeper are its callees. */
static inline void recorded_end_only(struct recorded *r, const struct recorded_line *l)
{
	uint64_t before;

	while (r->opens && r->open[r->opens - 1].depth > l->depth)
		r->opens--;
	before = r->opens ? r->open[r->opens - 1].start : 1000000000;
	if (r->now < before + l->took)
		r->now = before + l->took;
	put_call(&r->s, recorded_id(r, l->name), l->depth, r->now - l->took, r->now);
	r->open[r->opens].depth = l->depth;
	r->open[r->opens++].start = r->now; /* here: its end */
}

static inline void recorded_add(struct recorded *r, const char *text)
{
	struct recorded_line l;

	recorded_parse(text, &l);
	if (l.has_time && l.begins)
		r->now = l.time;
	else if (l.has_time && l.time > r->now && !r->opens)
		r->now = l.time;
	if (l.task[0])
		recorded_switch(r, &l);
	if (r->exits) {
		recorded_end_only(r, &l);
	} else if (l.ends) {
		recorded_end(r, &l);
	} else {
		r->open[r->opens].start = r->now;
		r->open[r->opens].depth = l.depth;
		r->open[r->opens++].id = recorded_id(r, l.name);
	}
}

static inline void recorded_name_functions(struct recorded *r, struct view *v)
{
	for (unsigned i = 0; i < r->names; i++) {
		char line[256];
		const char *module = strchr(r->name[i], ' ');
		int len = module ? (int)(module - r->name[i]) : (int)strlen(r->name[i]);

		snprintf(line, sizeof(line), "F %u ffff%x %.*s kernel/file%s", i + 1, i * 16, len,
			 r->name[i], module ? module : "");
		ck_assert_int_eq(view_table(v, line), 0);
	}
}

static inline void recorded_free(struct recorded *r)
{
	for (unsigned i = 0; i < r->names; i++)
		free(r->copy[i]);
	free(r->s.rec);
	memset(r, 0, sizeof(*r));
}

#endif
