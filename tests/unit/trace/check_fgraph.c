/* SPDX-License-Identifier: MIT */
/* check_fgraph: functions do the same when they are patched; debuggers see through; a child of fork() has its own code. */
#include "armfix.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/hash.h"
#include "lib/extack.h"
#include "lib/hist.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/rng.h"

static void begin(void)
{
	trace_begin();
}

static char said[LOG_LINE];
static void hear(void *ctx, int level, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

/* Results of all kinds: integers of each width, many arguments, floating point, strings, memory. */
static void results(char *text, size_t size)
{
	const siphash_key_t key = { { 1, 2 } };
	struct extack err = { "" };
	struct logger log;
	struct rng rng;
	static struct hist h;
	struct kmem k;
	char *p;

	logger_init(&log, hear, NULL, LOGLEVEL_DEBUG);
	log_printf(&log, LOGLEVEL_INFO, "check", "%d %s %ld %c %.2f %d %d", 1, "two", 3l, '4', 5.5, 6, 7);
	extack_set(&err, "%d %d %d %d %d %d %d %s %.3f %.3f", 1, 2, 3, 4, 5, 6, 7, "eight", 9.5, 10.25);
	rng_seed(&rng, 5);
	hist_init(&h);
	for (uint64_t i = 1; i < 100; i++)
		hist_add(&h, i);
	kmem_init(&k, 1, &log);
	p = kmem_strdup_at(&k, "a string", __func__);
	snprintf(text, size, "%x %llx %llx %u %s | %s | %g %s", sum(), (unsigned long long)siphash_4u64(1, 2, 3, 4, &key),
		 (unsigned long long)rng_u64(&rng), jhash("abc", 3, 9), err.msg, said, hist_mean(&h), p);
	kmem_free(&k, p);
	kmem_destroy(&k);
}

START_TEST(test_results_are_the_same)
{
	static const char *const none[] = { NULL };
	char plain[1024], body[1024], closed[1024], root[1024], wall[1024];

	results(plain, sizeof(plain));
	ck_assert_ptr_nonnull(strstr(plain, "1 2 3 4 5 6 7 eight 9.500 10.250 | check: 1 two 3 4 5.50 6 7 | 50 a string"));
	arm_all();
	results(closed, sizeof(closed)); /* not inside: the gate is shut */
	take();
	ck_assert_uint_eq(nrec, 0);
	enter();
	results(body, sizeof(body));
	take();
	ck_assert_uint_gt(nrec, 150);
	arm(FGRAPH_ROOT, FGRAPH_ROOT, none);
	results(root, sizeof(root));
	take();
	ck_assert_uint_gt(nrec, 150);
	arm(FGRAPH_WALL, FGRAPH_WALL, none);
	results(wall, sizeof(wall));
	take();
	ck_assert_uint_eq(nrec, 0);
	ck_assert_str_eq(plain, closed);
	ck_assert_str_eq(plain, body);
	ck_assert_str_eq(plain, root);
	ck_assert_str_eq(plain, wall);
}
END_TEST

START_TEST(test_kinds)
{
	static const char *const name[] = { "do_csum", NULL };
	int id = fgraph_find("do_csum");

	ck_assert_int_eq(fgraph_find("no_such_function"), -1);
	ck_assert_int_gt((int)fgraph_count(), 40);
	ck_assert_str_eq(fgraph_func((unsigned)id)->file, "lib/csum");
	ck_assert_ptr_null(fgraph_func((unsigned)id)->module);
	for (unsigned i = 1; i < fgraph_count(); i++) /* ids are ranks of addresses */
		ck_assert_uint_lt(fgraph_func(i - 1)->addr, fgraph_func(i)->addr);
	arm(FGRAPH_NOP, FGRAPH_BODY, name);
	ck_assert_int_eq((int)fgraph_kind_of((unsigned)id), FGRAPH_BODY);
	ck_assert_int_eq((int)fgraph_kind_of((unsigned)fgraph_find("csum_partial")), FGRAPH_NOP);
	ck_assert_int_eq((int)fgraph_kind_of(1 << 20), FGRAPH_NOP);
	enter();
	sum();
	is_story("do_csum 0");
	arm(FGRAPH_NOP, FGRAPH_NOP, NULL);
	sum();
	is_story("");
}
END_TEST

static void *frame[64];
static int nframe;

static noinline void look_up(void)
{
	nframe = backtrace(frame, 64);
}

static void trace_of(char *text, size_t size)
{
	char **sym;
	size_t len = 0;

	run_below(look_up);
	sym = backtrace_symbols(frame, nframe);
	text[0] = 0;
	for (int i = 0; i < nframe; i++)
		len += (size_t)snprintf(text + len, size - len, "%s\n", sym[i]);
	free(sym);
}

/* The way from a callback below two thunks to main: as many frames more as there are thunks and their helpers, and the same beyond them. */
START_TEST(test_backtrace)
{
	static char plain[16384], traced[16384];
	void *top;
	int n;

	trace_of(plain, sizeof(plain));
	top = frame[nframe - 1];
	n = nframe;
	arm_all();
	enter();
	trace_of(traced, sizeof(traced));
	ck_assert_msg(frame[nframe - 1] == top && nframe == n + 2, "plain:\n%s\ntraced:\n%s", plain, traced);
	is_story("wheel_enqueue 1, wheel_add 0, wheel_first_slot 1, wheel_detach 2, wheel_run_slot 1, wheel_first_slot 1, wheel_advance 0");
}
END_TEST

/* A child has its parent's code and its own /proc/self/mem. */
START_TEST(test_fork)
{
	pid_t pid;
	int status;

	arm_all();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		static const char *const name[] = { "do_csum", NULL };

		arm(FGRAPH_NOP, FGRAPH_BODY, name);
		enter();
		sum();
		_exit(strcmp(story(), "do_csum 0") ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	enter();
	sum();
	is_story("do_csum 1, csum_partial 0"); /* the child's patching was the child's */
}
END_TEST

/* A child that may not open /proc/self/mem is told so, and nothing is changed; later it may. */
static int without_mem(void)
{
	const struct rlimit none = { 0, 100 }, some = { 100, 100 };
	struct extack err = { "" };

	if (setrlimit(RLIMIT_NOFILE, &none) || open("/dev/null", O_RDONLY) >= 0)
		return 0; /* valgrind has limits of its own */
	if (fgraph_arm(NULL, &err) != -EMFILE)
		return 1;
	if (strcmp(err.msg, "functions cannot be traced: /proc/self/mem: Too many open files"))
		return 2;
	enter();
	sum();
	if (strcmp(story(), "do_csum 1, csum_partial 0"))
		return 3;
	if (setrlimit(RLIMIT_NOFILE, &some) || fgraph_arm(NULL, &err))
		return 4;
	sum();
	return *story() ? 5 : 0;
}

START_TEST(test_no_mem)
{
	pid_t pid;
	int status;

	arm_all();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid)
		_exit(without_mem());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_results_are_the_same, test_kinds, test_backtrace, test_fork, test_no_mem, NULL };

	return suite_of("fgraph", begin, trace_end, tests);
}
