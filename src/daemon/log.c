/* SPDX-License-Identifier: MIT */
/*
 * log.c - where the daemon's lines go: standard error
 *
 * On a terminal a line has the seconds since the start; under a service manager that reads <N> prefixes (JOURNAL_STREAM) it has its level. Any
 * thread; a line is one write.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "daemon/daemon.h"

static void emit_terminal(void *ctx, int level, const char *line)
{
	struct daemon *d = ctx;
	struct timespec t;
	double s;

	clock_gettime(CLOCK_MONOTONIC, &t);
	s = (double)t.tv_sec + (double)t.tv_nsec / 1e9 - (double)d->started_ns / 1e9;
	dprintf(STDERR_FILENO, "[%11.6f] %s%s\n", s, level <= LOGLEVEL_ERR ? "error: " : level == LOGLEVEL_WARNING ? "warning: " : "", line);
}

static void emit_journal(void *ctx, int level, const char *line)
{
	(void)ctx;
	dprintf(STDERR_FILENO, "<%d>%s\n", level, line);
}

void log_setup(struct daemon *d)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	d->started_ns = (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
	logger_init(&d->log, getenv("JOURNAL_STREAM") ? emit_journal : emit_terminal, d, d->opt.log_level);
}
