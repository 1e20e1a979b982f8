// SPDX-License-Identifier: MIT
/*
 * bug.c - the end of a process whose own invariant is broken.
 *
 * Called by BUG_ON() from anywhere, on any thread. Writes one line to standard error without
 * stdio and aborts, so that a core dump and a debugger show the place.
 */
#include "lib/bug.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void bug_abort(const char *file, int line, const char *what)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "BUG at %s:%d: %s\n", file, line, what);

	if (len >= (int)sizeof(text))
		len = sizeof(text) - 1;
	if (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0)
		abort();
	abort();
}
