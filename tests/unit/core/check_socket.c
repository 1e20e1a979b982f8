/* SPDX-License-Identifier: MIT */
/*
 * check_socket.c: the system-call shaped top: creation, names, messages, buffers, through a tiny
 * family.
 */
#include "sockfix.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>

#define PF_TINY 44

static struct cred cred = { .uid = 1000, .gid = 1000 };
static struct {
	unsigned released, calls;
	int last_flags, last_len;
	struct msghdr seen;
	unsigned char name[128], data[64];
	int give_name; /* length that recvmsg and getname tell */
	int give_cmsg; /* control messages that recvmsg puts */
	int result;
} tiny;

static int tiny_release(struct socket *sock)
{
	tiny.released++;
	sk_common_release(sock->sk);
	return 0;
}

static int tiny_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	memcpy(tiny.name, addr, (size_t)len);
	tiny.last_len = len;
	return tiny.result;
}

static int tiny_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	tiny.last_flags = flags;
	return tiny_bind(sock, addr, len);
}

static int tiny_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	memset(addr, peer ? 2 : 1, (size_t)tiny.give_name);
	return tiny.result ? tiny.result : tiny.give_name;
}

static int tiny_setsockopt(struct socket *sock, int level, int optname, const void *v, socklen_t l)
{
	return level + optname;
}
static int tiny_getsockopt(struct socket *sock, int level, int optname, void *v, socklen_t *l)
{
	return level - optname;
}
static int tiny_shutdown(struct socket *sock, int how)
{
	return how;
}
static int tiny_ioctl(struct socket *sock, unsigned cmd, void *arg)
{
	return -ENOTTY;
}
static unsigned tiny_poll(struct socket *sock)
{
	return 5;
}

static int tiny_sendmsg(struct socket *sock, struct msghdr *m, size_t len)
{
	tiny.seen = *m;
	tiny.last_flags = m->msg_flags;
	if (m->msg_namelen)
		memcpy(tiny.name, m->msg_name, m->msg_namelen);
	if (len <= sizeof(tiny.data))
		ck_assert_int_eq(memcpy_fromiovecend(tiny.data, m, 0, len), 0);
	return tiny.result ? tiny.result : (int)len;
}

static int tiny_recvmsg(struct socket *sock, struct msghdr *m, size_t len, int flags)
{
	int v = 7;

	tiny.last_flags = flags;
	memset(m->msg_name, 9, (size_t)tiny.give_name);
	m->msg_namelen = (socklen_t)tiny.give_name;
	for (int i = 0; i < tiny.give_cmsg; i++)
		put_cmsg(m, 1, 2, sizeof(v), &v);
	m->msg_flags |= MSG_TRUNC;
	return tiny.result ? tiny.result : (int)len;
}

static const struct proto_ops tiny_ops = {
	.family = PF_TINY,
	.release = tiny_release,
	.bind = tiny_bind,
	.connect = tiny_connect,
	.getname = tiny_getname,
	.poll = tiny_poll,
	.ioctl = tiny_ioctl,
	.shutdown = tiny_shutdown,
	.setsockopt = tiny_setsockopt,
	.getsockopt = tiny_getsockopt,
	.sendmsg = tiny_sendmsg,
	.recvmsg = tiny_recvmsg,
};

static int tiny_create(struct net *net, struct socket *sock, int protocol)
{
	struct sock *sk;

	if (protocol == 99)
		return -EPROTONOSUPPORT;
	sk = sk_alloc(net, PF_TINY, &fix_proto);
	if (!sk)
		return -ENOBUFS;
	sock_init_data(sock, sk);
	sock->ops = &tiny_ops;
	return 0;
}

static const struct net_proto_family tiny_family = { PF_TINY, tiny_create };
static struct socket *sock;

static void begin(void)
{
	sockfix_begin();
	memset(&tiny, 0, sizeof(tiny));
	ck_assert_int_eq(sock_register(fx.net, &tiny_family), 0);
	ck_assert_int_eq(sock_create(fx.net, &cred, PF_TINY, SOCK_DGRAM, 0, &sock), 0);
}

