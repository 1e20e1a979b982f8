/* SPDX-License-Identifier: MIT */
/*
 * source.c - where a trace comes from: the choice of the reader, the raw file, and the list of what else a trace holds
 *
 * Theory of operation
 *   view_load() looks at the path: a folder is CTF (ctf.c), anything else is read as a raw file, item by item, so it may be a pipe. The first byte
 *   of an item says what it is: 'G' a chunk, 'F', 'R', 'D' a line.
 *   Called by: the command. Calls: libview, ctf_load().
 *   Owns: the view_source. Threads: those of view.h.
 *   Refuses: what is neither, naming the byte where it found so; chunks over CHUNK_SLOTS, lines over LINE_MAX_LEN. A line that the reader does not take and a
 *   CPU that does not exist are counted in `bad`.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "view/export_impl.h"

#define CHUNK_SLOTS (1u << 20)
#define LINE_MAX_LEN 4096
#define NAMES_MAX 1024 /* event names that are told apart */

struct source {
	struct view_source pub; /* first */
	size_t cap_events, cap_happenings;
};

static int raw_load(struct view *v, const char *path, struct view_source *src, struct view_error *err);
static int raw_items(struct view *v, FILE *in, struct view_source *src, char *buf, uint64_t *at);
static int raw_line(struct view *v, FILE *in, struct view_source *src, int first, char *buf, uint64_t *at);
static int raw_chunk(struct view *v, FILE *in, struct view_source *src, uint64_t *at);
static int by_name(const void *a, const void *b);
static int by_time(const void *a, const void *b);

