/* SPDX-License-Identifier: MIT */
#ifndef VIEW_NAMES_TAB_H
#define VIEW_NAMES_TAB_H
/*
 * names_tab.h - src/trace/names.tab as it is compiled in; names.awk makes the rows, names.c reads them
 */

enum view_names_column { VIEW_NAMES_3_13, VIEW_NAMES_6_1, VIEW_NAMES_E1000, VIEW_NAMES_IGB, VIEW_NAMES_SETS };

struct view_names_row {
	const char *ours;
	const char *set[VIEW_NAMES_SETS]; /* NULL: none there */
	const char *alias[4];		  /* until NULL */
};

/* The last row has no name. */
extern const struct view_names_row view_names_table[];

#endif
