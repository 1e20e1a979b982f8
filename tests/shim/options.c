/* SPDX-License-Identifier: MIT */
/*
 * options.c - what every option of a socket says, set and not set, right and wrong, as lines of text
 *
 * Theory of operation
 *   An ordinary program: it runs on the kernel and on the stack, and options.sh compares. Each line is one option of one kind of socket: the value of
 *   a new socket, what lengths of the buffer give, then what values and lengths can be set, each on a socket of its own, with the value that
 *   is read afterwards. Numbers without a name are tried, too. What differs by nature (cookies, clocks) is not printed.
 *
 *   options [-u]: with -u as a user without rights.
 */
#include <errno.h>
#include <limits.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
	const char *name;
	int type, protocol;
} kinds[] = {
	{ "udp", SOCK_DGRAM, IPPROTO_UDP },
	{ "raw", SOCK_RAW, IPPROTO_ICMP },
	{ "ping", SOCK_DGRAM, IPPROTO_ICMP },
};

static const struct {
	const char *name;
	int level, from, to;
} levels[] = {
	{ "SOL_SOCKET", SOL_SOCKET, 0, 90 }, { "SOL_IP", IPPROTO_IP, 0, 60 }, { "SOL_UDP", IPPROTO_UDP, 0, 110 },
	{ "SOL_RAW", 255, 0, 3 },	      { "none", 200, 0, 1 },
};

static const int values[] = { INT_MIN, -2, -1, 0, 1, 2, 6, 7, 13, 100, 255, 256, 1000, 65536, 300000, INT_MAX };
static const socklen_t lengths[] = { 0, 1, 2, 3, 8, 12, 16, 44, 300 };

static int new_socket(int kind)
{
	return socket(AF_INET, kinds[kind].type, kinds[kind].protocol);
}

/* Its number on this machine means nothing. */
static int differs_by_nature(int level, int name)
{
	return level == SOL_SOCKET && (name == 57 /* SO_COOKIE */ || name == 71 /* SO_NETNS_COOKIE */);
}

/* What a read of @room bytes gives: an error, or the length and the bytes up to the last that is not 0. */
static void say_value(int fd, int level, int name, socklen_t room)
{
	unsigned char buf[512] = { 0 };
	socklen_t len = room;
	int last = 0;

	if (getsockopt(fd, level, name, buf, &len)) {
		printf(" e%d", errno);
		return;
	}
	printf(" %u:", len);
	if (differs_by_nature(level, name))
		return;
	for (socklen_t i = 0; i < len && i < sizeof(buf); i++)
		if (buf[i])
			last = (int)i + 1;
	for (int i = 0; i < last; i++)
		printf("%02x", buf[i]);
}

static void say_set(int kind, int level, int name, const void *value, socklen_t len)
{
	int fd = new_socket(kind);

	printf(" %d", setsockopt(fd, level, name, value, len) ? errno : 0);
	say_value(fd, level, name, 4);
	close(fd);
}

static void say_option(int kind, int level, int name)
{
	unsigned char buf[512] = { 1 };
	socklen_t len = 4;
	int fd = new_socket(kind);
	int known = !getsockopt(fd, level, name, buf, &len);

	printf(" new");
	say_value(fd, level, name, 4);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		say_value(fd, level, name, lengths[i]);
	if (known) { /* else it is the order of checks that differs, which no program can mean */
		len = (socklen_t)-1;
		printf(" -1:%d", getsockopt(fd, level, name, buf, &len) ? errno : 0);
		printf(" null:%d", getsockopt(fd, level, name, buf, NULL) ? errno : 0);
	}
	close(fd);
	printf(" set");
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		say_set(kind, level, name, &values[i], sizeof(*values));
	printf(" lengths");
	memset(buf, 0, sizeof(buf));
	buf[0] = 1;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		say_set(kind, level, name, buf, lengths[i]);
	say_set(kind, level, name, buf, (socklen_t)-1);
	fd = new_socket(kind);
	known = known && (!setsockopt(fd, level, name, &values[4], sizeof(*values)) || errno != ENOPROTOOPT);
	close(fd);
	if (known) {
		printf(" null");
		say_set(kind, level, name, NULL, 4);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "-u") && (setgid(65534) || setuid(65534)))
		return 1;
	for (int kind = 0; kind < 3; kind++) {
		int fd = new_socket(kind);

		if (fd < 0) {
			printf("%s none %d\n", kinds[kind].name, errno);
			continue;
		}
		close(fd);
		for (size_t l = 0; l < sizeof(levels) / sizeof(*levels); l++) {
			for (int name = levels[l].from; name <= levels[l].to; name++) {
				printf("%s %s %d", kinds[kind].name, levels[l].name, name);
				say_option(kind, levels[l].level, name);
				putchar('\n');
				fflush(stdout);
			}
		}
	}
	return 0;
}
