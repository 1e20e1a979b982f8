/* SPDX-License-Identifier: MIT */
/*
 * control.c - the files with one value: current_tracer, tracing_on, max_graph_depth, tracing_thresh, set_ftrace_pid, buffer_size_kb, and trace_stats
 *
 * Theory of operation
 *   A table of files; each number has bounds and a place in the settings. A write that is refused changes nothing.
 * Threads: the control thread.
 * Mirrors: kernel/trace/trace.c.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tracefs/tracefs_impl.h"

static const char *const tracer_name[TRACERS] = { "nop", "function", "function_graph" };

static int parse_number(const char *file, const char *buf, size_t len, unsigned long max, unsigned long *ret_v, struct extack *err);

static bool is_word(const char *buf, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(buf, word, len);
}

static int available_tracers_show(struct seq_file *m, void *data)
{
	(void)data;
	seq_puts(m, "function_graph function nop\n");
	return 0;
}

static int current_tracer_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;

	seq_printf(m, "%s\n", tracer_name[t->s.tracer]);
	return 0;
}

static int current_tracer_write(void *data, const char *buf, size_t len, struct extack *err)
{
	struct tracefs *t = data;

	while (len && strchr(" \t\n", buf[len - 1]))
		len--;
	for (unsigned i = 0; i < TRACERS; i++) {
		if (!is_word(buf, len, tracer_name[i]))
			continue;
		if (t->s.tracer != (enum tracer)i) { /* as in Linux, a new tracer begins with an empty buffer */
			pthread_mutex_lock(&t->lock);
			tracefs_drain_locked(t);
			for (unsigned cpu = 0; cpu < tracefs_streams(t); cpu++)
				trace_buf_clear(&t->buf[cpu]);
			pthread_mutex_unlock(&t->lock);
			tracefs_pipe_reset(t);
		}
		t->s.tracer = (enum tracer)i;
		return tracefs_apply(t, err);
	}
	return extack_fail(err, -EINVAL, "no tracer is called \"%.*s\"; there are function_graph, function, nop", (int)min(len, (size_t)40), buf);
}

static int tracing_on_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;

	seq_printf(m, "%d\n", t->s.on);
	return 0;
}

static int tracing_on_write(void *data, const char *buf, size_t len, struct extack *err)
{
	struct tracefs *t = data;
	unsigned long v;
	int ret = parse_number("tracing_on", buf, len, ULONG_MAX, &v, err);

	if (ret)
		return ret;
	t->s.on = v;
	return t->armed ? tracefs_apply(t, err) : 0;
}

static int max_graph_depth_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;

	seq_printf(m, "%u\n", t->s.depth);
	return 0;
}

static int max_graph_depth_write(void *data, const char *buf, size_t len, struct extack *err)
{
	struct tracefs *t = data;
	unsigned long v;
	int ret = parse_number("max_graph_depth", buf, len, UINT32_MAX, &v, err);

	if (ret)
		return ret;
	t->s.depth = (unsigned)v;
	return t->armed ? tracefs_apply(t, err) : 0;
}

static int tracing_thresh_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;

	seq_printf(m, "%u\n", t->s.thresh_us);
	return 0;
}

static int tracing_thresh_write(void *data, const char *buf, size_t len, struct extack *err)
{
	struct tracefs *t = data;
	unsigned long v;
	int ret = parse_number("tracing_thresh", buf, len, UINT32_MAX, &v, err);

	if (ret)
		return ret;
	t->s.thresh_us = (unsigned)v;
	return t->armed ? tracefs_apply(t, err) : 0;
}

static int set_ftrace_pid_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;

	if (!t->s.npid)
		seq_puts(m, "no pid\n");
	for (unsigned i = 0; i < t->s.npid; i++)
		seq_printf(m, "%u\n", t->s.pid[i]);
	return 0;
}

static int set_ftrace_pid_write(void *data, const char *buf, size_t len, struct extack *err)
{
	struct tracefs *t = data;
	unsigned pid[ARRAY_SIZE(t->s.pid)], n = t->s.npid;

	memcpy(pid, t->s.pid, sizeof(pid));
	for (size_t i = 0; i < len;) {
		unsigned long v;
		size_t w = 0;
		int ret;

		while (i + w < len && !strchr(" \t\n", buf[i + w]))
			w++;
		if (w) {
			ret = parse_number("set_ftrace_pid", buf + i, w, INT32_MAX, &v, err);
			if (ret)
				return ret;
			if (n == ARRAY_SIZE(pid))
				return extack_fail(err, -ENOSPC, "set_ftrace_pid holds at most %zu ids", ARRAY_SIZE(pid));
			pid[n++] = (unsigned)v;
		}
		i += w + 1;
	}
	memcpy(t->s.pid, pid, sizeof(pid));
	t->s.npid = n;
	return t->armed ? tracefs_apply(t, err) : 0;
}

