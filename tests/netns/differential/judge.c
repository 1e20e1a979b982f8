/* SPDX-License-Identifier: MIT */
/*
 * judge.c - compares what two sides answered to the same frames
 *
 * Theory of operation
 *   Answers are compared as sets, byte by byte, after masking what a stack chooses freely: IP
 *   ids, times, and the checksums over them once they were found right. Counters are compared
 *   by their change over the case. What may differ stands in one table with its reason.
 * Owns copies of frames until result_free(). One thread. Called by main.c.
 */
#include "judge.h"

#include <fnmatch.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The differences that are meant: cases (a pattern), what ("reply" or a counter), and why. */
static const struct difference {
	const char *cases, *what, *reason;
} differences[] = {
	{ "ip.proto_6*", "*",
	  "there is no TCP here: protocol unreachable instead of a silent drop or a reset" },
	{ "icmp.redirect_quote_ihl_0", "Icmp.InErrors",
	  "a quoted header of less than 20 bytes is an error in a redirect too" },
	{ "icmp.quote_tcp", "Icmp.InErrors",
	  "there is no TCP whose connections an ICMP error could miss" },
	{ "*mcast_unfiltered*", "*",
	  "the device keeps out groups that nobody joined, as a network card; a kernel TAP does not" },
	{ "arp.sender_mac_[bg]r*", "reply",
	  "RFC 1812 3.3.2: who claims a group address as his own is not answered" },
	{ "options.cipso", "*",
	  "a kernel with NetLabel examines CIPSO options; here they are ignored as unknown ones" },
	{ "frag.past_65535*", "Ip.ReasmFails",
	  "a fragment beyond 65535 ends its datagram at once; the kernel lets it time out" },
	{ "icmp*.timestamp*", "Icmp.Out*Reps",
	  "today's kernels (6.18) count timestamp replies as echo replies" },
	{ "icmp*.timestamp*", "IcmpMsg.OutType*", "likewise" },
};

static const struct difference *allowed(const char *name, const char *what);
static bool judge_replies(const char *name, struct result *a, const char *a_name, struct result *b,
			  const char *b_name);
static bool judge_counters(const char *name, struct counters *a, const char *a_name,
			   struct counters *b, const char *b_name);

bool judge(const char *name, struct result *a, const char *a_name, struct result *b,
	   const char *b_name)
{
	bool same = true;

	if (a->trouble[0])
		printf("# %s: %s\n", a_name, a->trouble);
	if (b->trouble[0])
		printf("# %s: %s\n", b_name, b->trouble);
	same &= judge_replies(name, a, a_name, b, b_name);
	same &= judge_counters(name, &a->delta, a_name, &b->delta, b_name);
	return same && !a->trouble[0] && !b->trouble[0];
}

static const struct difference *allowed(const char *name, const char *what)
{
	for (size_t i = 0; i < sizeof(differences) / sizeof(*differences); i++)
		if (!fnmatch(differences[i].cases, name, 0) &&
		    !fnmatch(differences[i].what, what, 0))
			return &differences[i];
	return NULL;
}

static int reply_order(const void *x, const void *y)
{
	const struct reply *a = x, *b = y;

	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->data, b->data, a->len);
}

static void show_reply(const char *who, const struct reply *r)
{
	printf("# only %s: %zu bytes:", who, r->len);
	for (size_t i = 0; i < r->len && i < 90; i++)
		printf("%s%02x", i == 14 || i == 34 || i == 42 ? " " : "", r->data[i]);
	printf("%s\n", r->len > 90 ? "..." : "");
}

/* Walk two sorted lists. */
static bool judge_replies(const char *name, struct result *a, const char *a_name, struct result *b,
			  const char *b_name)
{
	int i = 0, k = 0, shown = 0;

	qsort(a->reply, (size_t)a->replies, sizeof(*a->reply), reply_order);
	qsort(b->reply, (size_t)b->replies, sizeof(*b->reply), reply_order);
	if (allowed(name, "reply"))
		return true;
	while (i < a->replies || k < b->replies) {
		int order = i == a->replies   ? 1
			    : k == b->replies ? -1
					      : reply_order(&a->reply[i], &b->reply[k]);

		if (order && shown++ < 6)
			show_reply(order < 0 ? a_name : b_name,
				   order < 0 ? &a->reply[i] : &b->reply[k]);
		i += order <= 0;
		k += order >= 0;
	}
	return !shown;
}

static bool judge_counters(const char *name, struct counters *a, const char *a_name,
			   struct counters *b, const char *b_name)
{
	bool same = true;

	for (int i = 0; i < b->n; i++)
		counters_find(a, b->c[i].name);
	for (int i = 0; i < a->n; i++) {
		long va = a->c[i].value, vb = counters_find(b, a->c[i].name)->value;

		if (va == vb || allowed(name, a->c[i].name))
			continue;
		printf("# %s: %s %+ld, %s %+ld\n", a->c[i].name, a_name, va, b_name, vb);
		same = false;
	}
	return same;
}

/* --- counters --- */

static bool group_wanted(const char *title)
{
	static const char *const wanted[] = { "Ip:",  "Icmp:",	  "IcmpMsg:",
					      "Udp:", "UdpLite:", "IpExt:" };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!strcmp(title, wanted[i]))
			return true;
	return false;
}

