/* SPDX-License-Identifier: MIT */
/*
 * noctf.c - CTF in a build without babeltrace2: what the command answers
 *
 * Theory of operation
 *   Linked instead of ctf.c and cyg.c. Called by: source.c, the command. Calls nothing. Threads: any. Refuses everything, and says what to install.
 */
#include <errno.h>

#include "view/export_impl.h"

#define HOW "this glassnet was built without babeltrace2 (on Debian: apt install libbabeltrace2-dev, then configure and build again)"

bool view_ctf_supported(void)
{
	return false;
}

int ctf_load(struct view *v, const char *path, struct view_source *src, struct view_error *err)
{
	return view_fail(err, -ENOTSUP, "%s: a folder is read as a CTF trace, but " HOW, path);
}

int view_cyg(struct view *v, const struct view_export *x, const char *dir, struct view_error *err)
{
	return view_fail(err, -ENOTSUP, "%s: CTF cannot be written: " HOW, dir);
}
