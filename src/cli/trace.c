/* SPDX-License-Identifier: MIT */
/*
 * trace.c - the commands of `glassnet trace`: their table and help, and how the tracer is set up
 *
 * Called by: cli.c (the table), trace_graph.c, trace_record.c. Calls: conn.c, trace_filter.c. Owns
 * nothing: the settings live in the daemon, for as long as the connection that claimed them.
 * One thread.
 */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/trace.h"

static const char graph_help[] =
	"Prints call graphs in the text of the kernel's function_graph tracer. With -p one whole tree\n"
	"a packet, when it is complete: from the interrupt to the return of recvfrom. Ends after\n"
	"--count of them, --seconds, or with Ctrl-C. The tracer then is as it was before.\n"
	"  -g, --function F,..    graphs of these functions only; names of Linux are understood\n"
	"  -p, --packets EXPR     follow packets that match, as tcpdump(8) would: pcap-filter(7)\n"
	"  -c, --count N          end after N graphs, with -p: packets\n"
	"      --depth N          no deeper than N calls\n"
	"      --thresh US        only calls that took longer, in microseconds\n"
	"      --seconds S        end after S seconds\n"
	"      --stack            with each packet that is dropped, the calls that led there\n"
	"      --profile P        path: the stations of the way; article: the short tree;\n"
	"                         full: also the helpers (locks, memory, wake-ups)\n"
	"      --names SET        names of: 3.13, 6.1, e1000, igb\n"
	"      --option KEY       as trace_options of the kernel: funcgraph-tail, funcgraph-proc, ...\n"
	"\n"
	"  # one datagram\n"
	"    glassnet trace graph -p 'udp port 7' -c 1\n"
	"  # where do packets of one host end?\n"
	"    glassnet trace graph -p 'src host 10.99.0.1' --profile path --stack\n"
	"  # slow receives, with the time of each\n"
	"    glassnet trace graph -g udp_recvmsg --thresh 100 --option funcgraph-abstime\n";

static const char record_help[] =
	"Records what `trace graph` would show, and the kernel's tracepoints (net, napi, irq, skb,\n"
	"sock, udp, neigh, fib), into the directory DIR, as CTF: for `trace packets`, `trace view`,\n"
	"babeltrace2(1) and others. Ends with COMMAND, after --seconds, or with Ctrl-C. LTTng's session\n"
	"daemon is started for the time where none runs. DIR is made, or is empty.\n"
	"  -o, --output DIR       where to\n"
	"  -g, --function F,..    graphs of these functions only; names of Linux are understood\n"
	"  -p, --packets EXPR     follow packets that match, as tcpdump(8) would: pcap-filter(7)\n"
	"      --depth N          no deeper than N calls\n"
	"      --thresh US        only calls that took longer, in microseconds\n"
	"      --seconds S        end after S seconds\n"
	"      --stack            with each packet that is dropped, the calls that led there\n"
	"      --live             others can watch: the line for babeltrace2 is printed\n"
	"\n"
	"    glassnet trace record -o /tmp/t --seconds 5\n"
	"    glassnet trace record -o /tmp/t -p 'udp port 7' -- ping -c 3 10.99.0.2\n"
	"    glassnet trace packets /tmp/t\n";

static const char packets_help[] =
	"One line a packet of a recording: number, time, length, flow, what became of it, and how\n"
	"long that took. DIR is what `trace record` made.\n"
	"\n"
	"  glassnet trace packets /tmp/t\n"
	"  glassnet trace packets /tmp/t --json\n";

