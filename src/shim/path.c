/* SPDX-License-Identifier: MIT */
/*
 * path.c - which paths are the stack's
 *
 * Theory of operation
 *   A path is made absolute (by the working directory, or by what the descriptor stands for), dots and double slashes are taken out as if
 *   there were no links, and the aliases of /proc/net and of the tracing directory become one name. What then lies at or below a row of the
 *   table is the stack's, whether the stack has such a file or not: a file that it lacks does not exist, it is not the host's. A link that
 *   leads there from elsewhere is found when it is open: shim_path_of().
 *   Called by: files.c, dir.c. Calls: the kernel. Owns: nothing.
 * Threads: any, and signal handlers, and children of vfork.
 */
#include <fcntl.h>
#include <string.h>

#include "client/raw.h"
#include "shim/files.h"

#define LONGEST 512 /* of what is looked at: the rows below and much more */

static const struct {
	const char *path;
	bool stack;
} trees[] = {
	{ "/proc/net/unix", false }, /* those sockets are the kernel's */
	{ "/proc/net", true },
	{ "/proc/sys/net", true },
	{ "/proc/interrupts", true },
	{ "/proc/softirqs", true },
	{ "/proc/irq", true },
	{ "/sys/class/net", true },
	{ "/sys/kernel/tracing", true },
};

/* The rest of @s behind @prefix, which ends where a name does; NULL: @s is not there. */
static const char *below(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(s, prefix, n) && (!s[n] || s[n] == '/') ? s + n : NULL;
}

/* --- one name for each file --- */

/* Put @add behind the first *@n bytes of @s, without dots and double slashes: false when there is no room. */
static bool append(char s[LONGEST], size_t *n, const char *add)
{
	while (*add) {
		const char *end = add;

		while (*end && *end != '/')
			end++;
		if (end - add == 2 && add[0] == '.' && add[1] == '.') {
			while (*n && s[--*n] != '/')
				;
		} else if (end != add && !(end - add == 1 && *add == '.')) {
			if ((size_t)(end - add) + 2 > LONGEST - *n)
				return false;
			s[(*n)++] = '/';
			memcpy(s + *n, add, (size_t)(end - add));
			*n += (size_t)(end - add);
		}
		add = *end ? end + 1 : end;
	}
	s[*n] = '\0';
	return true;
}

/* Behind the number at @s, which is this process or one of its threads as /proc says it; NULL: it is not. */
static const char *own_number(const char *s, bool thread)
{
	long n = 0;

	if (*s < '1' || *s > '9')
		return NULL;
	while (*s >= '0' && *s <= '9' && n < 100000000)
		n = n * 10 + (*s++ - '0');
	return thread || n == raw3(SYS_getpid, 0, 0, 0) ? s : NULL;
}

/* /proc/self/net, /proc/PID/net of this process, the same of its threads, debugfs: the name that the table knows. */
static const char *alias(char *s)
{
	const char *rest = below(s, "/proc/self"), *task;

	if (!rest)
		rest = below(s, "/proc/thread-self");
	if (!rest && !strncmp(s, "/proc/", 6))
		rest = own_number(s + 6, false);
	task = rest ? below(rest, "/task") : NULL;
	if (task && *task)
		rest = own_number(task + 1, true);
	if (rest && below(rest, "/net")) {
		memmove(s + 5, rest, strlen(rest) + 1);
		return s;
	}
	rest = below(s, "/sys/kernel/debug/tracing");
	if (rest)
		memmove(s + strlen("/sys/kernel/tracing"), rest, strlen(rest) + 1);
	if (rest)
		memcpy(s, "/sys/kernel/tracing", strlen("/sys/kernel/tracing"));
	return s;
}

static bool classify(char *s, char ret_path[SHIM_PATH_MAX])
{
	alias(s);
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		size_t n = strlen(s);

		if (!below(s, trees[i].path))
			continue;
		if (!trees[i].stack)
			return false;
		/* what is too long does not exist in the stack: no name of its files is */
		if (n >= SHIM_PATH_MAX)
			n = SHIM_PATH_MAX - 1;
		memcpy(ret_path, s, n);
		ret_path[n] = '\0';
		return true;
	}
	return false;
}

/* --- what is asked --- */

/* What the kernel calls the file behind a descriptor. */
static bool name_of(int fd, char name[LONGEST])
{
	static const char dir[] = "/proc/self/fd/";
	char link[sizeof(dir) + 12], *p = link + sizeof(link);
	unsigned v = (unsigned)fd;
	long n;

	*--p = '\0';
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	p -= sizeof(dir) - 1;
	memcpy(p, dir, sizeof(dir) - 1);
	n = raw6(SYS_readlinkat, AT_FDCWD, shim_ptr(p), shim_ptr(name), LONGEST - 1, 0, 0);
	if (n <= 0 || name[0] != '/')
		return false;
	name[n] = '\0';
	return true;
}

bool shim_path(int dirfd, const char *path, char ret_path[SHIM_PATH_MAX])
{
	char s[LONGEST], from[LONGEST];
	size_t n = 0;

	if (!path || !*path)
		return false;
	if (*path == '/') {
		/* most paths go elsewhere: seen by their first letters, when no dots hide it */
		if (!strstr(path, "..") && strncmp(path, "/proc", 5) && strncmp(path, "/sys", 4) && path[1] != '/' && path[1] != '.')
			return false;
		return append(s, &n, path) && classify(s, ret_path);
	}
	if (dirfd == AT_FDCWD) {
		if (raw3(SYS_getcwd, shim_ptr(from), sizeof(from), 0) <= 0 || from[0] != '/')
			return false;
	} else if (dirfd < 0) {
		return false;
	} else if (shim_file_path(dirfd, from)) {
		;
	} else if (!name_of(dirfd, from)) {
		return false;
	}
	return append(s, &n, from) && append(s, &n, path) && classify(s, ret_path);
}

bool shim_path_of(int fd, char ret_path[SHIM_PATH_MAX])
{
	char s[LONGEST];

	return name_of(fd, s) && classify(s, ret_path);
}

bool shim_path_in_memory(int fd, char ret_path[SHIM_PATH_MAX])
{
	static const char before[] = "/memfd:", behind[] = " (deleted)";
	const size_t n = sizeof(before) - 1, m = sizeof(behind) - 1;
	char s[LONGEST];
	size_t len;

	if (!name_of(fd, s) || strncmp(s, before, n))
		return false;
	len = strlen(s);
	if (len < n + m || memcmp(s + len - m, behind, m))
		return false;
	s[len - m] = '\0';
	memmove(s, s + n, len - m - n + 1);
	return s[0] == '/' && classify(s, ret_path);
}
