/* SPDX-License-Identifier: MIT */
#ifndef VIEW_HTML_H
#define VIEW_HTML_H
/*
 * html.h - a whole trace as one page for a browser
 *
 * Theory of operation
 *   view_html() writes a single HTML document: style, program and data are inside, nothing is fetched, a file:// address is enough. The page lists the
 *   packets with flow, verdict and time in the stack; for the chosen one it draws the flame chart, the graph as ftrace prints it, its bytes field by field,
 *   and the house with the rooms and files that its calls went through, with the articles' step numbers (steps.h).
 *   The data are one JSON island. Whatever comes from the trace is escaped there, and the program puts it on the page as text only.
 * Called by: `glassnet trace view --format html`. The roots must have been kept (view_keep()) and the data be at their end (view_end()).
 * Threads: one at a time a struct view.
 */
#include "view/export.h"

/**
 * struct view_html_opts - what to write; all of it may be left at zero
 * @title:	heading of the page; NULL: "glassnet trace"
 * @first:	number of the packet that is shown first; 0, or none with that number: the first
 * @src:	adds its losses and the counts of its events; NULL: none
 * @rename:	what to call a function; NULL: our names
 * @hide:	leave this call and all below it out; NULL: none
 */
struct view_html_opts {
	const char *title;
	unsigned first;
	const struct view_source *src;
	const char *(*rename)(void *ctx, const struct view_func *f);
	void *rename_ctx;
	bool (*hide)(void *ctx, const struct view_func *f);
	void *hide_ctx;
};

/* 0, -ENOMEM, or -errno of the first failed write. @o may be NULL. */
int view_html(FILE *out, struct view *v, const struct view_html_opts *o);

#endif
