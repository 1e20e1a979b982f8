/* SPDX-License-Identifier: MIT */
/*
 * trace_view.c - `glassnet trace packets` and `glassnet trace view`: recordings
 *
 * Called by: cli.c. Calls: src/view, which reads recordings (export.h) and writes the formats of
 * other viewers. Owns the view of the recording and the output file. One thread; no daemon is asked.
 * Refuses: wrong words; packets that the recording does not have; options that the format has no use
 * for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/trace_show.h"
#include "view/export.h"
#include "view/html.h"
#include "view/steps.h"

struct recording {
	struct view *v;
	struct view_source *src;
};

struct view_job {
	struct cli *c;
	struct recording rec;
	struct trace_show show;
	const char *format, *output;
	unsigned packet;
	bool steps;
	char note[80];
	struct view_text text;
	struct view_export export;
};

/* A format: what writes it, 0 or -errno; does it know the options that are about text? */
struct format {
	const char *name;
	int (*write)(struct view_job *j);
	bool text;
};

static int load(struct cli *c, const char *dir, struct recording *rec);
static void unload(struct recording *rec);
static int packets_table(struct cli *c, struct recording *rec);
static int view_check(struct view_job *j, const struct format **ret_format);
static int view_run(struct view_job *j, const struct format *format);

/* --- recordings --- */

static int load(struct cli *c, const char *dir, struct recording *rec)
{
	static const struct view_ops ops = { .root = view_keep_root };
	struct view_error err = { .text = "no memory" };

	rec->src = NULL;
	rec->v = view_new(&ops, &rec->v);
	if (!rec->v || view_load(rec->v, dir, &rec->src, &err)) {
		unload(rec);
		return cli_fail(c, CLI_FAILED, "%s", err.text);
	}
	return CLI_OK;
}

static void unload(struct recording *rec)
{
	if (rec->src)
		view_source_free(rec->src);
	view_free(rec->v);
	rec->src = NULL;
	rec->v = NULL;
}

/* What is missing is said wherever it is shown. */
static void tell_losses(struct cli *c, const struct recording *rec)
{
	uint64_t lost = view_lost(rec->v), bad = view_errors(rec->v) + rec->src->bad;

	if (lost)
		fprintf(c->err, "glassnet: %s: %llu calls were lost when this was recorded\n",
			c->command, (unsigned long long)lost);
	if (rec->src->lost_events || rec->src->lost_packets)
		fprintf(c->err, "glassnet: %s: LTTng lost %llu events and %llu packets of events\n",
			c->command, (unsigned long long)rec->src->lost_events,
			(unsigned long long)rec->src->lost_packets);
	if (bad)
		fprintf(c->err, "glassnet: %s: %llu records made no sense and are left out\n",
			c->command, (unsigned long long)bad);
}

/* --- packets --- */

int cmd_trace_packets(struct cli *c, int argc, char **argv)
{
	struct recording rec;
	int status;

	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1])
			return cli_usage(c, "'%.40s' is no option of it, but --json is", argv[i]);
	if (argc < 2)
		return cli_usage(c, "DIR is missing: what `trace record` made");
	if (argc > 2)
		return cli_usage(c, "'%.40s' is one word too many", argv[2]);
	status = load(c, argv[1], &rec);
	if (status)
		return status;
	status = packets_table(c, &rec);
	tell_losses(c, &rec);
	unload(&rec);
	return status;
}

/* Local time of day, with microseconds. */
static void clock_text(uint64_t ns, char *buf, size_t size)
{
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm;

	if (!localtime_r(&s, &tm) || !strftime(buf, size, "%H:%M:%S", &tm))
		snprintf(buf, size, "?");
	snprintf(buf + strlen(buf), size - strlen(buf), ".%06u",
		 (unsigned)(ns % 1000000000 / 1000));
}

