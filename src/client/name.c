/* SPDX-License-Identifier: MIT */
/*
 * name.c - what a descriptor is: by the name it is bound to
 *
 * Theory of operation
 *   One getsockname() tells: the name of our end has a fixed length, a fixed beginning and a letter. It is the same in every process that
 *   has the descriptor.
 */
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "client/client_impl.h"

long raw_gate;

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint64_t hex_id(const char *s)
{
	uint64_t id = 0;

	for (int i = 0; i < GN_CHAN_ID_DIGITS; i++) {
		int d = hex_digit(s[i]);

		if (d < 0)
			return 0;
		id = id << 4 | (unsigned)d;
	}
	return id;
}

void client_id_of(int fd, struct client_id *id)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	const char *s = un.sun_path;

	id->kind = CLIENT_FOREIGN;
	id->id = 0;
	if (sys3(SYS_getsockname, fd, &un, &len) || len < offsetof(struct sockaddr_un, sun_path) + 6 || un.sun_family != AF_UNIX)
		return;
	if (s[0] || s[1] != 'g' || s[2] != 'n' || s[3] != '/' || s[5] != '/')
		return;
	if (s[4] == 'f')
		id->kind = CLIENT_FILE;
	if (s[4] == 't')
		id->kind = CLIENT_STREAM;
	if (len != offsetof(struct sockaddr_un, sun_path) + GN_CHAN_NAME_LEN || id->kind != CLIENT_FOREIGN)
		return;
	id->id = hex_id(s + 6);
	if (!id->id)
		return;
	if (s[4] == 'u')
		id->kind = CLIENT_UDP;
	else if (s[4] == 'r')
		id->kind = CLIENT_RAW;
	else if (s[4] == 'p')
		id->kind = CLIENT_PING;
	else if (s[4] == 'n')
		id->kind = CLIENT_NETLINK;
}
