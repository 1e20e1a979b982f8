/* SPDX-License-Identifier: MIT */
/*
 * ctf.c - a CTF trace as LTTng writes it, through libbabeltrace2, into the reader
 *
 * Theory of operation
 *   Every folder below the path that holds a file `metadata` becomes a source.ctf.fs; filter.utils.muxer puts all streams in one order of time; our sink takes
 *   the messages. glassnet:function, reason and device become lines for view_table(), glassnet:batch slots for view_feed(). Other
 *   providers' events become happenings with their fields as text; what LTTng itself writes (lttng_ust_*) is only counted.
 *   LTTng's clock is CLOCK_MONOTONIC in ns, so a snapshot's value is a time of view.h.
 *   A trace that cannot be read on, as a process killed in the middle of a write may leave it, is used up to there and says so in `warnings`.
 *   Called by: source.c. Calls: libbabeltrace2, libview.
 *   Owns: the graph, until ctf_load() returns; the timer ITIMER_VIRTUAL and its signal while a trace is opened. Threads: those of view.h.
 *   babeltrace2 2.0.4 never comes to an end with a stream file that has a packet of size 0, and takes more and more memory: opening a trace has GUARD_S of
 *   processor time and a second more for GUARD_BYTES of it; then the process says so and exits, for there is no way to stop it.
 *   Refuses: a folder without a trace; events without the fields that are ours, of other types or out of range: counted in `bad`.
 */
#include <babeltrace2/babeltrace.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "view/export_impl.h"

#define DEPTH_MAX 12	/* folders below the path */
#define TRACES_MAX 256	/* folders with a trace in them */
#define WORDS_MAX (1u << 20)
#define FIELDS_MAX 1024 /* bytes of text of one tracepoint */
#define GUARD_S 2
#define GUARD_BYTES 50000000

struct ctf {
	struct view *v;
	struct view_source *src;
	bt_graph *graph;
	const bt_plugin *plugin, *utils;
	const bt_component_filter *muxer;
	bt_message_iterator *iterator;
	unsigned traces, ports;
	uint64_t messages;
	struct gn_trace_rec *rec; /* room for one batch */
	uint64_t slots;
	int ret; /* of the reader */
};

typedef bt_graph_simple_sink_component_consume_func_status consume_status;

/* What the guard says: a signal's handler has no argument. */
static char guard_text[512];

static int ctf_prepare(struct ctf *c, const char *path, struct view_error *err);
static int ctf_find(struct ctf *c, const char *path, unsigned depth, struct view_error *err);
static int ctf_add(struct ctf *c, const char *path, struct view_error *err);
static uint64_t ctf_size(const char *path);
static void guard_begin(const char *path, struct sigaction *ret_old);
static void guard_end(const struct sigaction *old);
static void guard_expired(int sig);
static int ctf_connect(struct ctf *c, const bt_component_source *source);
static int ctf_run(struct ctf *c, const char *path, struct view_error *err);
static char *ctf_causes(void);
static bt_graph_simple_sink_component_initialize_func_status sink_begin(bt_message_iterator *iterator, void *data);
static consume_status sink_consume(bt_message_iterator *iterator, void *data);
static void sink_end(void *data);
static void on_message(struct ctf *c, const bt_message *message);
static void on_event(struct ctf *c, const bt_message *message);
static int on_ours(struct ctf *c, const char *kind, const bt_field *payload);
static int on_batch(struct ctf *c, const bt_field *payload);
static int on_table(struct ctf *c, const char *kind, const bt_field *payload);
static int on_tracepoint(struct ctf *c, const char *name, const bt_message *message, const bt_event *event);
static char *fields_text(const bt_field *payload);
static void put_field(FILE *out, const bt_field *field, unsigned depth);
static void put_integer(FILE *out, const bt_field *field, bt_field_class_type type);
static bool get_u64(const bt_field *in, const char *name, uint64_t *ret);
static const char *get_string(const bt_field *in, const char *name);
static const bt_field *get_field(const bt_field *in, const char *name);
static void clean_word(char *word);

bool view_ctf_supported(void)
{
	return true;
}

int ctf_load(struct view *v, const char *path, struct view_source *src, struct view_error *err)
{
	struct ctf c = { .v = v, .src = src };
	int ret = ctf_prepare(&c, path, err);

	src->ctf = true;
	if (!ret)
		ret = ctf_find(&c, path, 0, err);
	if (!ret && !c.traces)
		ret = view_fail(err, -EINVAL, "%s: no CTF trace in this folder: no file `metadata' in it or below", path);
	/* no stream has begun yet: an empty trace */
	if (!ret && c.ports)
		ret = ctf_run(&c, path, err);
	if (c.graph)
		bt_graph_put_ref(c.graph);
	bt_plugin_put_ref(c.plugin);
	bt_plugin_put_ref(c.utils);
	free(c.rec);
	return ret;
}

