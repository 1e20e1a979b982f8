/* SPDX-License-Identifier: MIT */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H
/*
 * view.h - the tracer's records as trees, packets and text
 *
 * Theory of operation
 *   view_table() is told the tables (functions, drop reasons, devices), view_feed() the slots of each CPU in order. The reader nests functions by depth and by
 *   containment in time, a stack of pending calls a task, and hands out finished roots (a root is a call at depth 0, with all below it) to view_ops, in
 *   the order in which they end. Packets are put together from PACKET, FRAME and VERDICT records: a call belongs to the packet that was
 *   worked for when it was entered; a root that worked for one packet only belongs to it whole.
 *   Nothing here trusts its input: a trace file may come from anywhere, a stream may begin in the middle. Whatever it holds, children lie inside their
 *   parent in depth and time, and siblings follow each other; a call whose caller's record was lost is a root with a depth over 0. Marks, verdicts
 *   and frames that happened outside of every recorded call are roots, too.
 * Threads: one at a time a struct view. Depends on libc and the uapi header only: the daemon renders `trace` with it, the command all formats.
 * Times are ns since boot (CLOCK_MONOTONIC). Roots wait until ticks can be turned into ns: from the first CLOCK record that says the rate, or the second.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <glassnet/uapi/trace.h>

#define VIEW_CPUS 64

struct view;
struct view_packet;

struct view_func {
	uint32_t id;
	const char *name;   /* "?NNN" when the tables do not say */
	const char *file;   /* "ipv4/udp_input", "" unknown */
	const char *module; /* "tap", NULL */
	uint64_t addr;
	unsigned family;    /* VIEW_FOLD_*: what kind of helper it is */
};

#define VIEW_FOLD_LOCK 1u  /* spin locks, bh sections, RCU */
#define VIEW_FOLD_SLAB 2u  /* memory */
#define VIEW_FOLD_WAKE 4u  /* wait queues, wake-ups */
#define VIEW_FOLD_SMALL 8u /* lists, counters, atomic operations */
#define VIEW_FOLD_ALL 15u

struct view_task {
	uint32_t tid;
	char comm[16];
};

enum view_kind {
	VIEW_CALL,
	VIEW_MARK,    /* text of trace_marker, a leaf */
	VIEW_VERDICT, /* a packet ended here, a leaf */
	VIEW_FRAME,   /* bytes of a packet were seen here, a leaf */
};

/* One call, or one leaf between calls. */
struct view_node {
	enum view_kind kind;
	const struct view_func *func;	    /* VIEW_CALL */
	uint64_t start, end;		    /* ns; end == 0: open (not returned when the data ended) */
	bool saturated;			    /* the duration did not fit: end is a lower bound */
	bool headless;			    /* records were lost while it ran: its callees may be missing */
	bool cut;			    /* it began before the data does */
	uint64_t asleep;		    /* ns of end - start that its task was not on the CPU */
	unsigned depth, cpu;
	const struct view_task *task;
	struct view_packet *packet;	    /* worked for when it was entered; NULL none */
	struct view_node *parent, *child, *last_child, *next;
	union {
		const char *text;			    /* VIEW_MARK */
		struct gn_trace_verdict verdict;	    /* VIEW_VERDICT */
		struct view_bytes *frame;		    /* VIEW_FRAME */
	};
	const uint32_t *stack;		    /* VIEW_VERDICT: function ids, innermost first, nstack of them */
	unsigned nstack;
};

struct view_bytes {
	uint64_t time;
	struct gn_trace_frame f;
	unsigned char byte[GN_TRACE_SNAPLEN];
	struct view_bytes *next;
};

/* A packet, copies and answers that inherited its id included. */
struct view_packet {
	uint32_t id;	 /* the tracer's */
	unsigned number; /* 1, 2, ... in order of first sight */
	uint64_t first, last; /* ns of its first and last happening */
	bool matched;	 /* it has a FRAME */
	struct view_bytes *frames, *last_frame;
	struct view_node *verdicts; /* chained by view_next_verdict() */
	unsigned n_verdicts;
	unsigned open;	 /* over 0 while a root with work for it has not ended */
	void *user;	 /* the caller's; not NULL: view_forget_idle() leaves it alone */
};

/**
 * struct view_ops - what the reader hands out; each may be NULL
 * @root:	a root ended. It lives until the callback returns, unless view_keep() was called on it.
 * @open:	a sleeping task's open calls became known (ENTRY): @node is the innermost; its ancestors have end 0. They end with @root later.
 * @lost:	@n records of @cpu were lost before the next root
 */
struct view_ops {
	void (*root)(void *ctx, struct view_node *root);
	void (*open)(void *ctx, struct view_node *node);
	void (*lost)(void *ctx, unsigned cpu, uint64_t n);
};

struct view *view_new(const struct view_ops *ops, void *ctx); /* NULL without memory */
void view_free(struct view *v);

