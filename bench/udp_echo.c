/* SPDX-License-Identifier: MIT */
/*
 * udp_echo.c - the kernel's side of a comparison: a UDP echo server over the ordinary socket API, blocking recvfrom and sendto
 *
 *	udp_echo -p PORT
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int port = argc == 3 && !strcmp(argv[1], "-p") ? atoi(argv[2]) : 0, fd;
	char buf[65536];

	if (port <= 0 || port > 65535) {
		fprintf(stderr, "usage: udp_echo -p PORT\n");
		return 2;
	}
	a.sin_port = htons((unsigned short)port);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a))) {
		perror("udp_echo");
		return 1;
	}
	for (;;) {
		socklen_t len = sizeof(a);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&a, &len);

		if (n >= 0)
			sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&a, len);
	}
}
