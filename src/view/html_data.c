/* SPDX-License-Identifier: MIT */
/*
 * html_data.c - the page's data as one JSON object
 *
 * Theory of operation
 *   A trace of 10 000 packets has half a million calls, so calls are not written as JSON objects: the calls of a root are one string that the page
 *   takes apart only when somebody looks at that root. In it a call is `depth,function,start,duration[,packet[,flags[,asleep]]]`, calls are parted by `;` in the order
 *   of entry, numbers are base 36, the start counts from the call before (the first: from the root's start), an absent duration is an open call, the packet
 *   is written when it is another than before. Flags: s saturated, h headless, c cut. Leaves between calls have a letter before their function:
 *   v code.reason.port.device (verdict; reason and device are strings), b length.direction.device (bytes seen), m.string (mark).
 *   Fields of a frame are a string as well: `offset,length,name,mark,text` parted by `;`.
 *   Names stand in the table of strings (W). Functions are numbered as they are met. Times are ns after t0.
 *   Called by: html.c. Calls: decode.c, flow.c, steps.c, house.c. Owns: its tables until it returns. Threads: one at a time a struct view.
 */
#include "view/html_data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "view/decode.h"
#include "view/house.h"
#include "view/html_json.h"
#include "view/steps.h"

#define FUNC_IDS GN_TRACE_KIND

/**
 * struct data - the work in hand
 * @func_no:	for each function id: its number on the page + 1; grown as needed
 * @funcs:	JSON of the functions met so far
 * @t0:		earliest time
 * @records:	calls and happenings written
 */
struct data {
	FILE *out;
	struct view *v;
	const struct view_html_opts *o;
	struct html_strings str, field;
	uint32_t *func_no;
	size_t n_func_no;
	unsigned n_funcs;
	struct view_func **func;
	size_t room_funcs;
	uint64_t t0;
	uint64_t records;
	bool failed;
};

static void find_t0(struct data *d);
static void write_head(struct data *d);
static void write_losses(struct data *d);
static void write_happenings(struct data *d);
static void write_steps(struct data *d);
static void write_house(struct data *d);
static void write_roots(struct data *d);
static void write_root(struct data *d, const struct view_node *root);
static void write_root_packets(struct data *d, const struct view_node *root);
static const struct view_node *walk_next(const struct data *d, const struct view_node *root, const struct view_node *n);
static bool is_hidden(const struct data *d, const struct view_node *n);
static void write_node(struct data *d, const struct view_node *root, const struct view_node *n, uint64_t *last, unsigned *packet);
static void write_what(struct data *d, const struct view_node *n);
static unsigned func_no(struct data *d, const struct view_func *f);
static void write_packets(struct data *d);
static void write_verdicts(struct data *d, const struct view_packet *p);
static void write_frames(struct data *d, const struct view_packet *p);
static void write_fields(struct data *d, const struct view_bytes *b);
static unsigned reason(struct data *d, const struct gn_trace_verdict *g);
static unsigned reason_text(struct data *d, const struct gn_trace_verdict *g);
static unsigned device(struct data *d, uint32_t ifindex);
static void write_funcs(struct data *d);
static void write_files(struct data *d);
static void write_tables(struct data *d);
static uint64_t after(const struct data *d, uint64_t t);

int html_data(FILE *out, struct view *v, const struct view_html_opts *o)
{
	struct data d = { .out = out, .v = v, .o = o };
	bool failed;

	find_t0(&d);
	write_head(&d);
	write_losses(&d);
	write_happenings(&d);
	write_steps(&d);
	write_house(&d);
	write_roots(&d);
	write_packets(&d);
	write_funcs(&d);
	write_files(&d);
	write_tables(&d);
	failed = d.failed || d.str.failed || d.field.failed;
	html_strings_free(&d.str);
	html_strings_free(&d.field);
	free(d.func_no);
	free(d.func);

	return failed ? -ENOMEM : 0;
}

static void find_t0(struct data *d)
{
	size_t n;
	struct view_packet *const *p = view_packets(d->v, &n);
	struct view_node *const *r;

	d->t0 = UINT64_MAX;
	for (size_t i = 0; i < n; i++)
		if (p[i]->first < d->t0)
			d->t0 = p[i]->first;
	r = view_roots(d->v, &n);
	for (size_t i = 0; i < n; i++)
		if (r[i]->start < d->t0)
			d->t0 = r[i]->start;
	if (d->t0 == UINT64_MAX)
		d->t0 = 0;
}

static uint64_t after(const struct data *d, uint64_t t)
{
	return t > d->t0 ? t - d->t0 : 0;
}

/* Times as strings: they do not fit into a double. */
static void write_head(struct data *d)
{
	fputs("{\"title\":", d->out);
	html_json_string(d->out, d->o->title ? d->o->title : "glassnet trace");
	fprintf(d->out, ",\n\"t0\":\"%" PRIu64 "\",\"wall\":\"%" PRIu64 "\",\"first\":%u", d->t0, view_realtime(d->v, d->t0), d->o->first);
}

