/* SPDX-License-Identifier: MIT */
/*
 * trace_record.c - `glassnet trace record`: an LTTng session around what the tracer writes
 *
 * Theory of operation
 *   Claim the tracer; have the daemon attach LTTng; make the output directory and the session;
 *   wait until the daemon has said its tables to it; set the tracer up and let it run until
 *   COMMAND ends, the time is over, or Ctrl-C; stop, write, count what was lost. Whatever goes
 *   wrong on the way, the session, the daemons that were started for it and a directory that
 *   holds nothing are gone when the program ends; the tracer's settings belong to the
 *   connection.
 *   Called by: cli.c. Calls: trace.c, lttng.c, spawn.c. Owns: nothing beyond the call.
 * Threads: one. Refuses: a directory with something in it, a daemon without the module, no
 * lttng(1), a tracer that another has.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <netlink/attr.h>

#include "cli/lttng.h"
#include "cli/trace.h"

#define TICK_MS 100
#define SEEN_MS 10000	      /* until the daemon has seen the session */
#define LEAST_FREE (1u << 20) /* bytes: less is a full disk */

struct record {
	struct cli *c;
	struct trace_want want;
	const char *output;
	char *dir; /* absolute */
	bool live, made_dir, was_empty, ran;
	char **command; /* or NULL */
	struct lttng l;
	double seconds; /* recorded */
	uint64_t functions, lost, discarded, bytes;
};

/* What the daemon answers to GN_CTL_TRACE_LTTNG. */
struct state {
	int pid;
	unsigned said, batch;
	unsigned long long functions, lost;
	char home[512];
};

static int record(struct record *r);
static int make_dir(struct record *r);
static void remove_below(struct record *r);
static int ask_state(struct cli *c, struct state *s);
static int settle(struct record *r, unsigned said);
static int run(struct record *r);
static int summary(struct record *r);

int cmd_trace_record(struct cli *c, int argc, char **argv)
{
	struct record r = { .c = c };
	const struct trace_option options[] = {
		TRACE_WANT_OPTIONS(&r.want),
		{ 'o', "output", OPT_TEXT, &r.output },
		{ 0, "live", OPT_FLAG, &r.live },
		{ .name = NULL },
	};
	int status = trace_options(c, options, &argc, argv);

	if (status)
		return status;
	if (argc > 1 && strcmp(argv[1], "--"))
		return cli_usage(c, "'%.40s' is one word too many; a COMMAND stands behind --",
				 argv[1]);
	if (argc == 2)
		return cli_usage(c, "a COMMAND is missing behind --");
	if (!r.output)
		return cli_usage(c, "-o DIR is missing: where to");
	r.command = argc > 2 ? argv + 2 : NULL;
	argv[argc] = NULL; /* options were taken out: there may be more behind */
	spawn_begin();
	status = record(&r);
	lttng_close(&r.l);
	if (status && r.was_empty && !r.ran)
		remove_below(&r);
	free(r.dir);
	return status;
}

static int record(struct record *r)
{
	struct state before, after;
	struct lttng_session s;
	int status = trace_claim(r->c, "trace record"), end;

	r->l.watch = r->l.sessiond_log = r->l.relayd_log = -1;
	if (!status)
		status = make_dir(r);
	if (status)
		return status;
	s = (struct lttng_session){ .dir = r->dir, .live = r->live };
	/* the session daemon comes first: liblttng-ust looks for it when the daemon loads it */
	status = lttng_open(&r->l, r->c, &s);
	if (!status)
		status = ask_state(r->c, &before);
	s.vpid = before.pid;
	if (!status)
		status = trace_apply(r->c, &r->want);
	if (!status)
		status = lttng_start(&r->l, &s);
	if (!status)
		status = settle(r, before.said);
	if (!status)
		status = run(r);
	if (status)
		return status;
	end = ask_state(r->c, &after);
	if (end)
		return end;
	r->functions = after.functions - before.functions;
	r->lost = after.lost - before.lost;
	status = lttng_stop(&r->l, &r->discarded);
	return status ? status : summary(r);
}

/* --- the directory --- */

