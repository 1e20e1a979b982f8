/* SPDX-License-Identifier: MIT */
/*
 * suite.h: the frame of a check program
 *
 * A check file includes this header, defines suite() and nothing else that is global; suite.c is
 * its main(). The program prints TAP to standard output. CK_FORK=no runs all tests in one process
 * (for debuggers and valgrind), CK_RUN_CASE=NAME one test case of it.
 */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>

/**
 * suite - the tests of this program
 *
 * Return: a suite with all test cases; main() frees it.
 */
Suite *suite(void);

/**
 * suite_skip - why this program cannot run here
 *
 * Weak: a program that needs something of the machine defines it.
 *
 * Return: NULL to run, else the reason, which becomes one skipped test.
 */
const char *suite_skip(void);

/**
 * suite_of - a suite with one test case, for the common file
 * @name: name of both
 * @setup: run before each test, or NULL
 * @teardown: run after each test, or NULL
 * @tests: array of tests (a local array: Check's test names are variables), ended by NULL
 */
Suite *suite_of(const char *name, SFun setup, SFun teardown, const TTest *const *tests);

#endif /* TESTS_SUPPORT_SUITE_H */