static void write_losses(struct data *d)
{
	const struct view_source *s = d->o->src;

	fprintf(d->out, ",\n\"lost\":%" PRIu64 ",\"errors\":%" PRIu64, view_lost(d->v), view_errors(d->v));
	if (!s)
		return;
	fprintf(d->out, ",\"lostEvents\":%" PRIu64 ",\"lostPackets\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"cut\":%" PRIu64 ",\"warnings\":", s->lost_events,
		s->lost_packets, s->bad, s->cut);
	html_json_string(d->out, s->warnings ? s->warnings : "");
	fputs(",\n\"events\":[", d->out);
	for (size_t i = 0; i < s->n_events; i++) {
		fputs(i ? ",[" : "[", d->out);
		html_json_string(d->out, s->events[i].name);
		fprintf(d->out, ",%" PRIu64 "]", s->events[i].n);
	}
	putc(']', d->out);
}

/* The tracepoints that name a packet, by its id: [time, cpu, id, name, fields] */
static void write_happenings(struct data *d)
{
	const struct view_source *s = d->o->src;
	bool comma = false;

	fputs(",\n\"happenings\":[", d->out);
	for (size_t i = 0; s && i < s->n_happenings; i++) {
		const struct view_happening *h = &s->happening[i];

		if (!h->packet)
			continue;
		fprintf(d->out, "%s[%" PRIu64 ",%u,%" PRIu32 ",%u,%u]", comma ? ",\n" : "", after(d, h->time), h->cpu, h->packet,
			html_string(&d->str, h->name), html_string(&d->str, h->fields));
		comma = true;
	}
	putc(']', d->out);
}

static void write_steps(struct data *d)
{
	fputs(",\n\"steps\":[[\"\",\"\"]", d->out);
	for (unsigned n = 1; n <= VIEW_STEPS; n++) {
		fputs(",[", d->out);
		html_json_string(d->out, view_step_name(n));
		putc(',', d->out);
		html_json_string(d->out, view_step_text(n));
		putc(']', d->out);
	}
	putc(']', d->out);
}

static void write_house(struct data *d)
{
	fputs(",\n\"house\":[", d->out);
	for (const struct view_room *r = view_house; r->name; r++) {
		fprintf(d->out, "%s[%u,", r == view_house ? "" : ",", r->floor);
		html_json_string(d->out, r->name);
		putc(',', d->out);
		html_json_string(d->out, r->text);
		putc(']', d->out);
	}
	putc(']', d->out);
}

/* --- roots --- */

/* [cpu, task, start, "calls", [packets], depth] */
static void write_roots(struct data *d)
{
	size_t n;
	struct view_node *const *r = view_roots(d->v, &n);
	bool comma = false;

	fputs(",\n\"roots\":[", d->out);
	for (size_t i = 0; i < n && !d->failed; i++) {
		if (is_hidden(d, r[i]))
			continue;
		fputs(comma ? ",\n" : "\n", d->out);
		comma = true;
		write_root(d, r[i]);
	}
	fprintf(d->out, "],\n\"records\":%" PRIu64, d->records);
}

static void write_root(struct data *d, const struct view_node *root)
{
	char task[48];
	uint64_t last = root->start;
	unsigned packet = 0;

	snprintf(task, sizeof(task), "%.16s-%u", root->task ? root->task->comm : "", root->task ? root->task->tid : 0);
	fprintf(d->out, "[%u,%u,%" PRIu64 ",\"", root->cpu, html_string(&d->str, task), after(d, root->start));
	for (const struct view_node *n = root; n; n = walk_next(d, root, n)) {
		if (n != root)
			putc(';', d->out);
		write_node(d, root, n, &last, &packet);
		d->records++;
	}
	fputs("\",[", d->out);
	write_root_packets(d, root);
	fprintf(d->out, "],%u]", root->depth);
}

/* The numbers of the packets that it worked for, each once when they come in runs; the page removes what is left of doubles. */
static void write_root_packets(struct data *d, const struct view_node *root)
{
	unsigned last = 0;
	bool comma = false;

	for (const struct view_node *n = root; n; n = walk_next(d, root, n)) {
		if (!n->packet || n->packet->number == last)
			continue;
		last = n->packet->number;
		fprintf(d->out, comma ? ",%u" : "%u", last);
		comma = true;
	}
}

/* The node entered after @n that is not hidden; NULL: that was the last. */
static const struct view_node *walk_next(const struct data *d, const struct view_node *root, const struct view_node *n)
{
	const struct view_node *next = n->child;

	for (;;) {
		while (next && is_hidden(d, next))
			next = next->next;
		if (next || n == root)
			return next;
		next = n->next;
		n = n->parent;
	}
}