static int ctf_prepare(struct ctf *c, const char *path, struct view_error *err)
{
	const bt_component_class_filter *muxer;
	const bt_component_sink *sink;

	if (bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, &c->plugin) ||
	    bt_plugin_find("utils", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, &c->utils))
		return ctf_fail(err, -ENOTSUP, "babeltrace2 has no plugins `ctf' and `utils' here (on Debian: apt install libbabeltrace2-0)");
	c->graph = bt_graph_create(0);
	if (!c->graph)
		return ctf_fail(err, -ENOMEM, path);
	muxer = bt_plugin_borrow_filter_component_class_by_name_const(c->utils, "muxer");
	if (!muxer || bt_graph_add_filter_component(c->graph, muxer, "muxer", NULL, BT_LOGGING_LEVEL_NONE, &c->muxer) ||
	    bt_graph_add_simple_sink_component(c->graph, "reader", sink_begin, sink_consume, sink_end, c, &sink) ||
	    bt_graph_connect_ports(c->graph, bt_component_filter_borrow_output_port_by_index_const(c->muxer, 0),
				   bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL))
		return ctf_fail(err, -EIO, "babeltrace2 cannot be set up");
	return 0;
}

/* Symbolic links below the path are not followed. */
static int ctf_find(struct ctf *c, const char *path, unsigned depth, struct view_error *err)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	struct stat st;
	char *below;
	int ret = 0;

	if (!dir)
		return view_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (!faccessat(dirfd(dir), "metadata", F_OK, 0))
		ret = ctf_add(c, path, err);
	while (!ret && depth < DEPTH_MAX && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
			continue;
		if (asprintf(&below, "%s/%s", path, d->d_name) < 0) {
			ret = view_fail(err, -ENOMEM, "%s: out of memory", path);
			break;
		}
		ret = ctf_find(c, below, depth + 1, err);
		free(below);
	}
	closedir(dir);
	return ret;
}

static int ctf_add(struct ctf *c, const char *path, struct view_error *err)
{
	const bt_component_class_source *fs = bt_plugin_borrow_source_component_class_by_name_const(c->plugin, "fs");
	bt_value *params = bt_value_map_create(), *inputs = NULL;
	const bt_component_source *source = NULL;
	struct sigaction old;
	char name[32];
	int ret = 0;

	if (c->traces >= TRACES_MAX)
		ret = view_fail(err, -EINVAL, "%s: more than %u traces below one folder; give one of them", path, TRACES_MAX);
	snprintf(name, sizeof(name), "source-%u", c->traces++);
	if (!ret && (!fs || !params || bt_value_map_insert_empty_array_entry(params, "inputs", &inputs) ||
		     bt_value_array_append_string_element(inputs, path)))
		ret = ctf_fail(err, -ENOMEM, path);
	if (!ret) {
		guard_begin(path, &old);
		if (bt_graph_add_source_component(c->graph, fs, name, params, BT_LOGGING_LEVEL_NONE, &source))
			ret = ctf_fail(err, -EINVAL, path);
		guard_end(&old);
	}
	if (!ret && ctf_connect(c, source))
		ret = ctf_fail(err, -EINVAL, path);
	bt_value_put_ref(params);
	return ret;
}

static void guard_begin(const char *path, struct sigaction *ret_old)
{
	static const struct sigaction expired = { .sa_handler = guard_expired };
	struct itimerval t = { .it_value = { .tv_sec = (time_t)(GUARD_S + ctf_size(path) / GUARD_BYTES) } };

	snprintf(guard_text, sizeof(guard_text), "%.400s: babeltrace2 comes to no end with the stream files of this trace; one is damaged\n", path);
	sigaction(SIGVTALRM, &expired, ret_old);
	setitimer(ITIMER_VIRTUAL, &t, NULL);
}

static void guard_end(const struct sigaction *old)
{
	setitimer(ITIMER_VIRTUAL, &(struct itimerval){ 0 }, NULL);
	sigaction(SIGVTALRM, old, NULL);
}

static void guard_expired(int sig)
{
	_exit(write(STDERR_FILENO, guard_text, strlen(guard_text)) < 0 ? 2 : 1);
}