static int set_ftrace_pid_truncate(void *data, struct extack *err)
{
	struct tracefs *t = data;

	t->s.npid = 0;
	return t->armed ? tracefs_apply(t, err) : 0;
}

static int buffer_size_kb_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;

	seq_printf(m, "%u\n", t->s.buffer_kb);
	return 0;
}

static int buffer_size_kb_write(void *data, const char *buf, size_t len, struct extack *err)
{
	struct tracefs *t = data;
	unsigned long v;
	int ret = parse_number("buffer_size_kb", buf, len, TRACE_BUFFER_KB_MAX, &v, err);

	if (!ret && !v)
		ret = extack_fail(err, -EINVAL, "buffer_size_kb: 1 to %d", TRACE_BUFFER_KB_MAX);
	if (ret)
		return ret;
	pthread_mutex_lock(&t->lock);
	for (unsigned cpu = 0; !ret && cpu < tracefs_streams(t) && t->buf[cpu].slot; cpu++)
		ret = trace_buf_resize(&t->buf[cpu], (unsigned)v);
	pthread_mutex_unlock(&t->lock);
	if (ret)
		return extack_fail(err, ret, "no memory for %lu KiB a CPU", v);
	t->s.buffer_kb = (unsigned)v;
	tracefs_pipe_reset(t);
	return 0;
}

/* Ours: what the tracer did to this process. */
static int trace_stats_show(struct seq_file *m, void *data)
{
	struct tracefs *t = data;

	tracefs_drain(t->net);
	seq_printf(m, "functions: %u\narmed: %d\npause_us: %llu.%03llu\n", fgraph_count(), t->armed,
		   (unsigned long long)t->pause_ns / 1000, (unsigned long long)t->pause_ns % 1000);
	pthread_mutex_lock(&t->lock);
	for (unsigned cpu = 0; cpu < t->net->m.nr_cpus; cpu++) {
		const struct trace_buf *b = &t->buf[cpu];

		seq_printf(m, "cpu: %u entries: %llu written: %llu overrun: %llu lost: %llu\n", cpu, (unsigned long long)b->entries,
			   (unsigned long long)b->written, (unsigned long long)b->overrun, (unsigned long long)b->lost);
	}
	seq_printf(m, "programs: %llu lost: %llu malformed: %llu\n", (unsigned long long)t->spans, (unsigned long long)t->spans_lost,
		   (unsigned long long)t->spans_malformed);
	pthread_mutex_unlock(&t->lock);
	return 0;
}

#define RW(f) { #f, 0644, { .show = f##_show, .write = f##_write } }
static const struct {
	const char *name;
	unsigned mode;
	struct proc_ops ops;
} files[] = {
	RW(current_tracer), RW(tracing_on), RW(max_graph_depth), RW(tracing_thresh), RW(buffer_size_kb),
	{ "set_ftrace_pid", 0644, { .show = set_ftrace_pid_show, .write = set_ftrace_pid_write, .truncate = set_ftrace_pid_truncate } },
	{ "available_tracers", 0444, { .show = available_tracers_show } },
	{ "trace_stats", 0444, { .show = trace_stats_show } },
};

int tracefs_add_control(struct tracefs *t, struct vfs *vfs)
{
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		if (tracefs_file(vfs, files[i].name, files[i].mode, &files[i].ops, t))
			return -ENOMEM;
	return 0;
}

static int parse_number(const char *file, const char *buf, size_t len, unsigned long max, unsigned long *ret_v, struct extack *err)
{
	unsigned long v = 0;
	size_t i = 0;

	while (len && strchr(" \t\n", buf[len - 1]))
		len--;
	for (; i < len && i < 19 && buf[i] >= '0' && buf[i] <= '9'; i++)
		v = v * 10 + (unsigned long)(buf[i] - '0');
	if (!len || i < len || v > max)
		return extack_fail(err, -EINVAL, "%s: \"%.*s\" is not a number from 0 to %lu", file, (int)min(len, (size_t)40), buf, max);
	*ret_v = v;
	return 0;
}
