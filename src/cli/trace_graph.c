/* SPDX-License-Identifier: MIT */
/*
 * trace_graph.c - `glassnet trace graph`: claim the tracer, set it up, print what it writes
 *
 * One connection does all: it owns the tracer until it ends, and the daemon undoes the settings
 * then, also when this program is killed. The records are fetched every PERIOD_MS; between two
 * fetches the program sleeps in poll(2).
 * Called by: cli.c. Calls: trace.c (settings), trace_live.c (graphs). Owns nothing beyond the call.
 * One thread, and a signal handler that sets one word. Refuses: wrong words; what the daemon refuses
 * is shown in its text.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/trace_live.h"

#define PERIOD_MS 20
#define BUSY_BYTES 65536    /* so much at once: there may be more, do not wait */
#define BUFFER_KB "16384" /* a CPU: what the functions of 35 000 packets a second write in a tenth of one */

static volatile sig_atomic_t interrupted; /* a signal handler has no other place */

static int graph_run(struct live *l, const struct trace_want *w);
static int tables(struct live *l);
static int follow(struct live *l, double seconds);
static int fetch(struct live *l, size_t *ret_len);

int cmd_trace_graph(struct cli *c, int argc, char **argv)
{
	struct trace_want want = { .functions = NULL };
	struct trace_show show = { .profile = NULL };
	struct live l = { .c = c, .show = &show };
	const struct trace_option options[] = {
		TRACE_WANT_OPTIONS(&want),
		TRACE_SHOW_OPTIONS(&show),
		{ 'c', "count", OPT_NUMBER, &l.count },
		{ .name = NULL },
	};
	int status = trace_options(c, options, &argc, argv);

	if (status)
		return status;
	if (argc > 1)
		return cli_usage(c, "'%.40s' is one word too many", argv[1]);
	l.packets = want.filter != NULL;
	status = live_init(&l);
	l.text.thresh = want.thresh_us != 0;
	l.text.packets |= want.stack; /* the stack stands with the end of the packet */
	if (!status)
		status = graph_run(&l, &want);
	live_fini(&l);
	return status;
}

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* Ctrl-C ends the trace, a second one the program. */
static void catch_signals(void)
{
	const struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
	static const int sig[] = { SIGINT, SIGTERM, SIGHUP };

	interrupted = 0;
	for (size_t i = 0; i < sizeof(sig) / sizeof(sig[0]); i++)
		sigaction(sig[i], &sa, NULL);
}

static int graph_run(struct live *l, const struct trace_want *w)
{
	int status = trace_claim(l->c, "trace graph");

	if (!status)
		status = trace_apply(l->c, w);
	if (!status)
		status = trace_set(l->c, "buffer_size_kb", BUFFER_KB);
	if (!status)
		status = tables(l);
	if (status)
		return status;
	catch_signals();
	status = trace_set(l->c, "current_tracer", "function_graph");
	if (!status && isatty(STDERR_FILENO))
		fprintf(l->c->err, "waiting for %s ... (Ctrl-C ends)\n",
			l->packets ? "packets" : "calls");
	return status ? status : follow(l, w->seconds);
}

/* Names of functions, drop reasons and devices; and how many CPUs there are. */
static int tables(struct live *l)
{
	char *text, *save = NULL;
	size_t len;
	int status = read_file(l->c, TRACEFS "trace_tables", &text, &len);

	if (status)
		return status;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		view_table(l->v, line); /* later versions may have other lines */
	free(text);
	status = read_file(l->c, "/proc/net/softnet_stat", &text, &len);
	if (status)
		return status;
	l->text.cpus = 0;
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		l->text.cpus++;
	free(text);
	return CLI_OK;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Until something ends it: signal, count, time, the reader, the daemon. */
static int follow(struct live *l, double seconds)
{
	uint64_t end = seconds > 0 ? now_ms() + (uint64_t)(seconds * 1000) + 1 : UINT64_MAX;
	size_t len;
	int status;

	for (;;) {
		bool last = interrupted || now_ms() >= end;

		status = fetch(l, &len);
		if (status || live_done(l))
			return status;
		if (last)
			return live_end(l);
		if (!cli_pause(l->c, len < BUSY_BYTES ? PERIOD_MS : 0))
			return CLI_OK;
	}
}

static int fetch(struct live *l, size_t *ret_len)
{
	char *buf;
	int status = read_file(l->c, TRACEFS "trace_pipe_raw", &buf, ret_len);

	if (status)
		return status;
	status = live_feed(l, buf, *ret_len, now_ms());
	free(buf);
	return status;
}
