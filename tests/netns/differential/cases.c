/* SPDX-License-Identifier: MIT */
/*
 * cases.c - the table of cases, read from a text file
 *
 * Theory of operation
 *   One case a line: its name, then steps divided by semicolons: a frame as frame.c reads it,
 *   or a directive that begins with @ (main.c). A line in brackets begins a group, whose
 *   cases share fresh sides: [NAME] SYSCTL=VALUE ... [noroute]. # begins a comment. What is
 *   read is the caller's until cases_free(). Called by main.c, one thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

static bool group_line(struct group *g, char *line);
static bool test_line(struct group *g, char *line);

struct group *cases_read(const char *path, int *ret_n)
{
	FILE *f = fopen(path, "re");
	char line[8192];
	struct group *g = NULL;
	int n = 0, at = 0;
	bool good = true;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return NULL;
	}
	while (good && fgets(line, sizeof(line), f)) {
		at++;
		line[strcspn(line, "#\n")] = 0;
		if (!line[strspn(line, " \t")])
			continue;
		if (*line == '[') {
			g = realloc(g, sizeof(*g) * (size_t)(n + 1));
			good = g && group_line(&g[n++], line);
		} else {
			good = n && test_line(&g[n - 1], line);
		}
	}
	fclose(f);
	if (!good) {
		fprintf(stderr, "%s:%d: not a group, not a case of a group\n", path, at);
		return NULL;
	}
	*ret_n = n;
	return g;
}

static bool group_line(struct group *g, char *line)
{
	char *save, *w = strtok_r(line + 1, "] \t", &save);

	*g = (struct group){ 0 };
	if (!w)
		return false;
	snprintf(g->name, sizeof(g->name), "%s", w);
	while ((w = strtok_r(NULL, "] \t", &save))) {
		if (!strcmp(w, "noroute"))
			g->noroute = true;
		else if (strchr(w, '=') && g->sets < SETS_MAX)
			g->set[g->sets++] = strdup(w);
		else
			return false;
	}
	return true;
}

static bool test_line(struct group *g, char *line)
{
	char *save, *w = strtok_r(line, " \t", &save);
	struct test *t;

	g->test = realloc(g->test, sizeof(*t) * (size_t)(g->tests + 1));
	if (!w || !g->test)
		return false;
	t = &g->test[g->tests++];
	*t = (struct test){ 0 };
	snprintf(t->name, sizeof(t->name), "%.28s.%.32s", g->name, w);
	while ((w = strtok_r(NULL, ";", &save))) {
		w += strspn(w, " \t");
		if (*w && t->steps == STEPS_MAX)
			return false;
		if (*w)
			t->step[t->steps++] = strdup(w);
	}
	return true;
}

void cases_free(struct group *g, int n)
{
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < g[i].sets; k++)
			free(g[i].set[k]);
		for (int k = 0; k < g[i].tests; k++)
			for (int step = 0; step < g[i].test[k].steps; step++)
				free(g[i].test[k].step[step]);
		free(g[i].test);
	}
	free(g);
}
