/* SPDX-License-Identifier: MIT */
/*
 * mem.c - memory of the reader: nodes, a map of numbers, growing arrays
 *
 * Theory of operation
 *   A root is given back when it was handed out, and the next call takes its nodes: a live trace
 *   runs in constant memory. Nodes come in blocks of 64. All memory is taken here, so a test can
 *   make each of it fail.
 * Threads: those of view.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/reader.h"

#define BLOCK 64

struct pool_block {
	struct pool_block *next;
	struct node node[BLOCK];
};

static bool may_alloc(struct view *v)
{
	if (!v->fail_nth)
		return true;
	if (v->fail_nth == 1)
		return false;
	v->fail_nth--;
	return true;
}

void *view_alloc(struct view *v, size_t n, size_t size)
{
	return may_alloc(v) ? calloc(n, size) : NULL;
}

int view_more(struct view *v, void *array, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap * 2 : 16;
	void *old, *new;

	if (n < *cap)
		return 0;
	memcpy(&old, array, sizeof(old));
	new = may_alloc(v) ? reallocarray(old, want, size) : NULL;
	if (!new)
		return -ENOMEM;
	memcpy(array, &new, sizeof(new));
	*cap = want;
	return 0;
}

static size_t map_home(const struct map *m, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 20) & (m->size - 1);
}

static size_t map_find(const struct map *m, uint64_t key)
{
	size_t i = map_home(m, key);

	while (m->slot[i].key && m->slot[i].key != key + 1)
		i = (i + 1) & (m->size - 1);
	return i;
}

void *view_map_get(const struct map *m, uint64_t key)
{
	return m->size ? m->slot[map_find(m, key)].val : NULL;
}

static int map_grow(struct view *v, struct map *m)
{
	struct map old = *m, new = { .n = m->n, .size = m->size ? m->size * 2 : 64 };

	new.slot = view_alloc(v, new.size, sizeof(*new.slot));
	if (!new.slot)
		return -ENOMEM;
	for (size_t i = 0; i < old.size; i++)
		if (old.slot[i].key)
			new.slot[map_find(&new, old.slot[i].key - 1)] = old.slot[i];
	free(old.slot);
	*m = new;
	return 0;
}

int view_map_put(struct view *v, struct map *m, uint64_t key, void *val)
{
	struct map_slot *s;

	if (m->n * 2 >= m->size && map_grow(v, m))
		return -ENOMEM;
	s = &m->slot[map_find(m, key)];
	if (!s->key)
		m->n++;
	*s = (struct map_slot){ key + 1, val };
	return 0;
}

/* Those that were pushed on by what stood here move back. */
void view_map_del(struct map *m, uint64_t key)
{
	size_t hole, i;

	if (!view_map_get(m, key))
		return;
	hole = i = map_find(m, key);
	m->n--;
	for (;;) {
		m->slot[hole] = (struct map_slot){ .val = NULL };
		do {
			i = (i + 1) & (m->size - 1);
			if (!m->slot[i].key)
				return;
			/* it stays where it is if its home lies behind the hole */
		} while (((i - map_home(m, m->slot[i].key - 1)) & (m->size - 1)) <
			 ((i - hole) & (m->size - 1)));
		m->slot[hole] = m->slot[i];
		hole = i;
	}
}

void view_map_free(struct map *m, void (*drop)(void *val))
{
	for (size_t i = 0; i < m->size; i++)
		if (m->slot[i].key)
			drop(m->slot[i].val);
	free(m->slot);
}

struct node *view_node_new(struct view *v, enum view_kind kind)
{
	struct node *x = v->pool;

	if (!x) {
		struct pool_block *b = view_alloc(v, 1, sizeof(*b));

		if (!b)
			return NULL;
		b->next = v->blocks;
		v->blocks = b;
		for (size_t i = 0; i < BLOCK; i++) {
			b->node[i].prev = v->pool;
			v->pool = &b->node[i];
		}
		x = v->pool;
	}
	v->pool = x->prev;
	memset(x, 0, sizeof(*x));
	x->n.kind = kind;
	return x;
}

void view_node_free(struct view *v, struct node *x)
{
	if (x->n.kind == VIEW_MARK)
		free((char *)x->n.text);
	if (x->n.kind == VIEW_FRAME && x->own_frame)
		free(x->n.frame);
	free((uint32_t *)x->n.stack);
	memset(x, 0, sizeof(*x));
	x->prev = v->pool;
	v->pool = x;
}

void view_tree_free(struct view *v, struct node *root)
{
	struct node *x = root, *next;

	while (x) {
		while (x->n.child)
			x = node_of(x->n.child);
		next = x == root ? NULL : x->n.next ? node_of(x->n.next) : node_of(x->n.parent);
		if (x->n.parent)
			x->n.parent->child = x->n.next;
		x->n.parent = x->n.next = NULL;
		if (x->n.kind != VIEW_VERDICT || !x->n.packet)
			view_node_free(v, x);
		x = next;
	}
}

void view_pool_free(struct view *v)
{
	struct pool_block *next;

	for (struct pool_block *b = v->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
}

void view_clean(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			text[i] = '?';
}

struct view_node *view_step_over(const struct view_node *root, const struct view_node *at)
{
	while (at != root) {
		if (at->next)
			return at->next;
		at = at->parent;
	}
	return NULL;
}

struct view_node *view_step(const struct view_node *root, const struct view_node *at)
{
	return at->child ? at->child : view_step_over(root, at);
}
