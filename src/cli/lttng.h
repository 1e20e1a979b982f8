/* SPDX-License-Identifier: MIT */
#ifndef CLI_LTTNG_H
#define CLI_LTTNG_H
/*
 * lttng.h - an LTTng session, made and ended by running the command lttng(1)
 *
 * A session daemon that runs is used; where there is none, one is started and ended with the
 * session. The same for a relay daemon, in live mode. Nothing is left behind, whatever fails.
 */
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"

struct lttng {
	struct cli *c;
	char session[48];
	pid_t sessiond, relayd; /* ours; 0: none */
	int sessiond_log, relayd_log;
	int watch;	  /* pidfd of the session daemon, -1: not known */
	unsigned port[3]; /* of our relay daemon: control, data, live */
	bool created;
};

/* What is recorded, and where. */
struct lttng_session {
	const char *dir;  /* where to; NULL: nowhere, live only */
	int vpid;	  /* the traced process, as it sees itself */
	bool live;
};

/** lttng_open() - the command is there, and a session daemon answers: an exit status */
int lttng_open(struct lttng *l, struct cli *c, const struct lttng_session *s);

/** lttng_start() - session, channel, events; it records when this returns: an exit status */
int lttng_start(struct lttng *l, const struct lttng_session *s);

/** lttng_pause(), lttng_resume() - take no events for a while; what was taken is written: an exit status */
int lttng_pause(struct lttng *l);
int lttng_resume(struct lttng *l);

/** lttng_alive() - does the session daemon still know the session? */
bool lttng_alive(struct lttng *l);

/** lttng_stop() - all is written when it returns; events that found no room: an exit status */
int lttng_stop(struct lttng *l, uint64_t *ret_discarded);

/** lttng_close() - end what was begun and is not ended; may be called at any time after open */
void lttng_close(struct lttng *l);

/* --- programs: spawn.c --- */

/** spawn_begin() - take SIGINT, SIGTERM, SIGHUP, SIGCHLD and SIGUSR1 by spawn_wait() from now on */
void spawn_begin(void);

enum { SPAWN_TOOL = 1 /* own process group, output into a file, ends with this process */ };

/**
 * spawn() - start @argv[0], found by PATH
 * @ret_log: with SPAWN_TOOL: a descriptor of what it prints
 * Return: its pid, or -errno: -ENOENT there is no such program
 */
pid_t spawn(char *const argv[], unsigned flags, int *ret_log);

/** spawn_signal() - the next signal within @ms, 0: none came */
int spawn_signal(int ms);

/** spawn_ended() - has @pid ended? Its wait status in @ret_status */
bool spawn_ended(pid_t pid, int *ret_status);

/** spawn_wait() - wait for the end of @pid, kill it after @ms: true when it ended by itself with 0 */
bool spawn_wait(pid_t pid, int ms);

/** spawn_stop() - SIGTERM, and SIGKILL when that does not end it */
void spawn_stop(pid_t *pid);

/** spawn_output() - what a tool printed, malloc()ed, made printable; NULL without memory. Closes @log */
char *spawn_output(int log);

#endif
