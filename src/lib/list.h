/* SPDX-License-Identifier: MIT */
/*
 * list.h - intrusive doubly linked lists: list_head (ring) and hlist (one-pointer head).
 *
 * Names and meaning are those of Linux. The plain forms belong to one thread or one lock. The
 * _rcu forms let readers walk without a lock while ONE writer (or a lock of writers) changes the
 * list: insertion publishes with release, readers load with acquire, removal leaves the removed
 * node's forward pointer intact so that a reader standing on it walks on. A removed node is freed
 * only after a grace period. Mirrors: include/linux/{list,rculist}.h.
 */
#ifndef GN_LIB_LIST_H
#define GN_LIB_LIST_H

#include "lib/bug.h"

/**
 * struct list_head - node, or head, of a ring
 * @next: following node; the head itself at the end
 * @prev: preceding node
 */
struct list_head {
	struct list_head *next, *prev;
};

/** struct hlist_head - head of a chain: one pointer, for hash tables */
struct hlist_head {
	struct hlist_node *first;
};

/**
 * struct hlist_node - node of a chain
 * @next: following node or NULL
 * @pprev: the pointer that points to this node; NULL when on no chain
 */
struct hlist_node {
	struct hlist_node *next, **pprev;
};

/** LIST_POISON - what the pointers of a list_del()ed node hold: an address that faults */
#define LIST_POISON1	((void *)0x100)
#define LIST_POISON2	((void *)0x122)

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)
#define HLIST_HEAD_INIT		{ NULL }
#define INIT_HLIST_HEAD(ptr)	((ptr)->first = NULL)

/* The two halves of publication; relaxed stores where no new memory becomes visible. */
#define list_publish(p, v)	__atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#define list_fetch(p)		__atomic_load_n(&(p), __ATOMIC_ACQUIRE)

static __always_inline void INIT_LIST_HEAD(struct list_head *list)
{
	WRITE_ONCE(list->next, list);
	list->prev = list;
}

static __always_inline void list_add_between(struct list_head *n, struct list_head *prev,
					     struct list_head *next)
{
	next->prev = n;
	n->next = next;
	n->prev = prev;
	WRITE_ONCE(prev->next, n);
}

/** list_add() - insert @n right after @head (first) */
static __always_inline void list_add(struct list_head *n, struct list_head *head)
{
	list_add_between(n, head, head->next);
}

/** list_add_tail() - insert @n right before @head (last) */
static __always_inline void list_add_tail(struct list_head *n, struct list_head *head)
{
	list_add_between(n, head->prev, head);
}

static __always_inline void list_join(struct list_head *prev, struct list_head *next)
{
	next->prev = prev;
	WRITE_ONCE(prev->next, next);
}

/** list_del() - take @n out; its pointers are poisoned */
static __always_inline void list_del(struct list_head *n)
{
	list_join(n->prev, n->next);
	n->next = LIST_POISON1;
	n->prev = LIST_POISON2;
}

/** list_del_init() - take @n out and make it an empty ring of its own */
static __always_inline void list_del_init(struct list_head *n)
{
	list_join(n->prev, n->next);
	INIT_LIST_HEAD(n);
}

/** list_replace() - put @n where @old stands; @old is left as it is */
static __always_inline void list_replace(struct list_head *old, struct list_head *n)
{
	n->next = old->next;
	n->next->prev = n;
	n->prev = old->prev;
	n->prev->next = n;
}

static __always_inline void list_move(struct list_head *n, struct list_head *head)
{
	list_join(n->prev, n->next);
	list_add(n, head);
}

static __always_inline void list_move_tail(struct list_head *n, struct list_head *head)
{
	list_join(n->prev, n->next);
	list_add_tail(n, head);
}

static __always_inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static __always_inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static __always_inline bool list_is_last(const struct list_head *n, const struct list_head *head)
{
	return n->next == head;
}

static __always_inline void list_splice_between(struct list_head *list, struct list_head *prev,
						struct list_head *next)
{
	struct list_head *first = list->next, *last = list->prev;

	first->prev = prev;
	prev->next = first;
	last->next = next;
	next->prev = last;
}

/** list_splice_init() - move all of @list to the front of @head; @list becomes empty */
static __always_inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	if (!list_empty(list)) {
		list_splice_between(list, head, head->next);
		INIT_LIST_HEAD(list);
	}
}

/** list_splice_tail_init() - move all of @list to the end of @head; @list becomes empty */
static __always_inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	if (!list_empty(list)) {
		list_splice_between(list, head->prev, head);
		INIT_LIST_HEAD(list);
	}
}

#define list_entry(ptr, type, member)		container_of(ptr, type, member)
#define list_first_entry(head, type, member)	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)	list_entry((head)->prev, type, member)
#define list_next_entry(pos, member)	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member)	list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))

#define list_for_each(pos, head) \
	for (pos = (head)->next; pos != (head); pos = pos->next)
#define list_for_each_safe(pos, n, head) \
	for (pos = (head)->next, n = pos->next; pos != (head); pos = n, n = pos->next)
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_first_entry(head, __typeof__(*pos), member);		\
	     &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member)				\
	for (pos = list_last_entry(head, __typeof__(*pos), member);		\
	     &pos->member != (head); pos = list_prev_entry(pos, member))
#define list_for_each_entry_continue(pos, head, member)				\
	for (pos = list_next_entry(pos, member);				\
	     &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_from(pos, head, member)				\
	for (; &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_first_entry(head, __typeof__(*pos), member),		\
	     n = list_next_entry(pos, member);					\
	     &pos->member != (head); pos = n, n = list_next_entry(n, member))

/* ---- hlist ---- */

static __always_inline void INIT_HLIST_NODE(struct hlist_node *n)
{
	n->next = NULL;
	n->pprev = NULL;
}

static __always_inline bool hlist_unhashed(const struct hlist_node *n)
{
	return !n->pprev;
}

static __always_inline bool hlist_empty(const struct hlist_head *h)
{
	return !READ_ONCE(h->first);
}

static __always_inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	if (first)
		first->pprev = &n->next;
	WRITE_ONCE(h->first, n);
	n->pprev = &h->first;
}

