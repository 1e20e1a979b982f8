/* SPDX-License-Identifier: MIT */
/*
 * attrs.c - the attributes of a netlink message, wherever it came from
 *
 * Called by: ctl.c, hooks_names.c, ioctl.c. Owns: nothing. Threads: any, and signal handlers, and children of vfork.
 */
#include "shim/files.h"

void shim_attrs(const struct nlmsghdr *nlh, size_t skip, const struct nlattr **tb, unsigned n)
{
	size_t off = NLMSG_HDRLEN + NLMSG_ALIGN(skip);

	for (unsigned i = 0; i < n; i++)
		tb[i] = NULL;
	while (off + NLA_HDRLEN <= nlh->nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)nlh + off);
		unsigned type = a->nla_type & NLA_TYPE_MASK;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > nlh->nlmsg_len - off)
			return;
		if (type < n)
			tb[type] = a;
		off += NLA_ALIGN(a->nla_len);
	}
}
