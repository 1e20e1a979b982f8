/* SPDX-License-Identifier: MIT */
/*
 * names.c - the numbers of rtnetlink that have names
 *
 * Called by the verbs of src/line to read them and by the command glassnet to print them. Owns
 * nothing. Any thread. Refuses: names that are in no table and are no number. Mirrors: the tables
 * of iproute2's lib/rt_names.c, without files.
 */
#include "line/names.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct line_name line_scopes[] = {
	{ RT_SCOPE_UNIVERSE, "global" }, { RT_SCOPE_UNIVERSE, "universe" },
	{ RT_SCOPE_SITE, "site" },	 { RT_SCOPE_LINK, "link" },
	{ RT_SCOPE_HOST, "host" },	 { RT_SCOPE_NOWHERE, "nowhere" },
	{ 0, NULL },
};

const struct line_name line_protos[] = {
	{ RTPROT_UNSPEC, "unspec" }, { RTPROT_REDIRECT, "redirect" }, { RTPROT_KERNEL, "kernel" },
	{ RTPROT_BOOT, "boot" },     { RTPROT_STATIC, "static" },     { RTPROT_RA, "ra" },
	{ RTPROT_DHCP, "dhcp" },     { 0, NULL },
};

const struct line_name line_tables[] = {
	{ RT_TABLE_MAIN, "main" },
	{ RT_TABLE_LOCAL, "local" },
	{ RT_TABLE_DEFAULT, "default" },
	{ 0, NULL },
};

const struct line_name line_types[] = {
	{ RTN_UNICAST, "unicast" },	    { RTN_LOCAL, "local" },
	{ RTN_BROADCAST, "broadcast" },	    { RTN_MULTICAST, "multicast" },
	{ RTN_BLACKHOLE, "blackhole" },	    { RTN_UNREACHABLE, "unreachable" },
	{ RTN_PROHIBIT, "prohibit" },	    { RTN_THROW, "throw" },
	{ 0, NULL },
};

const struct line_name line_nud_states[] = {
	{ NUD_PERMANENT, "permanent" }, { NUD_NOARP, "noarp" },
	{ NUD_REACHABLE, "reachable" }, { NUD_STALE, "stale" },
	{ NUD_DELAY, "delay" },		{ NUD_PROBE, "probe" },
	{ NUD_FAILED, "failed" },	{ NUD_INCOMPLETE, "incomplete" },
	{ NUD_NONE, "none" },		{ 0, NULL },
};

const char *line_name_of(const struct line_name *tab, uint32_t value, char *buf, size_t size)
{
	for (; tab->name; tab++)
		if (tab->value == value)
			return tab->name;
	snprintf(buf, size, "%u", value);
	return buf;
}

int line_name_value(const struct line_name *tab, const char *name, uint32_t max, uint32_t *ret)
{
	unsigned long v;
	char *end;

	for (; tab->name; tab++) {
		if (!strcmp(tab->name, name)) {
			*ret = tab->value;
			return 0;
		}
	}
	errno = 0;
	v = strtoul(name, &end, 0);
	if (*name < '0' || *name > '9' || *end || errno || v > max)
		return -EINVAL;
	*ret = (uint32_t)v;
	return 0;
}

const char *line_name_list(const struct line_name *tab, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (const struct line_name *t = tab; t->name && len < size; t++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", t == tab ? "" : ", ",
					t->name);
	return buf;
}
