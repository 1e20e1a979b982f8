/* SPDX-License-Identifier: MIT */
/*
 * options.c - trace_options and options/NAME
 *
 * Theory of operation
 *   The options are those of the printer (src/view), and stacktrace, which makes a drop leave the functions that were open. `trace_options` lists them, with "no" before
 *   those that are off, and takes one name a write; options/NAME holds 0 or 1.
 * Threads: the control thread.
 * Mirrors: kernel/trace/trace.c (trace_set_options).
 */
#include <errno.h>
#include <string.h>

#include "tracefs/tracefs_impl.h"

static int set_option(struct tracefs *t, const char *name, struct extack *err);
static int options_show(struct seq_file *m, void *data);
static int options_write(void *data, const char *buf, size_t len, struct extack *err);
static int option_show(struct seq_file *m, void *data);
static int option_write(void *data, const char *buf, size_t len, struct extack *err);
static const char *option_name(const struct tracefs *t, unsigned n, bool *ret_on);

int tracefs_add_options(struct tracefs *t, struct vfs *vfs)
{
	static const struct proc_ops all = { .show = options_show, .write = options_write };
	static const struct proc_ops one = { .show = option_show, .write = option_write };
	const char *name;
	bool on;

	if (tracefs_file(vfs, "trace_options", 0644, &all, t))
		return -ENOMEM;
	for (unsigned i = 0; (name = option_name(t, i, &on)) && i < ARRAY_SIZE(t->option); i++) {
		char path[80];

		snprintf(path, sizeof(path), "options/%s", name);
		t->option[i] = (struct option_file){ .t = t, .n = i };
		if (tracefs_file(vfs, path, 0644, &one, &t->option[i]))
			return -ENOMEM;
	}
	return 0;
}

static int options_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;
	const char *name;
	bool on;

	for (unsigned i = 0; (name = option_name(t, i, &on)); i++)
		seq_printf(m, "%s%s\n", on ? "" : "no", name);
	return 0;
}

static int options_write(void *data, const char *buf, size_t len, struct extack *err)
{
	char name[64];

	while (len && strchr(" \t\n", buf[len - 1]))
		len--;
	while (len && strchr(" \t\n", *buf)) {
		buf++;
		len--;
	}
	if (len >= sizeof(name))
		return extack_fail(err, -EINVAL, "no option has a name of %zu bytes; see trace_options", len);
	memcpy(name, buf, len);
	name[len] = 0;
	return set_option(data, name, err);
}

static int option_show(struct seq_file *m, void *data)
{
	const struct option_file *f = data;
	bool on = false;

	option_name(f->t, f->n, &on);
	seq_printf(m, "%d\n", on);
	return 0;
}

static int option_write(void *data, const char *buf, size_t len, struct extack *err)
{
	const struct option_file *f = data;
	char name[64];
	bool on;

	while (len && strchr(" \t\n", buf[len - 1]))
		len--;
	if (len != 1 || (*buf != '0' && *buf != '1'))
		return extack_fail(err, -EINVAL, "an option is 0 or 1");
	snprintf(name, sizeof(name), "%s%s", *buf == '1' ? "" : "no", option_name(f->t, f->n, &on));
	return set_option(f->t, name, err);
}

static int set_option(struct tracefs *t, const char *name, struct extack *err)
{
	if (!strcmp(name, "stacktrace") || !strcmp(name, "nostacktrace")) {
		t->s.stacktrace = *name == 's';
		return t->armed ? tracefs_apply(t, err) : 0;
	}
	if (view_text_option(&t->s.text, name))
		return extack_fail(err, -EINVAL, "no option is called \"%s\"; trace_options lists them", name);
	return 0;
}

static const char *option_name(const struct tracefs *t, unsigned n, bool *ret_on)
{
	const char *name;

	if (!n) {
		*ret_on = t->s.stacktrace;
		return "stacktrace";
	}
	name = view_text_option_name(&t->s.text, n - 1, ret_on);
	return name;
}