static int make_dir(struct record *r)
{
	struct dirent *e;
	DIR *d;

	if (!mkdir(r->output, 0755))
		r->made_dir = true;
	else if (errno != EEXIST)
		return cli_fail(r->c, CLI_FAILED, "-o %s: %s", r->output, strerror(errno));
	r->dir = realpath(r->output, NULL); /* the session daemon has another working directory */
	d = r->dir ? opendir(r->dir) : NULL;
	if (!d)
		return cli_fail(r->c, CLI_FAILED, "-o %s: %s", r->output, strerror(errno));
	while ((e = readdir(d)) && (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")))
		;
	closedir(d);
	if (e)
		return cli_fail(r->c, CLI_FAILED,
				"-o %s: there is something in it; name a new directory", r->output);
	if (access(r->dir, W_OK | X_OK))
		return cli_fail(r->c, CLI_FAILED, "-o %s: %s", r->output, strerror(errno));
	r->was_empty = true;
	return CLI_OK;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	if (at->level)
		remove(path);
	return 0;
}

/* Nothing was recorded: what lttng(1) left in the directory goes; it was empty before. */
static void remove_below(struct record *r)
{
	nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	if (r->made_dir)
		rmdir(r->dir);
}

static bool disk_full(const struct record *r)
{
	struct statvfs v;

	return !statvfs(r->dir, &v) && (uint64_t)v.f_bavail * v.f_frsize < LEAST_FREE;
}

/* Bytes of all files below @path. */
static uint64_t dir_bytes(const char *path, int depth)
{
	DIR *d = depth < 16 ? opendir(path) : NULL;
	uint64_t sum = 0;
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *below;
		struct stat st;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    asprintf(&below, "%s/%s", path, e->d_name) < 0)
			continue;
		if (!lstat(below, &st))
			sum += S_ISDIR(st.st_mode) ? dir_bytes(below, depth + 1)
						   : (uint64_t)st.st_size;
		free(below);
	}
	if (d)
		closedir(d);
	return sum;
}

/* --- the daemon's side --- */

static int state_cb(void *arg, const struct nlmsghdr *nlh)
{
	struct nlattr *tb[GN_ATTR_MAX_PLUS1];
	char text[2048], *save = NULL;
	struct state *s = arg;
	int len;

	if (conn_parse(nlh, tb) || !tb[GN_ATTR_DATA])
		return -EPROTO;
	len = nla_len(tb[GN_ATTR_DATA]);
	snprintf(text, sizeof(text), "%.*s", len < (int)sizeof(text) ? len : (int)sizeof(text) - 1,
		 (const char *)nla_data(tb[GN_ATTR_DATA]));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		sscanf(line, "pid=%d", &s->pid);
		sscanf(line, "said=%u", &s->said);
		sscanf(line, "batch=%u", &s->batch);
		sscanf(line, "functions=%llu", &s->functions);
		sscanf(line, "lost=%llu", &s->lost);
		sscanf(line, "home=%511s", s->home);
	}
	return s->pid > 0 ? 0 : -EPROTO;
}

static int ask_state(struct cli *c, struct state *s)
{
	memset(s, 0, sizeof(*s));
	return cli_ask(c, conn_request(GN_CTL_TRACE_LTTNG), state_cb, s);
}

enum wait_for { SAID, IDLE };

/*
 * Until the daemon has said its tables to the session, or has seen that there is none. When an
 * earlier session daemon ended, liblttng-ust looks for another one every 5 s only.
 */
static int wait_state(struct record *r, enum wait_for what, struct state *now)
{
	unsigned before = now->said;

	for (int ms = 0; ms < SEEN_MS; ms += TICK_MS) {
		int status = ask_state(r->c, now), sig;

		if (status || (what == SAID ? now->said != before : !now->batch))
			return status;
		if (ms == 10 * TICK_MS)
			fprintf(r->c->err, "waiting until glassnetd finds the session daemon ...\n");
		sig = spawn_signal(TICK_MS);
		if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			return cli_fail(r->c, CLI_FAILED, "interrupted");
	}
	return cli_fail(
		r->c, CLI_FAILED,
		"the session daemon does not see glassnetd: both must run as one user with "
		"one HOME, or the session daemon as root (glassnetd's HOME: %s)",
		*now->home ? now->home : "none");
}

/*
 * The session runs: wait until the daemon knows. What no reader can do without, the description
 * of the events, is written when a session stops; so it stops, and starts again. Then a full
 * disk, or a session daemon that is killed, leave something that can be read.
 */
