/* SPDX-License-Identifier: MIT */
#ifndef TRACEFS_IMPL_H
#define TRACEFS_IMPL_H
/*
 * tracefs_impl.h - what the files of this room share
 *
 * Theory of operation
 *   struct tracefs hangs behind the data pointer of every file of the tree. What a user sets is struct trace_settings; arm.c turns it into patched code and the
 *   tracer's words. Records wait in struct trace_buf, one a vCPU, between the rings and the readers.
 * Threads: settings the control thread. Buffers and sink: under lock.
 */
#include <linux/filter.h>
#include <pthread.h>
#include <stdio.h>

#include "fs/proc.h"
#include "trace/fgraph.h"
#include "trace/fgraph_arch.h"
#include "trace/trace.h"
#include "tracefs/tracefs.h"
#include "view/view.h"

#define TRACING "/sys/kernel/tracing"
#define TRACING_DEBUG "/sys/kernel/debug/tracing" /* a link to it */
#define TRACE_BUFFER_KB 1408	  /* Linux's default, a CPU */
#define TRACE_BUFFER_KB_MAX 65536
#define TRACE_RING_SLOTS (1u << 19) /* 8 MiB a vCPU, some 9 ms of nothing but calls: the drainer may be late on a busy machine */
#define TRACE_FILTER_TEXT 1024	  /* longest packet expression */
#define TRACE_FILTER_INSNS 512	  /* longest program */
#define TRACE_PRELUDE 9		  /* most slots of what was said before the oldest record */
#define TRACE_ERRORS 8		  /* lines kept of error_log */

enum tracer { TRACER_NOP, TRACER_FUNCTION, TRACER_GRAPH, TRACERS };

/* Functions by number; empty means "all" or "none", as the file says. */
struct fnset {
	unsigned n;
	uint8_t bit[FGRAPH_MAX / 8];
};
enum fnset_nr { FN_FILTER, FN_NOTRACE, FN_GRAPH, FN_GRAPH_NOTRACE, FN_SETS };

struct packet_prog {
	unsigned n;
	struct sock_filter insn[TRACE_FILTER_INSNS];
};

struct trace_settings {
	enum tracer tracer;
	bool on;
	struct fnset fn[FN_SETS];
	unsigned depth;	    /* 0: no limit */
	unsigned thresh_us; /* 0: none */
	unsigned npid, pid[16];
	struct view_text text; /* trace_options: how it is printed */
	bool stacktrace;
	unsigned buffer_kb;
	char expression[TRACE_FILTER_TEXT]; /* "" none */
	struct packet_prog en10mb, raw;
};

/* A vCPU's records: a circle of whole records that overwrites the oldest. */
struct trace_buf {
	struct gn_trace_rec *slot;
	size_t size, head, count; /* slots; head: oldest */
	/* what the records that were overwritten had said last, for those that are left */
	struct gn_trace_rec task[2], packet, clock[2], lane;
	bool has_task, has_packet, has_clock, has_lane;
	uint64_t written, overrun, lost; /* records */
	uint64_t overrun_told;		 /* readers that take the records away know of so many */
	uint64_t entries;
};

struct trace_error {
	uint64_t ns;
	char text[160], cmd[96];
	unsigned pos;
};

/* One of the files of sets.c */
struct fnset_file {
	struct tracefs *t;
	unsigned row;
};

/* One of options/NAME */
struct option_file {
	struct tracefs *t;
	unsigned n;
};

struct lane; /* lane.c: a process that writes spans */
#define TRACE_LANES 64
#define TRACE_LANES_USER 24
#define TRACE_HANDED 4096 /* sends whose span has not come yet */
#define SPAN_FUNCTIONS 16

/* Which functions of spans are wanted, a bit each: copied from the settings when the tracer is armed. */
struct span_want {
	bool on;
	uint32_t traced, root, wall;
	unsigned levels;
	uint64_t thresh, since; /* ticks */
	unsigned npid, pid[16];
};

struct tracefs {
	struct net *net;
	struct trace_settings s, saved;
	const void *owner; /* NULL: nobody */
	char who[64];
	bool armed; /* [A] read by the drainer's thread */
	uint8_t kind[FGRAPH_MAX];
	struct fnset_file set_file[FN_SETS];
	struct option_file option[24];
	uint64_t pause_ns; /* of the last arming */
	struct trace_error error[TRACE_ERRORS];
	unsigned errors;

