/* SPDX-License-Identifier: MIT */
/*
 * conf.c - the configuration file: lines of the one grammar (line/line.h), applied through the handlers of the control socket
 *
 * A wrong line ends the start with file, line number and reason; nothing of the daemon serves before all lines are in. glassnet.conf(5).
 */
#include <errno.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "line/line.h"

#define MAX_WORDS 64

static int conf_ifindex(void *ctx, const char *name)
{
	struct net_device *dev = __dev_get_by_name(ctx, name);

	return dev ? dev->ifindex : 0;
}

int conf_line(struct daemon *d, const char *line, struct extack *err)
{
	const struct line_names names = { conf_ifindex, d->net };
	char *copy = strdup(line), *argv[MAX_WORDS], why[160] = "";
	struct nl_msg *msg = NULL;
	int argc, ret;

	if (!copy)
		return -ENOMEM;
	argc = line_split(copy, argv, MAX_WORDS);
	ret = argc <= 0 ? argc : line_compile(argc, argv, &names, &msg, why, sizeof(why));
	if (ret && why[0])
		extack_set(err, "%s", why);
	else if (ret)
		extack_set(err, "%s", strerror(-ret));
	if (msg) {
		struct nlmsghdr *nlh = nlmsg_hdr(msg);

		nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
		ret = ctl_self(d, nlh, nlh->nlmsg_len, err);
		nlmsg_free(msg);
	}
	free(copy);
	return ret;
}

int conf_load(struct daemon *d, const char *path, struct extack *err)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!f) {
		extack_set(err, "%s: %s", path, strerror(errno));
		return -errno;
	}
	for (int no = 1; !ret && getline(&line, &size, f) >= 0; no++) {
		struct extack why = { "" };

		ret = conf_line(d, line, &why);
		if (ret)
			extack_set(err, "%s:%d: %s", path, no, why.msg);
	}
	free(line);
	fclose(f);
	return ret;
}
