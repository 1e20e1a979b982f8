/* SPDX-License-Identifier: MIT */
/*
 * fake.h - a daemon for the checks of src/cli: a socketpair whose other end has the answers ready
 *
 * A test puts datagrams into the socket, runs one command line and compares output, error text, exit status and the request that came out
 * at the other end. Sequence numbers count up from 1 with each request.
 */
#ifndef TESTS_UNIT_CLI_FAKE_H
#define TESTS_UNIT_CLI_FAKE_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "support/suite.h"

static struct cli cli;
static int daemon_fd;
static char *out, *err;
static size_t out_len, err_len;

static inline void setup(void)
{
	int fd[2];

	unsetenv("GLASSNET_SOCKET");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	cli = (struct cli){ .out = { .f = open_memstream(&out, &out_len) }, .err = open_memstream(&err, &err_len) };
	ck_assert_int_eq(conn_adopt(&cli.conn, fd[0]), 0);
	cli.conn.timeout_ms = 30;
	cli.connected = true;
	daemon_fd = fd[1];
}

static inline void teardown(void)
{
	cli_fini(&cli);
	fclose(cli.out.f);
	fclose(cli.err);
	free(out);
	free(err);
	if (daemon_fd >= 0)
		close(daemon_fd);
}

/* Run the words of @line: the exit status. */
static inline int run(const char *line)
{
	char *copy = strdup(line), *argv[16] = { (char *)"glassnet" }, *save = NULL;
	int argc = 1, ret;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	ret = cli_main(&cli, argc, argv);
	free(copy);
	fflush(cli.out.f);
	fflush(cli.err);
	return ret;
}

/* --- the daemon's side --- */

static inline struct nl_msg *answer(int type, unsigned seq, const void *hdr, size_t len)
{
	struct nl_msg *m = nlmsg_alloc_size(65536);

	ck_assert_ptr_nonnull(nlmsg_put(m, 0, seq, type, 0, NLM_F_MULTI));
	ck_assert_int_eq(nlmsg_append(m, (void *)(uintptr_t)hdr, len, NLMSG_ALIGNTO), 0);
	return m;
}

static inline struct nl_msg *data(unsigned seq)
{
	const struct gn_ctl_hdr hdr = { .version = GN_CTL_VERSION };

	return answer(GN_CTL_DATA, seq, &hdr, sizeof(hdr));
}

static inline void put(struct nl_msg *m)
{
	struct nlmsghdr *nlh = nlmsg_hdr(m);

	ck_assert_int_eq(send(daemon_fd, nlh, nlh->nlmsg_len, 0), (ssize_t)nlh->nlmsg_len);
	nlmsg_free(m);
}

static inline void put_done(unsigned seq)
{
	put(answer(NLMSG_DONE, seq, &(int){ 0 }, sizeof(int)));
}

/* NLMSG_ERROR with the request's header only, and @text unless NULL. */
static inline void put_error(unsigned seq, int error, const char *text)
{
	const struct nlmsgerr e = { .error = error, .msg = { .nlmsg_len = 100 } };
	struct nl_msg *m = answer(NLMSG_ERROR, seq, &e, sizeof(e));

	nlmsg_hdr(m)->nlmsg_flags = (uint16_t)(NLM_F_CAPPED | (text ? NLM_F_ACK_TLVS : 0));
	if (text)
		nla_put_string(m, NLMSGERR_ATTR_MSG, text);
	put(m);
}

static inline void put_text(unsigned seq, const char *text)
{
	struct nl_msg *m = data(seq);

	nla_put(m, GN_ATTR_DATA, (int)strlen(text), text);
	put(m);
}

/* The next request: its type and, into @tb, its attributes behind a header of @hdr bytes. */
static char request[65536] __attribute__((aligned(8)));
static inline int next_request(size_t hdr, struct nlattr **tb, int max)
{
	ssize_t n = recv(daemon_fd, request, sizeof(request), MSG_DONTWAIT);
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)request;

	ck_assert_int_ge(n, NLMSG_HDRLEN);
	ck_assert_uint_eq(nlh->nlmsg_len, (unsigned)n);
	ck_assert(nlh->nlmsg_flags & NLM_F_REQUEST);
	if (tb)
		ck_assert_int_eq(nlmsg_parse(nlh, (int)hdr, tb, max, NULL), 0);
	return nlh->nlmsg_type;
}

static inline void no_request(void)
{
	ck_assert_int_eq(recv(daemon_fd, request, sizeof(request), MSG_DONTWAIT), -1);
}

#endif