static void end(void)
{
	sock_release(sock);
	ck_assert_int_eq(fx.net->sockets_inuse, 0);
	sockfix_end();
}

START_TEST(test_create)
{
	struct net_proto_family far = { 46, tiny_create };
	struct socket *s;

	ck_assert_int_eq(fx.net->sockets_inuse, 1);
	ck_assert_uint_gt(sock->ino, 0);
	ck_assert_uint_eq(sock->sk->sk_uid, 1000);
	ck_assert_uint_eq(sock->sk->sk_type, SOCK_DGRAM);
	ck_assert(!sock->nonblock);
	ck_assert_int_eq(sock_register(fx.net, &tiny_family), -EEXIST);
	ck_assert_int_eq(sock_register(fx.net, &far), -ENOBUFS);
	ck_assert_int_eq(sock_create(fx.net, &cred, -1, SOCK_DGRAM, 0, &s), -EAFNOSUPPORT);
	ck_assert_int_eq(sock_create(fx.net, &cred, 46, SOCK_DGRAM, 0, &s), -EAFNOSUPPORT);
	ck_assert_int_eq(sock_create(fx.net, &cred, 12, SOCK_DGRAM, 0, &s), -EAFNOSUPPORT);
	ck_assert_int_eq(sock_create(fx.net, &cred, PF_TINY, 11, 0, &s), -EINVAL);
	ck_assert_int_eq(sock_create(fx.net, &cred, PF_TINY, SOCK_DGRAM | 0x10, 0, &s), -EINVAL);
	ck_assert_int_eq(sock_create(fx.net, &cred, PF_TINY, SOCK_DGRAM, 99, &s), -EPROTONOSUPPORT);
	ck_assert_int_eq(sock_create(fx.net, &cred, PF_TINY,
				     SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, &s),
			 0);
	ck_assert(s->nonblock);
	ck_assert_uint_ne(s->ino, sock->ino);
	sock_release(s);
	ck_assert_uint_eq(tiny.released, 1);
	for (unsigned long n = 1; n <= 2; n++) {
		kmem_fail_nth(&fx.net->m.kmem, n, NULL);
		ck_assert_int_lt(sock_create(fx.net, &cred, PF_TINY, SOCK_DGRAM, 0, &s), 0);
		ck_assert(kmem_fault_hit(&fx.net->m.kmem));
	}
	ck_assert_int_eq(fx.net->sockets_inuse, 1);
}
END_TEST

START_TEST(test_names)
{
	struct sockaddr_storage a, b;
	socklen_t len = sizeof(b);

	memset(&a, 5, sizeof(a));
	ck_assert_int_eq(sock_bind(sock, (void *)&a, 16), 0);
	ck_assert_int_eq(tiny.last_len, 16);
	ck_assert_uint_eq(tiny.name[15], 5);
	ck_assert_int_eq(sock_bind(sock, (void *)&a, sizeof(a)), 0);
	ck_assert_int_eq(sock_bind(sock, (void *)&a, sizeof(a) + 1), -EINVAL);
	ck_assert_int_eq(sock_bind(sock, (void *)&a, (socklen_t)-1), -EINVAL);
	ck_assert_int_eq(sock_bind(sock, NULL, 16), -EFAULT);
	ck_assert_int_eq(sock_bind(sock, NULL, 0), 0);
	ck_assert_int_eq(sock_connect(sock, (void *)&a, sizeof(a) + 1), -EINVAL);
	ck_assert_int_eq(sock_connect(sock, (void *)&a, 16), 0);
	ck_assert_int_eq(tiny.last_flags, 0);
	sock->nonblock = true;
	ck_assert_int_eq(sock_connect(sock, (void *)&a, 16), 0);
	ck_assert_int_eq(tiny.last_flags, O_NONBLOCK);

	tiny.give_name = 16;
	memset(&b, 0, sizeof(b));
	ck_assert_int_eq(sock_getname(sock, (void *)&b, &len, 1), 0);
	ck_assert_uint_eq(len, 16);
	len = 4; /* what fits is written, the whole length told */
	memset(&b, 0, sizeof(b));
	ck_assert_int_eq(sock_getname(sock, (void *)&b, &len, 0), 0);
	ck_assert_uint_eq(len, 16);
	ck_assert_int_eq(((char *)&b)[3], 1);
	ck_assert_int_eq(((char *)&b)[4], 0);
	len = (socklen_t)-5;
	ck_assert_int_eq(sock_getname(sock, (void *)&b, &len, 0), -EINVAL);
	tiny.result = -ENOTCONN;
	len = 16;
	ck_assert_int_eq(sock_getname(sock, (void *)&b, &len, 1), -ENOTCONN);
}
END_TEST

