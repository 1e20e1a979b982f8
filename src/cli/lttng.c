/* SPDX-License-Identifier: MIT */
/*
 * lttng.c - an LTTng session, made and ended by running lttng(1)
 *
 * Theory of operation
 *   Each step is one run of the command, which says what went wrong in words that are passed
 *   on. The session takes events of the one process that is traced, in one channel that
 *   discards what finds no room. Without a session daemon (root's in /run/lttng, or the user's
 *   below LTTNG_HOME) one is started, in the foreground as a child, and ended with the session.
 *   In live mode a relay daemon of our own listens on this host only.
 *   Called by: trace_record.c. Calls: spawn.c. Owns: the session and the two daemons, until
 *   lttng_close().
 * Threads: one. Refuses: nothing that lttng(1) accepts.
 */
#include "cli/lttng.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CHANNEL "glassnet"
/*
 * 4 x 4 MiB a CPU: at 3 million functions a second some 300 ms of a disk that does not take
 * anything
 */
#define SUBBUF_SIZE "4M"
#define SUBBUF_COUNT "4"
#define EVENTS "glassnet:*,net:*,napi:*,irq:*,skb:*,sock:*,udp:*,neigh:*,fib:*"

#define RUN_MS 60000   /* one command; `stop` writes what is left to a slow disk */
#define START_MS 10000 /* until a daemon is ready */
#define MAX_WORDS 16

static int sessiond_start(struct lttng *l);
static void sessiond_watch(struct lttng *l);
static int relayd_start(struct lttng *l, const struct lttng_session *s);
static void complain(struct lttng *l, const char *what, char *text);

/*
 * Run `lttng WORD...` (ends with NULL): did it end with 0? @ret_text: what it printed, to be
 * freed.
 */
static bool lttng_try(struct lttng *l, char **ret_text, const char *word, va_list ap)
{
	char *argv[MAX_WORDS] = { (char *)"lttng", (char *)"--no-sessiond" };
	int n = 2, log;
	pid_t pid;
	bool ok;

	(void)l;
	for (; word && n < MAX_WORDS - 1; word = va_arg(ap, const char *))
		argv[n++] = (char *)(uintptr_t)word;
	argv[n] = NULL;
	pid = spawn(argv, SPAWN_TOOL, &log);
	if (pid < 0) {
		*ret_text = strdup(strerror((int)-pid));
		return false;
	}
	ok = spawn_wait(pid, RUN_MS);
	*ret_text = spawn_output(log);
	return ok;
}

static int lttng_run(struct lttng *l, const char *word, ...)
{
	char *text;
	va_list ap;
	bool ok;

	va_start(ap, word);
	ok = lttng_try(l, &text, word, ap);
	va_end(ap);
	if (!ok) {
		complain(l, word, text);
		return CLI_FAILED;
	}
	free(text);
	return CLI_OK;
}

/* The same, with its output, and without complaint. */
static char *lttng_ask(struct lttng *l, const char *word, ...)
{
	char *text;
	va_list ap;
	bool ok;

	va_start(ap, word);
	ok = lttng_try(l, &text, word, ap);
	va_end(ap);
	if (ok)
		return text;
	free(text);
	return NULL;
}

/*
 * "lttng WHAT: " and the last line of @text that is not empty; its first one often is a mere
 * warning.
 */
static void complain(struct lttng *l, const char *what, char *text)
{
	char *line = NULL, *save = NULL;

	for (char *p = text ? strtok_r(text, "\n", &save) : NULL; p;
	     p = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(p, "Error: ", 7) || !line)
			line = !strncmp(p, "Error: ", 7) ? p + 7 : p;
	}
	cli_fail(l->c, CLI_FAILED, "lttng %s: %s", what,
		 line ? line : "it failed and did not say why");
	free(text);
}

/* --- daemons --- */

int lttng_open(struct lttng *l, struct cli *c, const struct lttng_session *s)
{
	char *version, *list;
	struct timespec now;
	int status = CLI_OK;

	*l = (struct lttng){ .c = c, .watch = -1, .sessiond_log = -1, .relayd_log = -1 };
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(l->session, sizeof(l->session), "glassnet-%d-%lld", (int)getpid(),
		 (long long)now.tv_sec);
	version = lttng_ask(l, "--version", NULL);
	if (!version)
		return cli_fail(c, CLI_FAILED,
				"there is no command lttng; on Debian: apt install lttng-tools");
	free(version);
	list = lttng_ask(l, "list", NULL);
	if (!list)
		status = sessiond_start(l);
	free(list);
	if (!status)
		sessiond_watch(l);
	if (!status && s->live)
		status = relayd_start(l, s);
	return status;
}

