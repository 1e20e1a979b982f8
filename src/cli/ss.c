/* SPDX-License-Identifier: MIT */
/*
 * ss.c - sockets, as ss(8) prints them
 *
 * Called by cli.c; reads the stack's /proc/net/udp and raw. Owns the text until it is printed. One
 * thread. All sockets are shown: a UDP socket without a peer is not hidden as "listening". Refuses:
 * -t, as there is no TCP. Lines that do not look like the file's are skipped. Mirrors: ss(8).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct ss {
	bool udp, raw, numeric, owner, memory;
};

struct sock_line {
	uint32_t laddr, raddr;
	unsigned lport, rport, state, tx, rx, uid, drops;
	unsigned long inode;
};

static int ss_words(struct cli *c, int argc, char **argv, struct ss *s);
static int ss_file(struct cli *c, const struct ss *s, bool raw, struct table *t);
static void ss_row(struct cli *c, const struct ss *s, bool raw, const struct sock_line *l,
		   struct table *t);

int cmd_ss(struct cli *c, int argc, char **argv)
{
	struct table t = { .cols = 6, .right = 6 };
	struct ss s = { .udp = false };
	int status = ss_words(c, argc, argv, &s);

	if (status)
		return status;
	out_open(&c->out, NULL, '[');
	if (s.udp && s.raw) {
		t.cols++;
		t.right <<= 1;
		table_cell(&t, "Netid");
	}
	table_cell(&t, "State");
	table_cell(&t, "Recv-Q");
	table_cell(&t, "Send-Q");
	table_cell(&t, "Local Address:Port");
	table_cell(&t, "Peer Address:Port");
	table_cell(&t, "%s", s.owner ? "Process" : "");
	if (s.udp)
		status = ss_file(c, &s, false, &t);
	if (!status && s.raw)
		status = ss_file(c, &s, true, &t);
	out_close(&c->out, ']');
	if (c->out.json || status)
		table_free(&t);
	else if (!table_print(&t, c->out.f, ""))
		status = cli_fail(c, CLI_FAILED, "no memory");
	return status;
}

static int ss_words(struct cli *c, int argc, char **argv, struct ss *s)
{
	static const struct {
		const char *name, *letter;
	} longs[] = { { "--udp", "u" },	    { "--raw", "w" },	    { "--tcp", "t" },
		      { "--numeric", "n" }, { "--processes", "p" }, { "--memory", "m" },
		      { "--all", "a" },	    { "--listening", "l" } };
	bool tcp = false;

	for (int i = 1; i < argc; i++) {
		const char *letters = *argv[i] == '-' && argv[i][1] != '-' ? argv[i] + 1 : "";

		for (size_t j = 0; j < sizeof(longs) / sizeof(longs[0]); j++)
			if (!strcmp(argv[i], longs[j].name))
				letters = longs[j].letter;
		if (!*letters || letters[strspn(letters, "uwtnpmal")])
			return cli_usage(c, "'%.40s' is none of: -u, -w, -t, -n, -p, -m, -a",
					 argv[i]);
		s->udp |= strchr(letters, 'u') != NULL;
		s->raw |= strchr(letters, 'w') != NULL;
		s->numeric |= strchr(letters, 'n') != NULL;
		s->owner |= strchr(letters, 'p') != NULL;
		s->memory |= strchr(letters, 'm') != NULL;
		tcp |= strchr(letters, 't') != NULL;
	}
	if (tcp && !s->udp && !s->raw)
		return cli_fail(c, CLI_FAILED, "there is no TCP yet: -u shows UDP, -w raw sockets");
	if (!s->udp && !s->raw)
		s->udp = s->raw = true;
	return CLI_OK;
}

/* "  12: 0100007F:1388 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 5 2 0 0" */
static bool parse_line(const char *line, struct sock_line *l)
{
	return sscanf(line, " %*u: %8x:%4x %8x:%4x %2x %8x:%8x %*x:%*x %*x %u %*d %lu %*d %*x %u",
		      &l->laddr, &l->lport, &l->raddr, &l->rport, &l->state, &l->tx, &l->rx,
		      &l->uid, &l->inode, &l->drops) == 10;
}

static int ss_file(struct cli *c, const struct ss *s, bool raw, struct table *t)
{
	char *text, *save = NULL;
	size_t len;
	int status = read_file(c, raw ? "/proc/net/raw" : "/proc/net/udp", &text, &len);

	if (status)
		return status;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct sock_line l;

		if (parse_line(line, &l))
			ss_row(c, s, raw, &l, t);
	}
	free(text);
	return CLI_OK;
}

/* ADDR:PORT, the port by name where /etc/services has one; a raw socket has a protocol there. */
static const char *endpoint(const struct ss *s, bool raw, uint32_t addr, unsigned port, bool peer,
			    char buf[64])
{
	const struct servent *se = NULL;
	const struct protoent *pe = NULL;
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &addr, ip, sizeof(ip)); /* the file shows the bytes as they lie */
	if (!s->numeric && port && !raw)
		se = getservbyport(htons((uint16_t)port), "udp");
	if (!s->numeric && raw && !peer)
		pe = getprotobynumber((int)port);
	if (se || pe)
		snprintf(buf, 64, "%s:%.40s", ip, se ? se->s_name : pe->p_name);
	else if (port && !(raw && peer))
		snprintf(buf, 64, "%s:%u", ip, port);
	else
		snprintf(buf, 64, "%s:*", ip);
	return buf;
}

static void ss_row(struct cli *c, const struct ss *s, bool raw, const struct sock_line *l,
		   struct table *t)
{
	const char *state = l->state == 1 ? "ESTAB" : l->state == 7 ? "UNCONN" : "UNKNOWN";
	char local[64], peer[64], owner[64] = "", memory[96] = "";
	struct out *o = &c->out;

	endpoint(s, raw, l->laddr, l->lport, false, local);
	endpoint(s, raw, l->raddr, l->rport, true, peer);
	if (s->owner)
		snprintf(owner, sizeof(owner), "uid:%u ino:%lu", l->uid, l->inode);
	if (s->memory)
		snprintf(memory, sizeof(memory), "%sskmem:(r%u,t%u,d%u)", s->owner ? " " : "",
			 l->rx, l->tx, l->drops);
	out_open(o, NULL, '{');
	out_str(o, "netid", raw ? "raw" : "udp");
	out_str(o, "state", state);
	out_u64(o, "recv_q", l->rx);
	out_u64(o, "send_q", l->tx);
	out_str(o, "local", local);
	out_str(o, "peer", peer);
	out_u64(o, "uid", l->uid);
	out_u64(o, "ino", l->inode);
	out_u64(o, "drops", l->drops);
	out_close(o, '}');
	if (t->cols == 7)
		table_cell(t, raw ? "raw" : "udp");
	table_cell(t, "%s", state);
	table_cell(t, "%u", l->rx);
	table_cell(t, "%u", l->tx);
	table_cell(t, "%s", local);
	table_cell(t, "%s", peer);
	table_cell(t, "%s%s", owner, memory);
}