START_TEST(test_sendmsg)
{
	char abc[] = "abc", defg[] = "defg";
	struct iovec iov[2] = { { abc, 3 }, { defg, 4 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	char name[200];

	ck_assert_int_eq(sock_sendmsg(sock, &m, MSG_CONFIRM), 7);
	ck_assert_int_eq(memcmp(tiny.data, "abcdefg", 7), 0);
	ck_assert_int_eq(tiny.last_flags, MSG_CONFIRM);
	ck_assert_uint_eq(tiny.seen.msg_namelen, 0);
	sock->nonblock = true;
	memset(name, 3, sizeof(name));
	m.msg_name = name;
	m.msg_namelen = sizeof(name); /* cut to the largest name */
	ck_assert_int_eq(sock_sendmsg(sock, &m, 0), 7);
	ck_assert_uint_eq(tiny.seen.msg_namelen, sizeof(struct sockaddr_storage));
	ck_assert_int_eq(tiny.last_flags, MSG_DONTWAIT);
	m.msg_namelen = (socklen_t)-1;
	ck_assert_int_eq(sock_sendmsg(sock, &m, 0), -EINVAL);
	m.msg_name = NULL;
	ck_assert_int_eq(sock_sendmsg(sock, &m, 0), 7);
	ck_assert_uint_eq(tiny.seen.msg_namelen, 0);
	m.msg_iovlen = 1025;
	ck_assert_int_eq(sock_sendmsg(sock, &m, 0), -EMSGSIZE);
	m.msg_iovlen = 2;
	m.msg_controllen = (size_t)INT_MAX + 1;
	ck_assert_int_eq(sock_sendmsg(sock, &m, 0), -ENOBUFS);
	m.msg_controllen = 0;
	iov[1].iov_len = (size_t)-1;
	ck_assert_int_eq(sock_sendmsg(sock, &m, 0), -EINVAL);
	iov[0].iov_len = iov[1].iov_len = (size_t)SSIZE_MAX;
	ck_assert_int_eq(sock_sendmsg(sock, &m, 0), -EINVAL);
	ck_assert_int_eq(sock_sendto(sock, "xy", 2, 0, (void *)name, sizeof(name)), -EINVAL);
	ck_assert_int_eq(sock_sendto(sock, "xy", 2, 0, (void *)name, 16), 2);
	ck_assert_uint_eq(tiny.seen.msg_namelen, 16);
}
END_TEST

START_TEST(test_recvmsg)
{
	char control[128], name[32], buf[10];
	struct iovec iov = { buf, 10 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_name = name,
			    .msg_namelen = 8,
			    .msg_control = control,
			    .msg_controllen = sizeof(control),
			    .msg_flags = 0x7777 };
	socklen_t len = 8;

	tiny.give_name = 16;
	tiny.give_cmsg = 2;
	memset(name, 0, sizeof(name));
	ck_assert_int_eq(sock_recvmsg(sock, &m, MSG_PEEK), 10);
	ck_assert_int_eq(tiny.last_flags, MSG_PEEK);
	ck_assert_uint_eq(m.msg_namelen, 16);
	ck_assert_int_eq(name[7], 9);
	ck_assert_int_eq(name[8], 0);
	ck_assert_ptr_eq(m.msg_control, control);
	ck_assert_uint_eq(m.msg_controllen, 2 * CMSG_SPACE(4));
	ck_assert_int_eq(m.msg_flags, MSG_TRUNC);
	/* no room */
	m.msg_control = NULL;
	m.msg_controllen = 100;
	ck_assert_int_eq(sock_recvmsg(sock, &m, 0), 10);
	ck_assert_uint_eq(m.msg_controllen, 0);
	ck_assert_int_eq(m.msg_flags, MSG_TRUNC | MSG_CTRUNC);
	tiny.give_cmsg = 0;
	memset(name, 0, sizeof(name));
	ck_assert_int_eq(sock_recvfrom(sock, buf, 10, MSG_DONTWAIT, (void *)name, &len), 10);
	ck_assert_uint_eq(len, 16);
	ck_assert_int_eq(name[8], 0);
	ck_assert_int_eq(sock_recvfrom(sock, buf, 10, 0, NULL, NULL), 10);
	tiny.result = -EAGAIN;
	ck_assert_int_eq(sock_recvfrom(sock, buf, 10, 0, (void *)name, &len), -EAGAIN);
	ck_assert_uint_eq(len, 16);
}
END_TEST

START_TEST(test_rest)
{
	int on = 1, val;
	socklen_t len = sizeof(val);

	ck_assert_int_eq(sock_call_setsockopt(sock, 100, 5, &on, 4), 105);
	ck_assert_int_eq(sock_call_getsockopt(sock, 100, 5, &val, &len), 95);
	ck_assert_int_eq(sock_call_setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &on, 4), -EPERM);
	sock->cred.net_admin = true;
	ck_assert_int_eq(sock_call_setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &on, 4), 0);
	ck_assert_int_eq(sock_call_getsockopt(sock, SOL_SOCKET, SO_RCVBUF, &val, &len), 0);
	ck_assert_int_eq(val, SOCK_MIN_RCVBUF);
	ck_assert_int_eq(sock_call_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, NULL, 4), -EFAULT);
	ck_assert_int_eq(sock_call_getsockopt(sock, SOL_SOCKET, SO_RCVBUF, NULL, &len), -EFAULT);
	len = (socklen_t)-1;
	ck_assert_int_eq(sock_call_getsockopt(sock, SOL_SOCKET, SO_RCVBUF, &val, &len), -EINVAL);
	ck_assert_int_eq(sock_call_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &on, (socklen_t)-1),
			 -EINVAL);
	ck_assert_int_eq(sock_shutdown(sock, 1), 1);
	ck_assert_int_eq(sock_listen(sock, 1), -EOPNOTSUPP);
	ck_assert_uint_eq(sock_poll(sock), 5);
	ck_assert_int_eq(sock_ioctl(sock, FIONBIO, &on), 0);
	ck_assert(sock->nonblock);
	on = 0;
	ck_assert_int_eq(sock_ioctl(sock, FIONBIO, &on), 0);
	ck_assert(!sock->nonblock);
	ck_assert_int_eq(sock_ioctl(sock, 0x1234, &on), -ENOTTY);
}
END_TEST