/* A daemon that we started did not become ready. */
static int daemon_failed(struct lttng *l, const char *name, pid_t *pid, int *log)
{
	char *text;

	spawn_stop(pid);
	text = spawn_output(*log);
	*log = -1;
	complain(l, name, text);
	return CLI_FAILED;
}

static int sessiond_start(struct lttng *l)
{
	/* in a user namespace the group `tracing` may not exist, which is an error there */
	char *argv[] = { (char *)"lttng-sessiond", (char *)"--no-kernel", (char *)"--sig-parent",
			 (char *)"--group=root", NULL };
	int ms = 0, sig;
	pid_t pid;

	if (geteuid())
		argv[3] = NULL;
	pid = spawn(argv, SPAWN_TOOL, &l->sessiond_log);
	if (pid < 0)
		return cli_fail(l->c, CLI_FAILED,
				"lttng-sessiond: %s; on Debian: apt install lttng-tools",
				strerror((int)-pid));
	l->sessiond = pid;
	for (; ms < START_MS; ms += 100) {
		sig = spawn_signal(100);
		if (sig == SIGUSR1)
			return CLI_OK;
		if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			return cli_fail(l->c, CLI_FAILED, "interrupted");
		if (spawn_ended(pid, NULL)) {
			l->sessiond = 0;
			break;
		}
	}
	return daemon_failed(l, "sessiond", &l->sessiond, &l->sessiond_log);
}