static void packet_row(struct table *t, struct view *v, const struct view_packet *p)
{
	char flow[160], fate[200], when[32];

	trace_show_flow(p, flow, sizeof(flow));
	trace_show_fate(v, p, fate, sizeof(fate));
	clock_text(view_realtime(v, p->frames->time), when, sizeof(when));
	table_cell(t, "%u", p->number);
	table_cell(t, "%s", when);
	table_cell(t, "%u", p->frames->f.len);
	table_cell(t, "%.1f us", (double)trace_show_time(p) / 1000);
	table_cell(t, "%s", flow);
	table_cell(t, "%s", fate);
}

static int packets_table(struct cli *c, struct recording *rec)
{
	static const char *const heads[] = { "No", "Time", "Length", "In the stack", "Flow",
					     "What became of it" };
	struct table t = { .cols = 6, .right = 1 << 0 | 1 << 2 | 1 << 3 };
	size_t n;
	struct view_packet *const *p = view_packets(rec->v, &n);

	out_open(&c->out, NULL, '[');
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		table_cell(&t, "%s", heads[i]);
	for (size_t i = 0; i < n; i++) {
		if (!p[i]->matched)
			continue;
		packet_row(&t, rec->v, p[i]);
		out_open(&c->out, NULL, '{');
		trace_show_json_packet(&c->out, rec->v, p[i]);
		out_close(&c->out, '}');
	}
	out_close(&c->out, ']');
	if (c->out.json)
		table_free(&t);
	else if (!table_print(&t, c->out.f, ""))
		return cli_fail(c, CLI_FAILED, "no memory");
	return CLI_OK;
}

/* --- view: the formats --- */

static const char *step_note(void *ctx, const struct view_func *f)
{
	struct view_job *j = ctx;
	unsigned n = view_step_of(f->name);

	snprintf(j->note, sizeof(j->note), "step %u: %s", n, view_step_name(n));
	return n ? j->note : NULL;
}

static int write_graph(struct view_job *j)
{
	size_t n;
	struct view_node *const *root = view_roots(j->rec.v, &n);

	view_text_header(&j->text);
	return view_text_merge(&j->text, j->rec.v, root, n);
}

static int write_function(struct view_job *j)
{
	size_t n;
	struct view_node *const *root = view_roots(j->rec.v, &n);
	unsigned cpus = 1;
	uint64_t calls = 0;

	for (size_t i = 0; i < n; i++) {
		for (const struct view_node *x = root[i]; x; x = trace_show_next(root[i], x))
			calls += x->kind == VIEW_CALL;
		if (root[i]->cpu >= cpus)
			cpus = root[i]->cpu + 1;
	}
	view_function_header(j->text.out, "function", calls, calls + view_lost(j->rec.v), cpus);
	return view_function_roots(j->text.out, j->rec.v, root, n);
}

static int write_chrome(struct view_job *j)
{
	return view_chrome(j->rec.v, &j->export);
}

static int write_folded(struct view_job *j)
{
	return view_folded(j->rec.v, &j->export);
}

static int write_pcapng(struct view_job *j)
{
	return view_pcapng(j->rec.v, &j->export);
}

static int write_script(struct view_job *j)
{
	return view_script(j->rec.v, &j->export);
}

static int write_html(struct view_job *j)
{
	const struct view_html_opts o = { .first = j->packet, .src = j->rec.src,
					  .rename = j->export.rename,
					  .rename_ctx = j->export.rename_ctx };

	return view_html(j->export.out, j->rec.v, &o);
}

