/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_SHOW_H
#define CLI_TRACE_SHOW_H
/*
 * trace_show.h - how calls and packets are shown: what `trace graph`, `packets` and `view` share
 */
#include "cli/trace.h"
#include "view/view.h"

/* Options of `graph` and `view`. */
struct trace_show {
	const char *profile, *names;
	struct trace_list option;
};
#define TRACE_SHOW_OPTIONS(s)                           \
	{ 0, "profile", OPT_TEXT, &(s)->profile },      \
	{ 0, "names", OPT_TEXT, &(s)->names },          \
	{ 0, "option", OPT_LIST, &(s)->option }

/** trace_show_text() - a printer set up as @s says: CLI_OK, or CLI_USAGE with the wrong word */
int trace_show_text(struct cli *c, const struct trace_show *s, struct view_text *t);

/** trace_show_rename() - a view_text.rename; @ctx is the set of names */
const char *trace_show_rename(void *ctx, const struct view_func *f);

/** trace_show_next() - the call or leaf behind @at in the tree of @root, callers first; NULL: none */
const struct view_node *trace_show_next(const struct view_node *root, const struct view_node *at);

/* Of a packet: "10.99.0.1:40000 > 10.99.0.2:7 UDP 18"; "delivered to port 7, dropped: NO_SOCKET". */
void trace_show_flow(const struct view_packet *p, char *buf, size_t size);
void trace_show_fate(struct view *v, const struct view_packet *p, char *buf, size_t size);
/* ns from its first happening to its last one. */
uint64_t trace_show_time(const struct view_packet *p);

/** trace_show_json() - the calls of @root as an array of objects, those of packet @only (NULL: all) */
void trace_show_json(struct out *o, const struct trace_show *s, const struct view_node *root,
		     const struct view_packet *only);

/** trace_show_json_packet() - the members "packet" to "time_us" of an object */
void trace_show_json_packet(struct out *o, struct view *v, const struct view_packet *p);

#endif
