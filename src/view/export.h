/* SPDX-License-Identifier: MIT */
#ifndef VIEW_EXPORT_H
#define VIEW_EXPORT_H
/*
 * export.h - traces in from files, trees out to the files that other viewers read
 *
 * Theory of operation
 *   In: view_load() reads what `trace record` or `trace graph` left behind, feeds the reader of view.h and says what else the trace holds: tracepoints,
 *   counts of each event, and what was lost on the way.
 *   Out: each writer walks the roots that were kept (view_roots()) and writes one format. All take the same struct view_export.
 *   The usual course, for the command:
 *
 *	struct view *v;
 *	struct view_ops ops = { .root = view_keep_root };
 *	v = view_new(&ops, &v);
 *	view_load(v, path, &src, &err);
 *	view_chrome(v, &(struct view_export){ .out = stdout, .src = src });
 *	view_source_free(src);
 *	view_free(v);
 *
 *   Two kinds of trace are read:
 *   - a folder: a CTF trace, found by its file `metadata` at any depth, as `lttng create -o` and `trace record` leave it. Needs a build with
 *     babeltrace2; without it the answer is -ENOTSUP with a text that says so. Events of the provider `glassnet` and of the tracepoints
 *     (trace/events.h) are read; any other event is counted only.
 *   - a file, "raw": lines of trace_tables and chunks of trace_pipe_raw in any mixture. An item that begins with the four bytes of GN_TRACE_MAGIC is
 *     a struct gn_trace_chunk with its slots; anything else is a line up to '\n' that begins with "F ", "R ", "D ". So
 *     `cat trace_tables > f` and `cat trace_pipe_raw >> f` make one; the file has no header. A last item that is cut short is counted
 *     (view_source.cut), not an error.
 *   All of it may be hostile: sizes are checked, text is cleaned of control characters before anyone prints it.
 * Threads: one at a time a struct view. libviewout is linked by the command only; names (names.h) are in libview.
 */
#include "view/view.h"

/* What went wrong, as a sentence for the user. */
struct view_error {
	char text[320];
};

/* One tracepoint of a CTF trace. */
struct view_happening {
	uint64_t time; /* CLOCK_MONOTONIC ns, as all times of view.h */
	unsigned cpu;  /* that recorded it: the host's, not ours */
	uint32_t tid;  /* 0 when the trace has no context vtid */
	char comm[16]; /* "" when it has no context procname */
	uint32_t packet;    /* the field `packet`: tracer's id, 0 none */
	const char *name;   /* "udp:udp_fail_queue_rcv_skb" */
	const char *fields; /* "rc=-12 port=5000" */
};

struct view_count {
	const char *name; /* "glassnet:batch" */
	uint64_t n;
};

/**
 * struct view_source - what a trace holds beside the records that went into the reader
 * @events:	every event name of the trace, by name
 * @happening:	the tracepoints, by time
 * @lost_events: events that LTTng discarded for lack of room; each may be a batch of many records (records lost in our own rings: view_lost())
 * @lost_packets: packets (sub-buffers) of the trace that were overwritten or are missing
 * @bad:	events and lines that could not be used
 * @cut:	bytes of an unfinished item at the end of a raw file
 * @warnings:	what babeltrace2 complained about, lines, "" nothing
 */
struct view_source {
	bool ctf;
	struct view_count *events;
	size_t n_events;
	struct view_happening *happening;
	size_t n_happenings;
	uint64_t lost_events, lost_packets, bad, cut;
	const char *warnings;
};

/**
 * view_load() - read the trace at @path, and tell the reader that the data ends
 * Return: 0 and *@ret_src, to be freed; -ENOENT, -EACCES, -ENOTSUP, -EINVAL (no trace), -ENOMEM, -EIO with @err
 */
int view_load(struct view *v, const char *path, struct view_source **ret_src, struct view_error *err);
void view_source_free(struct view_source *src);
/* Was view_load() built with babeltrace2? */
bool view_ctf_supported(void);
/* For view_ops.root: keeps every root. Its ctx is the address of the variable that holds the view. */
void view_keep_root(void *ctx, struct view_node *root);

/**
 * struct view_export - what to write, for all writers
 * @out:	where; not used by view_cyg()
 * @src:	adds its tracepoints; NULL: none
 * @only:	calls and happenings of this packet; NULL: all
 * @rename:	what to call a function, a string that stays; NULL: our names
 * @hide:	leave this call and all below it out; NULL: none
 * @per_packet:	folded stacks: the packet is the bottom frame ("packet 3;do_IRQ;...")
 */
struct view_export {
	FILE *out;
	const struct view_source *src;
	const struct view_packet *only;
	const char *(*rename)(void *ctx, const struct view_func *f);
	void *rename_ctx;
	bool (*hide)(void *ctx, const struct view_func *f);
	void *hide_ctx;
	bool per_packet;
};

/*
 * Each returns 0, -ENOMEM, or -errno when writing failed (-EIO when the reason is not known any more).
 *
 * Chrome trace events: {"traceEvents":[...]}. A call is an "X" slice with ts and dur in us (three decimals), pid 1, tid of the task, args packet (number),
 * cpu and file; a verdict, mark and tracepoint an instant "i"; names of process and threads as "M". Slices of one tid nest.
 */
int view_chrome(struct view *v, const struct view_export *x);
/* "root;...;leaf ns", one line a stack, sorted: self time, for flamegraph.pl, speedscope, inferno. */
int view_folded(struct view *v, const struct view_export *x);
/*
 * pcapng: one interface a device, the FRAME records as packets with way and verdict as their comment, tracepoints as systemd journal blocks.
 * Where some frames have an Ethernet header those without get one with empty addresses: libpcap reads one kind of link a file.
 */
int view_pcapng(struct view *v, const struct view_export *x);
/*
 * One line a happening, by time, in the columns of `perf script`: "comm tid [cpu] sec.usec: event: fields". Calls are ftrace:function ("callee <- caller"),
 * frames glassnet:packet, ends of packets glassnet:verdict, marks glassnet:mark, tracepoints what they are called.
 */
int view_script(struct view *v, const struct view_export *x);
/**
 * view_cyg() - the folder @dir (made; it must not exist) gets a CTF trace of lttng_ust_cyg_profile:func_entry and func_exit in @dir/trace and @dir/functions.nm,
 * the names for Trace Compass ("addr T name")
 * Return: 0 or -errno with @err; -ENOTSUP in a build without babeltrace2
 */
int view_cyg(struct view *v, const struct view_export *x, const char *dir, struct view_error *err);

#endif