/* One line of trace_tables ("F id addr name file [module]", "R id NAME text", "D ifindex name driver"): 0 or -EINVAL. */
int view_table(struct view *v, const char *line);
const struct view_func *view_function(struct view *v, uint32_t id); /* never NULL */
const char *view_reason(struct view *v, unsigned reason);	    /* "NO_SOCKET"; "reason 77" when unknown */
const char *view_reason_text(struct view *v, unsigned reason);	    /* its sentence, "" */
const char *view_device(struct view *v, unsigned ifindex);	    /* "gn0"; "if7" when unknown */

/* Slots of one CPU, in order: 0, or -ENOMEM. Hostile input makes no error: what is wrong is counted (view_errors). */
int view_feed(struct view *v, unsigned cpu, const struct gn_trace_rec *rec, size_t n);
/* A buffer of struct gn_trace_chunk and slots, as trace_pipe_raw gives: 0, -EINVAL (not chunks), -ENOMEM. */
int view_feed_chunks(struct view *v, const void *buf, size_t len);
/* The data ends: hands out roots that are still open. */
int view_end(struct view *v);
uint64_t view_errors(const struct view *v);
uint64_t view_lost(const struct view *v);

/* Roots that were kept live until view_free(). Inside ops->root only. */
void view_keep(struct view *v, struct view_node *root);
/* A kept root goes back before that, at any time. */
void view_drop(struct view *v, struct view_node *root);
/* Packets for which nothing is open or kept are forgotten, but for those with a user: a live trace runs in constant memory. Outside of callbacks. */
void view_forget_idle(struct view *v);
/* All kept roots, by start. */
struct view_node *const *view_roots(struct view *v, size_t *ret_n);
/* Packets in order of number. */
struct view_packet *const *view_packets(struct view *v, size_t *ret_n);
/* Does @node, or a call below it, work for @p, or is @node in a root that works for @p alone? */
bool view_concerns(const struct view_node *node, const struct view_packet *p);
struct view_node *view_next_verdict(const struct view_node *verdict);
/* Wall clock of a time: ns since 1970. */
uint64_t view_realtime(const struct view *v, uint64_t ns);

/* --- text.c, merge.c: ftrace's function_graph text, byte for byte --- */

enum view_profile {
	VIEW_FULL,
	VIEW_ARTICLE, /* the functions that the articles' trees name, and what they call them by */
	VIEW_PATH,    /* a line each for the stations of a datagram: device, IP, UDP, socket */
};

struct view_text {
	FILE *out;
	bool cpu, duration, overhead, irqs; /* on by default */
	bool abstime, proc, tail;	    /* off by default */
	bool sleep_time;		    /* on: time asleep counts (option sleep-time) */
	bool packets;			    /* off: verdicts and frames as comments (option funcgraph-packets) */
	bool thresh;			    /* tracing_thresh is set: as in Linux only returns are printed */
	bool whole;			    /* the beginning of a call that began before the data has a line, too */
	unsigned cpus;			    /* how many there are: width of the column, 1 by default */
	unsigned fold;			    /* 0: nothing; else bits VIEW_FOLD_*: these helpers are left out with their callees */
	enum view_profile profile;	    /* view_profile() */
	const struct view_packet *only;	    /* this packet's lines only */
	const char *(*rename)(void *ctx, const struct view_func *f); /* --names; NULL: our names */
	void *rename_ctx;
	bool (*hide)(void *ctx, const struct view_func *f);	     /* the call is left out, its callees too */
	void *hide_ctx;
	const char *(*note)(void *ctx, const struct view_func *f);   /* a comment behind the line of the call; NULL: none */
	void *note_ctx;
	/* state of the printer: last task of each CPU (task-switch separators), comm "": none */
	struct view_task last[VIEW_CPUS];
};
void view_text_init(struct view_text *t, FILE *out);
/* "funcgraph-abstime", "nofuncgraph-tail", "sleep-time", ..., the first without "funcgraph-", too: 0 or -EINVAL */
int view_text_option(struct view_text *t, const char *option);
/* The n-th name that view_text_option() takes, NULL behind the last; *@ret_on: is it on? */
const char *view_text_option_name(const struct view_text *t, unsigned n, bool *ret_on);
/* "full", "article", "path": 0 or -EINVAL */
int view_profile(struct view_text *t, const char *name);
void view_text_header(struct view_text *t);
/* A finished root, or what is open of it. */
void view_text_root(struct view_text *t, struct view *v, const struct view_node *root);
/* Several roots of several CPUs, in the order of time, line by line, as the file `trace` is. 0 or -ENOMEM */
int view_text_merge(struct view_text *t, struct view *v, struct view_node *const *root, size_t n);
/* "CPU:2 [LOST 33 EVENTS]" */
void view_text_lost(struct view_text *t, unsigned cpu, uint64_t n);

/* --- function.c: the text of the function tracer --- */
void view_function_header(FILE *out, const char *tracer, uint64_t in_buffer, uint64_t written, unsigned cpus);
int view_function_roots(FILE *out, struct view *v, struct view_node *const *root, size_t n);

#endif
