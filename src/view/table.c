/* SPDX-License-Identifier: MIT */
/*
 * table.c - names: functions, drop reasons, devices
 *
 * Theory of operation
 *   Records carry numbers. view_table() is told what they mean, line by line, at any time: a
 *   function that a record named before its line came has a placeholder that the line fills in, so
 *   a pointer to it stays good. Strings of a line live until the next line of the same number.
 * Threads: those of view.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/fold.h"
#include "view/reader.h"

static int table_function(struct view *v, char *save);
static int table_named(struct view *v, struct map *m, char *save, bool sentence);
static int number(const char *word, int base, uint64_t max, uint64_t *ret);

int view_table(struct view *v, const char *line)
{
	size_t len = strcspn(line, "\n");
	char *copy, *save;
	int err = -EINVAL;

	if (line[0] == '\0' || line[1] != ' ')
		return -EINVAL;
	copy = view_alloc(v, 1, len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, line, len);
	view_clean(copy, len);
	save = copy + 2;
	if (line[0] == 'F')
		err = table_function(v, save);
	else if (line[0] == 'R')
		err = table_named(v, &v->reasons, save, true);
	else if (line[0] == 'D')
		err = table_named(v, &v->devices, save, false);
	free(copy);
	return err;
}

struct view_func *view_func_get(struct view *v, uint32_t id)
{
	struct func *f = view_map_get(&v->funcs, id);

	if (f)
		return &f->f;
	f = view_alloc(v, 1, sizeof(*f));
	if (!f)
		return NULL;
	snprintf(f->placeholder, sizeof(f->placeholder), "?%u", id);
	f->f = (struct view_func){ .id = id, .name = f->placeholder, .file = "" };
	if (view_map_put(v, &v->funcs, id, f)) {
		free(f);
		return NULL;
	}
	return &f->f;
}

const struct view_func *view_function(struct view *v, uint32_t id)
{
	static const struct view_func none = { .name = "?", .file = "" };
	const struct view_func *f = view_func_get(v, id);

	return f ? f : &none;
}

const char *view_reason(struct view *v, unsigned reason)
{
	const struct named *r = view_map_get(&v->reasons, reason);

	if (r && r->name)
		return r->name;
	if (!r) {
		struct named *new = view_alloc(v, 1, sizeof(*new));

		if (!new || view_map_put(v, &v->reasons, reason, new)) {
			free(new);
			return "reason ?";
		}
		snprintf(new->placeholder, sizeof(new->placeholder), "reason %u", reason);
		r = new;
	}
	return r->placeholder;
}

const char *view_reason_text(struct view *v, unsigned reason)
{
	const struct named *r = view_map_get(&v->reasons, reason);

	return r && r->text ? r->text : "";
}

const char *view_device(struct view *v, unsigned ifindex)
{
	const struct named *d = view_map_get(&v->devices, ifindex);

	if (d && d->name)
		return d->name;
	if (!d) {
		struct named *new = view_alloc(v, 1, sizeof(*new));

		if (!new || view_map_put(v, &v->devices, ifindex, new)) {
			free(new);
			return "if?";
		}
		snprintf(new->placeholder, sizeof(new->placeholder), "if%u", ifindex);
		d = new;
	}
	return d->placeholder;
}

static void func_drop(void *val)
{
	free(((struct func *)val)->text);
	free(val);
}

static void named_drop(void *val)
{
	free(((struct named *)val)->name);
	free(((struct named *)val)->text);
	free(val);
}

void view_table_free(struct view *v)
{
	view_map_free(&v->funcs, func_drop);
	view_map_free(&v->reasons, named_drop);
	view_map_free(&v->devices, named_drop);
}

/* "id addr name file [module]"; a file that is not known is "-". */
static int table_function(struct view *v, char *save)
{
	const char *id = strtok_r(NULL, " ", &save), *addr = strtok_r(NULL, " ", &save);
	char *name = strtok_r(NULL, " ", &save), *file = strtok_r(NULL, " ", &save),
	     *module = strtok_r(NULL, " ", &save);
	size_t nname, nfile, nmodule;
	uint64_t n, a;
	struct view_func *pub;
	struct func *f;
	char *text;

	if (!file || strtok_r(NULL, " ", &save) || number(id, 10, VIEW_FUNCTIONS - 1, &n) ||
	    number(addr, 16, UINT64_MAX, &a))
		return -EINVAL;
	nname = strlen(name) + 1;
	nfile = strlen(file) + 1;
	nmodule = module ? strlen(module) + 1 : 0;
	pub = view_func_get(v, (uint32_t)n);
	text = pub ? view_alloc(v, 1, nname + nfile + nmodule) : NULL;
	if (!text)
		return -ENOMEM;
	f = (struct func *)pub;
	memcpy(text, name, nname);
	memcpy(text + nname, file, nfile);
	if (module) {
		size_t bracket = module[0] == '[' && module[nmodule - 2] == ']' && nmodule > 3;

		memcpy(text + nname + nfile, module + bracket, nmodule - bracket);
		if (bracket)
			text[nname + nfile + nmodule - 3] = '\0';
	}
	free(f->text);
	f->text = text;
	pub->addr = a;
	pub->name = text;
	pub->file = strcmp(file, "-") ? text + nname : "";
	pub->module = module ? text + nname + nfile : NULL;
	pub->family = view_family(pub->name);
	return 0;
}

/* "number NAME rest of the line" */
static int table_named(struct view *v, struct map *m, char *save, bool sentence)
{
	const char *id = strtok_r(NULL, " ", &save), *name = strtok_r(NULL, " ", &save);
	struct named *r;
	char *copy, *text;
	uint64_t n;

	if (!name || number(id, 10, UINT32_MAX, &n))
		return -EINVAL;
	r = view_map_get(m, n);
	if (!r) {
		r = view_alloc(v, 1, sizeof(*r));
		if (!r || view_map_put(v, m, n, r)) {
			free(r);
			return -ENOMEM;
		}
		snprintf(r->placeholder, sizeof(r->placeholder), "%s%u",
			 m == &v->reasons ? "reason " : "if", (unsigned)n);
	}
	copy = view_alloc(v, 1, strlen(name) + 1);
	text = view_alloc(v, 1, (sentence && save ? strlen(save) : 0) + 1);
	if (!copy || !text) {
		free(copy);
		free(text);
		return -ENOMEM;
	}
	strcpy(copy, name);
	if (sentence && save)
		strcpy(text, save);
	free(r->name);
	free(r->text);
	r->name = copy;
	r->text = text;
	return 0;
}

static int number(const char *word, int base, uint64_t max, uint64_t *ret)
{
	char *end;

	if (!word || *word < '0' || (*word > '9' && (base == 10 || *word < 'a' || *word > 'f')))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(word, &end, base);
	return *end || errno || *ret > max ? -EINVAL : 0;
}