/* Bytes of the files of one trace. */
static uint64_t ctf_size(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	struct stat st;
	uint64_t sum = 0;

	while (dir && (d = readdir(dir))) {
		if (!fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	}
	if (dir)
		closedir(dir);
	return sum;
}

/* The muxer always has one free port: the last. */
static int ctf_connect(struct ctf *c, const bt_component_source *source)
{
	uint64_t n = bt_component_source_get_output_port_count(source), i;

	for (i = 0; i < n; i++) {
		uint64_t last = bt_component_filter_get_input_port_count(c->muxer) - 1;

		if (bt_graph_connect_ports(c->graph, bt_component_source_borrow_output_port_by_index_const(source, i),
					   bt_component_filter_borrow_input_port_by_index_const(c->muxer, last), NULL))
			return -EINVAL;
		c->ports++;
	}
	return 0;
}

static int ctf_run(struct ctf *c, const char *path, struct view_error *err)
{
	char *causes;

	if (!bt_graph_run(c->graph))
		return 0;
	if (c->ret) {
		bt_current_thread_clear_error();
		return view_fail(err, c->ret, "%s: %s", path, strerror(-c->ret));
	}
	if (!c->messages)
		return ctf_fail(err, -EINVAL, path);
	causes = ctf_causes();
	if (!causes)
		return view_fail(err, -ENOMEM, "%s: out of memory", path);
	free((char *)c->src->warnings);
	c->src->warnings = causes;
	return 0;
}

int ctf_fail(struct view_error *err, int ret, const char *what)
{
	char *causes = ctf_causes();

	view_fail(err, ret, "%s: %s", what, causes && *causes ? causes : strerror(-ret));
	free(causes);
	return ret;
}

static char *ctf_causes(void)
{
	const bt_error *error = bt_current_thread_take_error();
	char *text;

	if (!error)
		return strdup("the trace could not be read to its end");
	text = bt_error_get_cause_count(error) ? strdup(bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0))) : strdup("");
	bt_error_release(error);
	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

/* --- the sink --- */

static bt_graph_simple_sink_component_initialize_func_status sink_begin(bt_message_iterator *iterator, void *data)
{
	struct ctf *c = data;

	c->iterator = iterator;
	bt_message_iterator_get_ref(iterator);
	return BT_GRAPH_SIMPLE_SINK_COMPONENT_INITIALIZE_FUNC_STATUS_OK;
}

static void sink_end(void *data)
{
	struct ctf *c = data;

	bt_message_iterator_put_ref(c->iterator);
	c->iterator = NULL;
}

static consume_status sink_consume(bt_message_iterator *iterator, void *data)
{
	struct ctf *c = data;
	bt_message_array_const message;
	uint64_t n, i;
	bt_message_iterator_next_status status = bt_message_iterator_next(iterator, &message, &n);

	if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return (consume_status)status; /* both lists have the same numbers */
	for (i = 0; i < n; i++) {
		if (!c->ret)
			on_message(c, message[i]);
		bt_message_put_ref(message[i]);
	}
	c->messages += n;
	return c->ret ? BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_ERROR : BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
}

static void on_message(struct ctf *c, const bt_message *message)
{
	uint64_t n = 1;

	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		on_event(c, message);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		/* without a count it is at least one */
		bt_message_discarded_events_get_count(message, &n);
		c->src->lost_events += n;
		break;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		bt_message_discarded_packets_get_count(message, &n);
		c->src->lost_packets += n;
		break;
	default:
		break;
	}
}

static void on_event(struct ctf *c, const bt_message *message)
{
	const bt_event *event = bt_message_event_borrow_event_const(message);
	const char *name = bt_event_class_get_name(bt_event_borrow_class_const(event));
	const bt_field *payload = bt_event_borrow_payload_field_const(event);
	char clean[64];
	int ret = 0;

	snprintf(clean, sizeof(clean), "%s", name ? name : "?");
	clean_word(clean);
	name = source_count(c->src, clean);
	if (!name)
		ret = -ENOMEM;
	else if (!strncmp(name, "glassnet:", 9))
		ret = payload ? on_ours(c, name + 9, payload) : -EINVAL;
	else if (strncmp(name, "lttng_ust_", 10))
		ret = on_tracepoint(c, name, message, event);
	if (ret == -EINVAL)
		c->src->bad++;
	else
		c->ret = ret;
}

static int on_ours(struct ctf *c, const char *kind, const bt_field *payload)
{
	if (!strcmp(kind, "batch"))
		return on_batch(c, payload);
	if (!strcmp(kind, "function") || !strcmp(kind, "reason") || !strcmp(kind, "device"))
		return on_table(c, kind, payload);
	return 0;
}