	pthread_mutex_t lock;
	struct trace_buf buf[VCPU_MAX]; /* [L] */
	const struct trace_sink *sink;	/* [L] */
	struct lane *lane[TRACE_LANES];	/* [L] */
	struct span_want span;		/* [L] */
	struct {
		uint32_t cookie, packet;
	} handed[TRACE_HANDED];		/* [L] by cookie */
	uint64_t spans, spans_lost, spans_malformed; /* [L] */
	struct {
		uint32_t ifindex;
		char name[16], driver[32];
	} device[64];			/* [L] for the sink */
	unsigned devices;		/* [L] */
	uint32_t ticks_per_ms;		/* of the counter; measured with the first buffer */
	uint64_t wants;			/* [L] its last answer */
	uint64_t wants_ns, clock_ns;	/* [L] when it was asked; when CLOCK was written last */
	struct view *pipe;		/* of trace_pipe: the calls whose end is still to come */
	struct view_text pipe_text;	/* its printer, out only while it is being read */
	int pipe_error;
};

/* tracefs.c */
struct tracefs *net_tracefs(struct net *net);
void tracefs_list_devices(struct tracefs *t); /* for the sink */
int tracefs_buffers(struct tracefs *t);	      /* make those that are not there yet: 0 or -ENOMEM */

/* arm.c */
/* Make the process do what the settings say: 0 or -errno with text, then nothing is traced. */
int tracefs_apply(struct tracefs *t, struct extack *err);
void tracefs_disarm(struct tracefs *t);

/* buffer.c; all under t->lock */
int trace_buf_resize(struct trace_buf *b, unsigned kb); /* forgets what it holds: 0 or -ENOMEM */
void trace_buf_clear(struct trace_buf *b);
void trace_buf_push(struct trace_buf *b, const struct gn_trace_rec *rec, unsigned n);
/* Oldest whole records, taken out, what was said before them first: slots. @max at least 512. */
size_t trace_buf_pop(struct trace_buf *b, struct gn_trace_rec *to, size_t max);
/* The newest of them, not taken out, what was said before them first: slots. Adds to @ret_left_out how many older functions there are. */
size_t trace_buf_copy(const struct trace_buf *b, struct gn_trace_rec *to, size_t max, uint64_t *ret_left_out);
unsigned tracefs_drain_locked(struct tracefs *t);
void tracefs_put_clock(struct tracefs *t);
/* output.c: the tables to the sink */
void tracefs_tell_sink(struct tracefs *t);

/* lane.c: the calls of programs; under t->lock but for the first and the last */
/* CPUs, and one more for the calls of programs if there is a number left. */
static __always_inline unsigned tracefs_streams(const struct tracefs *t)
{
	return t->net->m.nr_cpus < VIEW_CPUS ? t->net->m.nr_cpus + 1 : t->net->m.nr_cpus;
}
void tracefs_lane_want(struct tracefs *t); /* as the settings say */
void tracefs_lane_handed(struct tracefs *t, const struct gn_trace_rec *rec);
unsigned tracefs_lane_drain(struct tracefs *t); /* calls */
void tracefs_lane_end(struct tracefs *t);	/* take what there is, and forget the programs */
/* The n-th of the functions of spans; NULL: no more. Any thread. */
const char *tracefs_span_name(unsigned n, uint32_t *ret_id);

/* sets.c */
int tracefs_add_sets(struct tracefs *t, struct vfs *vfs);

/* control.c, output.c, options.c, packet.c, errors.c: register their files: 0 or -ENOMEM */
int tracefs_add_control(struct tracefs *t, struct vfs *vfs);
int tracefs_add_output(struct tracefs *t, struct vfs *vfs);
int tracefs_add_options(struct tracefs *t, struct vfs *vfs);
int tracefs_add_packet(struct tracefs *t, struct vfs *vfs);
int tracefs_add_errors(struct tracefs *t, struct vfs *vfs);

/* output.c: "tap_intr [tap]" */
void tracefs_show_function(struct seq_file *m, unsigned id);
/* output.c: tell a reader the functions, reasons and devices: 0 or -ENOMEM */
int tracefs_tell_tables(struct tracefs *t, struct view *v);
void tracefs_pipe_reset(struct tracefs *t);
/* The settings as they are at the start. */
void tracefs_defaults(struct trace_settings *s);

/* packet.c: the filter of the settings goes into force: 0 or -errno */
int tracefs_set_packet_filter(struct tracefs *t, struct extack *err);

/* errors.c: a line for error_log: @cmd was written, @pos is where it went wrong */
void tracefs_error(struct tracefs *t, const char *text, const char *cmd, size_t len, unsigned pos);

/* One file: registers it below TRACING. */
int tracefs_file(struct vfs *vfs, const char *name, unsigned mode, const struct proc_ops *ops, void *data);

#endif
