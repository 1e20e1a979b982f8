/* SPDX-License-Identifier: MIT */
/*
 * check_hooks.c - the names of libc under the shim: whose descriptor it is, what becomes of the arguments, which error comes back
 */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t room, int flags, struct sockaddr *addr, socklen_t *addrlen);
ssize_t __read_chk(int fd, void *buf, size_t len, size_t room);

static const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 0x3905 /* 1337 */ };
#define TO ((const struct sockaddr *)&to)

#define fails_with(call, error) \
	do { \
		errno = 0; \
		ck_assert_int_eq(call, -1); \
		ck_assert_int_eq(errno, error); \
	} while (0)

START_TEST(other_descriptors_are_the_kernels)
{
	char buf[16] = "";
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int p[2], s[2], value = 0;

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	errno = 77;
	ck_assert_int_eq(write(p[1], "abc", 3), 3);
	ck_assert_int_eq(read(p[0], buf, 2), 2);
	ck_assert_int_eq(readv(p[0], &iov, 1), 1);
	ck_assert_int_eq(send(s[0], "1", 1, 0), 1);
	ck_assert_int_eq(writev(s[0], &iov, 1), sizeof(buf));
	ck_assert_int_eq(recv(s[1], buf, 1, 0), 1);
	ck_assert_int_eq(recvmsg(s[1], &msg, 0), sizeof(buf));
	ck_assert_int_eq(getsockname(s[0], (struct sockaddr *)&addr, &len), 0);
	ck_assert_int_eq(addr.ss_family, AF_UNIX);
	len = sizeof(value);
	ck_assert_int_eq(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &len), 0);
	ck_assert_int_eq(value, SOCK_STREAM);
	ck_assert_int_eq(ioctl(s[0], FIONREAD, &value), 0);
	ck_assert_int_eq(shutdown(s[0], SHUT_WR), 0);
	ck_assert_int_eq(recv(s[1], buf, 1, 0), 0);
	ck_assert_int_eq(errno, 77); /* success leaves it alone */
	fails_with(recv(p[0], buf, 1, 0), ENOTSOCK);
	fails_with(read(-1, buf, 1), EBADF);
	fails_with(bind(999, TO, sizeof(to)), EBADF);
	fails_with(recv(s[0], buf, 1, MSG_DONTWAIT), EAGAIN);
	ck_assert_str_eq(said(), "");
}
END_TEST

START_TEST(our_descriptor_is_the_clients)
{
	char buf[8] = "value";
	struct sockaddr_in from;
	socklen_t len = sizeof(from), four = 4;
	int value = 5;

	ck_assert_int_eq(bind(fake.fd, TO, sizeof(to)), 0);
	ck_assert_int_eq(connect(fake.fd, TO, sizeof(to)), 0);
	ck_assert_int_eq(setsockopt(fake.fd, SOL_SOCKET, SO_REUSEADDR, &value, 4), 0);
	ck_assert_int_eq(getsockopt(fake.fd, SOL_SOCKET, SO_TYPE, &value, &four), 0);
	ck_assert_int_eq(value, 42);
	ck_assert_int_eq(getsockname(fake.fd, (struct sockaddr *)&from, &len), 0);
	ck_assert_int_eq(getpeername(fake.fd, (struct sockaddr *)&from, &len), 0);
	ck_assert_int_eq(shutdown(fake.fd, SHUT_RD), 0);
	ck_assert_str_eq(said(), "bind(1337/16) connect(1337/16) setsockopt(1 2 5 4) getsockopt(1 3 4) getsockname() getpeername() shutdown(0) ");
	ck_assert_int_eq(send(fake.fd, "a", 1, MSG_DONTWAIT), 1);
	ck_assert_int_eq(sendto(fake.fd, "bc", 2, 0, TO, sizeof(to)), 2);
	ck_assert_int_eq(write(fake.fd, "def", 3), 3);
	ck_assert_str_eq(said(), "sendmsg(- 40 a) sendmsg(1337/16 0 bc) sendmsg(- 0 def) ");
	fake.data = "hello";
	len = sizeof(from);
	ck_assert_int_eq(recvfrom(fake.fd, buf, sizeof(buf), MSG_PEEK, (struct sockaddr *)&from, &len), 5);
	ck_assert_int_eq(ntohs(from.sin_port), 7);
	ck_assert_int_eq(len, sizeof(from));
	ck_assert_int_eq(recv(fake.fd, buf, 3, 0), 3);
	ck_assert_int_eq(read(fake.fd, buf, sizeof(buf)), 5);
	ck_assert_str_eq(buf, "hello");
	ck_assert_str_eq(said(), "recvmsg(2) recvmsg(0) recvmsg(0) ");
}
END_TEST

