/* SPDX-License-Identifier: MIT */
/*
 * trace_filter.c - expressions of libpcap, as the file set_packet_filter takes them
 *
 * The daemon links no libpcap: it is given a program for packets with an Ethernet header and one for
 * packets that begin with the IP header, checks them as it checks every filter, and runs them. An
 * expression that only Ethernet can answer (`arp`, `ether host`) matches no packet without such a
 * header.
 * Called by: `trace graph`, `trace record`, `write`. Owns nothing. One thread. Refuses what libpcap
 * refuses, and programs that are too long for one write.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "cli/trace.h"

#define FILTER_TEXT_MAX 32000 /* bytes of one write, but for the newline */
#define SNAPLEN 262144	      /* what a program says of a packet that matches */

static int put_program(FILE *f, int link, const char *name, const char *expression, char *err,
		       size_t errlen);

bool trace_is_filter(const char *path)
{
	return !strcmp(path, TRACEFS "set_packet_filter") ||
	       !strcmp(path, "/sys/kernel/debug/tracing/set_packet_filter");
}

int trace_filter_compile(const char *expression, char **ret_text, char *err, size_t errlen)
{
	size_t len = 0;
	char *text = NULL;
	FILE *f;
	int ret = 0;

	f = open_memstream(&text, &len);
	if (!f)
		return -ENOMEM;
	/* the expression is one line */
	for (const char *p = expression; *p; p++)
		fputc((unsigned char)*p < ' ' ? ' ' : *p, f);
	fputc('\n', f);
	if (expression[strspn(expression, " \t\n")]) {
		ret = put_program(f, DLT_EN10MB, "EN10MB", expression, err, errlen);
		if (!ret && put_program(f, DLT_RAW, "RAW", expression, NULL, 0))
			fputs("RAW 1,6 0 0 0\n", f); /* return 0 */
	}
	if (fclose(f) && !ret)
		ret = -ENOMEM;
	if (!ret && len > FILTER_TEXT_MAX) {
		snprintf(err, errlen, "the filter makes a program of %zu bytes, %d are accepted", len,
			 FILTER_TEXT_MAX);
		ret = -E2BIG;
	}
	if (ret) {
		free(text);
		return ret;
	}
	*ret_text = text;
	return 0;
}

static int put_program(FILE *f, int link, const char *name, const char *expression, char *err,
		       size_t errlen)
{
	pcap_t *p = pcap_open_dead(link, SNAPLEN);
	struct bpf_program prog;

	if (!p)
		return -ENOMEM;
	if (pcap_compile(p, &prog, expression, 1, PCAP_NETMASK_UNKNOWN)) {
		if (err)
			snprintf(err, errlen, "%s", pcap_geterr(p));
		pcap_close(p);
		return -EINVAL;
	}
	fprintf(f, "%s %u", name, prog.bf_len);
	for (const struct bpf_insn *i = prog.bf_insns; i < prog.bf_insns + prog.bf_len; i++)
		fprintf(f, ",%u %u %u %u", i->code, i->jt, i->jf, i->k);
	fputc('\n', f);
	pcap_freecode(&prog);
	pcap_close(p);
	return 0;
}
