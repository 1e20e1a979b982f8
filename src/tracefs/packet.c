/* SPDX-License-Identifier: MIT */
/*
 * packet.c - set_packet_filter: which packets are followed
 *
 * Theory of operation
 *   What is written is three lines: the expression as people read it, and the same as classic BPF, once for frames with an Ethernet header and once for
 *   packets that begin with the IP header:
 *	udp port 5000
 *	EN10MB 4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0
 *	RAW 2,...
 *   The command glassnet compiles (libpcap); the programs are checked here before anything changes. Reading gives the expression. An empty write, 0, or
 *   opening with O_TRUNC follows every packet again.
 * Threads: the control thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/packet_trace.h"
#include "tracefs/tracefs_impl.h"

static int packet_show(struct seq_file *m, void *data);
static int packet_write(void *data, const char *buf, size_t len, struct extack *err);
static int packet_truncate(void *data, struct extack *err);
static int parse_prog(struct packet_prog *p, const char *line, const char *type, struct extack *err);

int tracefs_add_packet(struct tracefs *t, struct vfs *vfs)
{
	static const struct proc_ops ops = { .show = packet_show, .write = packet_write, .truncate = packet_truncate };

	return tracefs_file(vfs, "set_packet_filter", 0644, &ops, t);
}

int tracefs_set_packet_filter(struct tracefs *t, struct extack *err)
{
	if (!*t->s.expression) {
		packet_trace_filter_clear(t->net);
		return 0;
	}
	return packet_trace_filter_set(t->net, t->s.en10mb.insn, t->s.en10mb.n, t->s.raw.insn, t->s.raw.n, err);
}

static int packet_show(struct seq_file *m, void *data)
{
	const struct tracefs *t = data;

	seq_printf(m, "%s\n", *t->s.expression ? t->s.expression : "#### all packets followed ####");
	return 0;
}

static int packet_write(void *data, const char *buf, size_t len, struct extack *err)
{
	struct tracefs *t = data;
	struct packet_prog *prog = calloc(2, sizeof(*prog));
	char *text = strndup(buf, len), *save = NULL, *expr, *en10mb, *raw;
	int ret = -ENOMEM;

	if (!prog || !text) {
		extack_set(err, "out of memory");
		goto out;
	}
	expr = strtok_r(text, "\n", &save);
	en10mb = strtok_r(NULL, "\n", &save);
	raw = strtok_r(NULL, "\n", &save);
	if (!expr || !strcmp(expr, "0")) {
		ret = packet_truncate(t, err);
		goto out;
	}
	ret = -EINVAL;
	if (!en10mb || !raw || strtok_r(NULL, "\n", &save)) {
		extack_set(err, "set_packet_filter takes an expression and its two programs (lines EN10MB and RAW); `glassnet write` and `glassnet trace -p` "
				"compile them");
		goto out;
	}
	if (strlen(expr) >= sizeof(t->s.expression)) {
		extack_set(err, "the expression has %zu bytes, at most %zu", strlen(expr), sizeof(t->s.expression) - 1);
		goto out;
	}
	ret = parse_prog(&prog[0], en10mb, "EN10MB ", err) ?: parse_prog(&prog[1], raw, "RAW ", err) ?:
	      packet_trace_filter_set(t->net, prog[0].insn, prog[0].n, prog[1].insn, prog[1].n, err);
	if (!ret) {
		strcpy(t->s.expression, expr);
		t->s.en10mb = prog[0];
		t->s.raw = prog[1];
	}
out:
	free(text);
	free(prog);
	return ret;
}

static int packet_truncate(void *data, struct extack *err)
{
	struct tracefs *t = data;

	(void)err;
	t->s.expression[0] = 0;
	packet_trace_filter_clear(t->net);
	return 0;
}

/* "TYPE n,code jt jf k,code jt jf k,..." */
static int parse_prog(struct packet_prog *p, const char *line, const char *type, struct extack *err)
{
	size_t skip = strlen(type);
	char *end = NULL;
	unsigned long n;

	if (strncmp(line, type, skip))
		return extack_fail(err, -EINVAL, "a line \"%sn,code jt jf k,...\" is missing", type);
	n = strtoul(line + skip, &end, 10);
	if (end == line + skip || !n || n > TRACE_FILTER_INSNS)
		return extack_fail(err, -EINVAL, "%sprogram: 1 to %d instructions", type, TRACE_FILTER_INSNS);
	for (p->n = 0; p->n < n; p->n++) {
		unsigned long v[4];

		if (*end++ != ',')
			return extack_fail(err, -EINVAL, "%sprogram: instruction %u is missing or malformed", type, p->n);
		for (int i = 0; i < 4; i++) {
			const char *from = end;

			v[i] = strtoul(from, &end, 10);
			if (end == from || v[i] > (i == 0 ? 0xffff : i < 3 ? 0xff : 0xffffffff))
				return extack_fail(err, -EINVAL, "%sprogram: instruction %u is malformed", type, p->n);
		}
		p->insn[p->n] = (struct sock_filter){ .code = (uint16_t)v[0], .jt = (uint8_t)v[1], .jf = (uint8_t)v[2], .k = (uint32_t)v[3] };
	}
	if (*end)
		return extack_fail(err, -EINVAL, "%sprogram: more than the %lu instructions that it announces", type, n);
	return 0;
}
