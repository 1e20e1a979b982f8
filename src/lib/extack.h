/* SPDX-License-Identifier: MIT */
/*
 * extack.h - the sentence that goes with an errno of the control path.
 *
 * The caller owns the struct and may pass NULL when it does not want the text. The first text
 * wins: the place that found the fault says more than those it returns through.
 * Mirrors: struct netlink_ext_ack.
 */
#ifndef GN_LIB_EXTACK_H
#define GN_LIB_EXTACK_H

#include "lib/bug.h"

/** EXTACK_MSG - bytes of text, with the final 0 */
#define EXTACK_MSG	160

/** struct extack - @msg: what went wrong, "" when nothing was said */
struct extack {
	char msg[EXTACK_MSG];
};

static __always_inline void extack_init(struct extack *err)
{
	if (err)
		err->msg[0] = '\0';
}

/**
 * extack_set() - say what went wrong, unless something was said before
 * @err: where to; may be NULL
 * @fmt: printf format; longer texts are cut
 */
notrace void extack_set(struct extack *err, const char *fmt, ...) __printf(2, 3);

/** extack_fail() - extack_set() and an errno in one: return extack_fail(err, -EINVAL, ...) */
#define extack_fail(err, ret, ...)	(extack_set(err, __VA_ARGS__), (ret))

#define NL_SET_ERR_MSG(err, text)	extack_set(err, "%s", text)
#define NL_SET_ERR_MSG_FMT(err, ...)	extack_set(err, __VA_ARGS__)

#endif
