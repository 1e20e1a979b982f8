/* SPDX-License-Identifier: MIT */
#ifndef VIEW_HTML_DATA_H
#define VIEW_HTML_DATA_H
/*
 * html_data.h - the data of the page, and the page around them
 *
 *   Called by: html.c only. html_data() writes the JSON island; view_html_page is the page itself, made by page/embed.awk from the files of page/: lines,
 *   ended by NULL, with the lines "@TITLE@" and "@DATA@" where those go.
 */
#include "view/html.h"

extern const char *const view_html_page[];

/* 0 or -ENOMEM; write errors stay in @out. */
int html_data(FILE *out, struct view *v, const struct view_html_opts *o);

#endif