int view_load(struct view *v, const char *path, struct view_source **ret_src, struct view_error *err)
{
	struct source *s = calloc(1, sizeof(*s));
	struct stat st;
	int ret;

	if (!s)
		return view_fail(err, -ENOMEM, "%s: out of memory", path);
	s->pub.warnings = calloc(1, 1);
	if (!s->pub.warnings)
		ret = view_fail(err, -ENOMEM, "%s: out of memory", path);
	else if (stat(path, &st))
		ret = view_fail(err, -errno, "%s: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		ret = ctf_load(v, path, &s->pub, err);
	else
		ret = raw_load(v, path, &s->pub, err);
	if (!ret && view_end(v))
		ret = view_fail(err, -ENOMEM, "%s: out of memory", path);
	if (ret) {
		view_source_free(&s->pub);
		return ret;
	}
	if (s->pub.n_events)
		qsort(s->pub.events, s->pub.n_events, sizeof(*s->pub.events), by_name);
	if (s->pub.n_happenings)
		qsort(s->pub.happening, s->pub.n_happenings, sizeof(*s->pub.happening), by_time);
	*ret_src = &s->pub;
	return 0;
}

void view_source_free(struct view_source *src)
{
	size_t i;

	if (!src)
		return;
	for (i = 0; i < src->n_events; i++)
		free((char *)src->events[i].name);
	for (i = 0; i < src->n_happenings; i++)
		free((char *)src->happening[i].fields);
	free(src->events);
	free(src->happening);
	free((char *)src->warnings);
	free((struct source *)src);
}

static int raw_load(struct view *v, const char *path, struct view_source *src, struct view_error *err)
{
	FILE *in = fopen(path, "re");
	char *buf = malloc(LINE_MAX_LEN);
	uint64_t at = 0;
	int ret = -ENOMEM;

	if (!in)
		ret = view_fail(err, -errno, "%s: %s", path, strerror(errno));
	else if (buf)
		ret = raw_items(v, in, src, buf, &at);
	if (in && ret == -EINVAL && !at)
		view_fail(err, ret, "%s: not a trace: neither lines of trace_tables nor chunks of trace_pipe_raw", path);
	else if (in && ret == -EINVAL)
		view_fail(err, ret, "%s: not a trace from byte %llu on: neither a line of trace_tables nor a chunk of trace_pipe_raw", path,
			  (unsigned long long)at);
	else if (in && ret)
		view_fail(err, ret, "%s: %s", path, strerror(-ret));
	free(buf);
	if (in)
		fclose(in);
	return ret;
}

/* @at: where the last item began */
static int raw_items(struct view *v, FILE *in, struct view_source *src, char *buf, uint64_t *at)
{
	int ret = 0, c;

	while (!ret && (c = getc(in)) != EOF) {
		if (c == 'F' || c == 'R' || c == 'D') {
			ret = raw_line(v, in, src, c, buf, at);
		} else if (c == 'G') {
			ungetc(c, in);
			ret = raw_chunk(v, in, src, at);
		} else {
			ret = -EINVAL;
		}
	}
	if (!ret && ferror(in))
		ret = -EIO;
	return ret;
}

static int raw_line(struct view *v, FILE *in, struct view_source *src, int first, char *buf, uint64_t *at)
{
	size_t len = 1;
	int c, ret;

	buf[0] = (char)first;
	while ((c = getc(in)) != EOF && c != '\n') {
		if (len == LINE_MAX_LEN - 1 || !c)
			return -EINVAL;
		buf[len++] = (char)c;
	}
	if (c == EOF) {
		src->cut += len;
		return 0;
	}
	buf[len] = '\0';
	ret = view_table(v, buf);
	if (ret == -EINVAL)
		src->bad++;
	*at += len + 1;
	return ret == -EINVAL ? 0 : ret;
}

static int raw_chunk(struct view *v, FILE *in, struct view_source *src, uint64_t *at)
{
	struct gn_trace_chunk chunk;
	size_t got = fread(&chunk, 1, sizeof(chunk), in), want;
	struct gn_trace_rec *rec;
	int ret = 0;

	if (got < sizeof(chunk)) {
		if (got >= 4 && chunk.magic != GN_TRACE_MAGIC)
			return -EINVAL;
		src->cut += got;
		return 0;
	}
	if (chunk.magic != GN_TRACE_MAGIC || chunk.n > CHUNK_SLOTS)
		return -EINVAL;
	rec = malloc((size_t)chunk.n * sizeof(*rec) + 1);
	if (!rec)
		return -ENOMEM;
	want = (size_t)chunk.n * sizeof(*rec);
	got = fread(rec, 1, want, in);
	if (got < want)
		src->cut += sizeof(chunk) + got;
	else if (chunk.cpu >= VIEW_CPUS)
		src->bad++;
	else
		ret = view_feed(v, chunk.cpu, rec, chunk.n);
	free(rec);
	*at += sizeof(chunk) + got;
	return ret;
}

const char *source_count(struct view_source *src, const char *name)
{
	struct source *s = (struct source *)src;
	struct view_count *c;
	size_t i;

	if (src->n_events >= NAMES_MAX)
		name = "(others)";
	for (i = src->n_events; i > 0; i--) {
		c = &src->events[i - 1];
		if (!strcmp(c->name, name)) {
			c->n++;
			return c->name;
		}
	}
	if (src->n_events == s->cap_events) {
		size_t cap = s->cap_events ? s->cap_events * 2 : 32;

		c = reallocarray(src->events, cap, sizeof(*c));
		if (!c)
			return NULL;
		src->events = c;
		s->cap_events = cap;
	}
	c = &src->events[src->n_events];
	*c = (struct view_count){ .name = strdup(name), .n = 1 };
	src->n_events += c->name != NULL;
	return c->name;
}

struct view_happening *source_add(struct view_source *src)
{
	struct source *s = (struct source *)src;
	size_t cap = s->cap_happenings ? s->cap_happenings * 2 : 256;
	struct view_happening *h;

	if (src->n_happenings == s->cap_happenings) {
		h = reallocarray(src->happening, cap, sizeof(*h));
		if (!h)
			return NULL;
		src->happening = h;
		s->cap_happenings = cap;
	}
	h = &src->happening[src->n_happenings++];
	*h = (struct view_happening){ .name = "", .fields = NULL };
	return h;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct view_count *)a)->name, ((const struct view_count *)b)->name);
}

static int by_time(const void *a, const void *b)
{
	const struct view_happening *h = a, *g = b;

	if (h->time != g->time)
		return h->time < g->time ? -1 : 1;
	/* the order in which they came */
	return h < g ? -1 : 1;
}