static int on_batch(struct ctf *c, const bt_field *payload)
{
	const bt_field *words = get_field(payload, "rec");
	uint64_t n, i, cpu;

	if (!words || !get_u64(payload, "cpu", &cpu) || cpu >= VIEW_CPUS ||
	    !bt_field_class_type_is(bt_field_get_class_type(words), BT_FIELD_CLASS_TYPE_ARRAY))
		return -EINVAL;
	n = bt_field_array_get_length(words);
	if (n % 4 || n > WORDS_MAX)
		return -EINVAL;
	if (n / 4 > c->slots) {
		struct gn_trace_rec *bigger = reallocarray(c->rec, n / 4, sizeof(*c->rec));

		if (!bigger)
			return -ENOMEM;
		c->rec = bigger;
		c->slots = n / 4;
	}
	for (i = 0; i < n; i++) {
		const bt_field *word = bt_field_array_borrow_element_field_by_index_const(words, i);
		uint32_t w;

		/* one class for all of them */
		if (!i && !bt_field_class_type_is(bt_field_get_class_type(word), BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
			return -EINVAL;
		w = (uint32_t)bt_field_integer_unsigned_get_value(word);
		memcpy((char *)c->rec + i * 4, &w, 4);
	}
	return view_feed(c->v, (unsigned)cpu, c->rec, n / 4);
}

static int on_table(struct ctf *c, const char *kind, const bt_field *payload)
{
	uint64_t id, addr = 0;
	const char *name = get_string(payload, "name"), *text, *module;
	char word[3][256], line[2048];

	if (!name || !get_u64(payload, *kind == 'd' ? "ifindex" : "id", &id))
		return -EINVAL;
	text = get_string(payload, *kind == 'f' ? "file" : *kind == 'r' ? "text" : "driver");
	module = get_string(payload, "module");
	snprintf(word[0], sizeof(word[0]), "%s", *name ? name : "?");
	snprintf(word[1], sizeof(word[1]), "%s", text && *text ? text : "-");
	snprintf(word[2], sizeof(word[2]), "%s", module && strcmp(module, "-") ? module : "");
	clean_word(word[0]);
	clean_word(word[2]);
	if (*kind == 'f') {
		if (!get_u64(payload, "addr", &addr))
			return -EINVAL;
		clean_word(word[1]);
		snprintf(line, sizeof(line), "F %" PRIu64 " %" PRIx64 " %s %s%s%s", id, addr, word[0], word[1], *word[2] ? " " : "", word[2]);
	} else {
		word[1][strcspn(word[1], "\n")] = '\0';
		snprintf(line, sizeof(line), "%c %" PRIu64 " %s %s", *kind == 'r' ? 'R' : 'D', id, word[0], word[1]);
	}
	return view_table(c->v, line);
}

static int on_tracepoint(struct ctf *c, const char *name, const bt_message *message, const bt_event *event)
{
	const bt_field *payload = bt_event_borrow_payload_field_const(event), *context = bt_event_borrow_common_context_field_const(event);
	const bt_field *packet = NULL;
	const bt_clock_class *clock = bt_message_event_borrow_stream_class_default_clock_class_const(message);
	struct view_happening *h;
	const char *comm;
	uint64_t n;

	if (!clock || bt_clock_class_get_frequency(clock) != 1000000000)
		return -EINVAL;
	h = source_add(c->src);
	if (!h)
		return -ENOMEM;
	h->time = bt_clock_snapshot_get_value(bt_message_event_borrow_default_clock_snapshot_const(message));
	h->name = name;
	h->fields = fields_text(payload);
	if (!h->fields)
		return -ENOMEM;
	if (bt_stream_class_supports_packets(bt_stream_borrow_class_const(bt_event_borrow_stream_const(event))))
		packet = bt_packet_borrow_context_field_const(bt_event_borrow_packet_const(event));
	if (get_u64(packet, "cpu_id", &n))
		h->cpu = (unsigned)n;
	if (get_u64(context, "vtid", &n))
		h->tid = (uint32_t)n;
	if (get_u64(payload, "packet", &n))
		h->packet = (uint32_t)n;
	comm = get_string(context, "procname");
	if (comm) {
		strncpy(h->comm, comm, sizeof(h->comm) - 1);
		clean_word(h->comm);
	}
	return 0;
}

/* --- fields --- */

/* "rc=-12 lport=5000"; NULL without memory */
static char *fields_text(const bt_field *payload)
{
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (payload)
		put_field(out, payload, 0);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	if (len > FIELDS_MAX)
		text[len = FIELDS_MAX] = '\0';
	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
	}
	return text;
}

static void put_field(FILE *out, const bt_field *field, unsigned depth)
{
	bt_field_class_type type = bt_field_get_class_type(field);
	const bt_field_class *class = bt_field_borrow_class_const(field);
	uint64_t n, i;

	if (depth > 4 || ftell(out) > FIELDS_MAX)
		return;
	if (type == BT_FIELD_CLASS_TYPE_STRUCTURE) {
		n = bt_field_class_structure_get_member_count(class);
		for (i = 0; i < n; i++) {
			const bt_field_class_structure_member *member = bt_field_class_structure_borrow_member_by_index_const(class, i);
			const char *name = bt_field_class_structure_member_get_name(member);
			size_t len = strlen(name);

			/* the length field of a sequence says nothing that the sequence does not */
			if (len > 7 && name[0] == '_' && !strcmp(name + len - 7, "_length"))
				continue;
			fprintf(out, "%s%s=", ftell(out) ? " " : "", name);
			put_field(out, bt_field_structure_borrow_member_field_by_index_const(field, i), depth + 1);
		}
	} else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY)) {
		n = bt_field_array_get_length(field);
		putc('[', out);
		for (i = 0; i < n && ftell(out) <= FIELDS_MAX; i++) {
			if (i)
				putc(',', out);
			put_field(out, bt_field_array_borrow_element_field_by_index_const(field, i), depth + 1);
		}
		putc(']', out);
	} else if (type == BT_FIELD_CLASS_TYPE_STRING) {
		fputs(bt_field_string_get_value(field), out);
	} else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_INTEGER)) {
		put_integer(out, field, type);
	} else if (type == BT_FIELD_CLASS_TYPE_DOUBLE_PRECISION_REAL) {
		fprintf(out, "%g", bt_field_real_double_precision_get_value(field));
	} else {
		putc('?', out);
	}
}

