/* SPDX-License-Identifier: MIT */
/*
 * output.c - what readers get: trace, trace_pipe, trace_pipe_raw, available_filter_functions, trace_tables; and what they give: trace_marker
 *
 * Theory of operation
 *   `trace` shows the buffer and leaves it; calls that have not ended show their beginning. `trace_pipe` takes records out and prints each root once it has ended: it keeps the
 *   calls whose end is still to come. `trace_pipe_raw` takes the records themselves (struct gn_trace_chunk). All three drain the rings first.
 *   `trace_tables` names what the records name by number: functions, drop reasons, devices.
 *   Text is made by src/view, the viewer's own code.
 * Threads: the control thread; buffers under the lock.
 * Mirrors: kernel/trace/trace.c (tracing_open, tracing_read_pipe), trace_functions_graph.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/drop.h"
#include "drivers/driver.h"
#include "tracefs/tracefs_impl.h"

#define SHOW_SLOTS (1u << 17) /* newest records that `trace` shows: more than the buffer of one CPU as it is by default */
#define RAW_SLOTS (1u << 16)  /* a read of trace_pipe_raw: 1 MiB */
#define SHOW_TEXT (12u << 20) /* bytes: what the control connection takes at once */
#define PIPE_SLOTS 4096	      /* of all CPUs, at a time */
#define PIPE_TEXT (2 << 20)   /* about as much text a read of trace_pipe */

struct snapshot {
	uint64_t entries, written, left_out;
};

static int trace_show(struct seq_file *m, void *data);
static int trace_clear(void *data, struct extack *err);
static int trace_write(void *data, const char *buf, size_t len, struct extack *err);
static int snapshot(struct tracefs *t, struct view *v, struct snapshot *s);
static int print_snapshot(struct tracefs *t, struct view *v, FILE *out, const struct snapshot *s);
static int pipe_show(struct seq_file *m, void *data);
static int pipe_feed(struct tracefs *t, FILE *out);
static void pipe_root(void *ctx, struct view_node *root);
static void pipe_lost(void *ctx, unsigned cpu, uint64_t n);
static void keep_root(void *ctx, struct view_node *root);
static int raw_show(struct seq_file *m, void *data);
static int functions_show(struct seq_file *m, void *data);
static int tables_show(struct seq_file *m, void *data);
static int marker_write(void *data, const char *buf, size_t len, struct extack *err);
static int to_seq(struct seq_file *m, FILE *out, char **text, size_t *len, int ret);

static const struct {
	const char *name;
	unsigned mode;
	struct proc_ops ops;
} files[] = {
	{ "trace", 0644, { .show = trace_show, .write = trace_write, .truncate = trace_clear } },
	{ "trace_pipe", 0444, { .show = pipe_show } },
	{ "trace_pipe_raw", 0444, { .show = raw_show } },
	{ "available_filter_functions", 0444, { .show = functions_show } },
	{ "trace_tables", 0444, { .show = tables_show } },
	{ "trace_marker", 0222, { .write = marker_write } },
};

int tracefs_add_output(struct tracefs *t, struct vfs *vfs)
{
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		if (tracefs_file(vfs, files[i].name, files[i].mode, &files[i].ops, t))
			return -ENOMEM;
	return 0;
}

/* --- trace --- */

static int trace_show(struct seq_file *m, void *data)
{
	static const struct view_ops ops = { .root = keep_root };
	struct tracefs *t = data;
	struct view *v = view_new(&ops, &v);
	struct snapshot s = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int ret = v && out ? snapshot(t, v, &s) : -ENOMEM;

	if (!ret)
		ret = print_snapshot(t, v, out, &s);
	view_free(v);
	return to_seq(m, out, &text, &len, ret);
}

static void keep_root(void *ctx, struct view_node *root)
{
	view_keep(*(struct view **)ctx, root);
}

