/* SPDX-License-Identifier: MIT */
/*
 * cyg.c - calls as a CTF trace of LTTng's cyg-profile, which Trace Compass draws as call stacks
 *
 * Theory of operation
 *   A graph of two: our own source, which makes an entry and an exit event of each call, and babeltrace2's sink.ctf.fs, which writes them. A stream a CPU, packets of
 *   PACKET_EVENTS events, contexts vpid, vtid, procname, and an environment that says "LTTng-UST", by which Trace Compass knows the kind of trace. Tracepoints go
 *   along as events with their own names and one text field.
 *   A function's address is the traced process's; one whose address is unknown has its number instead. functions.nm has a name for each.
 *   Called by: the command. Calls: libbabeltrace2, export.c.
 *   Owns: graph and classes, until view_cyg() returns. Threads: those of view.h.
 *   Refuses: a folder that exists.
 */
#include <babeltrace2/babeltrace.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "view/export_impl.h"

#define PACKET_EVENTS 65536
#define PROCESS 1 /* one process; its id is not in the records */

struct cyg_stream {
	bt_stream *stream;
	bt_packet *packet; /* open */
	uint32_t events;   /* in it */
	bool begun, ended;
};

struct cyg {
	struct export e;
	size_t at; /* next moment */
	bt_clock_class *clock;
	bt_trace_class *class;
	bt_trace *trace;
	bt_stream_class *stream_class;
	bt_event_class *entry, *exit, **event; /* event: one a name of x->src->events, NULL: not used yet */
	struct cyg_stream stream[VIEW_CPUS];
};

typedef bt_message_iterator_class_next_method_status next_status;

static int cyg_names(struct cyg *c, const char *dir, struct view_error *err);
static int cyg_graph(struct cyg *c, const char *dir, struct view_error *err);
static bt_component_class_source *cyg_class(void);
static int by_addr(const void *a, const void *b);
static bt_component_class_initialize_method_status source_init(bt_self_component_source *self, bt_self_component_source_configuration *config,
							       const bt_value *params, void *data);
static bool make_trace(struct cyg *c, bt_self_component *self);
static bool make_stream_class(struct cyg *c);
static bool add_number(struct cyg *c, bt_field_class *in, const char *name, unsigned bits, bool hex);
static bool add_text(struct cyg *c, bt_field_class *in, const char *name);
static bt_event_class *make_event_class(struct cyg *c, const char *name, bool call);
static bt_event_class *event_class_of(struct cyg *c, const struct moment *m);
static bt_message_iterator_class_initialize_method_status iterator_init(bt_self_message_iterator *self,
									bt_self_message_iterator_configuration *config,
									bt_self_component_port_output *port);
static next_status iterator_next(bt_self_message_iterator *self, bt_message_array_const messages, uint64_t capacity, uint64_t *count);
static const bt_message *next_message(struct cyg *c, bt_self_message_iterator *self);
static const bt_message *packet_begin(struct cyg *c, bt_self_message_iterator *self, unsigned cpu, uint64_t t);
static const bt_message *packet_end(struct cyg_stream *s, bt_self_message_iterator *self, uint64_t t);
static const bt_message *event_message(struct cyg *c, bt_self_message_iterator *self, const struct moment *m, const bt_packet *packet);
static const bt_message *last_message(struct cyg *c, bt_self_message_iterator *self);
static bool all_ended(const struct cyg *c);
static void cyg_free(struct cyg *c);
static uint64_t addr_of(const struct view_func *f);

int view_cyg(struct view *v, const struct view_export *x, const char *dir, struct view_error *err)
{
	struct cyg *c = calloc(1, sizeof(*c));
	int ret = -ENOMEM;

	if (!c)
		return view_fail(err, ret, "%s: out of memory", dir);
	if (export_begin(&c->e, v, x) || !(c->event = calloc(x->src ? x->src->n_events + 1 : 1, sizeof(*c->event))))
		view_fail(err, ret, "%s: out of memory", dir);
	else if (mkdir(dir, 0777))
		ret = view_fail(err, -errno, "%s: %s", dir, errno == EEXIST ? "exists; give a folder that does not" : strerror(errno));
	else
		ret = cyg_names(c, dir, err);
	if (!ret)
		ret = cyg_graph(c, dir, err);
	cyg_free(c);
	return ret;
}

