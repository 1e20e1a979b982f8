/* SPDX-License-Identifier: MIT */
/*
 * drops.c - the loss ledger: where every packet ended, and whether the books balance
 *
 * Theory of operation
 *   The daemon answers with rows: class, layer, name, count. Layer "verdict" is how packets ended,
 *   "held" where they wait, every other one a reason to drop. Per class entered must be the sum of
 *   the other verdicts and of what is held. While traffic runs, a packet may be seen between two
 *   counters; books that do not balance are asked for again (LEDGER_TRIES) before that is said.
 *   Called by: cli.c. Owns: the rows. One thread. Exit status 1 when the books do not balance.
 */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

#define LEDGER_TRIES 5

struct row {
	uint32_t class;
	uint64_t count;
	char layer[24], name[48], text[120];
};

struct ledger {
	struct row *row;
	size_t n, size;
};

static const struct {
	const char *name, *title, *text;
} classes[] = {
	{ "other", "other", "dropped before they were packets of the books" },
	{ "frames", "frames", "received from devices" },
	{ "copies", "copies", "made of others: for a second socket, a tap, a group" },
	{ "local", "local packets", "made here" },
};

static int ledger_ask(struct cli *c, bool reset, struct ledger *l);
static int64_t class_balance(const struct ledger *l, unsigned class, uint64_t *ret_held);
static bool ledger_balanced(const struct ledger *l);
static bool print_class(struct cli *c, const struct ledger *l, unsigned class);
static void print_balance(struct cli *c, const struct ledger *l, unsigned class);
static bool print_rows(struct cli *c, const struct ledger *l, unsigned class);

int cmd_drops(struct cli *c, int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = c->pause_ms * 1000000L };
	bool reset = argc == 2 && !strcmp(argv[1], "--reset"), ok = true;
	struct ledger l = { .row = NULL };
	int status = CLI_OK;

	if (argc > 1 && !reset)
		return cli_usage(c, "'%.40s' is not --reset", argv[1]);
	for (int i = 0; i < LEDGER_TRIES && !status; i++) {
		if (i)
			nanosleep(&pause, NULL);
		status = ledger_ask(c, false, &l);
		if (!status && ledger_balanced(&l))
			break;
	}
	out_open(&c->out, NULL, '{');
	for (unsigned class = 1; class < 5 && !status; class++)
		ok &= print_class(c, &l, class % 4); /* what is outside of the books comes last */
	if (!status && !ok)
		status = cli_fail(c, CLI_FAILED, "no memory");
	if (!status && !ledger_balanced(&l))
		status = cli_fail(c, CLI_FAILED, "the books do not balance");
	out_close(&c->out, '}');
	if (reset && status != CLI_UNREACHED) {
		int ret = ledger_ask(c, true, &l); /* shown first, then reset */

		status = ret ? ret : status;
	}
	free(l.row);
	return status;
}

/* --- the rows --- */

static int row_cb(void *arg, const struct nlmsghdr *nlh)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	struct ledger *l = arg;
	struct row *r;

	if (conn_parse(nlh, tb) || !tb[GN_ATTR_CLASS] || !tb[GN_ATTR_LAYER] || !tb[GN_ATTR_NAME] ||
	    !tb[GN_ATTR_COUNT])
		return -EPROTO;
	if (l->n == l->size) {
		size_t size = l->size ? l->size * 2 : 64;

		r = reallocarray(l->row, size, sizeof(*r));
		if (!r)
			return -ENOMEM;
		l->row = r;
		l->size = size;
	}
	r = &l->row[l->n++];
	r->class = nla_get_u32(tb[GN_ATTR_CLASS]);
	r->count = nla_get_u64(tb[GN_ATTR_COUNT]);
	snprintf(r->layer, sizeof(r->layer), "%s", nla_get_string(tb[GN_ATTR_LAYER]));
	snprintf(r->name, sizeof(r->name), "%s", nla_get_string(tb[GN_ATTR_NAME]));
	snprintf(r->text, sizeof(r->text), "%s",
		 tb[GN_ATTR_TEXT] ? nla_get_string(tb[GN_ATTR_TEXT]) : "");
	out_printable(r->layer);
	out_printable(r->name);
	out_printable(r->text);
	return 0;
}

