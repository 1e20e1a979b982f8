/* SPDX-License-Identifier: MIT */
/*
 * make_page: writes the page of a made-up trace of N packets to standard output; with a second argument that is its title, and devices have hostile names.
 * The fixtures' assertions end the program here: it is no test and libcheck is not in it.
 */
#define TESTS_SUPPORT_SUITE_H
#include <stdio.h>
#include <stdlib.h>
#define must(x) ((x) ? (void)0 : (fprintf(stderr, "make_page: not so: %s\n", #x), exit(1)))
#define ck_assert_ptr_nonnull(p) must((p) != NULL)
#define ck_assert_int_eq(a, b) must((a) == (b))
#define ck_assert_uint_eq(a, b) must((a) == (b))
#define ck_abort_msg(...) (fprintf(stderr, __VA_ARGS__), exit(1))

#include "story.h"
#include "view/html.h"

static void keep_root(void *ctx, struct view_node *root)
{
	view_keep(*(struct view **)ctx, root);
}

int main(int argc, char **argv)
{
	static struct view *v;
	static struct story s;
	struct view_ops ops = { .root = keep_root };
	int err;

	v = view_new(&ops, &v);
	if (!v)
		return 1;
	story_begin(&s, v);
	if (argc > 2 && (view_table(v, "D 2 </script><script>alert(1)</script> tap") || view_table(v, "D 3 <!--<script> tap")))
		return 1;
	story_day(&s, argc > 1 ? (unsigned)atoi(argv[1]) : 12);
	story_end(&s);
	err = view_html(stdout, v, &(struct view_html_opts){ .title = argc > 2 ? argv[2] : "a made-up day" });
	view_free(v);

	return err ? 1 : 0;
}
