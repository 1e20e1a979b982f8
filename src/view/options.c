/* SPDX-License-Identifier: MIT */
/*
 * options.c - what the text of a graph shows: options by name, profiles
 *
 * Theory of operation
 *   The names are those of Linux's trace_options; "no" in front turns one off, and "funcgraph-" may
 *   be left out.
 * Threads: those of view.h.
 */
#include <errno.h>
#include <string.h>

#include "view/view.h"

static const struct option {
	const char *name;
	size_t at;
} options[] = {
	{ "funcgraph-cpu", offsetof(struct view_text, cpu) },
	{ "funcgraph-overhead", offsetof(struct view_text, overhead) },
	{ "funcgraph-proc", offsetof(struct view_text, proc) },
	{ "funcgraph-duration", offsetof(struct view_text, duration) },
	{ "funcgraph-abstime", offsetof(struct view_text, abstime) },
	{ "funcgraph-irqs", offsetof(struct view_text, irqs) },
	{ "funcgraph-tail", offsetof(struct view_text, tail) },
	{ "funcgraph-packets", offsetof(struct view_text, packets) },
	{ "sleep-time", offsetof(struct view_text, sleep_time) },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

void view_text_init(struct view_text *t, FILE *out)
{
	memset(t, 0, sizeof(*t));
	t->out = out;
	t->cpu = t->duration = t->overhead = t->irqs = t->sleep_time = true;
	t->cpus = 1;
}

static const struct option *option_find(const char *name)
{
	static const char prefix[] = "funcgraph-";

	for (size_t i = 0; i < N_OPTIONS; i++) {
		const char *full = options[i].name;

		if (!strcmp(full, name))
			return &options[i];
		if (!strncmp(full, prefix, sizeof(prefix) - 1) &&
		    !strcmp(full + sizeof(prefix) - 1, name))
			return &options[i];
	}
	return NULL;
}

int view_text_option(struct view_text *t, const char *option)
{
	const struct option *o = option_find(option);
	bool on = true;

	if (!o && !strncmp(option, "no", 2)) {
		o = option_find(option + 2);
		on = false;
	}
	if (!o)
		return -EINVAL;
	memcpy((char *)t + o->at, &on, sizeof(on));
	return 0;
}

const char *view_text_option_name(const struct view_text *t, unsigned n, bool *ret_on)
{
	if (n >= N_OPTIONS)
		return NULL;
	memcpy(ret_on, (const char *)t + options[n].at, sizeof(*ret_on));
	return options[n].name;
}

int view_profile(struct view_text *t, const char *name)
{
	static const char *const profiles[] = {
		[VIEW_FULL] = "full", [VIEW_ARTICLE] = "article", [VIEW_PATH] = "path"
	};

	for (unsigned i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profiles[i], name))
			continue;
		t->profile = (enum view_profile)i;
		return 0;
	}
	return -EINVAL;
}