static const char view_help[] =
	"Prints a recording, or one packet of it.\n"
	"  --packet N      only packet N of `trace packets`\n"
	"  --format F      graph: as ftrace (the default); function: as ftrace's function tracer;\n"
	"                  chrome: for ui.perfetto.dev; folded: for flame graphs; html: one page;\n"
	"                  pcapng: for Wireshark; cyg: CTF for Trace Compass; script: as perf script\n"
	"  -o, --output F  into this file; cyg: into this new directory\n"
	"  --steps         graph: with the numbers of the steps of a received packet\n"
	"  --profile P     path: the stations of the way; article: the short tree; full: all calls\n"
	"  --names SET     names of: 3.13, 6.1, e1000, igb\n"
	"  --option KEY    graph: as trace_options of the kernel: funcgraph-tail, funcgraph-proc, ...\n"
	"\n"
	"  glassnet trace view /tmp/t --packet 3\n"
	"  glassnet trace view /tmp/t --format html -o t.html\n"
	"  glassnet trace view /tmp/t --format folded | flamegraph.pl > t.svg\n";

const struct command trace_commands[] = {
	{
		.name = "trace graph",
		.args = "[-g FUNC,..] [-p EXPR] [-c COUNT] [--depth N] [--thresh US] [--seconds S] "
			"[--stack] [--profile path|article|full] [--names SET] [--option KEY]...",
		.summary = "live function graphs, of chosen packets or functions",
		.help = graph_help,
		.run = cmd_trace_graph,
	},
	{
		.name = "trace record",
		.args = "-o DIR [-g FUNC,..] [-p EXPR] [--depth N] [--thresh US] [--stack] [--live] "
			"[--seconds S | -- COMMAND]",
		.summary = "record into a directory, by LTTng",
		.help = record_help,
		.run = cmd_trace_record,
	},
	{
		.name = "trace packets",
		.args = "DIR",
		.summary = "what became of each packet of a recording",
		.help = packets_help,
		.run = cmd_trace_packets,
	},
	{
		.name = "trace view",
		.args = "DIR [--packet N] [--format FORMAT] [-o FILE] [--steps] "
			"[--profile path|article|full] [--names SET] [--option KEY]...",
		.summary = "a recording as text, page, or file of another viewer",
		.help = view_help,
		.run = cmd_trace_view,
	},
	{ .name = NULL },
};

/* --- the tracer --- */

int trace_set(struct cli *c, const char *name, const char *text)
{
	char path[128], *line;
	int len = asprintf(&line, "%s\n", text), status;

	if (len < 0)
		return cli_fail(c, CLI_FAILED, "no memory");
	snprintf(path, sizeof(path), TRACEFS "%s", name);
	status = write_file(c, path, line, (size_t)len);
	free(line);
	return status;
}

static int set_number(struct cli *c, const char *name, unsigned n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	return n ? trace_set(c, name, text) : CLI_OK;
}

/* Names stand between blanks in the tracer's files. */
static int set_functions(struct cli *c, const char *functions)
{
	char *names = strdup(functions);
	int status;

	if (!names)
		return cli_fail(c, CLI_FAILED, "no memory");
	for (char *p = names; (p = strchr(p, ',')) != NULL;)
		*p = ' ';
	status = trace_set(c, "set_graph_function", names);
	free(names);
	return status;
}

static int set_filter(struct cli *c, const char *expression)
{
	char *text, err[300] = "no memory";
	int status;

	if (trace_filter_compile(expression, &text, err, sizeof(err)))
		return cli_fail(c, CLI_USAGE, "'%.100s': %s", expression, err);
	status = write_file(c, TRACEFS "set_packet_filter", text, strlen(text));
	free(text);
	return status;
}

int trace_apply(struct cli *c, const struct trace_want *w)
{
	int status = CLI_OK;

	if (w->functions)
		status = set_functions(c, w->functions);
	if (!status && w->filter)
		status = set_filter(c, w->filter);
	if (!status)
		status = set_number(c, "max_graph_depth", w->depth);
	if (!status)
		status = set_number(c, "tracing_thresh", w->thresh_us);
	if (!status && w->stack)
		status = trace_set(c, "trace_options", "stacktrace");
	return status;
}

int trace_claim(struct cli *c, const char *who)
{
	struct nl_msg *msg = conn_request(GN_CTL_TRACE_CLAIM);

	if (msg && nla_put_string(msg, GN_ATTR_NAME, who)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cli_ask(c, msg, NULL, NULL);
}
