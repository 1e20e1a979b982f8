/* SPDX-License-Identifier: MIT */
/* check_html: the page of a made-up trace: elements closed, data valid and complete, nothing of the trace outside of its strings (V7). */
#include <errno.h>

#include "story.h"
#include "view/house.h"
#include "view/html.h"

static struct view *view;
static struct story story;
static char *page;
static size_t page_len;

static void keep_root(void *ctx, struct view_node *root)
{
	view_keep(view, root);
}

static void setup(void)
{
	static const struct view_ops ops = { .root = keep_root };

	view = view_new(&ops, NULL);
	ck_assert_ptr_nonnull(view);
	story_begin(&story, view);
	page = NULL;
}

static void teardown(void)
{
	view_free(view);
	free(page);
}

static void write_page(const struct view_html_opts *o)
{
	FILE *f = open_memstream(&page, &page_len);

	story_end(&story);
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(view_html(f, view, o), 0);
	fclose(f);
	ck_assert_uint_eq(strlen(page), page_len);
}

/* --- strict readers --- */

/* Start of the data; *@ret_end where they end. */
static const char *island(const char **ret_end)
{
	static const char begin[] = "<script id=\"data\" type=\"application/json\">\n";
	const char *p = strstr(page, begin);

	ck_assert_ptr_nonnull(p);
	p += strlen(begin);
	*ret_end = strstr(p, "</script>");
	ck_assert_ptr_nonnull(*ret_end);
	return p;
}

static const char *json_value(const char *p, unsigned *ret_n, unsigned level);

static const char *json_string(const char *p)
{
	ck_assert_int_eq(*p, '"');
	for (p++; *p != '"'; p++) {
		ck_assert_msg((unsigned char)*p >= ' ' && !strchr("<>&'", *p), "raw 0x%02x in a string", *p);
		if (*p == '\\') {
			p++;
			ck_assert_int_eq(*p, 'u'); /* the only escape that is used */
			ck_assert_uint_eq(strspn(p + 1, "0123456789abcdef") >= 4, 1);
			p += 4;
		}
	}
	return p + 1;
}

static const char *json_blank(const char *p)
{
	return p + strspn(p, " \n");
}

/* Of an array or object: how many members, in *@ret_n. */
static const char *json_members(const char *p, char close, unsigned *ret_n, unsigned level)
{
	unsigned n = 0, inner;

	p = json_blank(p + 1);
	while (*p != close) {
		if (n++) {
			ck_assert_int_eq(*p, ',');
			p = json_blank(p + 1);
		}
		if (close == '}') {
			p = json_blank(json_string(p));
			ck_assert_int_eq(*p, ':');
			p = json_blank(p + 1);
		}
		p = json_blank(json_value(p, &inner, level + 1));
	}
	*ret_n = n;
	return p + 1;
}

static const char *json_value(const char *p, unsigned *ret_n, unsigned level)
{
	*ret_n = 0;
	ck_assert_uint_lt(level, 12);
	if (*p == '"')
		return json_string(p);
	if (*p == '[')
		return json_members(p, ']', ret_n, level);
	if (*p == '{')
		return json_members(p, '}', ret_n, level);
	ck_assert_uint_gt(strspn(p, "-0123456789"), 0);
	return p + strspn(p, "-0123456789");
}

/* How many members the array under top-level @key has; the whole island is read. */
static unsigned json_count(const char *key)
{
	const char *end, *p = island(&end);
	unsigned n, found = UINT32_MAX;

	ck_assert_int_eq(*p, '{');
	do {
		const char *name = json_blank(p + 1);

		p = json_blank(json_string(name));
		ck_assert_int_eq(*p, ':');
		p = json_blank(json_value(json_blank(p + 1), &n, 1));
		if (!strncmp(name + 1, key, strlen(key)) && name[1 + strlen(key)] == '"')
			found = n;
	} while (*p == ',');
	ck_assert_int_eq(*p, '}');
	ck_assert_ptr_eq(json_blank(p + 1), end);
	ck_assert_uint_ne(found, UINT32_MAX);
	return found;
}

static bool is_void(const char *name)
{
	return !strcmp(name, "meta") || !strcmp(name, "input") || !strcmp(name, "!DOCTYPE");
}