static pid_t read_pid(const char *dir, const char *below)
{
	char path[512];
	FILE *f;
	int pid = 0;

	snprintf(path, sizeof(path), "%s%s/lttng-sessiond.pid", dir, below);
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

/*
 * So that its end is seen at once; not more than a hint: which of two daemons lttng(1) talks to
 * is its choice.
 */
static void sessiond_watch(struct lttng *l)
{
	const char *home = getenv("LTTNG_HOME") ? getenv("LTTNG_HOME") : getenv("HOME");
	pid_t pid = l->sessiond;

	if (!pid && geteuid() && home)
		pid = read_pid(home, "/.lttng");
	if (!pid)
		pid = read_pid("/run/lttng", "");
	if (pid > 0)
		l->watch = (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Three ports that are free now, the usual ones if they are. */
static bool free_ports(unsigned *port)
{
	static const unsigned usual[3] = { 5342, 5343, 5344 };
	int fd[3];
	bool ok = true;

	for (int i = 0; i < 3; i++) {
		struct sockaddr_in sin = { .sin_family = AF_INET,
					   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					   .sin_port = htons((uint16_t)usual[i]) };
		socklen_t len = sizeof(sin);
		int one = 1;

		fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd[i], SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd[i], (struct sockaddr *)&sin, sizeof(sin))) {
			sin.sin_port = 0;
			ok = ok && !bind(fd[i], (struct sockaddr *)&sin, sizeof(sin));
		}
		ok = ok && !getsockname(fd[i], (struct sockaddr *)&sin, &len);
		port[i] = ntohs(sin.sin_port);
	}
	for (int i = 0; i < 3; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return ok;
}

static bool port_answers(unsigned port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				   .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && !connect(fd, (struct sockaddr *)&sin, sizeof(sin));

	if (fd >= 0)
		close(fd);
	return ok;
}

static int relayd_start(struct lttng *l, const struct lttng_session *s)
{
	char arg[4][4200];
	char *argv[] = { (char *)"lttng-relayd", arg[0], arg[1], arg[2], arg[3], NULL };
	static const char *const option[] = { "--control-port", "--data-port", "--live-port" };
	int ms;
	pid_t pid;

	if (!free_ports(l->port))
		return cli_fail(l->c, CLI_FAILED, "--live: no free port on 127.0.0.1: %s",
				strerror(errno));
	for (int i = 0; i < 3; i++)
		snprintf(arg[i], sizeof(arg[i]), "%s=tcp://127.0.0.1:%u", option[i], l->port[i]);
	snprintf(arg[3], sizeof(arg[3]), "--output=%s", s->dir);
	pid = spawn(argv, SPAWN_TOOL, &l->relayd_log);
	if (pid < 0)
		return cli_fail(l->c, CLI_FAILED,
				"lttng-relayd: %s; on Debian: apt install lttng-tools",
				strerror((int)-pid));
	l->relayd = pid;
	for (ms = 0; ms < START_MS && !port_answers(l->port[2]); ms += 50) {
		int sig = spawn_signal(50);

		if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			return cli_fail(l->c, CLI_FAILED, "interrupted");
		if (spawn_ended(pid, NULL)) {
			l->relayd = 0;
			ms = START_MS;
		}
	}
	return ms < START_MS ? CLI_OK : daemon_failed(l, "relayd", &l->relayd, &l->relayd_log);
}

/* --- the session --- */

static int session_create(struct lttng *l, const struct lttng_session *s)
{
	char arg[4200], ctrl[64], data[64];

	snprintf(arg, sizeof(arg), "--output=%s", s->dir);
	snprintf(ctrl, sizeof(ctrl), "--ctrl-url=tcp://127.0.0.1:%u", l->port[0]);
	snprintf(data, sizeof(data), "--data-url=tcp://127.0.0.1:%u", l->port[1]);
	if (s->live)
		return lttng_run(l, "create", l->session, "--live=200000", ctrl, data, NULL);
	return lttng_run(l, "create", l->session, arg, NULL);
}

int lttng_start(struct lttng *l, const struct lttng_session *s)
{
	char session[64], vpid[32];
	int status = session_create(l, s);

	if (status)
		return status;
	l->created = true;
	snprintf(session, sizeof(session), "--session=%s", l->session);
	snprintf(vpid, sizeof(vpid), "--vpid=%d", s->vpid);
	status =
		lttng_run(l, "enable-channel", "--userspace", session, "--subbuf-size=" SUBBUF_SIZE,
			  "--num-subbuf=" SUBBUF_COUNT, CHANNEL, NULL);
	if (!status)
		status = lttng_run(l, "add-context", "--userspace", session, "--channel=" CHANNEL,
				   "--type=vtid", "--type=procname", NULL);
	if (!status)
		status = lttng_run(l, "track", "--userspace", session, vpid, NULL);
	if (!status)
		status = lttng_run(l, "enable-event", "--userspace", session, "--channel=" CHANNEL,
				   EVENTS, NULL);
	return status ? status : lttng_resume(l);
}

int lttng_pause(struct lttng *l)
{
	return lttng_run(l, "stop", l->session, NULL);
}

int lttng_resume(struct lttng *l)
{
	return lttng_run(l, "start", l->session, NULL);
}

bool lttng_alive(struct lttng *l)
{
	struct pollfd pfd = { .fd = l->watch, .events = POLLIN };
	char *text;

	if (l->watch < 0 || poll(&pfd, 1, 0) <= 0)
		return true;
	text = lttng_ask(l, "list", l->session, NULL);
	free(text);
	return text != NULL;
}

/* The sum of <TAG>N</TAG> in lttng's XML. */
static uint64_t sum_of(const char *xml, const char *tag)
{
	uint64_t sum = 0;

	for (const char *p = xml; p && (p = strstr(p, tag)) != NULL;) {
		p += strlen(tag);
		sum += strtoull(p, NULL, 10);
	}
	return sum;
}

int lttng_stop(struct lttng *l, uint64_t *ret_discarded)
{
	char *xml;
	int status = lttng_pause(l);

	*ret_discarded = 0;
	if (status)
		return status;
	xml = lttng_ask(l, "--mi=xml", "list", l->session, NULL);
	*ret_discarded = sum_of(xml, "<discarded_events>") + sum_of(xml, "<lost_packets>");
	free(xml);
	status = lttng_run(l, "destroy", l->session, NULL);
	l->created = l->created && status;
	return status;
}

void lttng_close(struct lttng *l)
{
	if (l->created && lttng_alive(l))
		free(lttng_ask(l, "destroy", "--no-wait", l->session, NULL));
	l->created = false;
	spawn_stop(&l->sessiond);
	spawn_stop(&l->relayd);
	if (l->watch >= 0)
		close(l->watch);
	if (l->sessiond_log >= 0)
		close(l->sessiond_log);
	if (l->relayd_log >= 0)
		close(l->relayd_log);
	l->watch = l->sessiond_log = l->relayd_log = -1;
}