START_TEST(test_iov)
{
	char a[3] = "", b[5] = "", out[9] = "";
	struct iovec iov[3] = { { a, 3 }, { NULL, 0 }, { b, 5 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 3 };

	ck_assert_uint_eq(msg_iov_len(&m), 8);
	ck_assert_int_eq(memcpy_toiovecend(&m, "01234567", 0, 8), 0);
	ck_assert_int_eq(memcmp(b, "34567", 5), 0);
	ck_assert_int_eq(memcpy_toiovecend(&m, "XY", 2, 2), 0);
	ck_assert_int_eq(a[2], 'X');
	ck_assert_int_eq(b[0], 'Y');
	ck_assert_int_eq(memcpy_toiovecend(&m, "XY", 7, 2), -EFAULT);
	ck_assert_int_eq(memcpy_fromiovecend(out, &m, 1, 7), 0);
	ck_assert_int_eq(memcmp(out, "1XY456", 6), 0);
	ck_assert_int_eq(memcpy_fromiovecend(out, &m, 8, 0), 0);
	ck_assert_int_eq(memcpy_fromiovecend(out, &m, 9, 1), -EFAULT);
	ck_assert_int_eq(memcpy_fromiovecend(out, &m, 1, 8), -EFAULT);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_create, test_names, test_sendmsg, test_recvmsg,
				       test_rest,   test_iov,	NULL };

	return suite_of("socket", begin, end, tests);
}