/* Every element that is opened is closed, in order; scripts and style are skipped to their end. Returns how many there were. */
static unsigned html_elements(void)
{
	char open[32][16];
	unsigned depth = 0, n = 0;
	const char *p = page;

	while ((p = strchr(p, '<'))) {
		char name[16];
		int len;

		if (p[1] == '/') {
			ck_assert_int_eq(sscanf(p, "</%15[a-z0-9]%n", name, &len), 1);
			ck_assert_int_eq(p[len], '>');
			ck_assert_msg(depth && !strcmp(open[--depth], name), "</%s> closes <%s>", name, open[depth]);
			p += len;
			continue;
		}
		ck_assert_int_eq(sscanf(p, "<%15[!A-Za-z0-9]", name), 1);
		len = (int)strcspn(p, ">");
		n++;
		if (!is_void(name) && p[len - 1] != '/') {
			ck_assert_uint_lt(depth, 32);
			memcpy(open[depth++], name, sizeof(name));
		}
		p += len;
		if (!strcmp(name, "script"))
			p = strstr(p, "</script>");
		else if (!strcmp(name, "style"))
			p = strstr(p, "</style>");
		ck_assert_ptr_nonnull(p);
	}
	ck_assert_uint_eq(depth, 0);
	return n;
}

static unsigned count_text(const char *text)
{
	unsigned n = 0;

	for (const char *p = page; (p = strstr(p, text)); p++)
		n++;
	return n;
}

/* --- tests --- */

START_TEST(test_V7_page_is_whole)
{
	size_t n;

	story_day(&story, 30);
	write_page(NULL);
	ck_assert_uint_eq(strncmp(page, "<!DOCTYPE html>\n", 16), 0);
	ck_assert_uint_gt(html_elements(), 40);
	ck_assert_uint_eq(json_count("packets"), 30);
	view_roots(view, &n);
	ck_assert_uint_eq(json_count("roots"), n);
	ck_assert_uint_eq(json_count("steps"), 13);
	ck_assert_uint_gt(json_count("funcs"), 60);
	ck_assert_uint_eq(json_count("files"), sizeof(story_functions) / sizeof(story_functions[0]));
	ck_assert_uint_eq(count_text("<title>\nglassnet trace</title>"), 1);
}
END_TEST

/* Nothing is fetched: no address with a scheme but the names of SVG and the policy that forbids all. */
START_TEST(test_V7_page_fetches_nothing)
{
	story_day(&story, 3);
	write_page(NULL);
	ck_assert_uint_eq(count_text("http"), 2); /* the namespace of SVG, http-equiv */
	ck_assert_uint_eq(count_text("http://www.w3.org/2000/svg"), 1);
	ck_assert_uint_eq(count_text("default-src 'none'"), 1);
	ck_assert_uint_eq(count_text("src=\"") + count_text("@import") + count_text("url(") + count_text("innerHTML") + count_text("eval("), 0);
}
END_TEST

START_TEST(test_V7_hostile_names)
{
	static const char *const bad[] = {
		"F 0 1000 </script><script>alert(1)</script> a/</script>", "F 1 1010 \"];//\\ <!--<script>/x", "F 2 1020 \xff\xc0\xaf\xed\xa0\x80 core/\xe2\x80\xa8",
		"R 40 <b>& </script><img/src=x/onerror=alert(1)>", "D 2 </script><script> \x1b[2J",
	};
	unsigned before;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(view_table(view, bad[i]), 0);
	story_no_socket(&story, 9);
	story_play(&story, "!mark </script><script>alert(2)</script>\n");
	frame_udp(&story.frame, 1, 2, "</script><script>alert(3)</script>");
	story.packet++;
	story_play(&story, "!packet 1\ndo_IRQ\n !frame\n !verdict 5 40\n!packet 0\n");
	write_page(&(struct view_html_opts){ .title = "</title><script>alert(4)</script>\x01\xff" });
	before = count_text("<script");
	ck_assert_uint_eq(before, 2); /* data and program */
	ck_assert_uint_eq(count_text("</script>"), 2);
	ck_assert_uint_eq(count_text("<img"), 0);
	ck_assert_uint_eq(count_text("alert(1)</script>") + count_text("<!--"), 0);
	ck_assert_uint_eq(count_text("&#60;/title&#62;&#60;script&#62;alert(4)&#60;/script&#62;&#xfffd;&#xfffd;"), 1);
	ck_assert_uint_gt(count_text("\\u003c/script\\u003e\\u003cscript\\u003ealert(2)"), 0);
	html_elements();
	ck_assert_uint_eq(json_count("packets"), 2);
}
END_TEST

static bool hide_ip(void *ctx, const struct view_func *f)
{
	++*(unsigned *)ctx;
	return !strcmp(f->name, "ip_rcv");
}

static const char *rename_func(void *ctx, const struct view_func *f)
{
	return strcmp(f->name, "tap_intr") ? f->name : "e1000_intr";
}

