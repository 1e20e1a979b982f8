/* SPDX-License-Identifier: MIT */
/*
 * strong.c - a program whose calls on sockets pass by the names of libc: each is a system call made here
 *
 *	strong exchange ADDRESS PORT	a datagram there and back, by every call that there is for that
 *	strong blocked ADDRESS PORT	the same while all signals are blocked in all ways, and with a handler of SIGSYS of its own
 *	strong death			SIGSYS blocked by the call's number: the next trapped call is the last
 *	strong exec PROGRAM ARG...	execute that with all signals blocked, as a child; its exit status, 128 and more for a signal
 *	strong cost			nanoseconds of a trapped call, and of one that is not
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return ret;
#else
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#endif
}

#define P(p) ((long)(uintptr_t)(p))

static void must(int ok, const char *what, long ret)
{
	if (ok)
		return;
	printf("%s: %ld\n", what, ret);
	exit(1);
}

static int exchange(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) }, name;
	char in[16], out[] = "trapped";
	struct iovec iov = { out, sizeof(out) }, back = { in, sizeof(in) };
	struct mmsghdr m = { .msg_hdr = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1 } }, r;
	socklen_t len = sizeof(name);
	int one = 1, value = 0, pending = 0;
	long fd, ret;

	inet_pton(AF_INET, address, &to.sin_addr);
	fd = call(SYS_socket, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
	must(fd >= 0, "socket", fd);
	ret = call(SYS_setsockopt, fd, SOL_SOCKET, SO_BROADCAST, P(&one), sizeof(one), 0);
	must(!ret, "setsockopt", ret);
	len = sizeof(value);
	ret = call(SYS_getsockopt, fd, SOL_SOCKET, SO_BROADCAST, P(&value), P(&len), 0);
	must(!ret && value == 1, "getsockopt", ret);
	ret = call(SYS_sendto, fd, P(out), sizeof(out), 0, P(&to), sizeof(to));
	must(ret == sizeof(out), "sendto", ret);
	len = sizeof(name);
	ret = call(SYS_recvfrom, fd, P(in), sizeof(in), 0, P(&name), P(&len));
	must(ret == sizeof(out) && !strcmp(in, out) && name.sin_port == to.sin_port, "recvfrom", ret);
	ret = call(SYS_sendmsg, fd, P(&m.msg_hdr), 0, 0, 0, 0);
	must(ret == sizeof(out), "sendmsg", ret);
	r = (struct mmsghdr){ .msg_hdr = { .msg_iov = &back, .msg_iovlen = 1 } };
	ret = call(SYS_recvmsg, fd, P(&r.msg_hdr), 0, 0, 0, 0);
	must(ret == sizeof(out), "recvmsg", ret);
	ret = call(SYS_sendmmsg, fd, P(&m), 1, 0, 0, 0);
	must(ret == 1, "sendmmsg", ret);
	ret = call(SYS_recvmmsg, fd, P(&r), 1, 0, 0, 0);
	must(ret == 1 && r.msg_len == sizeof(out), "recvmmsg", ret);
	ret = call(SYS_connect, fd, P(&to), sizeof(to), 0, 0, 0);
	must(!ret, "connect", ret);
	len = sizeof(name);
	ret = call(SYS_getpeername, fd, P(&name), P(&len), 0, 0, 0);
	must(!ret && name.sin_port == to.sin_port, "getpeername", ret);
	len = sizeof(name);
	ret = call(SYS_getsockname, fd, P(&name), P(&len), 0, 0, 0);
	must(!ret && name.sin_port, "getsockname", ret);
	ret = call(SYS_sendto, fd, P(out), sizeof(out), 0, 0, 0);
	must(ret == sizeof(out), "sendto without a name", ret);
	ret = call(SYS_recvfrom, fd, P(in), sizeof(in), MSG_PEEK, 0, 0);
	must(ret == sizeof(out), "recvfrom, a look", ret);
	ret = call(SYS_ioctl, fd, FIONREAD, P(&pending), 0, 0, 0);
	must(!ret && pending == sizeof(out), "ioctl", ret);
	ret = call(SYS_bind, fd, P(&name), sizeof(name), 0, 0, 0);
	must(ret == -EINVAL, "bind of a socket that is bound", ret);
	ret = call(SYS_getpeername, 0, 0, 0, 0, 0, 0);
	must(ret == -ENOTSOCK, "getpeername of a file", ret);
	call(SYS_close, fd, 0, 0, 0, 0, 0);
	return 0;
}

static void never(int sig)
{
	(void)sig;
	_exit(99);
}

static void in_handler(int sig)
{
	(void)sig;
	call(SYS_getsockname, -1, 0, 0, 0, 0, 0);
}

static void *in_thread(void *arg)
{
	(void)arg;
	return (void *)call(SYS_getsockname, -1, 0, 0, 0, 0, 0);
}

static int blocked(const char *address, const char *port)
{
	struct sigaction act = { .sa_handler = in_handler }, old;
	struct timespec soon = { 0, 1000000 };
	struct epoll_event event;
	sigset_t all, was;
	pthread_t t;
	void *ret;
	int ep = epoll_create1(0);

	sigfillset(&all);
	sigfillset(&act.sa_mask);
	must(!sigaction(SIGUSR1, &act, NULL), "sigaction", errno);
	raise(SIGUSR1); /* its handler runs with all that blocked */
	act.sa_handler = never;
	must(!sigaction(SIGSYS, &act, &old) && old.sa_handler == SIG_DFL, "sigaction of SIGSYS", errno);
	must(signal(SIGSYS, SIG_IGN) == never, "signal of SIGSYS", errno);
	signal(SIGSYS, never);
	must(!sigprocmask(SIG_SETMASK, &all, NULL), "sigprocmask", errno);
	must(!pthread_sigmask(SIG_BLOCK, &all, &was) && !sigismember(&was, SIGSYS) && sigismember(&was, SIGUSR1), "pthread_sigmask", errno);
	ppoll(NULL, 0, &soon, &all);
	pselect(0, NULL, NULL, NULL, &soon, &all);
	epoll_pwait(ep, &event, 1, 1, &all);
	must(!pthread_create(&t, NULL, in_thread, NULL) && !pthread_join(t, &ret) && ret == (void *)-EBADF, "a thread", errno);
	return exchange(address, port);
}

static int death(void)
{
	const unsigned long only = 1UL << (SIGSYS - 1);

	call(SYS_rt_sigprocmask, SIG_BLOCK, P(&only), 0, sizeof(only), 0, 0);
	return call(SYS_getsockname, -1, 0, 0, 0, 0, 0) == -EBADF ? 0 : 1;
}

static int execute(char **argv)
{
	posix_spawnattr_t attr;
	sigset_t all;
	int status;
	pid_t pid;

	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	if (posix_spawnp(&pid, argv[0], NULL, &attr, argv, environ) || waitpid(pid, &status, 0) != pid)
		return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static double ns_of(long nr, long a, long b)
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 200000; i++)
		call(nr, a, b, 0, 0, 0, 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / 200000;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "exchange"))
		return exchange(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "blocked"))
		return blocked(argv[2], argv[3]);
	if (argc == 2 && !strcmp(argv[1], "death"))
		return death();
	if (argc > 2 && !strcmp(argv[1], "exec"))
		return execute(argv + 2);
	printf("listen(-1): %.0f ns, getppid: %.0f ns\n", ns_of(SYS_listen, -1, 0), ns_of(SYS_getppid, 0, 0));
	return 0;
}
