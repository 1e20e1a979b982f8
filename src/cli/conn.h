/* SPDX-License-Identifier: MIT */
#ifndef CLI_CONN_H
#define CLI_CONN_H
/*
 * conn.h - one connection to the control socket (<glassnet/uapi/ctl.h>): a request, its answers
 *
 * One request is under way at a time; answers to others (notifications) are skipped. What comes is
 * checked before it is shown to a callback: whole messages of the right sequence number.
 */
#include <glassnet/uapi/ctl.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;

#define CONN_TIMEOUT_MS 5000 /* between a request, or an answer, and the next answer */

struct conn {
	int fd, timeout_ms;
	uint32_t seq;
	char why[256]; /* of the last failure */
	char *buf;     /* GN_CTL_MAX bytes */
};

/* An answer of the request: 0 to go on, or -errno to give up with c->why set by the callback. */
typedef int (*conn_cb)(void *arg, const struct nlmsghdr *nlh);

/** conn_open() - connect to @path: 0 or -errno */
int conn_open(struct conn *c, const char *path);

/** conn_adopt() - take over the connected socket @fd: 0 or -ENOMEM */
int conn_adopt(struct conn *c, int fd);

void conn_close(struct conn *c);

/**
 * conn_ask() - send a request, wait for all its answers
 * @msg:	stays the caller's; gets its sequence number
 * @cb:		called for each message of the answer; NULL: they are skipped
 * Return: 0; -errno of the daemon, or -ETIMEDOUT, -ECONNRESET, -EPROTO, with c->why
 */
int conn_ask(struct conn *c, struct nl_msg *msg, conn_cb cb, void *arg);

/** conn_wait_end() - wait until the daemon is gone: 0 or -ETIMEDOUT */
int conn_wait_end(struct conn *c);

/** conn_request() - an empty request of type GN_CTL_*, or NULL without memory */
struct nl_msg *conn_request(int type);

/** conn_parse() - attributes of a GN_CTL_DATA answer into @tb[GN_ATTR_MAX_PLUS1]: 0 or -EPROTO */
int conn_parse(const struct nlmsghdr *nlh, struct nlattr **tb);

#endif