START_TEST(errors_are_those_of_the_client)
{
	char buf[8];

	fake.left = 0;
	fake.ret = -EAGAIN;
	fails_with(recv(fake.fd, buf, sizeof(buf), 0), EAGAIN);
	fails_with(read(fake.fd, buf, sizeof(buf)), EAGAIN);
	fake.ret = -ENETUNREACH;
	fails_with(sendto(fake.fd, "x", 1, 0, TO, sizeof(to)), ENETUNREACH);
	fake.ret = -EADDRINUSE;
	fails_with(bind(fake.fd, TO, sizeof(to)), EADDRINUSE);
	fake.ret = -ENETDOWN;
	fails_with(socket(AF_INET, SOCK_DGRAM, 0), ENETDOWN);
}
END_TEST

START_TEST(datagram_sockets_neither_listen_nor_accept)
{
	fails_with(listen(fake.fd, 5), EOPNOTSUPP);
	fails_with(accept(fake.fd, NULL, NULL), EOPNOTSUPP);
	fails_with(accept4(fake.fd, NULL, NULL, SOCK_CLOEXEC), EOPNOTSUPP);
	fails_with(accept4(fake.fd, NULL, NULL, 1), EINVAL);
	ck_assert_str_eq(said(), "");
}
END_TEST

START_TEST(a_family_of_the_network_never_reaches_the_kernel)
{
	static const struct {
		int domain, type, error;
	} refused[] = {
		{ AF_INET6, SOCK_DGRAM, EAFNOSUPPORT },
		{ AF_INET6, SOCK_STREAM, EAFNOSUPPORT },
		{ AF_PACKET, SOCK_RAW, EPROTONOSUPPORT },
		{ AF_INET, SOCK_PACKET, EPROTONOSUPPORT },
		{ AF_INET, SOCK_DGRAM | 0x100000, EINVAL },
		{ AF_CAN, SOCK_RAW, EAFNOSUPPORT },
		{ 43 /* AF_SMC */, SOCK_STREAM, EAFNOSUPPORT },
		{ AF_XDP, SOCK_RAW, EAFNOSUPPORT },
		{ -1, SOCK_DGRAM, EAFNOSUPPORT },
		{ 1000, SOCK_DGRAM, EAFNOSUPPORT },
	};
	int fd;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		fails_with(socket(refused[i].domain, refused[i].type, 0), refused[i].error);
	ck_assert_str_eq(said(), "");
	fake.ret = 99;
	ck_assert_int_eq(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP), 99);
	ck_assert_int_eq(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), 99);
	ck_assert_int_eq(socket(AF_NETLINK, SOCK_RAW, 16), 99);
	ck_assert_str_eq(said(), "socket(2 524290 17) socket(2 3 1) socket(16 3 16) ");
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(a_stream_socket_leads_nowhere)
{
	struct sockaddr_in me = { .sin_port = 1 };
	struct sockaddr_un un = { .sun_family = 0 };
	socklen_t len = sizeof(un), four = 4;
	int value = 0;
	char c;

	fails_with(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	close(fake.fd);
	fake.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fake.fd, 0);
	ck_assert_int_eq(fcntl(fake.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	ck_assert_int_eq(fcntl(fake.fd, F_GETFD), FD_CLOEXEC);
	fake.kind = CLIENT_FOREIGN; /* what it is bound to */
	ck_assert_int_eq(getsockname(fake.fd, (struct sockaddr *)&un, &len), 0);
	ck_assert_mem_eq(un.sun_path, "\0gn/t/", 6);
	ck_assert_uint_eq(len, offsetof(struct sockaddr_un, sun_path) + 22);
	fake.kind = CLIENT_STREAM;
	fails_with(bind(fake.fd, TO, sizeof(to)), EPROTONOSUPPORT);
	fails_with(connect(fake.fd, TO, sizeof(to)), EPROTONOSUPPORT);
	fails_with(listen(fake.fd, 1), EPROTONOSUPPORT);
	fails_with(getpeername(fake.fd, (struct sockaddr *)&un, &len), ENOTCONN);
	fails_with(read(fake.fd, &c, 1), ENOTCONN);
	fails_with(send(fake.fd, &c, 1, MSG_NOSIGNAL), ENOTCONN);
	len = sizeof(me);
	ck_assert_int_eq(getsockname(fake.fd, (struct sockaddr *)&me, &len), 0);
	ck_assert(me.sin_family == AF_INET && !me.sin_port && len == sizeof(me));
	ck_assert_int_eq(getsockopt(fake.fd, SOL_SOCKET, SO_DOMAIN, &value, &four), 0);
	ck_assert_int_eq(value, AF_INET);
	ck_assert_int_eq(getsockopt(fake.fd, SOL_SOCKET, SO_TYPE, &value, &four), 0);
	ck_assert_int_eq(value, SOCK_STREAM);
	value = 1;
	ck_assert_int_eq(setsockopt(fake.fd, SOL_SOCKET, SO_REUSEADDR, &value, 4), 0);
	ck_assert_str_eq(said(), "");
	setenv("GLASSNET_NO_TCP", "1", 1);
	fails_with(socket(AF_INET, SOCK_STREAM, 0), EPROTONOSUPPORT);
	unsetenv("GLASSNET_NO_TCP");
}
END_TEST

START_TEST(vectors_and_nothing)
{
	char a[4] = "ab", b[4] = "cd";
	struct iovec iov[2] = { { a, 2 }, { b, 2 } }, *volatile none = NULL;
	volatile int too_many = 1025; /* the compiler knows better than to let it pass */

	ck_assert_int_eq(writev(fake.fd, iov, 2), 4);
	ck_assert_int_eq(write(fake.fd, "", 0), 0); /* an empty datagram */
	ck_assert_str_eq(said(), "sendmsg(- 0 ab cd) sendmsg(- 0 ) ");
	fake.data = "wxyz";
	ck_assert_int_eq(readv(fake.fd, iov, 2), 4);
	ck_assert_mem_eq(a, "wx", 2);
	ck_assert_mem_eq(b, "yz", 2);
	ck_assert_str_eq(said(), "recvmsg(0) ");
	/* these ask nobody */
	fake.log[0] = '\0';
	ck_assert_int_eq(read(fake.fd, a, 0), 0);
	ck_assert_int_eq(readv(fake.fd, iov, 0), 0);
	fails_with(readv(fake.fd, iov, too_many), EINVAL);
	fails_with(writev(fake.fd, iov, -too_many), EINVAL);
	fails_with(writev(fake.fd, none, 1), EFAULT);
	iov[0].iov_len = iov[1].iov_len = 0;
	ck_assert_int_eq(writev(fake.fd, iov, 2), 0);
	iov[1].iov_len = (size_t)-1;
	fails_with(writev(fake.fd, iov, 2), EINVAL);
	ck_assert_str_eq(said(), "");
}
END_TEST

START_TEST(addresses_of_no_or_of_wrong_length)
{
	char buf[4];
	struct sockaddr_in from;
	socklen_t len = (socklen_t)-1;

	fails_with(sendto(fake.fd, "x", 1, 0, TO, 0), EINVAL);
	fails_with(sendto(fake.fd, "x", 1, 0, TO, 200), EINVAL);
	fails_with(sendto(fake.fd, "x", 1, 0, TO, (socklen_t)-1), EINVAL);
	fails_with(recvfrom(fake.fd, buf, 1, 0, (struct sockaddr *)&from, NULL), EFAULT);
	fails_with(recvfrom(fake.fd, buf, 1, 0, (struct sockaddr *)&from, &len), EINVAL);
	ck_assert_str_eq(said(), "");
	/* a length without an address is not looked at */
	ck_assert_int_eq(recvfrom(fake.fd, buf, 1, 0, NULL, &len), 0);
	ck_assert_uint_eq(len, (socklen_t)-1);
}
END_TEST

START_TEST(batches_end_at_the_first_failure)
{
	struct iovec iov = { (char[]){ "x" }, 1 };
	struct mmsghdr v[3];
	struct timespec limit = { .tv_sec = 5 };

	memset(v, 0, sizeof(v));
	for (int i = 0; i < 3; i++)
		v[i].msg_hdr = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	fake.data = "q";
	fake.left = 2;
	fake.ret = -EAGAIN;
	ck_assert_int_eq(sendmmsg(fake.fd, v, 3, 0), 2);
	ck_assert_uint_eq(v[1].msg_len, 1);
	fails_with(sendmmsg(fake.fd, v, 3, 0), EAGAIN);
	ck_assert_int_eq(sendmmsg(fake.fd, NULL, 0, 0), 0);
	said();
	fake.left = 2;
	ck_assert_int_eq(recvmmsg(fake.fd, v, 3, MSG_WAITFORONE, NULL), 2);
	ck_assert_str_eq(said(), "recvmsg(0) recvmsg(40) recvmsg(40) ");
	fails_with(recvmmsg(fake.fd, v, 3, 0, NULL), EAGAIN);
	fake.left = 3;
	ck_assert_int_eq(recvmmsg(fake.fd, v, 3, 0, &limit), 3);
	ck_assert_int_le(limit.tv_sec, 5);
	ck_assert_int_ge(limit.tv_sec, 3);
	limit = (struct timespec){ 0 };
	fake.left = 3;
	ck_assert_int_eq(recvmmsg(fake.fd, v, 3, 0, &limit), 1); /* looked at after the first */
	limit.tv_nsec = -1;
	fails_with(recvmmsg(fake.fd, v, 3, 0, &limit), EINVAL);
}
END_TEST

START_TEST(requests_of_the_network_go_by_their_number)
{
	int unix_fd = socket(AF_UNIX, SOCK_DGRAM, 0), n;
	char ifreq[40] = "lo";

	ck_assert_int_eq(ioctl(unix_fd, SIOCGIFINDEX, ifreq), 0);
	ck_assert_int_eq(ioctl(fake.fd, SIOCGIFINDEX, ifreq), 0);
	ck_assert_int_eq(ioctl(fake.fd, FIONREAD, &n), 0);
	ck_assert_str_eq(said(), "ioctl(other 8933) ioctl(ours 8933) ioctl(ours 541b) ");
	/* what the stack does not know is not for the host either */
	fake.ret = -515;
	fails_with(ioctl(unix_fd, SIOCADDRT, ifreq), EOPNOTSUPP);
	fails_with(ioctl(unix_fd, 0x8b01, ifreq), ENOTTY);
	fails_with(ioctl(-1, SIOCSIFFLAGS, ifreq), EBADF);
	said();
	/* the descriptor's own business */
	n = 1;
	ck_assert_int_eq(ioctl(fake.fd, FIONBIO, &n), 0);
	ck_assert_int_eq(fcntl(fake.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	n = 0;
	ck_assert_int_eq(ioctl(fake.fd, FIONBIO, &n), 0);
	ck_assert_int_eq(ioctl(unix_fd, FIONREAD, &n), 0);
	fails_with(ioctl(fake.fd, 0x5413 /* TIOCGWINSZ */, ifreq), ENOTTY);
	close(unix_fd);
}
END_TEST

START_TEST(an_error_that_waits_is_pollerr)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* whose library stands before the shim for poll() */
	struct timespec limit = { .tv_nsec = 30000000 };
	struct pollfd p[2], *volatile none = NULL;
	int ours[2], other[2];

	ck_assert_int_eq(pipe(ours), 0);
	ck_assert_int_eq(pipe(other), 0);
	close(fake.fd);
	fake.fd = ours[0];
	p[0] = (struct pollfd){ .fd = ours[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = other[0], .events = POLLIN };
	ck_assert_int_eq(poll(p, 2, 0), 0);
	ck_assert_int_eq(write(ours[1], "x", 1), 1);
	ck_assert_int_eq(write(other[1], "x", 1), 1);
	ck_assert_int_eq(poll(p, 2, -1), 2);
	ck_assert_int_eq(p[0].revents, POLLIN);
	ck_assert_int_eq(p[1].revents, POLLIN);
	fake.error = true;
	ck_assert_int_eq(poll(p, 2, -1), 2);
	ck_assert_int_eq(p[0].revents, POLLERR);
	ck_assert_int_eq(p[1].revents, POLLIN);
	/* who asks for nothing is told of errors only, and waits while there is data */
	p[0].events = p[1].events = 0;
	ck_assert_int_eq(ppoll(p, 2, NULL, NULL), 1);
	ck_assert_int_eq(p[0].revents, POLLERR);
	ck_assert_int_eq(p[0].events, 0);
	fake.error = false;
	ck_assert_int_eq(ppoll(p, 2, &limit, NULL), 0);
	ck_assert_int_eq(p[0].events, 0);
	ck_assert_int_eq(limit.tv_nsec, 30000000);
	ck_assert_int_eq(poll(p, 2, 1), 0);
	ck_assert_int_eq(p[0].revents, 0);
	fails_with(poll(none, 1, 0), EFAULT);
	fake.fd = dup(STDIN_FILENO);
#endif
}
END_TEST

START_TEST(numbers_are_the_same_calls)
{
	char buf[8];

	fake.data = "abc";
	ck_assert_int_eq(syscall(SYS_bind, fake.fd, &to, sizeof(to)), 0);
	ck_assert_int_eq(syscall(SYS_sendto, fake.fd, "x", 1, 0, NULL, 0), 1);
	ck_assert_int_eq(syscall(SYS_read, fake.fd, buf, sizeof(buf)), 3);
	ck_assert_str_eq(said(), "bind(1337/16) sendmsg(- 0 x) recvmsg(0) ");
	fails_with(syscall(SYS_socket, AF_INET6, SOCK_DGRAM, 0), EAFNOSUPPORT);
	ck_assert_int_eq(syscall(SYS_getpid), getpid());
	fails_with(syscall(SYS_close, -1), EBADF);
}
END_TEST

START_TEST(fortified_names_check_the_room)
{
	char buf[8];
	pid_t pid;
	int status;

	fake.data = "abc";
	ck_assert_int_eq(__recv_chk(fake.fd, buf, sizeof(buf), sizeof(buf), MSG_PEEK), 3);
	ck_assert_int_eq(__recvfrom_chk(fake.fd, buf, sizeof(buf), sizeof(buf), 0, NULL, NULL), 3);
	ck_assert_int_eq(__read_chk(fake.fd, buf, sizeof(buf), sizeof(buf)), 3);
	ck_assert_str_eq(said(), "recvmsg(2) recvmsg(0) recvmsg(0) ");
	for (int i = 0; i < 3; i++) {
		pid = fork();
		if (!pid) {
			close(STDERR_FILENO);
			if (i == 0)
				__recv_chk(fake.fd, buf, 9, 8, 0);
			else if (i == 1)
				__recvfrom_chk(fake.fd, buf, 9, 8, 0, NULL, NULL);
			else
				__read_chk(fake.fd, buf, 9, 8);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}
END_TEST

START_TEST(a_child_of_vfork_may_call)
{
	int p[2], status;
	char c = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	pid = vfork();
	if (!pid) {
		ssize_t n = write(p[1], "v", 1);

		_exit(n == 1 && send(fake.fd, "w", 1, 0) == 1 ? 7 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	ck_assert_int_eq(read(p[0], &c, 1), 1);
	ck_assert_int_eq(c, 'v');
}
END_TEST

static __attribute__((unused)) void *reader(void *arg)
{
	char c;

	return read(*(int *)arg, &c, 1) == 1 ? arg : NULL;
}

static __attribute__((unused)) void *stubborn(void *arg)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return reader(arg);
}

START_TEST(a_thread_that_waits_can_be_cancelled)
{
#ifndef __SANITIZE_THREAD__ /* which keeps signals until a call that it knows, and it does not know these */
	pthread_t thread;
	void *ret;
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, reader, &p[0]), 0);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	ck_assert_int_eq(pthread_join(thread, &ret), 0);
	ck_assert_ptr_eq(ret, PTHREAD_CANCELED);
	/* one that does not want to be goes on */
	ck_assert_int_eq(pthread_create(&thread, NULL, stubborn, &p[0]), 0);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	ck_assert_int_eq(pthread_join(thread, &ret), 0);
	ck_assert_ptr_eq(ret, &p[0]);
#endif
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { other_descriptors_are_the_kernels, our_descriptor_is_the_clients, errors_are_those_of_the_client,
				       datagram_sockets_neither_listen_nor_accept, a_family_of_the_network_never_reaches_the_kernel,
				       a_stream_socket_leads_nowhere,
				       vectors_and_nothing, addresses_of_no_or_of_wrong_length, batches_end_at_the_first_failure,
				       requests_of_the_network_go_by_their_number, an_error_that_waits_is_pollerr, numbers_are_the_same_calls, fortified_names_check_the_room,
				       a_child_of_vfork_may_call, a_thread_that_waits_can_be_cancelled, NULL };

	return suite_of("shim/hooks", fake_setup, fake_teardown, tests);
}