static bool is_hidden(const struct data *d, const struct view_node *n)
{
	return n->kind == VIEW_CALL && d->o->hide && d->o->hide(d->o->hide_ctx, n->func);
}

static void write_node(struct data *d, const struct view_node *root, const struct view_node *n, uint64_t *last, unsigned *packet)
{
	unsigned depth = 0, number = n->packet ? n->packet->number : 0;
	bool flags = n->kind == VIEW_CALL && (n->saturated || n->headless || n->cut || n->asleep);

	for (const struct view_node *up = n; up != root; up = up->parent)
		depth++;
	html_base36(d->out, depth);
	putc(',', d->out);
	write_what(d, n);
	putc(',', d->out);
	if (n->start < *last)
		putc('-', d->out);
	html_base36(d->out, n->start < *last ? *last - n->start : n->start - *last);
	*last = n->start;
	putc(',', d->out);
	if (n->kind == VIEW_CALL && n->end)
		html_base36(d->out, n->end > n->start ? n->end - n->start : 0);
	if (number == *packet && !flags)
		return;
	putc(',', d->out);
	if (number != *packet)
		html_base36(d->out, number);
	*packet = number;
	if (!flags)
		return;
	fprintf(d->out, ",%s%s%s", n->saturated ? "s" : "", n->headless ? "h" : "", n->cut ? "c" : "");
	if (n->asleep) {
		putc(',', d->out);
		html_base36(d->out, n->asleep);
	}
}

static void write_what(struct data *d, const struct view_node *n)
{
	switch (n->kind) {
	case VIEW_CALL:
		html_base36(d->out, func_no(d, n->func));
		break;
	case VIEW_MARK:
		fputs("m.", d->out);
		html_base36(d->out, html_string(&d->str, n->text ? n->text : ""));
		break;
	case VIEW_VERDICT:
		fprintf(d->out, "v%u.%u.%" PRIu32 ".%u", n->verdict.code, reason(d, &n->verdict), n->verdict.port, device(d, n->verdict.ifindex));
		break;
	case VIEW_FRAME:
		if (n->frame)
			fprintf(d->out, "b%" PRIu32 ".%u.%u", n->frame->f.len, n->frame->f.dir, device(d, n->frame->f.ifindex));
		else
			fprintf(d->out, "b0.0.%u", device(d, 0));
	}
}

/* --- packets --- */

