/* SPDX-License-Identifier: MIT */
#ifndef VIEW_READER_H
#define VIEW_READER_H
/*
 * reader.h - what the files of the reader share
 *
 * Theory of operation
 *   reader.c takes the slots of a CPU apart and knows which task is on it; tree.c nests the calls
 *   of a task; packet.c knows which packet a CPU worked for at which tick, and the packets; clock.c
 *   turns ticks into ns; table.c has the names; mem.c has nodes and the map of numbers. A call is
 *   nested by ticks and gets its ns when its root is handed out, or shown open.
 * Threads: those of view.h. Included by libview alone and by its tests.
 */
#include "view/view.h"

#define VIEW_ANY_DEPTH 256 /* of a leaf that nobody contains yet: deeper than any call */
#define VIEW_FUNCTIONS GN_TRACE_KIND

/* A call or leaf, with what only the reader needs. */
struct node {
	struct view_node n; /* first: a view_node is a node */
	struct node *prev;
	uint64_t t0, t1; /* ticks */
	uint64_t inside; /* ns of its children */
	bool open, slept, ns_known, own_frame;
	struct node *next_verdict;
	struct view_packet *sole; /* of a root: the only packet that it worked for */
	bool several;		  /* there is more than one */
};

static inline struct node *node_of(const struct view_node *n)
{
	return (struct node *)n;
}

/* Numbers to things. */
struct map {
	struct map_slot {
		uint64_t key; /* plus 1; 0: free */
		void *val;
	} * slot;
	size_t n, size;
};

struct func {
	struct view_func f;
	char *text; /* owns the strings */
	char placeholder[16];
};

/* A reason or device. */
struct named {
	char *name, *text;
	char placeholder[24];
};

struct packet {
	struct view_packet pub; /* first: a view_packet is a packet */
	struct node *last_verdict;
	unsigned held; /* nodes of kept roots that are its */
};

struct task {
	struct view_task pub;
	struct task *next; /* in order of first sight */
	struct node top;   /* its children: what waits for its caller's record */
	struct node *open; /* innermost announced call; n.parent leads outwards, to top */
};

/* From t on this CPU worked for p. */
struct stint {
	uint64_t t;
	struct view_packet *p;
};

struct cpu {
	struct task *task;
	unsigned shown; /* of a stream of programs: the CPU whose these are, plus 1 */
	uint64_t now; /* ticks: nothing of this CPU was written later, so far */
	bool begun;   /* a record with a time was seen */
	bool lossy;   /* records were lost since the last one */
	uint64_t begin,
		lossy_until; /* calls that began earlier: their beginning, their callees may be missing */
	struct view_packet *base; /* worked for before the first stint */
	struct stint *stint;
	size_t n_stints, cap_stints;
	struct node *verdict; /* written just now: a STACK is its */
	bool announcing;
	struct gn_trace_rec *part; /* a record whose other slots are still to come, n_part so far */
	unsigned n_part;
};

/* Between two CLOCK records time runs evenly: ns = this ns + (tick - this tick) * rate / 2^32. */
struct segment {
	uint64_t tick, ns, rate;
	uint64_t real; /* CLOCK_REALTIME less CLOCK_MONOTONIC */
};

struct clock {
	bool ready;
	struct segment *seg;
	size_t n, cap;
	/* the first CLOCK, while the rate is unknown */
	bool first;
	uint64_t tick, ns, real;
	uint64_t true_tick, true_ns; /* the last one used */
	uint64_t near_tick, near_ns; /* the last one too close to the first */
};

