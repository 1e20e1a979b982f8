/* SPDX-License-Identifier: MIT */
/*
 * api_socket.c - the embedding API: sockets in process (<glassnet/socket.h>)
 *
 * Theory of operation
 *   Each call enters the socket's vCPU as the embedding task, makes the call of core/socket.h, lets softirqs run as the end of a system call
 *   does, and leaves. From inside a vCPU (an on_ready callback) it does not enter again. on_ready replaces the socket's wake-up
 *   callbacks: they mark a doorbell, and the doorbell calls the program at the end of the run, with no lock held.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "api.h"
#include "core/socket.h"
#include "kernel/smp.h"
#include "kernel/softirq.h"

struct gn_sock {
	struct gn_net *gn;
	struct socket *sock;
	struct doorbell bell;
	void (*ready)(struct gn_sock *s, void *ctx);
	void *ctx;
	void (*data_ready)(struct sock *sk); /* the ones on_ready replaced */
	void (*write_space)(struct sock *sk);
	void (*error_report)(struct sock *sk);
};

static void bell_ring(struct doorbell *bell);

struct gn_sock *gn_socket(struct gn_net *gn, int family, int type, int protocol, int *err)
{
	static const struct cred own = { .net_admin = true, .net_raw = true, .net_bind_service = true };
	struct gn_sock *s = calloc(1, sizeof(*s));
	bool entered;
	int ret;

	if (!s) {
		ret = -ENOMEM;
	} else {
		s->gn = gn;
		entered = api_enter(gn, 0);
		ret = sock_create(gn->net, &own, family, type, protocol, &s->sock);
		if (!ret)
			doorbell_init(&s->bell, s->sock->sk->sk_home ? s->sock->sk->sk_home : this_vcpu(), bell_ring);
		api_leave(entered);
	}
	if (ret) {
		free(s);
		s = NULL;
	}
	if (err)
		*err = ret;
	return s;
}

/* Run @call inside the socket's vCPU. */
#define IN_VCPU(s, call)                                                                                                             \
	({                                                                                                                           \
		bool _in = api_enter((s)->gn, (s)->bell.home->id);                                                                   \
		__typeof__(call) _ret = (call);                                                                                      \
		api_leave(_in);                                                                                                      \
		_ret;                                                                                                                \
	})

void gn_close(struct gn_sock *s)
{
	bool entered;

	if (!s)
		return;
	entered = api_enter(s->gn, s->bell.home->id);
	doorbell_cancel(&s->bell);
	gn_on_ready(s, NULL, NULL);
	sock_release(s->sock);
	api_leave(entered);
	free(s);
}

int gn_socket_nonblock(struct gn_sock *s, int on)
{
	s->sock->nonblock = on;
	return 0;
}

int gn_bind(struct gn_sock *s, const struct sockaddr *addr, socklen_t len)
{
	return IN_VCPU(s, sock_bind(s->sock, addr, len));
}

int gn_connect(struct gn_sock *s, const struct sockaddr *addr, socklen_t len)
{
	return IN_VCPU(s, sock_connect(s->sock, addr, len));
}

int gn_getsockname(struct gn_sock *s, struct sockaddr *addr, socklen_t *len)
{
	return IN_VCPU(s, sock_getname(s->sock, addr, len, 0));
}

int gn_getpeername(struct gn_sock *s, struct sockaddr *addr, socklen_t *len)
{
	return IN_VCPU(s, sock_getname(s->sock, addr, len, 1));
}

ssize_t gn_sendto(struct gn_sock *s, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen)
{
	return IN_VCPU(s, sock_sendto(s->sock, buf, len, flags, addr, addrlen));
}

ssize_t gn_recvfrom(struct gn_sock *s, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addrlen)
{
	return IN_VCPU(s, sock_recvfrom(s->sock, buf, len, flags, addr, addrlen));
}

ssize_t gn_sendmsg(struct gn_sock *s, const struct msghdr *msg, int flags)
{
	struct msghdr m = *msg;

	return IN_VCPU(s, sock_sendmsg(s->sock, &m, flags));
}

ssize_t gn_recvmsg(struct gn_sock *s, struct msghdr *msg, int flags)
{
	return IN_VCPU(s, sock_recvmsg(s->sock, msg, flags));
}

int gn_setsockopt(struct gn_sock *s, int level, int name, const void *val, socklen_t len)
{
	return IN_VCPU(s, sock_call_setsockopt(s->sock, level, name, val, len));
}

int gn_getsockopt(struct gn_sock *s, int level, int name, void *val, socklen_t *len)
{
	return IN_VCPU(s, sock_call_getsockopt(s->sock, level, name, val, len));
}

int gn_shutdown(struct gn_sock *s, int how)
{
	return IN_VCPU(s, sock_shutdown(s->sock, how));
}

int gn_poll(struct gn_sock *s)
{
	return (int)IN_VCPU(s, sock_poll(s->sock));
}

/* --- readiness --- */

static void ready_mark(struct sock *sk)
{
	struct gn_sock *s = sk->sk_user_data;

	doorbell_mark(&s->bell);
}

static void ready_data(struct sock *sk)
{
	struct gn_sock *s = sk->sk_user_data;

	s->data_ready(sk);
	ready_mark(sk);
}

static void ready_space(struct sock *sk)
{
	struct gn_sock *s = sk->sk_user_data;

	s->write_space(sk);
	ready_mark(sk);
}

static void ready_error(struct sock *sk)
{
	struct gn_sock *s = sk->sk_user_data;

	s->error_report(sk);
	ready_mark(sk);
}

static void bell_ring(struct doorbell *bell)
{
	struct gn_sock *s = container_of(bell, struct gn_sock, bell);

	if (s->ready)
		s->ready(s, s->ctx);
}

int gn_on_ready(struct gn_sock *s, void (*fn)(struct gn_sock *s, void *ctx), void *ctx)
{
	struct sock *sk = s->sock->sk;
	bool entered = api_enter(s->gn, s->bell.home->id);

	lock_sock(sk);
	if (fn && !s->ready) {
		s->data_ready = sk->sk_data_ready;
		s->write_space = sk->sk_write_space;
		s->error_report = sk->sk_error_report;
		sk->sk_user_data = s;
		sk->sk_data_ready = ready_data;
		sk->sk_write_space = ready_space;
		sk->sk_error_report = ready_error;
	} else if (!fn && s->ready) {
		sk->sk_data_ready = s->data_ready;
		sk->sk_write_space = s->write_space;
		sk->sk_error_report = s->error_report;
		sk->sk_user_data = NULL;
	}
	s->ready = fn;
	s->ctx = ctx;
	if (fn && (sock_poll(s->sock) & (POLLIN | POLLERR)))
		doorbell_mark(&s->bell);
	release_sock(sk);
	api_leave(entered);
	return 0;
}
