/* SPDX-License-Identifier: MIT */
/*
 * errors.c - error_log: why the last writes were refused, with a caret below the place
 *
 * Theory of operation
 *   Whoever refuses a write says so to the writer, and here for those who did not look: the newest TRACE_ERRORS refusals are kept, oldest
 *   first. What was written comes from a stranger: it is shown on one line, without its control characters, and a long one is cut so that
 *   the place still shows.
 * Threads: the control thread.
 * Mirrors: kernel/trace/trace.c (error_log).
 */
#include <string.h>

#include "tracefs/tracefs_impl.h"

#define BEFORE_CARET 32 /* bytes kept before the place when what was written is longer than a line */

static size_t take(char *to, size_t size, const char *from, size_t len);
static int errors_show(struct seq_file *m, void *data);
static int errors_write(void *data, const char *buf, size_t len, struct extack *err);
static int errors_truncate(void *data, struct extack *err);

static const struct proc_ops errors_ops = { .show = errors_show, .write = errors_write, .truncate = errors_truncate };

int tracefs_add_errors(struct tracefs *t, struct vfs *vfs)
{
	return tracefs_file(vfs, "error_log", 0644, &errors_ops, t);
}

void tracefs_error(struct tracefs *t, const char *text, const char *cmd, size_t len, unsigned pos)
{
	struct trace_error *e = &t->error[t->errors++ % TRACE_ERRORS];
	struct gn_trace_clock now;
	uint64_t ticks;
	size_t n;

	*e = (struct trace_error){ .pos = pos };
	trace_clock(&ticks, &now);
	e->ns = now.mono_ns;
	take(e->text, sizeof(e->text), text, strlen(text));
	if (e->pos > sizeof(e->cmd) - BEFORE_CARET && e->pos <= len) {
		cmd += e->pos - BEFORE_CARET;
		len -= e->pos - BEFORE_CARET;
		e->pos = BEFORE_CARET;
	}
	while (len && (cmd[len - 1] == '\n' || cmd[len - 1] == '\0'))
		len--;
	n = take(e->cmd, sizeof(e->cmd), cmd, len);
	if (e->pos > n)
		e->pos = (unsigned)n;
}

/* One line of it: bytes taken. */
static size_t take(char *to, size_t size, const char *from, size_t len)
{
	size_t n = 0;

	for (; n < len && n < size - 1; n++)
		to[n] = from[n] >= ' ' && from[n] < 0x7f ? from[n] : ' ';
	to[n] = 0;
	return n;
}

static int errors_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;

	for (unsigned i = t->errors > TRACE_ERRORS ? t->errors - TRACE_ERRORS : 0; i < t->errors; i++) {
		const struct trace_error *e = &t->error[i % TRACE_ERRORS];

		seq_printf(m, "[%5llu.%06u] ftrace: error: %s\n", (unsigned long long)(e->ns / 1000000000),
			   (unsigned)(e->ns % 1000000000 / 1000), e->text);
		seq_printf(m, "  Command: %s\n           %*s^\n", e->cmd, (int)e->pos, "");
	}
	return 0;
}

/* `echo > error_log` empties it, whatever is written. */
static int errors_write(void *data, const char *buf, size_t len, struct extack *err)
{
	(void)buf;
	(void)len;
	return errors_truncate(data, err);
}

static int errors_truncate(void *data, struct extack *err)
{
	struct tracefs *t = data;

	(void)err;
	t->errors = 0;
	return 0;
}