bool counters_parse(struct counters *c, char *text)
{
	char *lines, *head, *row, *sh, *sr, *name, *value;

	for (head = strtok_r(text, "\n", &lines); head; head = strtok_r(NULL, "\n", &lines)) {
		char title[32];

		row = strtok_r(NULL, "\n", &lines);
		name = strtok_r(head, " ", &sh);
		if (!row || !name || !(value = strtok_r(row, " ", &sr)) || strcmp(name, value))
			return false;
		snprintf(title, sizeof(title), "%s", name);
		if (!group_wanted(title))
			continue;
		title[strlen(title) - 1] = 0;
		while ((name = strtok_r(NULL, " ", &sh))) {
			value = strtok_r(NULL, " ", &sr);
			if (!value || c->n == COUNTERS_MAX)
				return false;
			snprintf(c->c[c->n].name, sizeof(c->c[0].name), "%s.%s", title, name);
			c->c[c->n++].value = atol(value);
		}
		if (strtok_r(NULL, " ", &sr))
			return false;
	}
	return true;
}

struct counter *counters_find(struct counters *c, const char *name)
{
	for (int i = 0; i < c->n; i++)
		if (!strcmp(c->c[i].name, name))
			return &c->c[i];
	if (c->n == COUNTERS_MAX) {
		fprintf(stderr, "more than %d counters\n", COUNTERS_MAX);
		exit(1);
	}
	snprintf(c->c[c->n].name, sizeof(c->c[0].name), "%s", name);
	c->c[c->n].value = 0;
	return &c->c[c->n++];
}

/* --- replies --- */

static bool sum_right(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (n & 1)
		sum += (uint32_t)(p[n - 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* Times in a time stamp option: words of four bytes; with addresses every second one. */
static void mask_options(uint8_t *ip, size_t hl)
{
	for (size_t i = 20; i + 1 < hl && ip[i];) {
		size_t len = ip[i] == 1 ? 1 : ip[i + 1];

		if (len == 0 || i + len > hl)
			return;
		if (ip[i] == 68 && len >= 4) {
			bool addresses = ip[i + 3] & 3;

			for (size_t w = i + 4; w + 4 <= i + len; w += addresses ? 8 : 4)
				if (!addresses)
					memset(ip + w, 0, 4);
				else if (w + 8 <= i + len)
					memset(ip + w + 4, 0, 4);
		}
		i += len;
	}
}

/* Length without the zeros that make a frame as long as Ethernet wants it: a driver's business. */
static size_t unpadded(const uint8_t *f, size_t len)
{
	size_t real = len;

	if (len == ETH_ZLEN && f[12] == 8 && f[13] == 6)
		real = ETH_HLEN + 28;
	else if (len == ETH_ZLEN && f[12] == 8 && f[13] == 0)
		real = ETH_HLEN + (size_t)(f[16] << 8 | f[17]);
	if (real > len)
		return len;
	for (size_t i = real; i < len; i++)
		if (f[i])
			return len;
	return real;
}

/* Times, and the checksum over them; of the two checksums that mean zero one. */
static void mask_icmp(uint8_t *icmp, size_t len)
{
	static const uint8_t zero[2];
	size_t quoted;

	if (!sum_right(icmp, len) && memcmp(icmp + 2, zero, 2))
		return;
	if (icmp[0] == 14 && len >= 20) {
		memset(icmp + 2, 0, 2);
		memset(icmp + 12, 0, 8);
	} else if ((icmp[0] == 3 || icmp[0] == 11 || icmp[0] == 12) && len >= 28) {
		quoted = (size_t)(icmp[8] & 15) * 4;
		memset(icmp + 2, 0, 2);
		mask_options(icmp + 8, quoted < len - 8 ? quoted : len - 8);
	} else if (icmp[2] == 0xff && icmp[3] == 0xff) {
		memset(icmp + 2, 0, 2);
	}
}

static void mask(uint8_t *f, size_t len)
{
	uint8_t *ip = f + ETH_HLEN, *icmp;
	size_t hl, total;

	if (len < ETH_HLEN + 20 || f[12] != 8 || f[13] != 0)
		return;
	hl = (size_t)(ip[0] & 15) * 4;
	total = (size_t)(ip[2] << 8 | ip[3]);
	if (hl < 20 || hl > total || total > len - ETH_HLEN)
		return;
	if (sum_right(ip, hl))
		memset(ip + 10, 0, 2);
	memset(ip + 4, 0, 2);
	mask_options(ip, hl);
	icmp = ip + hl;
	if (ip[9] == 1 && !(ip[6] & 0x3f) && !ip[7] && total >= hl + 8)
		mask_icmp(icmp, total - hl);
}

void result_add(struct result *r, const uint8_t *frame, size_t len)
{
	struct reply *p = &r->reply[r->replies];

	if (r->replies == REPLIES_MAX) {
		snprintf(r->trouble, sizeof(r->trouble), "more than %d replies", REPLIES_MAX);
		return;
	}
	p->data = malloc(len ? len : 1);
	if (!p->data)
		exit(1);
	memcpy(p->data, frame, len);
	p->len = unpadded(frame, len);
	mask(p->data, p->len);
	r->replies++;
}

void result_free(struct result *r)
{
	for (int i = 0; i < r->replies; i++)
		free(r->reply[i].data);
	*r = (struct result){ 0 };
}

void judge_markdown(void)
{
	puts("<!-- SPDX-License-Identifier: MIT -->\n# Differences from the kernel\n\n"
	     "`make check` sends the same frames to a kernel network namespace and to the stack,\n"
	     "and compares the answers and the counters of `/proc/net/snmp` and of IpExt in\n"
	     "`/proc/net/netstat`. What differs, on purpose:\n\n"
	     "| frames (case) | what | why |\n|---|---|---|");
	for (size_t i = 0; i < sizeof(differences) / sizeof(*differences); i++)
		printf("| `%s` | %s | %s |\n", differences[i].cases,
		       strcmp(differences[i].what, "*") ? differences[i].what : "all",
		       differences[i].reason);
	puts("\nThe table is that of `tests/netns/differential/judge.c`; `differential --markdown`\n"
	     "writes this page.");
}
