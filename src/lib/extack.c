// SPDX-License-Identifier: MIT
/*
 * extack.c - writes the sentence that goes with an errno.
 *
 * Called on the control path by whoever refuses a request. Owns nothing.
 */
#include "lib/extack.h"

#include <stdarg.h>
#include <stdio.h>

void extack_set(struct extack *err, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->msg[0])
		return;
	va_start(ap, fmt);
	if (vsnprintf(err->msg, sizeof(err->msg), fmt, ap) < 0)
		err->msg[0] = '\0';
	va_end(ap);
}