struct view {
	struct view_ops ops;
	void *ctx;
	uint64_t errors, lost;
	struct map funcs, reasons, devices, task_map, packet_map;
	struct cpu cpu[VIEW_CPUS];
	struct clock clock;
	struct view_packet **packet;
	size_t n_packets, cap_packets;
	unsigned packets_seen;
	struct view_node **kept;
	size_t n_kept, cap_kept;
	bool kept_sorted;
	struct task *tasks, **tasks_tail;
	struct node *handing;		/* root inside ops->root; NULL when it is kept */
	bool starved;			/* a root could not be kept */
	struct node *wait, **wait_tail; /* roots before the first CLOCK */
	struct node *pool;
	struct pool_block *blocks;
	/* tests: the n-th allocation from now fails, and all after it; 0: none */
	unsigned long fail_nth;
};

/* The number of @c, or of the CPU that a program's call belongs to. */
static inline unsigned view_cpu_shown(const struct view *v, const struct cpu *c)
{
	return c->shown ? c->shown - 1 : (unsigned)(c - v->cpu);
}

/* --- mem.c --- */
void *view_alloc(struct view *v, size_t n, size_t size); /* zeroed */
/* Room for one more in *@array of @n elements: 0 or -ENOMEM. */
int view_more(struct view *v, void *array, size_t n, size_t *cap, size_t size);
void *view_map_get(const struct map *m, uint64_t key);
int view_map_put(struct view *v, struct map *m, uint64_t key, void *val);
void view_map_del(struct map *m, uint64_t key);
void view_map_free(struct map *m, void (*drop)(void *val));
struct node *view_node_new(struct view *v, enum view_kind kind);
void view_node_free(struct view *v, struct node *x);
/* Give a tree back. A verdict that a packet has stays, alone. */
void view_tree_free(struct view *v, struct node *root);
void view_pool_free(struct view *v);
/* What may be shown: control characters become '?'. */
void view_clean(char *text, size_t len);
/* The next of a walk through the tree under @root, callers first; NULL: the end. */
struct view_node *view_step(const struct view_node *root, const struct view_node *at);
/* The same without going into @at. */
struct view_node *view_step_over(const struct view_node *root, const struct view_node *at);

/* --- table.c --- */
struct view_func *view_func_get(struct view *v, uint32_t id); /* NULL without memory */
void view_table_free(struct view *v);

/* --- clock.c --- */
int view_clock_add(struct view *v, uint64_t tick, const struct gn_trace_clock *c,
		   uint32_t ticks_per_ms);
void view_clock_assume(struct view *v);
uint64_t view_clock_ns(const struct clock *c, uint64_t tick); /* at least 1 */
void view_clock_free(struct clock *c);

/* --- packet.c --- */
struct view_packet *view_packet_get(struct view *v,
				    uint32_t id); /* NULL: id 0, or without memory */
int view_packet_switch(struct view *v, struct cpu *c, uint64_t t, uint32_t id);
struct view_packet *view_packet_at(const struct cpu *c, uint64_t t);
/* A call at depth 0 ended: nothing that is still to come began earlier. */
void view_packet_settle(struct cpu *c);
/* A root is kept (@by 1) or given back (-1): its packets cannot be forgotten meanwhile. */
void view_packet_hold(struct view_node *root, int by);
void view_packet_free(struct view *v);

/* --- tree.c --- */
/* A call returned: @x has its function, depth and ticks. */
void view_tree_exit(struct view *v, struct cpu *c, struct task *k, struct node *x);
/* A call is open: 0 or -ENOMEM. */
int view_tree_entry(struct view *v, struct cpu *c, struct task *k, const struct gn_trace_rec *r,
		    unsigned depth);
void view_tree_leaf(struct view *v, struct task *k, struct node *x);
/* The task went to sleep with open calls: ops->open. */
void view_tree_announce(struct view *v, struct task *k);
/* All that the task has, open calls too. */
void view_tree_flush(struct view *v, struct task *k);
/* Hand out what waited for the clock. */
void view_tree_clock_ready(struct view *v);
/*
 * A record of the function @r ends the open calls at its depth and deeper. True: one of them is its
 * own, and done. @end: in ticks.
 */
bool view_tree_close(struct view *v, struct cpu *c, struct task *k, const struct gn_trace_rec *r,
		     uint64_t end);

#endif