static int cyg_names(struct cyg *c, const char *dir, struct view_error *err)
{
	const struct view_func **f = calloc(c->e.n + 1, sizeof(struct view_func *));
	char *path = NULL;
	FILE *out = NULL;
	size_t n = 0, i;
	int ret = -ENOMEM;

	if (f && asprintf(&path, "%s/functions.nm", dir) >= 0) {
		out = fopen(path, "wxe");
		ret = out ? 0 : -errno;
	}
	for (i = 0; i < c->e.n && !ret; i++) {
		if (c->e.moment[i].kind == MOMENT_ENTER)
			f[n++] = c->e.moment[i].node->func;
	}
	if (n)
		qsort(f, n, sizeof(*f), by_addr);
	for (i = 0; i < n && !ret; i++) {
		if (!i || f[i] != f[i - 1])
			fprintf(out, "%016" PRIx64 " T %s\n", addr_of(f[i]), export_name(c->e.x, f[i]));
	}
	if (out) {
		ret = export_flush(out);
		fclose(out);
	}
	if (ret)
		view_fail(err, ret, "%s: %s", path ? path : dir, strerror(-ret));
	free(f);
	free(path);
	return ret;
}

static int by_addr(const void *a, const void *b)
{
	const struct view_func *f = *(const struct view_func *const *)a, *g = *(const struct view_func *const *)b;

	if (addr_of(f) != addr_of(g))
		return addr_of(f) < addr_of(g) ? -1 : 1;
	return f < g ? -1 : f > g;
}

/* --- the graph --- */

static int cyg_graph(struct cyg *c, const char *dir, struct view_error *err)
{
	bt_component_class_source *class = cyg_class();
	const bt_component_class_sink *fs = NULL;
	const bt_component_source *source;
	const bt_component_sink *sink;
	const bt_plugin *plugin = NULL;
	bt_graph *graph = bt_graph_create(0);
	bt_value *params = bt_value_map_create();
	char *path = NULL;
	int ret = 0;

	if (!bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, &plugin))
		fs = bt_plugin_borrow_sink_component_class_by_name_const(plugin, "fs");
	if (!fs)
		ret = ctf_fail(err, -ENOTSUP, "babeltrace2 has no plugin `ctf' here (on Debian: apt install libbabeltrace2-0)");
	else if (!class || !graph || !params || asprintf(&path, "%s/trace", dir) < 0)
		ret = ctf_fail(err, -ENOMEM, dir);
	else if (bt_value_map_insert_string_entry(params, "path", path) || bt_value_map_insert_bool_entry(params, "quiet", BT_TRUE) ||
		 bt_value_map_insert_bool_entry(params, "assume-single-trace", BT_TRUE) ||
		 bt_graph_add_source_component_with_initialize_method_data(graph, class, "calls", NULL, c, BT_LOGGING_LEVEL_NONE, &source) ||
		 bt_graph_add_sink_component(graph, fs, "file", params, BT_LOGGING_LEVEL_NONE, &sink) ||
		 bt_graph_connect_ports(graph, bt_component_source_borrow_output_port_by_index_const(source, 0),
					bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL) ||
		 bt_graph_run(graph))
		ret = ctf_fail(err, -EIO, dir);
	free(path);
	bt_value_put_ref(params);
	bt_graph_put_ref(graph);
	bt_component_class_source_put_ref(class);
	bt_plugin_put_ref(plugin);
	return ret;
}

