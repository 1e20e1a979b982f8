/* SPDX-License-Identifier: MIT */
/*
 * html.c - a whole trace as one page for a browser
 *
 * Theory of operation
 *   The page's style and program are files in page/, put into the binary line by line when it is built. view_html() copies the lines out and puts title and
 *   data where their marks stand. The data are text inside <script type="application/json">, which a browser does not run; html_json.c writes
 *   no `<` there, so nothing in a trace can end that element.
 *   Called by: `glassnet trace view --format html`. Calls: html_data.c. Threads: one at a time a struct view.
 *   Refuses: nothing; a failed write is told by the first errno.
 */
#include "view/html_data.h"

#include <errno.h>
#include <string.h>

#include "view/html_json.h"

int view_html(FILE *out, struct view *v, const struct view_html_opts *o)
{
	static const struct view_html_opts none;
	int err = 0;

	if (!o)
		o = &none;
	errno = 0;
	for (unsigned i = 0; view_html_page[i] && !err; i++) {
		if (!strcmp(view_html_page[i], "@TITLE@\n"))
			html_text(out, o->title ? o->title : "glassnet trace");
		else if (!strcmp(view_html_page[i], "@DATA@\n"))
			err = html_data(out, v, o);
		else
			fputs(view_html_page[i], out);
	}
	if (!err && (fflush(out) || ferror(out)))
		err = errno ? -errno : -EIO;

	return err;
}