/* [number, id, first, last, matched, roots still open, flow, [verdicts], [frames]] */
static void write_packets(struct data *d)
{
	size_t n;
	struct view_packet *const *p = view_packets(d->v, &n);
	char flow[160];

	fputs(",\n\"packets\":[", d->out);
	for (size_t i = 0; i < n && !d->failed; i++) {
		const struct view_bytes *b = p[i]->frames;

		while (b && !b->f.caplen && b->next)
			b = b->next;
		view_flow(b, flow, sizeof(flow));
		fprintf(d->out, "%s[%u,%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",%u,%u,%u,[", i ? ",\n" : "\n", p[i]->number, p[i]->id, after(d, p[i]->first),
			after(d, p[i]->last), p[i]->matched, p[i]->open, html_string(&d->str, flow));
		write_verdicts(d, p[i]);
		fputs("],[", d->out);
		write_frames(d, p[i]);
		fputs("]]", d->out);
	}
	putc(']', d->out);
}

/* [time, cpu, code, reason, its sentence, port, device, ledger, [functions open then, innermost first]] */
static void write_verdicts(struct data *d, const struct view_packet *p)
{
	for (const struct view_node *n = p->verdicts; n; n = view_next_verdict(n)) {
		const struct gn_trace_verdict *g = &n->verdict;

		fprintf(d->out, "%s[%" PRIu64 ",%u,%u,%u,%u,%" PRIu32 ",%u,%u,[", n == p->verdicts ? "" : ",", after(d, n->start), n->cpu, g->code,
			reason(d, g), reason_text(d, g), g->port, device(d, g->ifindex), g->ledger);
		for (unsigned i = 0; i < n->nstack; i++)
			fprintf(d->out, "%s%u", i ? "," : "", func_no(d, view_function(d->v, n->stack[i])));
		fputs("]]", d->out);
	}
}

/* Why a packet was dropped, and by which device: strings, "" where there is nothing to say. */
static unsigned reason(struct data *d, const struct gn_trace_verdict *g)
{
	return html_string(&d->str, g->code == GN_TRACE_DROPPED ? view_reason(d->v, g->reason) : "");
}

static unsigned reason_text(struct data *d, const struct gn_trace_verdict *g)
{
	return html_string(&d->str, g->code == GN_TRACE_DROPPED ? view_reason_text(d->v, g->reason) : "");
}

static unsigned device(struct data *d, uint32_t ifindex)
{
	return html_string(&d->str, ifindex ? view_device(d->v, ifindex) : "");
}

/* [time, length, recorded, direction, link, device, queue, "base64", "fields", flow] */
static void write_frames(struct data *d, const struct view_packet *p)
{
	char flow[160];

	for (const struct view_bytes *b = p->frames; b; b = b->next) {
		unsigned have = b->f.caplen < GN_TRACE_SNAPLEN ? b->f.caplen : GN_TRACE_SNAPLEN;

		view_flow(b, flow, sizeof(flow));
		fprintf(d->out, "%s[%" PRIu64 ",%" PRIu32 ",%u,%u,%u,%u,%" PRIu32 ",\"", b == p->frames ? "" : ",", after(d, b->time), b->f.len, have,
			b->f.dir, b->f.link, device(d, b->f.ifindex), b->f.queue);
		html_base64(d->out, b->byte, have);
		fputs("\",\"", d->out);
		write_fields(d, b);
		fprintf(d->out, "\",%u]", html_string(&d->str, flow));
	}
}

static void write_fields(struct data *d, const struct view_bytes *b)
{
	struct view_field field[VIEW_FIELDS];
	char name[64];
	size_t n = view_decode(b, field, VIEW_FIELDS);

	for (size_t i = 0; i < n; i++) {
		const struct view_field *f = &field[i];

		snprintf(name, sizeof(name), "%c%s", 'a' + f->layer, f->name);
		if (i)
			putc(';', d->out);
		html_base36(d->out, f->off);
		putc(',', d->out);
		html_base36(d->out, f->len);
		putc(',', d->out);
		html_base36(d->out, html_string(&d->field, name));
		putc(',', d->out);
		html_base36(d->out, f->mark);
		putc(',', d->out);
		html_base36(d->out, html_string(&d->str, f->text));
	}
}

/* --- functions --- */

static unsigned func_no(struct data *d, const struct view_func *f)
{
	uint32_t id = f->id < FUNC_IDS ? f->id : 0;

	if (id >= d->n_func_no) {
		size_t room = id + 4096;
		uint32_t *no = realloc(d->func_no, room * sizeof(*no));

		if (!no) {
			d->failed = true;
			return 0;
		}
		memset(no + d->n_func_no, 0, (room - d->n_func_no) * sizeof(*no));
		d->func_no = no;
		d->n_func_no = room;
	}
	if (!d->func_no[id]) {
		if (d->n_funcs == d->room_funcs) {
			size_t room = d->room_funcs + 256;
			struct view_func **func = realloc(d->func, room * sizeof(struct view_func *));

			if (!func) {
				d->failed = true;
				return 0;
			}
			d->func = func;
			d->room_funcs = room;
		}
		d->func[d->n_funcs] = (struct view_func *)(uintptr_t)f;
		d->func_no[id] = ++d->n_funcs;
	}

	return d->func_no[id] - 1;
}

/* [name, file, module or -1, step] */
static void write_funcs(struct data *d)
{
	fputs(",\n\"funcs\":[", d->out);
	for (unsigned i = 0; i < d->n_funcs; i++) {
		const struct view_func *f = d->func[i];
		const char *name = d->o->rename ? d->o->rename(d->o->rename_ctx, f) : f->name;

		fprintf(d->out, "%s[%u,%u,%d,%u]", i ? "," : "", html_string(&d->str, name ? name : f->name), html_string(&d->str, f->file),
			f->module ? (int)html_string(&d->str, f->module) : -1, view_step_of(f->name));
	}
	putc(']', d->out);
}

/* Every file that has a traceable function, so that the picture shows what was not gone through as well. Ids are dense from 0. */
static void write_files(struct data *d)
{
	struct html_strings file = { 0 };

	for (uint32_t id = 0; id < FUNC_IDS; id++) {
		const struct view_func *f = view_function(d->v, id);

		if (f->name[0] == '?' && id)
			break;
		if (f->file[0])
			html_string(&file, f->file);
	}
	for (unsigned i = 0; i < d->n_funcs; i++)
		if (d->func[i]->file[0])
			html_string(&file, d->func[i]->file);
	fputs(",\n\"files\":", d->out);
	html_strings_write(d->out, &file);
	d->failed |= file.failed;
	html_strings_free(&file);
}

/* Names of layers and fields, strings. */
static void write_tables(struct data *d)
{
	fputs(",\n\"layers\":[", d->out);
	for (unsigned i = 0; i < VIEW_LAYER_MAX; i++) {
		if (i)
			putc(',', d->out);
		html_json_string(d->out, view_layer_name(i));
	}
	fputs("],\n\"fields\":", d->out);
	html_strings_write(d->out, &d->field);
	fputs(",\n\"W\":", d->out);
	html_strings_write(d->out, &d->str);
	fputs("}\n", d->out);
}
