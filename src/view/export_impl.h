/* SPDX-License-Identifier: MIT */
#ifndef VIEW_EXPORT_IMPL_H
#define VIEW_EXPORT_IMPL_H
/*
 * export_impl.h - what the writers of export.h share
 *
 * Theory of operation
 *   export_begin() turns the kept roots and the tracepoints into one list of moments by time. The times of a lane (one task) are made to nest on the way: a
 *   call lies inside its caller and after what its lane did before, whatever the trace said. A writer goes through the list once.
 * Threads: those of view.h. Included by libviewout alone.
 */
#include "view/export.h"

enum moment_kind { MOMENT_ENTER, MOMENT_LEAVE, MOMENT_LEAF, MOMENT_EVENT };

struct moment {
	enum moment_kind kind;
	uint64_t t, end; /* ns; end of a call, else t */
	size_t seq;	 /* keeps the order of a lane where times are equal */
	uint32_t tid;
	const char *comm; /* at most 16 bytes, maybe without NUL */
	unsigned cpu;
	const struct view_packet *packet;
	union {
		const struct view_node *node;	       /* ENTER, LEAVE, LEAF */
		const struct view_happening *happening; /* EVENT */
	};
};

struct lane; /* a task, and where it is */

struct export {
	struct view *v;
	const struct view_export *x;
	struct moment *moment;
	size_t n, cap;
	struct lane *lane; /* hash by tid, `lanes` slots, a power of two */
	size_t lanes, used;
	struct view_packet **by_id; /* when there are tracepoints */
	size_t packets;
	uint64_t last; /* latest time of all */
};

/* 0 or -ENOMEM. Either way export_end() is to be called. */
int export_begin(struct export *e, struct view *v, const struct view_export *x);
void export_end(struct export *e);

/* As @x wants it called. */
const char *export_name(const struct view_export *x, const struct view_func *f);
/* Is this call to be left out with all below it? */
bool export_hides(const struct view_export *x, const struct view_node *node);
/* Its end, or of an open call the last thing that is known to have happened inside. */
uint64_t export_node_end(const struct view_node *node);
/* The one packet that all of @root worked for, NULL: none or several. */
const struct view_packet *export_sole(const struct view_node *root);
/* "delivered to port 5000", "dropped: NO_SOCKET (no socket for it) at __udp4_lib_rcv". Ends without a full stop. */
void export_verdict(FILE *out, const struct export *e, const struct view_node *verdict);
/* The function that made the verdict, NULL unknown: the innermost that is not of the buffer's own files. */
const struct view_func *export_verdict_at(struct view *v, const struct view_node *verdict);
/* "delivered" ... "dropped", "?" */
const char *export_verdict_name(unsigned code);
/* What @out suffered: 0 or -errno. */
int export_flush(FILE *out);
/* @err gets a sentence; returns @ret. */
int view_fail(struct view_error *err, int ret, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ctf.c or noctf.c: reads the CTF folder @path into @v and @src. */
int ctf_load(struct view *v, const char *path, struct view_source *src, struct view_error *err);
/* ctf.c: "WHAT: why", the innermost cause that babeltrace2 knows; returns @ret. */
int ctf_fail(struct view_error *err, int ret, const char *what);
/* source.c: one event of @name more; its name as kept, or NULL without memory. */
const char *source_count(struct view_source *src, const char *name);
/* A place for one tracepoint more; NULL without memory. */
struct view_happening *source_add(struct view_source *src);

#endif
