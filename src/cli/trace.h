/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H
/*
 * trace.h - what the commands of `glassnet trace` share: options, settings of the tracer, filters
 *
 * The tracer belongs to one connection at a time: trace_claim() takes it, with every setting at its
 * default; the daemon undoes all of it when the connection ends, however it ends.
 */
#include "cli/cli.h"

#define TRACEFS "/sys/kernel/tracing/"

/* --- options: trace_options.c --- */

enum trace_option_kind {
	OPT_FLAG,    /* bool */
	OPT_TEXT,    /* const char * */
	OPT_NUMBER,  /* unsigned, 1.. */
	OPT_SECONDS, /* double, more than 0 */
	OPT_LIST,    /* struct trace_list: may be given several times */
};

struct trace_option {
	char letter;	  /* 0: none */
	const char *name; /* without "--" */
	enum trace_option_kind kind;
	void *to;
};

#define TRACE_LIST_MAX 32
struct trace_list {
	const char *item[TRACE_LIST_MAX];
	unsigned n;
};

/**
 * trace_options() - take options out of the words of a command
 * @o:	ends with a NULL name
 * @argc, @argv: on return argv[0] and what is no option; "--" and all behind it stay
 * Return: CLI_OK, or CLI_USAGE with the wrong word and what is accepted on standard error
 */
int trace_options(struct cli *c, const struct trace_option *o, int *argc, char **argv);

/* What to trace, of `graph` and `record`. */
struct trace_want {
	const char *functions; /* -g: names, with commas between */
	const char *filter;    /* -p: libpcap's syntax */
	unsigned depth, thresh_us;
	double seconds;
	bool stack;
};
/* Rows of a table of struct trace_option. */
#define TRACE_WANT_OPTIONS(w)                                   \
	{ 'g', "function", OPT_TEXT, &(w)->functions },         \
	{ 'p', "packets", OPT_TEXT, &(w)->filter },             \
	{ 0, "depth", OPT_NUMBER, &(w)->depth },                \
	{ 0, "thresh", OPT_NUMBER, &(w)->thresh_us },           \
	{ 0, "seconds", OPT_SECONDS, &(w)->seconds },           \
	{ 0, "stack", OPT_FLAG, &(w)->stack }

/* --- the tracer: trace.c; each an exit status --- */

/** trace_claim() - this connection becomes the owner of the tracer, as @who ("trace graph") */
int trace_claim(struct cli *c, const char *who);
/** trace_apply() - write what @w asks for into the settings; tracing does not start */
int trace_apply(struct cli *c, const struct trace_want *w);
/** trace_set() - @text and a newline into the file @name of the tracing tree */
int trace_set(struct cli *c, const char *name, const char *text);

/* --- packet filters: trace_filter.c --- */

/** trace_is_filter() - is @path the packet filter of the tracing tree? */
bool trace_is_filter(const char *path);

/**
 * trace_filter_compile() - an expression as set_packet_filter takes it
 * @ret_text: malloc()ed: the expression; "EN10MB n,code jt jf k,..."; "RAW n,..."; each a line.
 *	      Of an empty expression: an empty line.
 * Return: 0; -EINVAL: no such expression, -E2BIG: too long, -ENOMEM, with a text in @err
 */
int trace_filter_compile(const char *expression, char **ret_text, char *err, size_t errlen);

#endif