static int settle(struct record *r, unsigned said)
{
	struct state now = { .said = said };
	int status = wait_state(r, SAID, &now);

	if (!status)
		status = lttng_pause(&r->l);
	if (!status)
		status = wait_state(r, IDLE, &now);
	if (!status)
		status = lttng_resume(&r->l);
	return status ? status : wait_state(r, SAID, &now);
}

/* --- while it records --- */

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Nothing went wrong so far? */
static int check(struct record *r)
{
	struct pollfd pfd = { .fd = r->c->conn.fd };

	if (poll(&pfd, 1, 0) > 0 && pfd.revents & (POLLHUP | POLLERR))
		return cli_fail(r->c, CLI_FAILED,
				"glassnetd ended; what was recorded until then is in %s",
				r->output);
	if (!lttng_alive(&r->l))
		return cli_fail(r->c, CLI_FAILED,
				"the session daemon ended; the recording in %s lacks what was not written yet",
				r->output);
	if (disk_full(r))
		return cli_fail(r->c, CLI_FAILED,
				"no space left for %s; what was recorded until then is in it",
				r->output);
	return CLI_OK;
}

static void say_running(struct record *r)
{
	char host[256] = "localhost";

	gethostname(host, sizeof(host) - 1);
	if (r->live)
		fprintf(r->c->err,
			"watch it: babeltrace2 -i lttng-live net://127.0.0.1:%u/host/%s/%s\n",
			r->l.port[2], host, r->l.session);
	if (!r->command && isatty(STDERR_FILENO))
		fprintf(r->c->err, "recording ... (Ctrl-C ends)\n");
}

/* Until COMMAND ends, the time is over, or a signal comes. */
static int wait_end(struct record *r, pid_t pid, int *ret_status)
{
	double end = r->want.seconds > 0 ? now_s() + r->want.seconds : 0;

	for (;;) {
		double left = end > 0 ? end - now_s() : 1;
		int ms = left * 1000 < TICK_MS ? (int)(left * 1000) + 1 : TICK_MS, status, sig;

		if (left <= 0 || (pid > 0 && spawn_ended(pid, ret_status)))
			return CLI_OK;
		status = check(r);
		if (status)
			return status;
		sig = spawn_signal(ms);
		if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			return CLI_OK;
	}
}

static int run(struct record *r)
{
	double begin = now_s();
	int status, code = 0, end;
	pid_t pid = 0;

	status = trace_set(r->c, "current_tracer", "function_graph");
	if (status)
		return status;
	r->ran = true;
	say_running(r);
	if (r->command) {
		pid = spawn(r->command, 0, NULL);
		if (pid < 0)
			status = cli_fail(r->c, CLI_FAILED, "%s: %s", r->command[0],
					  strerror((int)-pid));
	}
	if (!status)
		status = wait_end(r, pid, &code);
	r->seconds = now_s() - begin;
	if (pid > 0 && !spawn_ended(pid, &code) && !code)
		spawn_stop(&pid);
	if (r->command && WIFEXITED(code) && WEXITSTATUS(code))
		fprintf(r->c->err, "glassnet: trace record: %s ended with status %d\n",
			r->command[0], WEXITSTATUS(code));
	end = status ? CLI_OK : trace_set(r->c, "current_tracer", "nop");
	return status ? status : end;
}

static int summary(struct record *r)
{
	struct out *o = &r->c->out;

	r->bytes = dir_bytes(r->dir, 0);
	if (o->json) {
		out_open(o, NULL, '{');
		out_str(o, "dir", r->dir);
		out_u64(o, "ms", (uint64_t)(r->seconds * 1000));
		out_u64(o, "functions", r->functions);
		out_u64(o, "bytes", r->bytes);
		out_u64(o, "lost", r->lost);
		out_u64(o, "discarded", r->discarded);
		out_close(o, '}');
		return CLI_OK;
	}
	fprintf(o->f, "%s: %.1f s, %llu functions, %llu bytes; ", r->output, r->seconds,
		(unsigned long long)r->functions, (unsigned long long)r->bytes);
	if (!r->lost && !r->discarded)
		fprintf(o->f, "nothing lost\n");
	else
		fprintf(o->f, "lost: %llu records in the tracer, %llu events in LTTng\n",
			(unsigned long long)r->lost, (unsigned long long)r->discarded);
	return CLI_OK;
}