/* Copied under the lock, read without: rings fill while their drainer waits for us. */
static int snapshot(struct tracefs *t, struct view *v, struct snapshot *s)
{
	size_t n[VCPU_MAX], cpus = tracefs_streams(t), each = SHOW_SLOTS / t->net->m.nr_cpus;
	struct gn_trace_rec *rec = malloc((SHOW_SLOTS + each) * sizeof(*rec));
	int ret = rec ? tracefs_tell_tables(t, v) : -ENOMEM;

	if (!ret) {
		pthread_mutex_lock(&t->lock);
		tracefs_drain_locked(t);
		if (t->armed)
			tracefs_put_clock(t);
		for (unsigned cpu = 0; cpu < cpus; cpu++) {
			n[cpu] = trace_buf_copy(&t->buf[cpu], rec + cpu * each, each, &s->left_out);
			s->entries += t->buf[cpu].entries;
			s->written += t->buf[cpu].written;
		}
		pthread_mutex_unlock(&t->lock);
	}
	for (unsigned cpu = 0; !ret && cpu < cpus; cpu++)
		ret = view_feed(v, cpu, rec + cpu * each, n[cpu]);
	free(rec);
	return ret ?: view_end(v);
}

static int print_snapshot(struct tracefs *t, struct view *v, FILE *out, const struct snapshot *s)
{
	size_t n;
	struct view_node *const *root = view_roots(v, &n);
	struct view_text text = t->s.text;
	bool graph = t->s.tracer == TRACER_GRAPH;

	text.out = out;
	text.cpus = t->net->m.nr_cpus;
	text.thresh = t->s.thresh_us != 0;
	if (graph)
		view_text_header(&text);
	else
		view_function_header(out, t->s.tracer == TRACER_NOP ? "nop" : "function", s->entries, s->written, text.cpus);
	if (s->left_out)
		fprintf(out, "# %llu older calls are left out here; trace_pipe gives them\n", (unsigned long long)s->left_out);
	return graph ? view_text_merge(&text, v, root, n) : view_function_roots(out, v, root, n);
}

static int trace_clear(void *data, struct extack *err)
{
	struct tracefs *t = data;

	(void)err;
	pthread_mutex_lock(&t->lock);
	tracefs_drain_locked(t);
	for (unsigned cpu = 0; cpu < tracefs_streams(t); cpu++)
		trace_buf_clear(&t->buf[cpu]);
	pthread_mutex_unlock(&t->lock);
	tracefs_pipe_reset(t);
	return 0;
}

/* As in Linux: what is written does not matter, that it was opened for writing does. */
static int trace_write(void *data, const char *buf, size_t len, struct extack *err)
{
	(void)data;
	(void)buf;
	(void)len;
	(void)err;
	return 0;
}

/* --- trace_pipe --- */

static int pipe_show(struct seq_file *m, void *data)
{
	static const struct view_ops ops = { .root = pipe_root, .lost = pipe_lost };
	struct tracefs *t = data;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? 0 : -ENOMEM;

	if (!ret && !t->pipe) {
		t->pipe = view_new(&ops, t);
		ret = t->pipe ? tracefs_tell_tables(t, t->pipe) : -ENOMEM;
		view_text_init(&t->pipe_text, out);
	}
	if (!ret) {
		struct view_text now = t->s.text;

		memcpy(now.last, t->pipe_text.last, sizeof(now.last));
		now.out = out;
		now.cpus = t->net->m.nr_cpus;
		now.thresh = t->s.thresh_us != 0;
		t->pipe_text = now;
		t->pipe_error = 0;
		ret = pipe_feed(t, out);
		if (!ret && t->s.tracer == TRACER_NOP)
			ret = view_end(t->pipe); /* marks: no call will come that they could stand in */
		view_forget_idle(t->pipe);
	}
	if (ret || t->s.tracer == TRACER_NOP)
		tracefs_pipe_reset(t);
	return to_seq(m, out, &text, &len, ret);
}

