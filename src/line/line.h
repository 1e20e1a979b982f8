/* SPDX-License-Identifier: MIT */
#ifndef LINE_LINE_H
#define LINE_LINE_H
/*
 * line.h - the one grammar: a configuration line becomes one control message
 *
 * Theory of operation
 *   What a person types behind `glassnet`, a line of the configuration file and a line of
 *   `glassnet dump` are the same words. line_compile() turns them into a netlink request
 *   (rtnetlink for link, addr, route, neigh; GN_CTL_WRITE of /proc/sys/... for sysctl lines), built
 *   with libnl. The CLI sends it to the daemon, the daemon's loader hands it to the same handlers.
 *   Nothing here prints or sends.
 *   Words: link set|add|del, addr add|del|replace|change, route add|append|del|replace|change,
 *   neigh add|del|replace|change, as ip(8); sysctl [-w] KEY=VALUE; write [-a] PATH TEXT; and
 *   KEY = VALUE as in sysctl.conf(5). "#" starts a comment at the beginning of a word.
 */
#include <stddef.h>

struct nl_msg;

/** struct line_names - how names become numbers: @ifindex returns 0 when there is no such device */
struct line_names {
	int (*ifindex)(void *ctx, const char *name);
	void *ctx;
};

/** line_object() - the full word ("link", "addr", ...) that @word begins, or NULL */
const char *line_object(const char *word);

/**
 * line_split() - words of @line into @argv
 * @line:	is cut up
 * @argv:	at most @max of them; not terminated
 * Return: their number, 0 for an empty or comment line, -E2BIG
 */
int line_split(char *line, char **argv, int max);

/**
 * line_compile() - one request out of words
 * @ret_msg:	the caller frees it with nlmsg_free()
 * @err:	on failure: what was wrong and what is accepted
 * Return: 0, or -EINVAL, -ENODEV (unknown device), -ENOMEM
 */
int line_compile(int argc, char *const argv[], const struct line_names *names,
		 struct nl_msg **ret_msg, char *err, size_t errlen);

#endif
