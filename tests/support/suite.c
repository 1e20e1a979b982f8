/* SPDX-License-Identifier: MIT */
/*
 * suite.c: main() of every check program
 *
 * Runs the suite of the program it is linked to under Check and reports as TAP on standard output,
 * as the harness of `make check` reads it. Knows no room of the stack. Exit status: 0 all passed or
 * skipped, 1 a test failed.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	const char *reason = suite_skip();
	SRunner *runner;
	int failed;

	if (reason) {
		printf("1..0 # SKIP %s\n", reason);
		return EXIT_SUCCESS;
	}
	/* each test is a fork: nothing may wait in a buffer that the child would print again */
	setvbuf(stdout, NULL, _IOLBF, 0);
	runner = srunner_create(suite());
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);

	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

__attribute__((weak)) const char *suite_skip(void)
{
	return NULL;
}

Suite *suite_of(const char *name, SFun setup, SFun teardown, const TTest *const *tests)
{
	Suite *s = suite_create(name);
	TCase *tc = tcase_create(name);

	/* against a hang; how long a test takes on a busy machine under a sanitizer says nothing */
	tcase_set_timeout(tc, 60);
	if (setup || teardown)
		tcase_add_checked_fixture(tc, setup, teardown);
	for (; *tests; tests++)
		tcase_add_test(tc, *tests);
	suite_add_tcase(s, tc);

	return s;
}
