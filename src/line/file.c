/* SPDX-License-Identifier: MIT */
/*
 * file.c - sysctl KEY=VALUE, KEY = VALUE, write PATH TEXT: GN_CTL_WRITE
 *
 * Called by line.c; leaves a message. A key is the path under /proc/sys with dots for slashes; if
 * its first separator is a slash, dots are themselves, and if it is a dot, slashes are dots (as
 * sysctl(8) reads "net.ipv4.conf.eth0/1.forwarding"). What is written ends with a newline, as from
 * echo(1). Owns nothing. Any thread. Refuses: keys and paths that are too long.
 * Mirrors: sysctl(8), sysctl.conf(5).
 */
#include <errno.h>
#include <glassnet/uapi/ctl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "line/words.h"

#define KEY_MAX 500	 /* of the daemon's 512 */
#define WRITE_MAX 32768 /* bytes of one write */

static int write_sysctl(struct words *w, const char *key, size_t keylen, const char *value);
static int write_file(struct words *w, const char *path, const char *text, bool trunc);

int line_sysctl(struct words *w)
{
	if (word_more(w) && !strcmp(w->argv[w->at], "-w"))
		word_next(w);
	if (!word_next(w))
		return word_fail(w, -EINVAL, "KEY=VALUE is missing");
	return line_setting(w);
}

/* The last word read holds the key; "=" is in it or in the next one. */
int line_setting(struct words *w)
{
	char *rest, *eq, *value;
	int ret;

	if (!w->verb)
		w->verb = "sysctl";
	w->at--;
	rest = word_rest(w);
	if (!rest)
		return -ENOMEM;
	eq = strchr(rest, '=');
	if (eq) {
		value = eq + 1 + strspn(eq + 1, " ");
		while (eq > rest && eq[-1] == ' ')
			eq--;
		ret = write_sysctl(w, rest, (size_t)(eq - rest), value);
	} else {
		ret = word_fail(w, -EINVAL, "'%.60s' is not KEY=VALUE", rest);
	}
	free(rest);
	return ret;
}

static int write_sysctl(struct words *w, const char *key, size_t keylen, const char *value)
{
	static const char root[] = "/proc/sys/";
	char path[sizeof(root) + KEY_MAX];
	char sep;

	if (!strncmp(key, root, sizeof(root) - 1)) {
		key += sizeof(root) - 1;
		keylen -= sizeof(root) - 1;
	}
	if (!keylen || keylen > KEY_MAX || memchr(key, ' ', keylen))
		return word_fail(w, -EINVAL, "'%.*s' is no key like net.ipv4.ip_forward",
				 (int)(keylen > 60 ? 60 : keylen), key);
	memcpy(path, root, sizeof(root));
	sep = key[strcspn(key, "./")];
	for (size_t i = 0; i < keylen; i++) {
		char c = key[i];

		if (sep == '.' && (c == '.' || c == '/'))
			c = c == '.' ? '/' : '.';
		path[sizeof(root) - 1 + i] = c;
	}
	path[sizeof(root) - 1 + keylen] = '\0';
	return write_file(w, path, value, false);
}

int line_write(struct words *w)
{
	bool trunc = true;
	const char *path;
	char *text;
	int ret;

	if (word_more(w) && (!strcmp(w->argv[w->at], "-a") ||
			     !strcmp(w->argv[w->at], "--append"))) {
		word_next(w);
		trunc = false;
	}
	path = word_value(w, w->verb, "PATH TEXT");
	if (!path)
		return -EINVAL;
	if (*path != '/')
		return word_fail(w, -EINVAL, "'%.60s' is no path from the root, like /proc/sys/...",
				 path);
	if (!word_more(w))
		return word_fail(w, -EINVAL, "'%.60s' needs TEXT behind it", path);
	text = word_rest(w);
	if (!text)
		return -ENOMEM;
	ret = write_file(w, path, text, trunc);
	free(text);
	return ret;
}

static int write_file(struct words *w, const char *path, const char *text, bool trunc)
{
	const struct gn_ctl_hdr hdr = { .version = GN_CTL_VERSION };
	size_t len = strlen(text);
	char *line;
	int ret;

	if (strlen(path) >= PATH_MAX)
		return word_fail(w, -EINVAL, "the path is longer than %d", PATH_MAX - 1);
	if (len >= WRITE_MAX)
		return word_fail(w, -EINVAL, "the text is longer than %d", WRITE_MAX - 1);
	ret = msg_begin(w, GN_CTL_WRITE, 0, &hdr, sizeof(hdr));
	if (ret)
		return ret;
	line = malloc(len + 1);
	if (!line)
		return -ENOMEM;
	memcpy(line, text, len);
	line[len] = '\n';
	msg_put_string(w, GN_ATTR_PATH, path);
	msg_put(w, GN_ATTR_DATA, line, len + 1);
	if (trunc)
		msg_put(w, GN_ATTR_TRUNC, NULL, 0);
	free(line);
	return 0;
}