/* An enumeration by its first label, else a number as its class wants it shown. */
static void put_integer(FILE *out, const bt_field *field, bt_field_class_type type)
{
	bool hex = bt_field_class_integer_get_preferred_display_base(bt_field_borrow_class_const(field)) ==
		   BT_FIELD_CLASS_INTEGER_PREFERRED_DISPLAY_BASE_HEXADECIMAL;
	bt_field_class_enumeration_mapping_label_array label;
	uint64_t n = 0;

	if (type == BT_FIELD_CLASS_TYPE_UNSIGNED_ENUMERATION && !bt_field_enumeration_unsigned_get_mapping_labels(field, &label, &n) && n)
		fputs(label[0], out);
	else if (type == BT_FIELD_CLASS_TYPE_SIGNED_ENUMERATION && !bt_field_enumeration_signed_get_mapping_labels(field, &label, &n) && n)
		fputs(label[0], out);
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
		fprintf(out, "%" PRId64, bt_field_integer_signed_get_value(field));
	else
		fprintf(out, hex ? "0x%" PRIx64 : "%" PRIu64, bt_field_integer_unsigned_get_value(field));
}

/* An integer of either sign that is not negative. */
static bool get_u64(const bt_field *in, const char *name, uint64_t *ret)
{
	const bt_field *field = get_field(in, name);
	bt_field_class_type type;
	int64_t i;

	if (!field)
		return false;
	type = bt_field_get_class_type(field);
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER)) {
		*ret = bt_field_integer_unsigned_get_value(field);
		return true;
	}
	if (!bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
		return false;
	i = bt_field_integer_signed_get_value(field);
	*ret = (uint64_t)i;
	return i >= 0;
}

static const char *get_string(const bt_field *in, const char *name)
{
	const bt_field *field = get_field(in, name);

	return field && bt_field_get_class_type(field) == BT_FIELD_CLASS_TYPE_STRING ? bt_field_string_get_value(field) : NULL;
}

static const bt_field *get_field(const bt_field *in, const char *name)
{
	if (!in || bt_field_get_class_type(in) != BT_FIELD_CLASS_TYPE_STRUCTURE)
		return NULL;
	return bt_field_structure_borrow_member_field_by_name_const(in, name);
}

/* One word of a line: no blanks, nothing that moves a cursor. */
static void clean_word(char *word)
{
	for (; *word; word++) {
		if ((unsigned char)*word <= ' ' || *word == 0x7f)
			*word = '?';
	}
}
