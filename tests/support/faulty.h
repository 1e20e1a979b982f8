/* SPDX-License-Identifier: MIT */
/*
 * faulty.h: run a scenario with each of its allocations failing in turn
 *
 * faulty_sweep() makes the first allocation fail, then the second, and so on until a run meets no
 * failure any more. A scenario builds what it needs, copes, tears everything down and asserts for
 * itself that nothing leaked; sanitizers see the rest. It returns true when it got through although
 * an allocation failed or none did, and false when it stopped early: a run without a failure must
 * get through.
 */
#ifndef TESTS_SUPPORT_FAULTY_H
#define TESTS_SUPPORT_FAULTY_H

#include "lib/pool.h"
#include "support/suite.h"

#define FAULTY_MOST 2000 /* allocations of a scenario that are taken for an endless sweep */

/**
 * faulty_sweep() - the sweep @run: the scenario(@nth, @ret_hit): arms kmem_fail_nth(@nth), and says
 * by kmem_fault_hit() whether it struck Return: how many allocations were made to fail
 */
static inline unsigned faulty_sweep(bool (*run)(unsigned long nth, bool *ret_hit))
{
	for (unsigned long nth = 1; nth < FAULTY_MOST; nth++) {
		bool hit = false, through = run(nth, &hit);

		if (!hit) {
			ck_assert_msg(through, "a run without a failure did not get through");
			return (unsigned)nth - 1;
		}
	}
	ck_abort_msg("the sweep does not end");
	return 0;
}

#endif
