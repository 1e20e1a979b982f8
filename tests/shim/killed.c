/* SPDX-License-Identifier: MIT */
/*
 * killed.c - a program that makes, uses and closes sockets without end; and one that counts how it ends when it is killed
 *
 *   killed work			socket, bind, connect, send, receive, options, close, again and again
 *   killed many COUNT AT-ONCE [SEED]	COUNT times such a program, up to AT-ONCE together, each killed after a random time below 40 ms
 * Called by killed.sh. It knows nothing of the stack: under the shim its sockets are there.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void work_once(unsigned round)
{
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in group = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr("239.1.2.3"), .sin_port = htons(9) };
	struct ip_mreq join = { .imr_multiaddr = group.sin_addr, .imr_interface = me.sin_addr };
	socklen_t len = sizeof(me);
	char buf[2000] = "";
	int fd = socket(AF_INET, SOCK_DGRAM, 0), copy;

	bind(fd, (struct sockaddr *)&me, sizeof(me));
	getsockname(fd, (struct sockaddr *)&me, &len);
	setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join));
	if (round & 1)
		connect(fd, (struct sockaddr *)&me, sizeof(me));
	for (int i = 0; i < 5; i++)
		sendto(fd, buf, sizeof(buf), i == 3 ? MSG_MORE : 0, (struct sockaddr *)&me, sizeof(me));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ 4096 }, sizeof(int));
	recv(fd, buf, sizeof(buf), 0);
	copy = dup(fd);
	close(fd);
	recv(copy, buf, sizeof(buf), MSG_DONTWAIT);
	close(copy);
}

/* The child is killed by a timer of its own, be it inside a call, between two, or before the first. */
static void child(unsigned us)
{
	struct itimerval when = { .it_value.tv_usec = (suseconds_t)(us + 1) };

	signal(SIGPROF, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &when, NULL);
	for (unsigned i = 0;; i++)
		work_once(i);
}

static int many(int count, int at_once)
{
	int running = 0, by_signal = 0, status;

	for (int i = 0; i < count || running;) {
		if (i < count && running < at_once) {
			unsigned us = (unsigned)rand() % 40000;
			pid_t pid = fork();

			if (!pid)
				child(us);
			if (pid > 0) {
				i++;
				running++;
				continue;
			}
		}
		if (wait(&status) > 0) {
			running--;
			by_signal += WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
		}
	}
	printf("%d killed\n", by_signal);
	return by_signal != count;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "work"))
		for (unsigned i = 0;; i++)
			work_once(i);
	if (argc < 4 || strcmp(argv[1], "many"))
		return 2;
	srand(argc > 4 ? (unsigned)atoi(argv[4]) : 1);
	return many(atoi(argv[2]), atoi(argv[3]));
}