/** hlist_add_before() - insert @n before @next, which is on a chain */
static __always_inline void hlist_add_before(struct hlist_node *n, struct hlist_node *next)
{
	n->pprev = next->pprev;
	n->next = next;
	next->pprev = &n->next;
	WRITE_ONCE(*n->pprev, n);
}

/** hlist_add_behind() - insert @n after @prev, which is on a chain */
static __always_inline void hlist_add_behind(struct hlist_node *n, struct hlist_node *prev)
{
	n->next = prev->next;
	WRITE_ONCE(prev->next, n);
	n->pprev = &prev->next;
	if (n->next)
		n->next->pprev = &n->next;
}

static __always_inline void hlist_unlink(struct hlist_node *n)
{
	struct hlist_node *next = n->next;

	WRITE_ONCE(*n->pprev, next);
	if (next)
		next->pprev = n->pprev;
}

/** hlist_del() - take @n out; its pointers are poisoned */
static __always_inline void hlist_del(struct hlist_node *n)
{
	hlist_unlink(n);
	n->next = LIST_POISON1;
	n->pprev = LIST_POISON2;
}

/** hlist_del_init() - take @n out if it is on a chain; it becomes unhashed */
static __always_inline void hlist_del_init(struct hlist_node *n)
{
	if (!hlist_unhashed(n)) {
		hlist_unlink(n);
		INIT_HLIST_NODE(n);
	}
}

#define hlist_entry(ptr, type, member)	container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) hlist_entry_safe_(ptr, type, member, GN_UNIQUE(hp_))
#define hlist_entry_safe_(ptr, type, member, p) __extension__({				\
	__typeof__(ptr) p = (ptr);							\
	p ? hlist_entry(p, type, member) : NULL; })

#define hlist_for_each_entry(pos, head, member)						\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member);		\
	     pos; pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), member))
#define hlist_for_each_entry_safe(pos, n, head, member)					\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member);		\
	     pos && ({ n = pos->member.next; 1; });					\
	     pos = hlist_entry_safe(n, __typeof__(*(pos)), member))

/* ---- one writer, readers without a lock ---- */

static __always_inline void list_add_between_rcu(struct list_head *n, struct list_head *prev,
						 struct list_head *next)
{
	n->next = next;
	n->prev = prev;
	list_publish(prev->next, n);
	next->prev = n;
}

static __always_inline void list_add_rcu(struct list_head *n, struct list_head *head)
{
	list_add_between_rcu(n, head, head->next);
}

static __always_inline void list_add_tail_rcu(struct list_head *n, struct list_head *head)
{
	list_add_between_rcu(n, head->prev, head);
}

/** list_del_rcu() - take @n out; readers that stand on it walk on. Free it after a grace period */
static __always_inline void list_del_rcu(struct list_head *n)
{
	list_join(n->prev, n->next);
	n->prev = LIST_POISON2;
}

/** list_replace_rcu() - readers see either @old or @n in its place */
static __always_inline void list_replace_rcu(struct list_head *old, struct list_head *n)
{
	n->next = old->next;
	n->prev = old->prev;
	list_publish(n->prev->next, n);
	n->next->prev = n;
	old->prev = LIST_POISON2;
}

#define list_entry_rcu(ptr, type, member)	container_of(list_fetch(ptr), type, member)
#define list_for_each_entry_rcu(pos, head, member)				\
	for (pos = list_entry_rcu((head)->next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_continue_rcu(pos, head, member)			\
	for (pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))

static __always_inline void hlist_add_head_rcu(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	n->pprev = &h->first;
	list_publish(h->first, n);
	if (first)
		first->pprev = &n->next;
}

static __always_inline void hlist_add_before_rcu(struct hlist_node *n, struct hlist_node *next)
{
	n->pprev = next->pprev;
	n->next = next;
	list_publish(*n->pprev, n);
	next->pprev = &n->next;
}

static __always_inline void hlist_add_behind_rcu(struct hlist_node *n, struct hlist_node *prev)
{
	n->next = prev->next;
	n->pprev = &prev->next;
	list_publish(prev->next, n);
	if (n->next)
		n->next->pprev = &n->next;
}

/** hlist_add_tail_rcu() - append @n; walks the chain */
static __always_inline void hlist_add_tail_rcu(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node **link = &h->first;

	while (*link)
		link = &(*link)->next;
	n->next = NULL;
	n->pprev = link;
	list_publish(*link, n);
}

/** hlist_del_rcu() - take @n out; readers that stand on it walk on. Free it after a grace period */
static __always_inline void hlist_del_rcu(struct hlist_node *n)
{
	hlist_unlink(n);
	n->pprev = LIST_POISON2;
}

/** hlist_del_init_rcu() - the same; afterwards hlist_unhashed(@n) */
static __always_inline void hlist_del_init_rcu(struct hlist_node *n)
{
	if (!hlist_unhashed(n)) {
		hlist_unlink(n);
		n->pprev = NULL;
	}
}

#define hlist_for_each_entry_rcu(pos, head, member)					\
	for (pos = hlist_entry_safe(list_fetch((head)->first), __typeof__(*(pos)), member); \
	     pos; pos = hlist_entry_safe(list_fetch((pos)->member.next),		\
					 __typeof__(*(pos)), member))

#endif
