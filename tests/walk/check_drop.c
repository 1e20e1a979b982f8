/* SPDX-License-Identifier: MIT */
/*
 * check_drop: each reason of core/drop.h is forced once, and the calls that led to the drop are compared with drop.tree
 *
 * drop.tree has a block a reason: its name, then the calls from the root to where the packet ended (kfree_skb_reason or nif_rx_lost), nothing else of
 * the tree. A reason that cannot be forced here has a row below all the same, which says why; the block holds that sentence. A new reason without a row
 * fails. WALK_UPDATE=1 writes the blocks anew.
 */
#include "walk/force.h"

/* --- paths --- */

static bool is_end(const struct walk_call *c)
{
	return !strcmp(c->name, "kfree_skb_reason") || !strcmp(c->name, "nif_rx_lost");
}

static bool leads(const struct walk_call *c)
{
	if (is_end(c))
		return true;
	for (const struct walk_call *k = c->child; k; k = k->next)
		if (leads(k))
			return true;
	return false;
}

static void print_paths(FILE *out, const struct walk_call *c, unsigned level)
{
	for (; c; c = c->next) {
		if (!leads(c))
			continue;
		fprintf(out, "%*s%s\n", (int)(2 * level), "", c->name);
		if (!is_end(c))
			print_paths(out, c->child, level + 1);
	}
}

/* The file with the block of @name made anew */
static void compare_block(const char *name, const char *block)
{
	char *text = walk_load("drop.tree"), *at, *end, mark[80], *got = calloc(2, WALK_TEXT);

	ck_assert_msg(text && got, "drop.tree is not there");
	at = walk_body(text);
	snprintf(mark, sizeof(mark), "%s\n", name);
	while (*at && strncmp(at, mark, strlen(mark)))
		at = strchr(at, '\n') + 1;
	for (end = *at ? strchr(at, '\n') + 1 : at; *end == ' '; end = strchr(end, '\n') + 1)
		;
	sprintf(got, "%.*s%s%s%s", (int)(at - walk_body(text)), walk_body(text), mark, block, end);
	walk_compare_text("drop.tree", got);
	free(got);
	free(text);
}

START_TEST(test_reason)
{
	const struct drop_row *row = &drop_table[_i];
	uint64_t before = walk_dropped((enum skb_drop_reason)_i);
	char *block = NULL;
	size_t len;
	FILE *out = open_memstream(&block, &len);

	ck_assert_ptr_nonnull(out);
	ck_assert_msg(forces[_i].fn || forces[_i].why, "nobody forces %s here, nor says why not", row->name);
	if (forces[_i].fn) {
		forces[_i].fn();
		walk_off();
		kmem_fail_nth(&walk.net->m.kmem, 0, NULL);
		ck_assert_msg(walk_dropped((enum skb_drop_reason)_i) > before, "%s was not forced", row->name);
		print_paths(out, walk.tree.root, 1);
	} else {
		fprintf(out, "  (%s)\n", forces[_i].why);
	}
	fclose(out);
	ck_assert_msg(*block, "%s: no path was recorded", row->name);
	compare_block(row->name, block);
	free(block);
	if (hook.hook)
		nf_unregister_hook(walk.net, &hook);
	if (sock)
		walk_close(sock);
}
END_TEST

/* The file has no other block than those of the reasons, in their order. */
START_TEST(test_file)
{
	char *text = walk_load("drop.tree");
	int next = 0;

	ck_assert_ptr_nonnull(text);
	for (const char *line = walk_body(text); *line; line = strchr(line, '\n') + 1) {
		size_t len = strcspn(line, "\n");

		if (*line == ' ')
			continue;
		ck_assert_msg(next < SKB_DROP_REASON_MAX && len == strlen(drop_table[next].name) && !memcmp(line, drop_table[next].name, len),
			      "drop.tree: block %.*s is not where it should be", (int)len, line);
		next++;
	}
	ck_assert_int_eq(next, SKB_DROP_REASON_MAX);
	free(text);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("drop");
	TCase *tc = tcase_create("drop");

	tcase_add_checked_fixture(tc, walk_begin, walk_end);
	tcase_add_loop_test(tc, test_reason, 0, SKB_DROP_REASON_MAX);
	tcase_add_test(tc, test_file);
	suite_add_tcase(s, tc);
	return s;
}