/* A bit of each CPU at a time, so that they stay about abreast, until there is no more or the text is large enough: the next read goes on. */
static int pipe_feed(struct tracefs *t, FILE *out)
{
	size_t each = max(PIPE_SLOTS / tracefs_streams(t), 512u);
	struct gn_trace_rec *rec = malloc(each * sizeof(*rec));
	int ret = rec ? 0 : -ENOMEM;
	bool more = true;

	pthread_mutex_lock(&t->lock);
	tracefs_drain_locked(t);
	pthread_mutex_unlock(&t->lock);
	while (!ret && more && ftello(out) < PIPE_TEXT) {
		more = false;
		for (unsigned cpu = 0; !ret && cpu < tracefs_streams(t); cpu++) {
			size_t n;

			pthread_mutex_lock(&t->lock);
			n = trace_buf_pop(&t->buf[cpu], rec, each);
			pthread_mutex_unlock(&t->lock);
			ret = view_feed(t->pipe, cpu, rec, n);
			more |= n > each / 2; /* else all that there was */
		}
	}
	free(rec);
	return ret ?: t->pipe_error;
}

static void pipe_root(void *ctx, struct view_node *root)
{
	struct tracefs *t = ctx;

	if (t->s.tracer != TRACER_GRAPH)
		t->pipe_error = view_function_roots(t->pipe_text.out, t->pipe, &root, 1) ?: t->pipe_error;
	else
		view_text_root(&t->pipe_text, t->pipe, root);
}

static void pipe_lost(void *ctx, unsigned cpu, uint64_t n)
{
	struct tracefs *t = ctx;

	view_text_lost(&t->pipe_text, cpu, n);
}

void tracefs_pipe_reset(struct tracefs *t)
{
	view_free(t->pipe);
	t->pipe = NULL;
}

/* --- trace_pipe_raw --- */

static int raw_show(struct seq_file *m, void *data)
{
	struct tracefs *t = data;
	size_t each = min((size_t)RAW_SLOTS / tracefs_streams(t), (size_t)RAW_SLOTS / 4);
	struct gn_trace_rec *rec = malloc(each * sizeof(*rec));

	if (!rec)
		return -ENOMEM;
	pthread_mutex_lock(&t->lock);
	tracefs_drain_locked(t);
	if (t->armed)
		tracefs_put_clock(t);
	for (unsigned cpu = 0; cpu < tracefs_streams(t); cpu++) {
		struct gn_trace_chunk chunk = { .magic = GN_TRACE_MAGIC, .cpu = cpu };

		chunk.n = (uint32_t)trace_buf_pop(&t->buf[cpu], rec, each);
		if (!chunk.n)
			continue;
		seq_write(m, &chunk, sizeof(chunk));
		seq_write(m, rec, chunk.n * sizeof(*rec));
	}
	pthread_mutex_unlock(&t->lock);
	free(rec);
	return 0;
}

/* --- names --- */

void tracefs_show_function(struct seq_file *m, unsigned id)
{
	const struct fgraph_func *f = fgraph_func(id);

	if (f->module)
		seq_printf(m, "%s [%s]\n", f->name, f->module);
	else
		seq_printf(m, "%s\n", f->name);
}

static int functions_show(struct seq_file *m, void *data)
{
	(void)data;
	if (fgraph_init(NULL))
		return -EOPNOTSUPP;
	for (unsigned id = 0; id < fgraph_count(); id++)
		tracefs_show_function(m, id);
	return 0;
}

static int tables_show(struct seq_file *m, void *data)
{
	struct tracefs *t = data;
	const struct net_device *dev;
	const char *name;
	uint32_t span;

	(void)fgraph_init(NULL);
	for (unsigned id = 0; id < fgraph_count(); id++) {
		const struct fgraph_func *f = fgraph_func(id);

		seq_printf(m, "F %u %lx %s %s%s%s\n", id, f->addr, f->name, f->file, f->module ? " " : "", f->module ?: "");
	}
	for (unsigned i = 0; (name = tracefs_span_name(i, &span)); i++)
		seq_printf(m, "F %u 0 %s client/data\n", span, name);
	for (unsigned i = 0; i < SKB_DROP_REASON_MAX; i++)
		seq_printf(m, "R %u %s %s\n", i, drop_table[i].name, drop_table[i].text);
	list_for_each_entry(dev, &t->net->dev_base_head, dev_list)
		seq_printf(m, "D %d %s %s\n", dev->ifindex, dev->name, dev->driver ?: "-");
	return 0;
}

