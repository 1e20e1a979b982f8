/* SPDX-License-Identifier: MIT */
/*
 * waits.c - how threads come out of a receive: data, cancellation, a jump, a signal, a close; on sockets of the loopback device
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHECK(x) \
	do { \
		if (!(x)) { \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #x, strerror(errno)); \
			exit(1); \
		} \
	} while (0)

static sigjmp_buf out;
static struct sockaddr_in where;

static int bound(struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)a, len) && !getsockname(fd, (struct sockaddr *)a, &len));
	return fd;
}

static void *echo(void *arg)
{
	int fd = *(int *)arg;

	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		char buf[100];
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

		CHECK(n > 0);
		CHECK(sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len) == n);
	}
	return NULL;
}

static void ask(const struct sockaddr_in *to, int n)
{
	struct timeval tv = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), got;

	CHECK(!connect(fd, (const struct sockaddr *)to, sizeof(*to)));
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	for (int i = 0; i < n; i++) {
		CHECK(send(fd, &i, sizeof(i), 0) == sizeof(i));
		CHECK(recv(fd, &got, sizeof(got), 0) == sizeof(got) && got == i);
	}
	close(fd);
}

static void *asker(void *arg)
{
	ask(arg, 300);
	return NULL;
}

static void cancellation(void)
{
	struct sockaddr_in a;
	int fd = bound(&a);

	for (int round = 0; round < 50; round++) {
		pthread_t server, clients[3];
		void *ret;

		CHECK(!pthread_create(&server, NULL, echo, &fd));
		for (int i = 0; i < 3; i++)
			CHECK(!pthread_create(&clients[i], NULL, asker, &a));
		for (int i = 0; i < 3; i++)
			pthread_join(clients[i], NULL);
		CHECK(!pthread_cancel(server) && !pthread_join(server, &ret) && ret == PTHREAD_CANCELED);
	}
	close(fd);
}

static void jump(int sig)
{
	siglongjmp(out, sig);
}

static void nothing(int sig)
{
	(void)sig;
}

static void *later(void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	usleep(100000);
	if (arg)
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
	usleep(100000);
	CHECK(sendto(fd, "x", 1, 0, (struct sockaddr *)&where, sizeof(where)) == 1);
	close(fd);
	return NULL;
}

static void jumps(void)
{
	int fd = bound(&where);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	pthread_t t;
	char c;

	signal(SIGALRM, jump);
	for (int i = 0; i < 20; i++) {
		if (!sigsetjmp(out, 1)) {
			ualarm(20000, 0);
			recv(fd, &c, 1, 0);
			CHECK(!"nothing was sent");
		}
	}
	/* nobody is inside a receive any more: what comes is for poll() */
	CHECK(!pthread_create(&t, NULL, later, NULL));
	CHECK(poll(&p, 1, 5000) == 1);
	CHECK(recv(fd, &c, 1, 0) == 1);
	pthread_join(t, NULL);
	close(fd);
}

static void restarts(void)
{
	int fd = bound(&where);
	pthread_t me = pthread_self(), t;
	struct sigaction sa = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	struct timeval tv = { .tv_sec = 5 };
	char c;

	signal(SIGALRM, SIG_DFL);
	alarm(60);
	CHECK(!sigaction(SIGUSR1, &sa, NULL));
	CHECK(!pthread_create(&t, NULL, later, &me));
	CHECK(recv(fd, &c, 1, 0) == 1);
	pthread_join(t, NULL);

	CHECK(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv))); /* with one a call is never restarted */
	CHECK(!pthread_create(&t, NULL, later, &me));
	CHECK(recv(fd, &c, 1, 0) == -1 && errno == EINTR);
	CHECK(recv(fd, &c, 1, 0) == 1);
	pthread_join(t, NULL);
	tv.tv_sec = 0;
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));

	sa.sa_flags = 0;
	CHECK(!sigaction(SIGUSR1, &sa, NULL));
	CHECK(!pthread_create(&t, NULL, later, &me));
	CHECK(recv(fd, &c, 1, 0) == -1 && errno == EINTR);
	CHECK(recv(fd, &c, 1, 0) == 1);
	pthread_join(t, NULL);
	close(fd);
}

int main(void)
{
	alarm(120);
	cancellation();
	jumps();
	restarts();
	puts("done");
	return 0;
}
