// SPDX-License-Identifier: MIT
/*
 * log.c - makes one line and hands it to the owner of the logger.
 *
 * Control path only; any thread, if the owner's callback may. Keeps nothing but the sites that
 * have warned, in the logger itself. Lines are built on the stack and cut at LOG_LINE; control
 * bytes become '?', so that what a peer sent cannot forge a line.
 */
#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
};
static_assert(ARRAY_SIZE(level_names) == LOGLEVEL_MAX + 1, "a name a level");

static void log_emit(struct logger *log, int level, char *line);
static void log_stderr(const char *line);
static bool warn_first(struct logger *log, const struct warn_site *site);

void logger_init(struct logger *log, void (*emit)(void *ctx, int level, const char *line),
		 void *ctx, int level)
{
	memset(log, 0, sizeof(*log));
	log->emit = emit;
	log->ctx = ctx;
	log->level = level;
}

void log_printf(struct logger *log, int level, const char *subsys, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vprintf(log, level, subsys, fmt, ap);
	va_end(ap);
}

void log_vprintf(struct logger *log, int level, const char *subsys, const char *fmt, va_list ap)
{
	char line[LOG_LINE];
	int n = 0;

	if (!log || level > READ_ONCE(log->level))
		return;
	if (subsys)
		n = snprintf(line, sizeof(line), "%.64s: ", subsys);
	if (vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap) < 0)
		return;
	log_emit(log, level, line);
}

static void log_emit(struct logger *log, int level, char *line)
{
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' && *p != '\t')
			*p = '?';
	if (log && log->emit)
		log->emit(log->ctx, level, line);
	else
		log_stderr(line);
}

/* One write, so that lines of several threads do not mix. */
static void log_stderr(const char *line)
{
	char text[LOG_LINE + 1];
	int len = snprintf(text, sizeof(text), "%s\n", line);

	if (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0)
		return;
}

void warn_slow(struct logger *log, const struct warn_site *site, bool once, const char *fmt, ...)
{
	char line[LOG_LINE];
	va_list ap;
	int n;

	if (once && !warn_first(log, site))
		return;
	n = snprintf(line, sizeof(line), "WARNING at %.128s:%d: ", site->file, site->line);
	va_start(ap, fmt);
	if (vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap) < 0)
		line[n] = '\0';
	va_end(ap);
	log_emit(log, LOGLEVEL_WARNING, line);
}

/* True the first time for this site; also true when there is no room left to remember it. */
static bool warn_first(struct logger *log, const struct warn_site *site)
{
	if (!log)
		return true;
	for (int i = 0; i < LOG_ONCE_SITES; i++) {
		const void *found = NULL;

		if (__atomic_compare_exchange_n(&log->once[i], &found, (const void *)site, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
		if (found == site)
			return false;
	}
	return true;
}

const char *log_level_name(int level)
{
	return level >= 0 && level <= LOGLEVEL_MAX ? level_names[level] : "?";
}

int log_level_parse(const char *name)
{
	if (name[0] >= '0' && name[0] <= '0' + LOGLEVEL_MAX && !name[1])
		return name[0] - '0';
	for (int i = 0; i <= LOGLEVEL_MAX; i++)
		if (!strcmp(name, level_names[i]))
			return i;
	return -EINVAL;
}

bool __ratelimit(struct ratelimit_state *rs, unsigned long now)
{
	if (!rs->interval)
		return true;
	if (!rs->started || time_after_eq(now, rs->begin + rs->interval)) {
		rs->started = true;
		rs->begin = now;
		rs->printed = 0;
	}
	if (rs->printed < rs->burst) {
		rs->printed++;
		return true;
	}
	rs->missed++;
	return false;
}

int ratelimit_missed(struct ratelimit_state *rs)
{
	int missed = rs->missed;

	rs->missed = 0;
	return missed;
}
