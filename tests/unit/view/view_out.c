/* SPDX-License-Identifier: MIT */
/*
 * view_out.c - what the scripted checks of the exporters start: makes traces, loads them, writes them
 *
 *   view_out raw FILE				the trace of outfix.h as a raw file
 *   view_out ctf DIR				the same as LTTng would write it, with tracepoints and 7 lost events
 *   view_out load PATH				counts of what is in it
 *   view_out chrome|folded|pcapng|script PATH [NUMBER]	one format to stdout, of one packet
 *   view_out folded-packets PATH
 *   view_out cyg PATH DIR
 */
#include <errno.h>
#include <sys/stat.h>

#include "ctffix.h"
#include "outfix.h"
#include "view/export.h"

static int argc;
static char **argv;

static int load(const char *path, struct view **v, struct view_source **src)
{
	static const struct view_ops ops = { .root = view_keep_root };
	struct view_error err;
	int ret;

	*v = view_new(&ops, v);
	if (!*v)
		return -ENOMEM;
	ret = view_load(*v, path, src, &err);
	if (ret) {
		fprintf(stderr, "%d %s\n", ret, err.text);
		view_free(*v);
	}
	return ret;
}

static void show(struct view *v, const struct view_source *src)
{
	size_t roots, packets;

	view_roots(v, &roots);
	view_packets(v, &packets);
	printf("roots %zu packets %zu tracepoints %zu errors %llu\n", roots, packets, src->n_happenings, (unsigned long long)view_errors(v));
	printf("lost records %llu events %llu packets %llu\n", (unsigned long long)view_lost(v), (unsigned long long)src->lost_events,
	       (unsigned long long)src->lost_packets);
	printf("bad %llu cut %llu\n", (unsigned long long)src->bad, (unsigned long long)src->cut);
	for (size_t i = 0; i < src->n_events; i++)
		printf("event %s %llu\n", src->events[i].name, (unsigned long long)src->events[i].n);
	for (size_t i = 0; i < src->n_happenings; i++) {
		const struct view_happening *h = &src->happening[i];

		printf("at %llu cpu %u tid %u comm %s packet %u %s: %s\n", (unsigned long long)h->time, h->cpu, h->tid, h->comm, h->packet,
		       h->name, h->fields);
	}
	if (*src->warnings)
		printf("warning %s\n", src->warnings);
}

static int export(struct view *v, const struct view_source *src, const char *format, const char *arg)
{
	struct view_export x = { .out = stdout, .src = src };
	struct view_packet *const *packet;
	struct view_error err;
	size_t n;
	int ret;

	if (!strcmp(format, "cyg")) {
		ret = view_cyg(v, &x, arg, &err);
		if (ret)
			fprintf(stderr, "%d %s\n", ret, err.text);
		return ret;
	}
	packet = view_packets(v, &n);
	if (arg && (size_t)atoi(arg) <= n)
		x.only = packet[atoi(arg) - 1];
	x.per_packet = !strcmp(format, "folded-packets");
	return !strcmp(format, "chrome") ? view_chrome(v, &x) : !strcmp(format, "pcapng") ? view_pcapng(v, &x)
			: !strcmp(format, "script") ? view_script(v, &x) : view_folded(v, &x);
}

static int run(void)
{
	struct view_source *src;
	struct view *v;
	FILE *f;
	int ret = 0;

	if (!strcmp(argv[1], "raw")) {
		f = fopen(argv[2], "w");
		if (!f)
			return 1;
		out_raw(f);
		return fclose(f) != 0;
	}
	if (!strcmp(argv[1], "ctf"))
		return ctf_make(argv[2]);
	if (load(argv[2], &v, &src))
		return 1;
	if (!strcmp(argv[1], "load"))
		show(v, src);
	else
		ret = export(v, src, argv[1], argc > 3 ? argv[3] : NULL);
	view_source_free(src);
	view_free(v);
	return ret;
}

/* The traces are made with assertions, which only run inside a test. */
START_TEST(the_job)
{
	ck_assert_int_eq(run(), 0);
}
END_TEST

int main(int n, char **arg)
{
	Suite *s = suite_create("view_out");
	TCase *c = tcase_create("job");
	SRunner *r = srunner_create(s);
	int failed;

	if (n < 3)
		return 2;
	argc = n;
	argv = arg;
	tcase_set_timeout(c, 60);
	tcase_add_test(c, the_job);
	suite_add_tcase(s, c);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_SILENT);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
