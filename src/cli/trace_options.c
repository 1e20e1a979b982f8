/* SPDX-License-Identifier: MIT */
/*
 * trace_options.c - options of the commands of `glassnet trace`, table-driven
 *
 * Called by trace_*.c. An option is `-c 5`, `-c5`, `--count 5` or `--count=5`, before or behind
 * other words. Owns nothing: texts stay where they were. One thread. Refuses: words that begin with
 * '-' and are no option, options without a value, numbers that are none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/trace.h"

static const struct trace_option *find(const struct trace_option *o, const char *word,
				       const char **ret_value);
static int unknown(struct cli *c, const struct trace_option *o, const char *word);
static int set(struct cli *c, const struct trace_option *o, const char *value);

int trace_options(struct cli *c, const struct trace_option *o, int *argc, char **argv)
{
	int n = 1, ret;

	for (int i = 1; i < *argc; i++) {
		const struct trace_option *opt;
		const char *value = NULL;

		if (!strcmp(argv[i], "--")) {
			while (i < *argc)
				argv[n++] = argv[i++];
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			argv[n++] = argv[i];
			continue;
		}
		opt = find(o, argv[i], &value);
		if (!opt)
			return unknown(c, o, argv[i]);
		if (opt->kind != OPT_FLAG && !value && i + 1 < *argc)
			value = argv[++i];
		ret = set(c, opt, value);
		if (ret)
			return ret;
	}
	*argc = n;
	return CLI_OK;
}

/* The option that @word is, with its value if that is in the same word. */
static const struct trace_option *find(const struct trace_option *o, const char *word,
				       const char **ret_value)
{
	for (; o->name; o++) {
		size_t len = strlen(o->name);

		if (!strncmp(word, "--", 2) && !strncmp(word + 2, o->name, len) &&
		    (!word[2 + len] || word[2 + len] == '=')) {
			*ret_value = word[2 + len] ? word + 2 + len + 1 : NULL;
			return o;
		}
		if (o->letter && word[1] == o->letter && (o->kind != OPT_FLAG || !word[2])) {
			*ret_value = word[2] ? word + 2 : NULL;
			return o;
		}
	}
	return NULL;
}

static int unknown(struct cli *c, const struct trace_option *o, const char *word)
{
	char list[300] = "";

	for (; o->name; o++) {
		size_t len = strlen(list);

		if (o->letter)
			snprintf(list + len, sizeof(list) - len, "%s-%c (--%s)", len ? ", " : "",
				 o->letter, o->name);
		else
			snprintf(list + len, sizeof(list) - len, "%s--%s", len ? ", " : "", o->name);
	}
	return cli_usage(c, "'%.40s' is none of: %s", word, list);
}

static int set_number(struct cli *c, const struct trace_option *o, const char *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (errno || *end || *value < '0' || *value > '9' || !n || n > 1000000000)
		return cli_usage(c, "--%s: '%.40s' is no number from 1 to 1000000000", o->name, value);
	*(unsigned *)o->to = (unsigned)n;
	return CLI_OK;
}

static int set_seconds(struct cli *c, const struct trace_option *o, const char *value)
{
	char *end;
	double s = strtod(value, &end);

	if (*end || *value < '.' || *value > '9' || !(s > 0) || s > 1e9)
		return cli_usage(c, "--%s: '%.40s' is no number of seconds above 0", o->name, value);
	*(double *)o->to = s;
	return CLI_OK;
}

static int set(struct cli *c, const struct trace_option *o, const char *value)
{
	struct trace_list *list = o->to;

	if (o->kind == OPT_FLAG && value)
		return cli_usage(c, "--%s takes no value: '%.40s'", o->name, value);
	if (o->kind != OPT_FLAG && (!value || !*value))
		return cli_usage(c, "--%s needs a value behind it", o->name);
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->to = true;
		break;
	case OPT_TEXT:
		*(const char **)o->to = value;
		break;
	case OPT_NUMBER:
		return set_number(c, o, value);
	case OPT_SECONDS:
		return set_seconds(c, o, value);
	case OPT_LIST:
		if (list->n == TRACE_LIST_MAX)
			return cli_usage(c, "--%s is given more than %d times", o->name,
					 TRACE_LIST_MAX);
		list->item[list->n++] = value;
		break;
	}
	return CLI_OK;
}