static int ledger_ask(struct cli *c, bool reset, struct ledger *l)
{
	struct nl_msg *msg = conn_request(GN_CTL_LEDGER);

	if (msg && reset)
		nla_put_flag(msg, GN_ATTR_RESET);
	l->n = 0;
	return cli_ask(c, msg, row_cb, l);
}

/* --- the balance --- */

static int64_t class_balance(const struct ledger *l, unsigned class, uint64_t *ret_held)
{
	uint64_t left = 0, held = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct row *r = &l->row[i];

		if (r->class != class)
			continue;
		if (!strcmp(r->layer, "held"))
			held += r->count;
		else if (!strcmp(r->layer, "verdict"))
			left += !strcmp(r->name, "entered") ? r->count : -r->count;
	}
	if (ret_held)
		*ret_held = held;
	return (int64_t)(left - held);
}

static bool ledger_balanced(const struct ledger *l)
{
	for (unsigned class = 1; class < 4; class++)
		if (class_balance(l, class, NULL))
			return false;
	return true;
}

/* --- printing --- */

/* One block; false without memory. */
static bool print_class(struct cli *c, const struct ledger *l, unsigned class)
{
	struct out *o = &c->out;
	bool ok, any = false;

	for (size_t i = 0; i < l->n; i++)
		any |= l->row[i].class == class;
	if (!class && !any)
		return true;
	out_open(o, classes[class].name, '{');
	if (!o->json)
		fprintf(o->f, "%s%s%s (%s)\n", out_bold(o), classes[class].title, out_plain(o),
			classes[class].text);
	if (class && any)
		print_balance(c, l, class);
	ok = print_rows(c, l, class);
	out_close(o, '}');
	return ok;
}

/* entered 10 = delivered 7 + consumed 1 + ... + held 0 */
static void print_balance(struct cli *c, const struct ledger *l, unsigned class)
{
	struct out *o = &c->out;
	const char *sign = " =";
	uint64_t held;
	int64_t left = class_balance(l, class, &held);

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < l->n; i++) {
			const struct row *r = &l->row[i];
			bool entered = !strcmp(r->name, "entered");

			if (r->class != class || strcmp(r->layer, "verdict") || entered == pass)
				continue;
			out_u64(o, r->name, r->count);
			if (o->json)
				continue;
			fprintf(o->f, "%s %s %llu", pass ? sign : " ", r->name,
				(unsigned long long)r->count);
			sign = pass ? " +" : sign;
		}
	}
	out_u64(o, "held", held);
	out_i64(o, "balance", left);
	if (o->json)
		return;
	fprintf(o->f, " + held %llu", (unsigned long long)held);
	if (left)
		fprintf(o->f, "  %sOFF BY %lld%s\n", out_red(o), (long long)left, out_plain(o));
	else
		fputs("  balanced\n", o->f);
}

/* Where packets wait, and why others were dropped. */
static bool print_rows(struct cli *c, const struct ledger *l, unsigned class)
{
	struct table t = { .cols = 4, .right = 4 };

	for (int pass = 0; pass < 2; pass++) {
		out_open(&c->out, pass ? "drops" : "queues", '[');
		for (size_t i = 0; i < l->n; i++) {
			const struct row *r = &l->row[i];
			bool held = !strcmp(r->layer, "held");

			if (r->class != class || !r->count || !strcmp(r->layer, "verdict") ||
			    held == pass)
				continue;
			out_open(&c->out, NULL, '{');
			out_str(&c->out, "layer", r->layer);
			out_str(&c->out, held ? "queue" : "reason", r->name);
			out_u64(&c->out, "count", r->count);
			out_str(&c->out, "text", r->text);
			out_close(&c->out, '}');
			if (c->out.json)
				continue;
			table_cell(&t, "%s", r->layer);
			table_cell(&t, "%s", r->name);
			table_cell(&t, "%llu", (unsigned long long)r->count);
			table_cell(&t, "%s", r->text);
		}
		out_close(&c->out, ']');
	}
	return table_print(&t, c->out.f, "    ");
}
