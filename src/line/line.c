/* SPDX-License-Identifier: MIT */
/*
 * line.c - the one grammar: words become one control message
 *
 * Theory of operation
 *   line_split() cuts a line into words; line_compile() finds the object (link, addr, ...) in a
 *   table and lets its file read the rest. Objects and verbs may be cut short, as ip(8) takes them.
 *   Called by: the daemon's conf.c, the command glassnet. Calls: libnl to build messages.
 *   Owns: the message until it is handed out; on a failure it is freed here.
 *   Refuses: what it does not know, with the word and what is accepted. Whether the request makes
 *   sense (a gateway that is not there) is the receiver's business.
 * Threads: any; no state.
 */
#include "line/line.h"

#include <errno.h>
#include <netlink/msg.h>
#include <string.h>

#include "line/words.h"

/* Objects in the order in which an abbreviation looks for them; @least letters say which it is. */
static const struct {
	const char *name, *verb;
	int (*compile)(struct words *w);
	size_t least;
} objects[] = {
	{ "link", "link", line_link, 1 },	 { "address", "addr", line_addr, 1 },
	{ "route", "route", line_route, 1 },	 { "neighbour", "neigh", line_neigh, 1 },
	{ "neighbor", "neigh", line_neigh, 1 },	 { "sysctl", "sysctl", line_sysctl, 6 },
	{ "write", "write", line_write, 5 },
};

int line_split(char *line, char **argv, int max)
{
	static const char blanks[] = " \t\r\n\f\v";
	int n = 0;

	for (;;) {
		line += strspn(line, blanks);
		if (!*line || *line == '#')
			return n;
		if (n == max)
			return -E2BIG;
		argv[n++] = line;
		line += strcspn(line, blanks);
		if (*line)
			*line++ = '\0';
	}
}

const char *line_object(const char *word)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (strlen(word) >= objects[i].least && word_is(word, objects[i].name))
			return objects[i].verb;
	return NULL;
}

static int compile(struct words *w)
{
	const char *first = word_next(w);

	if (!first)
		return word_fail(w, -EINVAL, "no words");
	if (strchr(first, '=') || (word_more(w) && *w->argv[w->at] == '='))
		return line_setting(w);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (strlen(first) < objects[i].least || !word_is(first, objects[i].name))
			continue;
		w->verb = objects[i].verb;
		return objects[i].compile(w);
	}
	return word_unknown(w, first, "link, addr, route, neigh, sysctl, write, KEY = VALUE");
}

int line_compile(int argc, char *const argv[], const struct line_names *names,
		 struct nl_msg **ret_msg, char *err, size_t errlen)
{
	struct words w = { .argc = argc, .argv = argv, .names = names, .err = err,
			   .errlen = errlen };
	int ret;

	*ret_msg = NULL;
	if (errlen)
		err[0] = '\0';
	ret = compile(&w);
	if (!ret && w.no_memory)
		ret = -ENOMEM;
	if (ret == -ENOMEM)
		word_fail(&w, ret, "no memory");
	if (ret) {
		nlmsg_free(w.msg);
		return ret;
	}
	*ret_msg = w.msg;
	return 0;
}
