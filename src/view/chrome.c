/* SPDX-License-Identifier: MIT */
/*
 * chrome.c - Chrome's trace events in JSON, for Perfetto and chrome://tracing
 *
 * Theory of operation
 *   One object a line: names of the process and of its threads, a complete slice ("X") a call, an instant ("i") a verdict, mark or tracepoint. Slices
 *   of a thread nest because the moments do (export.c). Times are us with the ns as decimals: no digit is lost.
 *   Text is made valid JSON whatever the trace holds: what is no printable ASCII is written as \u00XX.
 *   Called by: the command. Calls: export.c. Owns nothing. Threads: those of view.h. Refuses nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "view/export_impl.h"

#define PID 1

static void put_string(FILE *out, const char *text, size_t max);
static void put_thread_names(FILE *out, const struct export *e);
static void put_time(FILE *out, const char *key, uint64_t ns);
static void put_moment(FILE *out, struct export *e, const struct moment *m);
static void put_call(FILE *out, struct export *e, const struct moment *m);
static void put_leaf_name(FILE *out, struct export *e, const struct moment *m);
static int by_tid(const void *a, const void *b);

int view_chrome(struct view *v, const struct view_export *x)
{
	struct export e;
	int ret = export_begin(&e, v, x);
	size_t i;

	if (!ret) {
		fprintf(x->out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"lost_records\":\"%llu\",\"lost_events\":\"%llu\"},\"traceEvents\":[\n",
			(unsigned long long)view_lost(v), x->src ? (unsigned long long)x->src->lost_events : 0ull);
		fprintf(x->out, "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":%u,\"tid\":0,\"args\":{\"name\":\"glassnet\"}}", PID);
		for (i = 0; i < e.n; i++) {
			if (e.moment[i].kind != MOMENT_LEAVE && !(e.moment[i].kind == MOMENT_LEAF && e.moment[i].node->kind == VIEW_FRAME))
				put_moment(x->out, &e, &e.moment[i]);
		}
		/* last: it sorts the moments by thread */
		put_thread_names(x->out, &e);
		fputs("\n]}\n", x->out);
		ret = export_flush(x->out);
	}
	export_end(&e);
	return ret;
}

static void put_moment(FILE *out, struct export *e, const struct moment *m)
{
	fputs(",\n{\"name\":", out);
	if (m->kind == MOMENT_ENTER) {
		put_call(out, e, m);
	} else {
		put_leaf_name(out, e, m);
		fputs(",\"ph\":\"i\",\"s\":\"t\"", out);
	}
	put_time(out, "ts", m->t);
	if (m->kind == MOMENT_ENTER)
		put_time(out, "dur", m->end - m->t);
	fprintf(out, ",\"pid\":%u,\"tid\":%u,\"args\":{\"cpu\":%u", PID, m->tid, m->cpu);
	if (m->packet)
		fprintf(out, ",\"packet\":%u", m->packet->number);
	if (m->kind == MOMENT_ENTER && *m->node->func->file) {
		fputs(",\"file\":", out);
		put_string(out, m->node->func->file, SIZE_MAX);
	}
	if (m->kind == MOMENT_ENTER && !m->node->end)
		fputs(",\"open\":true", out);
	if (m->kind == MOMENT_EVENT) {
		fputs(",\"fields\":", out);
		put_string(out, m->happening->fields, SIZE_MAX);
	}
	fputs("}}", out);
}

static void put_call(FILE *out, struct export *e, const struct moment *m)
{
	put_string(out, export_name(e->x, m->node->func), SIZE_MAX);
	fputs(",\"cat\":\"function\",\"ph\":\"X\"", out);
}

static void put_leaf_name(FILE *out, struct export *e, const struct moment *m)
{
	char *text = NULL;
	size_t len;
	FILE *mem;

	if (m->kind == MOMENT_EVENT) {
		put_string(out, m->happening->name, SIZE_MAX);
		fputs(",\"cat\":\"tracepoint\"", out);
	} else if (m->node->kind == VIEW_MARK) {
		put_string(out, m->node->text, SIZE_MAX);
		fputs(",\"cat\":\"mark\"", out);
	} else {
		mem = open_memstream(&text, &len);
		if (mem) {
			export_verdict(mem, e, m->node);
			fclose(mem);
		}
		put_string(out, text ? text : export_verdict_name(m->node->verdict.code), SIZE_MAX);
		fputs(",\"cat\":\"verdict\"", out);
		free(text);
	}
}

static void put_thread_names(FILE *out, const struct export *e)
{
	size_t i;

	if (e->n)
		qsort(e->moment, e->n, sizeof(*e->moment), by_tid);
	for (i = 0; i < e->n; i++) {
		/* the latest name of the thread */
		if (i + 1 < e->n && e->moment[i].tid == e->moment[i + 1].tid)
			continue;
		fprintf(out, ",\n{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":", PID, e->moment[i].tid);
		put_string(out, e->moment[i].comm[0] ? e->moment[i].comm : "?", 16);
		fputs("}}", out);
	}
}

static int by_tid(const void *a, const void *b)
{
	const struct moment *m = a, *n = b;

	if (m->tid != n->tid)
		return m->tid < n->tid ? -1 : 1;
	if (m->t != n->t)
		return m->t < n->t ? -1 : 1;
	return m->seq < n->seq ? -1 : 1;
}

static void put_time(FILE *out, const char *key, uint64_t ns)
{
	fprintf(out, ",\"%s\":%llu.%03u", key, (unsigned long long)(ns / 1000), (unsigned)(ns % 1000));
}

static void put_string(FILE *out, const char *text, size_t max)
{
	size_t i;

	putc('"', out);
	for (i = 0; i < max && text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c > '~')
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}
