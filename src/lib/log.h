/* SPDX-License-Identifier: MIT */
/*
 * log.h - lines for the person who runs the machine. Control path only.
 *
 * The owner of a net hands in a struct logger with a callback; no room prints by itself. A file
 * names its subsystem by `#define LOG_SUBSYS "arp"` before it includes anything, and writes
 * pr_err(log, "..."). WARN_ONCE() speaks once a site and logger. Rate limits take the time as an
 * argument. A NULL logger drops what is said to it, except warnings, which go to standard error.
 * Any thread may log if the callback may be called by any thread.
 * Mirrors: include/linux/{printk,ratelimit}.h.
 */
#ifndef GN_LIB_LOG_H
#define GN_LIB_LOG_H

#include <stdarg.h>

#include "lib/bug.h"

/** enum log_level - as syslog(3) */
enum log_level {
	LOGLEVEL_EMERG,
	LOGLEVEL_ALERT,
	LOGLEVEL_CRIT,
	LOGLEVEL_ERR,
	LOGLEVEL_WARNING,
	LOGLEVEL_NOTICE,
	LOGLEVEL_INFO,
	LOGLEVEL_DEBUG,
	LOGLEVEL_MAX = LOGLEVEL_DEBUG,
};

/** LOG_LINE - longest line, with the final 0; longer ones are cut */
#define LOG_LINE	512
/** LOG_ONCE_SITES - warning sites one logger can remember; further ones always speak */
#define LOG_ONCE_SITES	64

/**
 * struct logger - where lines go
 * @emit: takes one line without newline; called for levels up to @level
 * @ctx: handed to @emit
 * @level: the highest level that is emitted
 * @once: sites that have warned [A]
 */
struct logger {
	void (*emit)(void *ctx, int level, const char *line);
	void *ctx;
	int level;
	const void *once[LOG_ONCE_SITES];
};

/** logger_init() - an emitting logger; @emit NULL writes to standard error */
void logger_init(struct logger *log, void (*emit)(void *ctx, int level, const char *line),
		 void *ctx, int level);

/**
 * log_printf() - one line, "subsys: text"
 * @log: may be NULL (dropped)
 * @level: enum log_level
 * @subsys: prefix or NULL
 * @fmt: printf format, without newline
 */
notrace void log_printf(struct logger *log, int level, const char *subsys, const char *fmt, ...)
	__printf(4, 5);
void log_vprintf(struct logger *log, int level, const char *subsys, const char *fmt, va_list ap)
	__printf(4, 0);

/** log_level_name() - "err" for LOGLEVEL_ERR, and so on; "?" outside */
const char *log_level_name(int level);
/** log_level_parse() - the level of a name or a digit, or -EINVAL */
int log_level_parse(const char *name);

#ifndef LOG_SUBSYS
#define LOG_SUBSYS	NULL
#endif

#define pr_emerg(log, ...)	log_printf(log, LOGLEVEL_EMERG, LOG_SUBSYS, __VA_ARGS__)
#define pr_err(log, ...)	log_printf(log, LOGLEVEL_ERR, LOG_SUBSYS, __VA_ARGS__)
#define pr_warn(log, ...)	log_printf(log, LOGLEVEL_WARNING, LOG_SUBSYS, __VA_ARGS__)
#define pr_notice(log, ...)	log_printf(log, LOGLEVEL_NOTICE, LOG_SUBSYS, __VA_ARGS__)
#define pr_info(log, ...)	log_printf(log, LOGLEVEL_INFO, LOG_SUBSYS, __VA_ARGS__)
#define pr_debug(log, ...)	log_printf(log, LOGLEVEL_DEBUG, LOG_SUBSYS, __VA_ARGS__)

/** struct warn_site - one place in the source that may warn; its address is its name */
struct warn_site {
	const char *file;
	int line;
};

/** warn_slow() - the cold half of the WARN macros; @once: only the first time for this logger */
notrace void warn_slow(struct logger *log, const struct warn_site *site, bool once, const char *fmt, ...)
	__printf(4, 5) __cold;

#define WARN_IF(log, once, cond, ...) __extension__({					\
	static const struct warn_site __site = { __FILE__, __LINE__ };			\
	bool __hit = !!(cond);								\
											\
	if (unlikely(__hit))								\
		warn_slow(log, &__site, once, __VA_ARGS__);				\
	unlikely(__hit); })

/* Each returns the condition, so it can stand in an if. */
#define WARN(log, cond, ...)		WARN_IF(log, false, cond, __VA_ARGS__)
#define WARN_ON(log, cond)		WARN_IF(log, false, cond, "%s", #cond)
#define WARN_ONCE(log, cond, ...)	WARN_IF(log, true, cond, __VA_ARGS__)
#define WARN_ON_ONCE(log, cond)		WARN_IF(log, true, cond, "%s", #cond)

/**
 * struct ratelimit_state - at most @burst in each @interval
 * @interval: length of the window; 0: no limit
 * @burst: how many pass in a window
 * @printed: passed in this window
 * @missed: held back in this window, and told at its end by ratelimit_missed()
 * @begin: start of the window
 * @started: a window has begun
 */
struct ratelimit_state {
	unsigned long interval;
	int burst;
	int printed;
	int missed;
	unsigned long begin;
	bool started;
};

static __always_inline void ratelimit_state_init(struct ratelimit_state *rs,
						 unsigned long interval, int burst)
{
	*rs = (struct ratelimit_state){ .interval = interval, .burst = burst };
}

/** __ratelimit() - true: speak; false: keep silent. @now in the unit of the interval. One thread */
__must_check bool __ratelimit(struct ratelimit_state *rs, unsigned long now);
/** ratelimit_missed() - how many were held back since the last call; sets the count to 0 */
int ratelimit_missed(struct ratelimit_state *rs);

#endif