static bt_component_class_source *cyg_class(void)
{
	bt_message_iterator_class *iterator = bt_message_iterator_class_create(iterator_next);
	bt_component_class_source *class = iterator ? bt_component_class_source_create("calls", iterator) : NULL;

	if (class && (bt_message_iterator_class_set_initialize_method(iterator, iterator_init) ||
		      bt_component_class_source_set_initialize_method(class, source_init))) {
		bt_component_class_source_put_ref(class);
		class = NULL;
	}
	bt_message_iterator_class_put_ref(iterator);
	return class;
}

/* --- the source --- */

static bt_component_class_initialize_method_status source_init(bt_self_component_source *self, bt_self_component_source_configuration *config,
							       const bt_value *params, void *data)
{
	struct cyg *c = data;
	bt_self_component *component = bt_self_component_source_as_self_component(self);

	bt_self_component_set_data(component, c);
	if (bt_self_component_source_add_output_port(self, "out", NULL, NULL) || !make_trace(c, component) || !make_stream_class(c))
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR;
	c->entry = make_event_class(c, "lttng_ust_cyg_profile:func_entry", true);
	c->exit = make_event_class(c, "lttng_ust_cyg_profile:func_exit", true);
	if (!c->entry || !c->exit)
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR;
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bool make_trace(struct cyg *c, bt_self_component *self)
{
	static const char *const env[][2] = { { "hostname", "glassnet" }, { "domain", "ust" }, { "tracer_name", "lttng-ust" },
					      { "tracer_buffering_scheme", "uid" }, { "trace_name", "glassnet" } };
	uint64_t t = c->e.n ? c->e.moment[0].t : 0, real = view_realtime(c->e.v, t), offset = real > t ? real - t : 0;
	size_t i;
	int bad = 0;

	c->clock = bt_clock_class_create(self);
	c->class = bt_trace_class_create(self);
	c->trace = c->class ? bt_trace_create(c->class) : NULL;
	if (!c->clock || !c->trace)
		return false;
	bt_clock_class_set_frequency(c->clock, 1000000000);
	bt_clock_class_set_offset(c->clock, (int64_t)(offset / 1000000000), offset % 1000000000);
	bad |= bt_clock_class_set_name(c->clock, "monotonic");
	bad |= bt_clock_class_set_description(c->clock, "Monotonic Clock");
	for (i = 0; i < sizeof(env) / sizeof(env[0]); i++)
		bad |= bt_trace_set_environment_entry_string(c->trace, env[i][0], env[i][1]);
	bad |= bt_trace_set_environment_entry_integer(c->trace, "tracer_major", 2);
	bad |= bt_trace_set_environment_entry_integer(c->trace, "tracer_minor", 13);
	return !bad;
}

static bool make_stream_class(struct cyg *c)
{
	bt_field_class *packet = bt_field_class_structure_create(c->class), *context = bt_field_class_structure_create(c->class);
	bool ok = false;

	c->stream_class = bt_stream_class_create(c->class);
	if (c->stream_class && packet && context && !bt_stream_class_set_default_clock_class(c->stream_class, c->clock)) {
		bt_stream_class_set_supports_packets(c->stream_class, BT_TRUE, BT_TRUE, BT_TRUE);
		ok = add_number(c, packet, "cpu_id", 32, false) && add_number(c, context, "vpid", 32, false) &&
		     add_number(c, context, "vtid", 32, false) && add_text(c, context, "procname") &&
		     !bt_stream_class_set_packet_context_field_class(c->stream_class, packet) &&
		     !bt_stream_class_set_event_common_context_field_class(c->stream_class, context);
	}
	bt_field_class_put_ref(packet);
	bt_field_class_put_ref(context);
	return ok;
}

static bt_event_class *make_event_class(struct cyg *c, const char *name, bool call)
{
	bt_event_class *class = bt_event_class_create(c->stream_class);
	bt_field_class *payload = bt_field_class_structure_create(c->class);
	bool ok = class && payload && !bt_event_class_set_name(class, name);

	if (ok && call)
		ok = add_number(c, payload, "addr", 64, true) && add_number(c, payload, "call_site", 64, true);
	else if (ok)
		ok = add_text(c, payload, "fields");
	ok = ok && !bt_event_class_set_payload_field_class(class, payload);
	bt_field_class_put_ref(payload);
	if (ok)
		return class;
	bt_event_class_put_ref(class);
	return NULL;
}

static bool add_number(struct cyg *c, bt_field_class *in, const char *name, unsigned bits, bool hex)
{
	bt_field_class *number = bt_field_class_integer_unsigned_create(c->class);
	bool ok;

	if (!number)
		return false;
	bt_field_class_integer_set_field_value_range(number, bits);
	if (hex)
		bt_field_class_integer_set_preferred_display_base(number, BT_FIELD_CLASS_INTEGER_PREFERRED_DISPLAY_BASE_HEXADECIMAL);
	ok = !bt_field_class_structure_append_member(in, name, number);
	bt_field_class_put_ref(number);
	return ok;
}

static bool add_text(struct cyg *c, bt_field_class *in, const char *name)
{
	bt_field_class *text = bt_field_class_string_create(c->class);
	bool ok = text && !bt_field_class_structure_append_member(in, name, text);

	bt_field_class_put_ref(text);
	return ok;
}

/* --- messages --- */

static bt_message_iterator_class_initialize_method_status iterator_init(bt_self_message_iterator *self,
									bt_self_message_iterator_configuration *config,
									bt_self_component_port_output *port)
{
	bt_self_message_iterator_set_data(self, bt_self_component_get_data(bt_self_message_iterator_borrow_component(self)));
	return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static next_status iterator_next(bt_self_message_iterator *self, bt_message_array_const messages, uint64_t capacity, uint64_t *count)
{
	struct cyg *c = bt_self_message_iterator_get_data(self);
	uint64_t n = 0;

	while (n < capacity && !all_ended(c)) {
		messages[n] = next_message(c, self);
		if (!messages[n]) {
			while (n > 0)
				bt_message_put_ref(messages[--n]);
			return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_MEMORY_ERROR;
		}
		n++;
	}
	*count = n;
	return n ? BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK : BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END;
}

/* Leaves have no event. */
static bool all_ended(const struct cyg *c)
{
	unsigned cpu;
	size_t i;

	for (i = c->at; i < c->e.n; i++) {
		if (c->e.moment[i].kind != MOMENT_LEAF)
			return false;
	}
	for (cpu = 0; cpu < VIEW_CPUS; cpu++) {
		if (c->stream[cpu].begun && !c->stream[cpu].ended)
			return false;
	}
	return true;
}

static const bt_message *next_message(struct cyg *c, bt_self_message_iterator *self)
{
	const struct moment *m;
	struct cyg_stream *s;
	unsigned cpu;

	while (c->at < c->e.n && c->e.moment[c->at].kind == MOMENT_LEAF)
		c->at++;
	if (c->at == c->e.n)
		return last_message(c, self);
	m = &c->e.moment[c->at];
	cpu = m->cpu % VIEW_CPUS;
	s = &c->stream[cpu];
	if (!s->begun) {
		s->stream = bt_stream_create(c->stream_class, c->trace);
		s->begun = s->stream != NULL;
		return s->begun ? bt_message_stream_beginning_create(self, s->stream) : NULL;
	}
	if (s->packet && s->events == PACKET_EVENTS)
		return packet_end(s, self, m->t);
	if (!s->packet)
		return packet_begin(c, self, cpu, m->t);
	s->events++;
	c->at++;
	return event_message(c, self, m, s->packet);
}

static const bt_message *last_message(struct cyg *c, bt_self_message_iterator *self)
{
	struct cyg_stream *s = c->stream;

	while (!s->begun || s->ended)
		s++;
	if (s->packet)
		return packet_end(s, self, c->e.last);
	s->ended = true;
	return bt_message_stream_end_create(self, s->stream);
}

static const bt_message *packet_begin(struct cyg *c, bt_self_message_iterator *self, unsigned cpu, uint64_t t)
{
	struct cyg_stream *s = &c->stream[cpu];

	s->packet = bt_packet_create(s->stream);
	s->events = 0;
	if (!s->packet)
		return NULL;
	bt_field_integer_unsigned_set_value(
		bt_field_structure_borrow_member_field_by_index(bt_packet_borrow_context_field(s->packet), 0), cpu);
	return bt_message_packet_beginning_create_with_default_clock_snapshot(self, s->packet, t);
}

static const bt_message *packet_end(struct cyg_stream *s, bt_self_message_iterator *self, uint64_t t)
{
	const bt_message *message = bt_message_packet_end_create_with_default_clock_snapshot(self, s->packet, t);

	bt_packet_put_ref(s->packet);
	s->packet = NULL;
	return message;
}

static const bt_message *event_message(struct cyg *c, bt_self_message_iterator *self, const struct moment *m, const bt_packet *packet)
{
	bt_event_class *class = event_class_of(c, m);
	bt_message *message = class ? bt_message_event_create_with_packet_and_default_clock_snapshot(self, class, packet, m->t) : NULL;
	const struct view_node *up = m->kind == MOMENT_EVENT ? NULL : m->node->parent;
	bt_field *context, *payload;
	char comm[17];
	bool ok;

	if (!message)
		return NULL;
	context = bt_event_borrow_common_context_field(bt_message_event_borrow_event(message));
	payload = bt_event_borrow_payload_field(bt_message_event_borrow_event(message));
	snprintf(comm, sizeof(comm), "%.16s", m->comm);
	bt_field_integer_unsigned_set_value(bt_field_structure_borrow_member_field_by_index(context, 0), PROCESS);
	bt_field_integer_unsigned_set_value(bt_field_structure_borrow_member_field_by_index(context, 1), m->tid);
	ok = !bt_field_string_set_value(bt_field_structure_borrow_member_field_by_index(context, 2), comm);
	if (m->kind == MOMENT_EVENT) {
		ok = ok && !bt_field_string_set_value(bt_field_structure_borrow_member_field_by_index(payload, 0), m->happening->fields);
	} else {
		bt_field_integer_unsigned_set_value(bt_field_structure_borrow_member_field_by_index(payload, 0), addr_of(m->node->func));
		bt_field_integer_unsigned_set_value(bt_field_structure_borrow_member_field_by_index(payload, 1),
						    up && up->kind == VIEW_CALL ? addr_of(up->func) : 0);
	}
	if (ok)
		return message;
	bt_message_put_ref(message);
	return NULL;
}

static bt_event_class *event_class_of(struct cyg *c, const struct moment *m)
{
	const struct view_source *src = c->e.x->src;
	size_t i;

	if (m->kind != MOMENT_EVENT)
		return m->kind == MOMENT_ENTER ? c->entry : c->exit;
	for (i = 0; i < src->n_events; i++) {
		if (src->events[i].name != m->happening->name)
			continue;
		if (!c->event[i])
			c->event[i] = make_event_class(c, m->happening->name, false);
		return c->event[i];
	}
	return NULL;
}

static void cyg_free(struct cyg *c)
{
	size_t i, n = c->event && c->e.x->src ? c->e.x->src->n_events : 0;

	for (i = 0; i < VIEW_CPUS; i++) {
		bt_packet_put_ref(c->stream[i].packet);
		bt_stream_put_ref(c->stream[i].stream);
	}
	for (i = 0; i < n; i++)
		bt_event_class_put_ref(c->event[i]);
	bt_event_class_put_ref(c->entry);
	bt_event_class_put_ref(c->exit);
	bt_stream_class_put_ref(c->stream_class);
	bt_trace_put_ref(c->trace);
	bt_trace_class_put_ref(c->class);
	bt_clock_class_put_ref(c->clock);
	free(c->event);
	export_end(&c->e);
	free(c);
}

static uint64_t addr_of(const struct view_func *f)
{
	return f->addr ? f->addr : f->id;
}
