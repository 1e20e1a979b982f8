/* SPDX-License-Identifier: MIT */
/*
 * fake.h - src/client for the checks of src/shim: it writes down what it was asked and answers what the test wants
 *
 * One descriptor is "ours", fake.fd. Each call adds "name(arguments) " to fake.log and returns fake.ret, a received datagram excepted:
 * that is fake.data, from 10.0.0.1 port 7.
 */
#ifndef TESTS_UNIT_SHIM_FAKE_H
#define TESTS_UNIT_SHIM_FAKE_H

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/client.h"
#include "support/suite.h"

static struct {
	int fd;
	enum client_kind kind; /* of fd */
	long ret;
	int left; /* datagrams that may be received or sent before fake.ret is the answer; -1: no end */
	const char *data;
	bool error;   /* what is readable is an error */
	void (*waits)(void); /* called while a datagram is waited for */
	size_t n;
	char log[4096];
} fake;

static inline void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fake.n += (size_t)vsnprintf(fake.log + fake.n, sizeof(fake.log) - fake.n, fmt, ap);
	va_end(ap);
	ck_assert_uint_lt(fake.n, sizeof(fake.log));
}

static inline const char *said(void)
{
	fake.n = 0;
	return fake.log;
}

static inline const char *port(const void *addr, socklen_t len)
{
	static char text[16];
	const struct sockaddr_in *in = addr;

	if (!addr)
		return "-";
	snprintf(text, sizeof(text), "%u/%u", ntohs(in->sin_port), len);
	return text;
}

/* Of src/client, which is not here: no gate, as without --strong. */
long raw_gate __attribute__((visibility("hidden")));

enum client_kind client_kind(int fd)
{
	return fd == fake.fd ? fake.kind : CLIENT_FOREIGN;
}

const char *client_env(const char *name)
{
	return getenv(name);
}

int client_socket(int domain, int type, int protocol)
{
	note("socket(%d %d %d) ", domain, type, protocol);
	return (int)fake.ret;
}

int client_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	note("bind(%s) ", port(addr, len));
	return (int)fake.ret;
}

int client_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	note("connect(%s) ", port(addr, len));
	return (int)fake.ret;
}

static inline int name_out(struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(0x0a000001) };

	if (fake.ret < 0)
		return (int)fake.ret;
	memcpy(addr, &in, *len < sizeof(in) ? *len : sizeof(in));
	*len = sizeof(in);
	return 0;
}

int client_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	note("getsockname() ");
	return name_out(addr, len);
}

int client_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	note("getpeername() ");
	return name_out(addr, len);
}

int client_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	note("setsockopt(%d %d %d %u) ", level, name, *(const int *)value, len);
	return (int)fake.ret;
}

int client_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	note("getsockopt(%d %d %u) ", level, name, *len);
	if (fake.ret >= 0)
		*(int *)value = 42;
	return (int)fake.ret;
}

int client_shutdown(int fd, int how)
{
	note("shutdown(%d) ", how);
	return (int)fake.ret;
}

ssize_t client_send(int fd, const struct msghdr *msg, int flags, enum gn_chan_span_call call)
{
	ssize_t n = 0;

	if (!fake.left)
		return fake.ret;
	fake.left -= fake.left > 0;
	note("sendmsg(%s %x", port(msg->msg_name, msg->msg_namelen), (unsigned)flags);
	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		note(" %.*s", (int)msg->msg_iov[i].iov_len, (const char *)msg->msg_iov[i].iov_base);
		n += (ssize_t)msg->msg_iov[i].iov_len;
	}
	note(") ");
	return n;
}

ssize_t client_recv(int fd, struct msghdr *msg, int flags, enum gn_chan_span_call call)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(0x0a000001) };
	size_t done = 0, all = fake.data ? strlen(fake.data) : 0;

	note("recvmsg(%x) ", (unsigned)flags);
	if (fake.waits)
		fake.waits();
	if (!fake.left)
		return fake.ret;
	fake.left -= fake.left > 0;
	for (size_t i = 0; i < msg->msg_iovlen && done < all; i++) {
		size_t n = msg->msg_iov[i].iov_len < all - done ? msg->msg_iov[i].iov_len : all - done;

		memcpy(msg->msg_iov[i].iov_base, fake.data + done, n);
		done += n;
	}
	msg->msg_flags = 0;
	msg->msg_controllen = 0;
	if (msg->msg_name) {
		memcpy(msg->msg_name, &in, msg->msg_namelen < sizeof(in) ? msg->msg_namelen : sizeof(in));
		msg->msg_namelen = sizeof(in);
	}
	return (ssize_t)done;
}

bool client_error_waits(int fd)
{
	return fake.error;
}

void client_passes(long nr, const long a[6])
{
	(void)nr;
	(void)a;
}

int client_ioctl(int fd, unsigned long request, void *arg)
{
	note("ioctl(%s %lx) ", fd == fake.fd ? "ours" : "other", request);
	return (int)fake.ret;
}

/* A descriptor that is ours: /dev/null, so that a call which slips through to the kernel is seen. */
static inline void fake_setup(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.left = -1;
	fake.kind = CLIENT_UDP;
	fake.fd = dup(STDIN_FILENO);
	ck_assert_int_ge(fake.fd, 0);
}

static inline void fake_teardown(void)
{
	close(fake.fd);
}

#endif
