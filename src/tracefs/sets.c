/* SPDX-License-Identifier: MIT */
/*
 * sets.c - the files that hold functions: set_ftrace_filter, set_ftrace_notrace, set_graph_function, set_graph_notrace
 *
 * Theory of operation
 *   A write is words between blanks; each adds the functions that it means, one that begins with ! takes them out. A word is a name or a glob (*, ?, []), with or
 *   without :mod:MODULE behind it (MODULE: a driver, or a source file such as ipv4/udp_input, globs too). Names of other kernels and drivers are
 *   understood (src/trace/names.tab), endings of compilers do not matter. As in Linux the words before a wrong one have been taken when the write
 *   fails with EINVAL. Opening with O_TRUNC empties the set. The empty set reads as a comment that says what it means.
 * Threads: the control thread.
 * Mirrors: kernel/trace/ftrace.c.
 */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "tracefs/tracefs_impl.h"
#include "view/names.h"

static const struct {
	const char *file, *empty;
	enum fnset_nr nr;
} files[] = {
	{ "set_ftrace_filter", "#### all functions enabled ####\n", FN_FILTER },
	{ "set_ftrace_notrace", "#### no functions disabled ####\n", FN_NOTRACE },
	{ "set_graph_function", "#### all functions enabled ####\n", FN_GRAPH },
	{ "set_graph_notrace", "#### no functions disabled ####\n", FN_GRAPH_NOTRACE },
};

struct word {
	char name[128], module[64]; /* module "": any */
	bool out, glob;
};

static int set_show(struct seq_file *m, void *data);
static int set_write(void *data, const char *buf, size_t len, struct extack *err);
static int set_truncate(void *data, struct extack *err);
static int take_word(struct fnset *set, const char *text, size_t len, struct extack *err);
static unsigned take_functions(struct fnset *set, const struct word *w, bool others);
static int parse_word(struct word *w, const char *text, size_t len, struct extack *err);
static bool means(const struct word *w, const struct fgraph_func *f, bool others);
static bool glob_name(void *ctx, const char *name);

static const struct proc_ops set_ops = { .show = set_show, .write = set_write, .truncate = set_truncate };

int tracefs_add_sets(struct tracefs *t, struct vfs *vfs)
{
	for (unsigned i = 0; i < FN_SETS; i++) {
		struct fnset_file *f = &t->set_file[i];

		f->t = t;
		f->row = i;
		if (tracefs_file(vfs, files[i].file, 0644, &set_ops, f))
			return -ENOMEM;
	}
	return 0;
}

static int set_show(struct seq_file *m, void *data)
{
	const struct fnset_file *f = data;
	const struct fnset *set = &f->t->s.fn[files[f->row].nr];

	if (!set->n)
		seq_puts(m, files[f->row].empty);
	for (unsigned id = 0; set->n && id < fgraph_count(); id++)
		if (set->bit[id / 8] >> (id % 8) & 1)
			tracefs_show_function(m, id);
	return 0;
}

static int set_write(void *data, const char *buf, size_t len, struct extack *err)
{
	const struct fnset_file *f = data;
	struct tracefs *t = f->t;
	int ret = fgraph_init(err), again;

	for (size_t i = 0; !ret && i < len;) {
		size_t n = 0;

		while (i < len && strchr(" \t\n\r", buf[i]))
			i++;
		while (i + n < len && buf[i + n] && !strchr(" \t\n\r", buf[i + n]))
			n++;
		if (n)
			ret = take_word(&t->s.fn[files[f->row].nr], buf + i, n, err);
		if (ret == -EINVAL)
			tracefs_error(t, err ? err->msg : "", buf, len, (unsigned)i);
		i += n ? n : 1;
	}
	again = t->armed ? tracefs_apply(t, err) : 0;
	return ret ? ret : again;
}

static int set_truncate(void *data, struct extack *err)
{
	const struct fnset_file *f = data;
	struct tracefs *t = f->t;

	memset(&t->s.fn[files[f->row].nr], 0, sizeof(struct fnset));
	return t->armed ? tracefs_apply(t, err) : 0;
}

static int take_word(struct fnset *set, const char *text, size_t len, struct extack *err)
{
	unsigned found = 0;
	struct word w;
	int ret = parse_word(&w, text, len, err);

	if (ret)
		return ret;
	if (!w.glob) /* first those whose own name it is: that is quick */
		found = take_functions(set, &w, false);
	if (!found)
		found = take_functions(set, &w, true);
	if (found)
		return 0;
	return extack_fail(err, -EINVAL, "no function is called \"%.*s\"; see available_filter_functions", (int)len, text);
}

static unsigned take_functions(struct fnset *set, const struct word *w, bool others)
{
	unsigned found = 0;

	for (unsigned id = 0; id < fgraph_count(); id++) {
		bool in = set->bit[id / 8] >> (id % 8) & 1;

		if (!means(w, fgraph_func(id), others))
			continue;
		found++;
		if (in == !w->out)
			continue;
		set->bit[id / 8] ^= (uint8_t)(1u << (id % 8));
		set->n += w->out ? -1u : 1u;
	}
	return found;
}

static int parse_word(struct word *w, const char *text, size_t len, struct extack *err)
{
	const char *mod;
	size_t name;

	memset(w, 0, sizeof(*w));
	if (*text == '!') {
		w->out = true;
		text++;
		len--;
	}
	mod = memmem(text, len, ":mod:", 5);
	name = mod ? (size_t)(mod - text) : len;
	if (name >= sizeof(w->name) || (mod && len - name - 5 >= sizeof(w->module)))
		return extack_fail(err, -EINVAL, "the name \"%.*s\" is too long", 40, text);
	if (memchr(text, ':', name))
		return extack_fail(err, -EINVAL, "\"%.*s\": commands behind a colon are not supported, but :mod:MODULE", (int)len, text);
	memcpy(w->name, text, name);
	if (mod)
		memcpy(w->module, mod + 5, len - name - 5);
	if (mod && !*w->name)
		strcpy(w->name, "*");
	if (!*w->name)
		return extack_fail(err, -EINVAL, "a name or a pattern is missing behind \"!\"");
	w->glob = strpbrk(w->name, "*?[") != NULL;
	return 0;
}

/* @others: also by the names that it has elsewhere */
static bool means(const struct word *w, const struct fgraph_func *f, bool others)
{
	if (*w->module && (!f->module || fnmatch(w->module, f->module, 0)) && fnmatch(w->module, f->file, 0))
		return false;
	if (!w->glob && !others)
		return view_names_base(f->name) == view_names_base(w->name) && !strncmp(f->name, w->name, view_names_base(w->name));
	if (!w->glob)
		return view_names_is(f->name, w->name);
	return !fnmatch(w->name, f->name, 0) || view_names_each(f->name, glob_name, (void *)(uintptr_t)w->name);
}

static bool glob_name(void *ctx, const char *name)
{
	return !fnmatch(ctx, name, 0);
}