START_TEST(test_V7_names_and_hidden_calls)
{
	unsigned asked = 0;

	story_udp(&story, 5000, 7, "x");
	write_page(&(struct view_html_opts){ .hide = hide_ip, .hide_ctx = &asked, .rename = rename_func, .first = 1 });
	ck_assert_uint_gt(asked, 0);
	json_count("W");
	ck_assert_uint_eq(count_text("\"e1000_intr\""), 1);
	ck_assert_uint_eq(count_text("\"tap_intr\""), 0);
	ck_assert_uint_eq(count_text("\"deliver_skb\""), 1);
	ck_assert_uint_eq(count_text("\"ip_rcv\"") + count_text("\"udp_rcv\""), 0);
	ck_assert_uint_eq(count_text("\"first\":1"), 1);
}
END_TEST

START_TEST(test_V7_losses_are_told)
{
	struct view_count events[] = { { "glassnet:batch", 77 }, { "skb:<kfree_skb>", 3 } };
	struct view_happening happening[] = { { .time = 6000000, .packet = 1, .name = "skb:<kfree_skb>", .fields = "reason=</script>" },
					      { .time = 6000000, .packet = 0, .name = "napi:napi_poll", .fields = "" } };
	struct view_source src = { .events = events, .n_events = 2, .happening = happening, .n_happenings = 2, .lost_events = 5, .lost_packets = 6, .bad = 7, .warnings = "discarded <5>" };

	put_kind(&story.slots[0], story.t, GN_TRACE_LOST, 123, NULL, 0);
	story_arp(&story);
	write_page(&(struct view_html_opts){ .src = &src });
	ck_assert_uint_eq(count_text("\"lost\":123"), 1);
	ck_assert_uint_eq(count_text("\"lostEvents\":5,\"lostPackets\":6,\"bad\":7"), 1);
	ck_assert_uint_eq(count_text("discarded \\u003c5\\u003e"), 1);
	ck_assert_uint_eq(json_count("events"), 2);
	ck_assert_uint_eq(json_count("happenings"), 1);
	ck_assert_uint_eq(count_text("reason=\\u003c/script\\u003e"), 1);
}
END_TEST

START_TEST(test_V7_empty_and_partial_traces)
{
	write_page(NULL);
	ck_assert_uint_eq(json_count("packets"), 0);
	ck_assert_uint_eq(json_count("roots"), 0);
}
END_TEST

/* Any slots make a valid page. */
START_TEST(test_V7_random_slots)
{
	struct gn_trace_rec rec[300];
	uint32_t r = (uint32_t)_i + 1;

	for (unsigned i = 0; i < 300; i++) {
		uint32_t word[4];

		for (unsigned k = 0; k < 4; k++)
			word[k] = r = r * 1664525 + 1013904223;
		rec[i].t = 5000000 + (word[0] >> 8) % (i % 3 ? 40000 : 4000000000u);
		rec[i].val = word[1] % (i % 5 ? 5000 : UINT32_MAX);
		rec[i].what = i % 4 ? word[2] % 140 | (word[3] >> 16 & 15) << 24 : (GN_TRACE_KIND + word[2] % 10) | (word[3] >> 16 & 3) << 24;
	}
	ck_assert_int_eq(view_feed(view, 0, rec, 150), 0);
	ck_assert_int_eq(view_feed(view, 1, rec + 150, 150), 0);
	write_page(NULL);
	json_count("packets");
	html_elements();
}
END_TEST

START_TEST(test_V7_full_disk)
{
	FILE *f = fopen("/dev/full", "w");

	story_day(&story, 10);
	story_end(&story);
	if (!f)
		return;
	ck_assert_int_eq(view_html(f, view, NULL), -ENOSPC);
	fclose(f);
}
END_TEST

/* The picture's floors are those that the lint enforces. */
START_TEST(test_V7_house_is_the_table_of_floors)
{
	const char *top = getenv("top_srcdir");
	char path[512], line[256], name[64];
	unsigned floor, rooms = 0, n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/lint/floors.tab", top ? top : "..");
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		const struct view_room *r = view_house;

		if (line[0] == '#' || sscanf(line, "%63s %u", name, &floor) != 2)
			continue;
		while (r->name && strcmp(r->name, name))
			r++;
		ck_assert_msg(r->name && r->floor == floor, "%s on floor %u is not in the picture", name, floor);
		rooms++;
	}
	fclose(f);
	while (view_house[n].name)
		n++;
	ck_assert_uint_eq(n, rooms);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("html");
	TCase *tc = tcase_create("html");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_V7_page_is_whole);
	tcase_add_test(tc, test_V7_page_fetches_nothing);
	tcase_add_test(tc, test_V7_hostile_names);
	tcase_add_test(tc, test_V7_names_and_hidden_calls);
	tcase_add_test(tc, test_V7_losses_are_told);
	tcase_add_test(tc, test_V7_empty_and_partial_traces);
	tcase_add_loop_test(tc, test_V7_random_slots, 0, 25);
	tcase_add_test(tc, test_V7_full_disk);
	tcase_add_test(tc, test_V7_house_is_the_table_of_floors);

	return s;
}