int tracefs_tell_tables(struct tracefs *t, struct view *v)
{
	struct seq_file m;
	int ret = 0;

	seq_init(&m, &t->net->m.kmem);
	tables_show(&m, t);
	if (!seq_str(&m))
		ret = -ENOMEM;
	for (char *line = m.buf, *end; !ret && line && line < m.buf + m.count; line = end + 1) {
		end = memchr(line, '\n', (size_t)(m.buf + m.count - line));
		*end = 0;
		if (view_table(v, line) == -ENOMEM)
			ret = -ENOMEM;
	}
	seq_release(&m);
	return ret;
}

/* Called by the drainer: only what it may call. Devices are said by the control thread (tracefs_sink). */
void tracefs_tell_sink(struct tracefs *t)
{
	struct trace_table_row row[64];
	unsigned n = 0;
	const char *name;
	uint32_t span;

	for (unsigned id = 0; id < fgraph_count(); id++) {
		const struct fgraph_func *f = fgraph_func(id);

		row[n++] = (struct trace_table_row){ .kind = 0, .id = id, .addr = f->addr, .name = f->name, .text = f->file,
						     .module = f->module };
		if (n == ARRAY_SIZE(row)) {
			t->sink->functions(row, n);
			n = 0;
		}
	}
	for (unsigned i = 0; (name = tracefs_span_name(i, &span)); i++) {
		row[n++] = (struct trace_table_row){ .kind = 0, .id = span, .name = name, .text = "client/data" };
		if (n == ARRAY_SIZE(row)) {
			t->sink->functions(row, n);
			n = 0;
		}
	}
	for (unsigned i = 0; i < SKB_DROP_REASON_MAX; i++) {
		row[n++] = (struct trace_table_row){ .kind = 1, .id = i, .name = drop_table[i].name, .text = drop_table[i].text };
		if (n == ARRAY_SIZE(row)) {
			t->sink->functions(row, n);
			n = 0;
		}
	}
	for (unsigned i = 0; i < t->devices; i++) {
		row[n++] = (struct trace_table_row){ .kind = 2, .id = t->device[i].ifindex, .name = t->device[i].name,
						     .text = t->device[i].driver };
		if (n == ARRAY_SIZE(row)) {
			t->sink->functions(row, n);
			n = 0;
		}
	}
	if (n)
		t->sink->functions(row, n);
}

/* --- trace_marker --- */

static int marker_write(void *data, const char *buf, size_t len, struct extack *err)
{
	struct gn_trace_rec rec[1 + 64] = { { .t = trace_ticks() } };
	struct tracefs *t = data;

	while (len && buf[len - 1] == '\n')
		len--;
	len = min(len, (size_t)1024);
	if (!t->s.on || !len)
		return 0;
	if (tracefs_buffers(t))
		return extack_fail(err, -ENOMEM, "no memory for buffers of %u KiB a CPU", t->s.buffer_kb);
	rec[0].val = (uint32_t)len;
	rec[0].what = GN_TRACE_MARK | (uint32_t)((len + 15) / 16) << 24;
	memcpy(&rec[1], buf, len);
	pthread_mutex_lock(&t->lock);
	tracefs_drain_locked(t);
	if (!t->armed)
		tracefs_put_clock(t);
	trace_buf_push(&t->buf[0], rec, 1 + (unsigned)((len + 15) / 16));
	if (t->sink && t->wants & TRACE_WANTS_BATCH)
		t->sink->batch(0, rec, 1 + (unsigned)((len + 15) / 16));
	pthread_mutex_unlock(&t->lock);
	return 0;
}

static int to_seq(struct seq_file *m, FILE *out, char **text, size_t *len, int ret)
{
	if (out && fclose(out))
		ret = ret ?: -ENOMEM;
	if (!ret && *len > SHOW_TEXT) {
		const char *line = memchr(*text + *len - SHOW_TEXT, '\n', SHOW_TEXT);

		seq_puts(m, "# the older part of this text is left out here\n");
		seq_write(m, line + 1, (size_t)(*text + *len - line - 1));
	} else if (!ret) {
		seq_write(m, *text, *len);
	}
	free(*text);
	return ret;
}
