/* SPDX-License-Identifier: MIT */
/*
 * folded.c - folded stacks: "root;...;leaf ns", for flamegraph.pl, inferno and speedscope
 *
 * Theory of operation
 *   The roots are laid over each other in one tree of names; a place in it sums the self time of its calls: their time less that of their callees. Then each place
 *   with time, or without callees, gives a line. Lines are sorted by bytes. Hidden calls count for their caller.
 *   Called by: the command. Calls: libview, export.c.
 *   Owns: the tree and the lines, until it returns. Depth of recursion: that of a call tree, at most 256, and one for the packet.
 *   Threads: those of view.h. Refuses nothing; ';' in a name becomes ':'.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/export_impl.h"

struct place {
	const char *name;
	uint32_t packet; /* bottom frame of one packet: its number; else 0 */
	bool bottom;
	uint64_t self;
	struct place *up, *down, *next;
	struct place *all; /* chain of all places */
};

struct folded {
	const struct view_export *x;
	struct place top;
	struct place *all;
	size_t n;
};

static int fold_root(struct folded *f, const struct view_node *root);
static int fold_call(struct folded *f, struct place *up, const struct view_node *node, const struct view_packet *sole, uint64_t lo, uint64_t hi,
		     uint64_t *ret_end);
static struct place *bottom_of(struct folded *f, const struct view_packet *packet);
static struct place *place_below(struct folded *f, struct place *up, const char *name, bool bottom, uint32_t packet);
static struct place *fold_path(struct folded *f, struct place *bottom, const struct view_node *node);
static int print_lines(struct folded *f);
static void put_line(FILE *out, const struct place *p, unsigned depth);
static void put_name(FILE *out, const struct place *p);
static int by_text(const void *a, const void *b);

int view_folded(struct view *v, const struct view_export *x)
{
	struct folded f = { .x = x };
	size_t n, i;
	struct view_node *const *root = view_roots(v, &n);
	struct place *p, *next;
	int ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = fold_root(&f, root[i]);
	if (!ret)
		ret = print_lines(&f);
	for (p = f.all; p; p = next) {
		next = p->all;
		free(p);
	}
	return ret ? ret : export_flush(x->out);
}

static int fold_root(struct folded *f, const struct view_node *root)
{
	const struct view_packet *sole = export_sole(root);
	struct place *up = &f->top;
	uint64_t end;

	if (root->kind != VIEW_CALL || export_hides(f->x, root) || (f->x->only && !view_concerns(root, f->x->only)))
		return 0;
	if (f->x->per_packet)
		up = bottom_of(f, root->packet ? root->packet : sole);
	return up ? fold_call(f, up, root, sole, root->start, UINT64_MAX, &end) : -ENOMEM;
}

static int fold_call(struct folded *f, struct place *up, const struct view_node *node, const struct view_packet *sole, uint64_t lo, uint64_t hi,
		     uint64_t *ret_end)
{
	uint64_t start = node->start < lo ? lo : node->start > hi ? hi : node->start;
	uint64_t end = export_node_end(node), child_start, child_end, inside = 0;
	const struct view_packet *packet = node->packet ? node->packet : sole;
	const struct view_node *child;
	struct place *p;
	int ret = 0;

	end = end < start ? start : end > hi ? hi : end;
	p = place_below(f, up, export_name(f->x, node->func), false, 0);
	if (!p)
		return -ENOMEM;
	*ret_end = end;
	lo = start;
	for (child = node->child; child && !ret; child = child->next) {
		const struct view_packet *theirs = child->packet ? child->packet : sole;
		struct place *below = p;

		if (child->kind != VIEW_CALL || export_hides(f->x, child))
			continue;
		child_start = child->start < lo ? lo : child->start > end ? end : child->start;
		if (f->x->only && !view_concerns(child, f->x->only)) {
			/* another packet's time is nobody's here */
			child_end = export_node_end(child);
			lo = child_end < child_start ? child_start : child_end > end ? end : child_end;
			inside += lo - child_start;
			continue;
		}
		if (f->x->per_packet && theirs != packet)
			below = fold_path(f, bottom_of(f, theirs), node);
		ret = below ? fold_call(f, below, child, sole, lo, end, &child_end) : -ENOMEM;
		if (ret)
			break;
		inside += child_end - child_start;
		lo = child_end;
	}
	p->self += end - start - inside;
	return ret;
}

/* The frame of a packet; of those calls that work for none, too. */
static struct place *bottom_of(struct folded *f, const struct view_packet *packet)
{
	return place_below(f, &f->top, "", true, packet ? packet->number : 0);
}

/* The place of @node above another bottom: a call for one packet whose caller worked for another. */
static struct place *fold_path(struct folded *f, struct place *bottom, const struct view_node *node)
{
	struct place *up = bottom;

	if (node->parent)
		up = fold_path(f, bottom, node->parent);
	return up ? place_below(f, up, export_name(f->x, node->func), false, 0) : NULL;
}

static struct place *place_below(struct folded *f, struct place *up, const char *name, bool bottom, uint32_t packet)
{
	struct place *p;

	if (!up)
		return NULL;
	for (p = up->down; p; p = p->next) {
		if (p->bottom == bottom && p->packet == packet && !strcmp(p->name, name))
			return p;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	*p = (struct place){ .name = name, .packet = packet, .bottom = bottom, .up = up, .next = up->down, .all = f->all };
	up->down = p;
	f->all = p;
	f->n++;
	return p;
}

static int print_lines(struct folded *f)
{
	char **line = calloc(f->n + 1, sizeof(*line));
	struct place *p;
	size_t n = 0, i, len;
	FILE *mem;
	int ret = 0;

	if (!line)
		return -ENOMEM;
	for (p = f->all; p && !ret; p = p->all) {
		if (p->bottom || (!p->self && p->down))
			continue;
		mem = open_memstream(&line[n], &len);
		if (!mem) {
			ret = -ENOMEM;
			break;
		}
		put_line(mem, p, 0);
		fprintf(mem, " %llu\n", (unsigned long long)p->self);
		if (fclose(mem) || !line[n])
			ret = -ENOMEM;
		n++;
	}
	if (!ret && n)
		qsort(line, n, sizeof(*line), by_text);
	for (i = 0; i < n; i++) {
		if (!ret)
			fputs(line[i], f->x->out);
		free(line[i]);
	}
	free(line);
	return ret;
}

static void put_line(FILE *out, const struct place *p, unsigned depth)
{
	if (p->up->up)
		put_line(out, p->up, depth + 1);
	put_name(out, p);
	if (depth)
		putc(';', out);
}

static void put_name(FILE *out, const struct place *p)
{
	const char *s;

	if (p->bottom && p->packet)
		fprintf(out, "packet %u", p->packet);
	else if (p->bottom)
		fputs("no packet", out);
	for (s = p->name; *s; s++)
		putc(*s == ';' ? ':' : *s, out);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}
