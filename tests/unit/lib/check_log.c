// SPDX-License-Identifier: MIT
/*
 * check_log.c - lines, levels, warnings once a site, rate limits, and the texts of extack.
 */
#define LOG_SUBSYS "unit"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

#include "lib/extack.h"
#include "lib/log.h"

struct sink {
	int lines;
	int level;
	char last[LOG_LINE];
};

static struct sink sink;
static struct logger lg;

static void emit(void *ctx, int level, const char *line)
{
	struct sink *s = ctx;

	s->lines++;
	s->level = level;
	strcpy(s->last, line);
}

static void setup(void)
{
	memset(&sink, 0, sizeof(sink));
	logger_init(&lg, emit, &sink, LOGLEVEL_INFO);
}

START_TEST(levels_and_prefix)
{
	pr_info(&lg, "%d frames", 3);
	ck_assert_str_eq(sink.last, "unit: 3 frames");
	ck_assert_int_eq(sink.level, LOGLEVEL_INFO);
	pr_debug(&lg, "not shown");
	ck_assert_int_eq(sink.lines, 1);
	log_printf(&lg, LOGLEVEL_ERR, NULL, "bare");
	ck_assert_str_eq(sink.last, "bare");
	pr_err(NULL, "nobody listens");
	ck_assert_int_eq(sink.lines, 2);
}
END_TEST

START_TEST(long_and_forged_lines)
{
	char text[2 * LOG_LINE];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	pr_err(&lg, "%s", text);
	ck_assert_uint_eq(strlen(sink.last), LOG_LINE - 1);
	pr_err(&lg, "%s", "a\nb\033c\td");
	ck_assert_str_eq(sink.last, "unit: a?b?c\td");
}
END_TEST

static bool warn_here(int value)
{
	return WARN_ONCE(&lg, value > 2, "value %d", value);
}

START_TEST(warnings_once_a_site)
{
	ck_assert(!warn_here(1));
	ck_assert_int_eq(sink.lines, 0);
	ck_assert(warn_here(3));
	ck_assert(warn_here(4));
	ck_assert_int_eq(sink.lines, 1);
	ck_assert_ptr_nonnull(strstr(sink.last, "check_log.c:"));
	ck_assert_ptr_nonnull(strstr(sink.last, "value 3"));
	for (int i = 0; i < 2; i++) {
		ck_assert(WARN_ON_ONCE(&lg, sink.lines > 0));
		ck_assert(WARN_ON(&lg, sink.lines > 0));
	}
	ck_assert_int_eq(sink.lines, 4);
	ck_assert_ptr_nonnull(strstr(sink.last, "sink.lines > 0"));
	/* another logger has another memory */
	logger_init(&lg, emit, &sink, LOGLEVEL_INFO);
	ck_assert(warn_here(5));
	ck_assert_int_eq(sink.lines, 5);
}
END_TEST

START_TEST(level_names)
{
	ck_assert_str_eq(log_level_name(LOGLEVEL_ERR), "err");
	ck_assert_str_eq(log_level_name(8), "?");
	ck_assert_str_eq(log_level_name(-1), "?");
	ck_assert_int_eq(log_level_parse("debug"), LOGLEVEL_DEBUG);
	ck_assert_int_eq(log_level_parse("4"), LOGLEVEL_WARNING);
	ck_assert_int_eq(log_level_parse("8"), -EINVAL);
	ck_assert_int_eq(log_level_parse("44"), -EINVAL);
	ck_assert_int_eq(log_level_parse(""), -EINVAL);
}
END_TEST

START_TEST(rate_limit)
{
	struct ratelimit_state rs;
	unsigned long start = -3UL;
	int passed = 0;

	ratelimit_state_init(&rs, 10, 3);
	/* twenty jiffies, across the wrap of the counter: two windows */
	for (unsigned long j = 0; j < 20; j++)
		passed += __ratelimit(&rs, start + j);
	ck_assert_int_eq(passed, 6);
	ck_assert_int_eq(ratelimit_missed(&rs), 14);
	ck_assert_int_eq(ratelimit_missed(&rs), 0);
	ratelimit_state_init(&rs, 0, 0);
	ck_assert(__ratelimit(&rs, 0));
}
END_TEST

START_TEST(extack_texts)
{
	struct extack err = { "" };
	char text[2 * EXTACK_MSG];

	ck_assert_int_eq(extack_fail(&err, -EINVAL, "mtu %d", 67), -EINVAL);
	ck_assert_str_eq(err.msg, "mtu 67");
	NL_SET_ERR_MSG(&err, "later");
	ck_assert_str_eq(err.msg, "mtu 67");
	extack_init(&err);
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	extack_set(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.msg), EXTACK_MSG - 1);
	extack_set(NULL, "nobody wants it");
	extack_init(NULL);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		levels_and_prefix, long_and_forged_lines, warnings_once_a_site, level_names,
		rate_limit, extack_texts, NULL,
	};

	return suite_of("log", setup, NULL, tests);
}