static const struct format formats[] = {
	{ "graph", write_graph, true },	   { "function", write_function, false },
	{ "chrome", write_chrome, false }, { "folded", write_folded, false },
	{ "html", write_html, false },	   { "pcapng", write_pcapng, false },
	{ "cyg", NULL, false },		   { "script", write_script, false },
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* --- view: the command --- */

int cmd_trace_view(struct cli *c, int argc, char **argv)
{
	struct view_job j = { .c = c, .format = "graph" };
	const struct trace_option options[] = {
		TRACE_SHOW_OPTIONS(&j.show),
		{ 0, "packet", OPT_NUMBER, &j.packet },
		{ 0, "format", OPT_TEXT, &j.format },
		{ 'o', "output", OPT_TEXT, &j.output },
		{ 0, "steps", OPT_FLAG, &j.steps },
		{ .name = NULL },
	};
	const struct format *format = NULL;
	int status = trace_options(c, options, &argc, argv);

	if (status)
		return status;
	if (argc < 2)
		return cli_usage(c, "DIR is missing: what `trace record` made");
	if (argc > 2)
		return cli_usage(c, "'%.40s' is one word too many", argv[2]);
	status = view_check(&j, &format);
	if (!status)
		status = load(c, argv[1], &j.rec);
	if (status)
		return status;
	status = view_run(&j, format);
	tell_losses(c, &j.rec);
	unload(&j.rec);
	return status;
}

/* Words that do not go together are found before the recording is read. */
static int view_check(struct view_job *j, const struct format **ret_format)
{
	size_t i = 0;

	if (j->c->out.json)
		return cli_usage(j->c, "--json: that is --format chrome");
	while (i < N_FORMATS && strcmp(formats[i].name, j->format))
		i++;
	if (i == N_FORMATS)
		return cli_usage(j->c, "--format: '%.40s' is none of: graph, function, chrome, "
				       "folded, html, pcapng, cyg, script", j->format);
	*ret_format = &formats[i];
	if (!formats[i].text && (j->show.profile || j->show.option.n || j->steps))
		return cli_usage(j->c, "--%s is for --format graph",
				 j->show.profile ? "profile" : j->steps ? "steps" : "option");
	if (!formats[i].write && !j->output)
		return cli_usage(j->c, "--format cyg needs -o DIR, a directory to be made");
	return trace_show_text(j->c, &j->show, &j->text);
}

static const struct view_packet *find_packet(struct view_job *j)
{
	size_t n;
	struct view_packet *const *p = view_packets(j->rec.v, &n);

	for (size_t i = 0; i < n; i++)
		if (p[i]->matched && p[i]->number == j->packet)
			return p[i];
	cli_fail(j->c, CLI_FAILED, "there is no packet %u in it; `glassnet trace packets` lists them",
		 j->packet);
	return NULL;
}

static int write_cyg(struct view_job *j)
{
	struct view_error err = { .text = "no memory" };

	if (view_cyg(j->rec.v, &j->export, j->output, &err))
		return cli_fail(j->c, CLI_FAILED, "%s", err.text);
	return CLI_OK;
}

static int view_run(struct view_job *j, const struct format *format)
{
	FILE *f = j->c->out.f;
	bool bad;
	int ret;

	j->export = (struct view_export){ .src = j->rec.src, .rename = j->text.rename,
					  .rename_ctx = j->text.rename_ctx };
	if (j->packet) {
		j->export.only = find_packet(j);
		if (!j->export.only)
			return CLI_FAILED;
	}
	j->text.only = j->export.only;
	if (j->steps) {
		j->text.note = step_note;
		j->text.note_ctx = j;
	}
	if (!format->write)
		return write_cyg(j);
	if (j->output)
		f = fopen(j->output, "we");
	if (!f)
		return cli_fail(j->c, CLI_FAILED, "%s: %s", j->output, strerror(errno));
	j->text.out = j->export.out = f;
	ret = format->write(j);
	if (!j->output)
		return ret && ret != -EPIPE ? cli_fail(j->c, CLI_FAILED, "%s", strerror(-ret))
					    : CLI_OK;
	errno = 0;
	bad = ferror(f);
	if ((fclose(f) || bad) && !ret)
		ret = errno ? -errno : -EIO;
	return ret ? cli_fail(j->c, CLI_FAILED, "%s: %s", j->output, strerror(-ret)) : CLI_OK;
}
