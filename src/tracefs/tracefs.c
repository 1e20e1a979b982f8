/* SPDX-License-Identifier: MIT */
/*
 * tracefs.c - the tracing tree of a net: made, owned, taken away
 *
 * Theory of operation
 *   See tracefs.h. The files are in sets.c, control.c, options.c, packet.c, output.c and errors.c; arm.c does what they say.
 *   A claim puts the user's settings aside and starts from the defaults; the release brings them back, whatever happened between.
 * Threads: the control thread.
 * Mirrors: fs/tracefs/inode.c, kernel/trace/trace.c (tracer_init_tracefs).
 */
#include "tracefs/tracefs_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/packet_trace.h"

static const char *name_in_tree(const char *path, char *clean);
static int add_files(struct tracefs *t, struct vfs *vfs);

int tracefs_init(struct net *net, struct extack *err)
{
	struct tracefs *t = calloc(1, sizeof(*t));
	int ret = -ENOMEM;

	if (!t)
		return extack_fail(err, -ENOMEM, "out of memory");
	t->net = net;
	net->tracefs = t;
	pthread_mutex_init(&t->lock, NULL);
	tracefs_defaults(&t->s);
	if (!add_files(t, &net->vfs))
		ret = 0;
	if (ret) {
		tracefs_exit(net);
		extack_set(err, "out of memory");
	}
	return ret;
}

void tracefs_exit(struct net *net)
{
	struct tracefs *t = net->tracefs;
	struct vcpu *v;

	if (!t)
		return;
	tracefs_disarm(t);
	packet_trace_filter_clear(net);
	for_each_vcpu(v, &net->m) {
		trace_ring_destroy(v->slot[VCPU_SLOT_TRACE]);
		v->slot[VCPU_SLOT_TRACE] = NULL;
	}
	for (unsigned i = 0; i < VCPU_MAX; i++)
		free(t->buf[i].slot);
	tracefs_pipe_reset(t);
	proc_remove_path(&net->vfs, TRACING);
	proc_remove_path(&net->vfs, TRACING_DEBUG);
	pthread_mutex_destroy(&t->lock);
	net->tracefs = NULL;
	free(t);
}

struct tracefs *net_tracefs(struct net *net)
{
	return net->tracefs;
}

unsigned tracefs_interval_ms(struct net *net)
{
	const struct tracefs *t = net->tracefs;

	if (t && __atomic_load_n(&t->armed, __ATOMIC_RELAXED))
		return 2; /* a ring of 8 MiB holds more than a vCPU writes meanwhile */
	return tracefs_active(net) ? 100 : 0;
}

bool tracefs_active(struct net *net)
{
	const struct tracefs *t = net->tracefs;

	return t && (__atomic_load_n(&t->armed, __ATOMIC_RELAXED) || __atomic_load_n(&t->sink, __ATOMIC_RELAXED));
}

bool tracefs_armed(struct net *net)
{
	const struct tracefs *t = net->tracefs;

	return t && __atomic_load_n(&t->armed, __ATOMIC_RELAXED);
}

int tracefs_claim(struct net *net, const void *owner, const char *who, struct extack *err)
{
	struct tracefs *t = net->tracefs;

	if (t->owner && t->owner != owner)
		return extack_fail(err, -EBUSY, "tracing is in use by %s", t->who);
	if (t->owner)
		return 0;
	if (t->s.tracer != TRACER_NOP)
		return extack_fail(err, -EBUSY, "tracing is in use: current_tracer is %s; write nop to it first",
				   t->s.tracer == TRACER_GRAPH ? "function_graph" : "function");
	t->saved = t->s;
	tracefs_defaults(&t->s);
	t->s.buffer_kb = t->saved.buffer_kb;
	t->owner = owner;
	snprintf(t->who, sizeof(t->who), "%s", who);
	return tracefs_set_packet_filter(t, err);
}

void tracefs_release(struct net *net, const void *owner)
{
	struct tracefs *t = net->tracefs;
	unsigned kb = t->s.buffer_kb;

	if (!t->owner || t->owner != owner)
		return;
	tracefs_disarm(t);
	t->s = t->saved;
	t->s.buffer_kb = kb;
	t->owner = NULL;
	tracefs_pipe_reset(t);
	(void)tracefs_set_packet_filter(t, NULL); /* it was in force before */
}

int tracefs_may_write(struct net *net, const void *owner, const char *path, struct extack *err)
{
	const struct tracefs *t = net->tracefs;
	char clean[VFS_PATH_MAX];

	if (!t || !t->owner || t->owner == owner || !name_in_tree(path, clean))
		return 0;
	return extack_fail(err, -EBUSY, "tracing is in use by %s", t->who);
}

int tracefs_may_read(struct net *net, const void *owner, bool admin, const char *path, struct extack *err)
{
	char clean[VFS_PATH_MAX];
	const char *name = net->tracefs ? name_in_tree(path, clean) : NULL;
	bool takes = name && (!strcmp(name, "trace_pipe") || !strcmp(name, "trace_pipe_raw"));

	if (!admin && name && (takes || !strcmp(name, "trace")))
		return extack_fail(err, -EPERM, "only root and the owner of the stack may read %s", name);
	return takes ? tracefs_may_write(net, owner, path, err) : 0;
}

/* The part of @path behind the tree's directory, NULL when it leads elsewhere. @clean: VFS_PATH_MAX bytes. */
static const char *name_in_tree(const char *path, char *clean)
{
	static const char *const dir[] = { TRACING "/", TRACING_DEBUG "/" };

	if (vfs_normalise(path, clean))
		return NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(dir); i++)
		if (!strncmp(clean, dir[i], strlen(dir[i])))
			return clean + strlen(dir[i]);
	return NULL;
}

int tracefs_sink(struct net *net, const struct trace_sink *sink, struct extack *err)
{
	struct tracefs *t = net->tracefs;
	int ret = 0;

	if (sink && t->sink && t->sink != sink)
		return extack_fail(err, -EBUSY, "a sink for traces is attached already");
	if (sink)
		ret = fgraph_init(err); /* its tables name the functions */
	if (ret)
		return ret;
	tracefs_list_devices(t);
	pthread_mutex_lock(&t->lock);
	__atomic_store_n(&t->sink, sink, __ATOMIC_RELAXED);
	t->wants = 0;
	t->wants_ns = 0;
	__atomic_store_n(&trace_state.events, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&trace_state.sink, sink, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&t->lock);
	return 0;
}

void tracefs_defaults(struct trace_settings *s)
{
	memset(s, 0, sizeof(*s));
	s->on = true;
	s->buffer_kb = TRACE_BUFFER_KB;
	view_text_init(&s->text, NULL);
}

int tracefs_file(struct vfs *vfs, const char *name, unsigned mode, const struct proc_ops *ops, void *data)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", TRACING, name);
	return proc_create(vfs, path, mode, ops, data) ? 0 : -ENOMEM;
}

void tracefs_list_devices(struct tracefs *t)
{
	const struct net_device *dev;
	unsigned n = 0;

	pthread_mutex_lock(&t->lock);
	list_for_each_entry(dev, &t->net->dev_base_head, dev_list) {
		if (n == ARRAY_SIZE(t->device))
			break;
		t->device[n].ifindex = (uint32_t)dev->ifindex;
		snprintf(t->device[n].name, sizeof(t->device[n].name), "%s", dev->name);
		snprintf(t->device[n].driver, sizeof(t->device[n].driver), "%s", dev->driver ?: "-");
		n++;
	}
	t->devices = n;
	pthread_mutex_unlock(&t->lock);
}

/* Memory for records comes with the first tracer. */
int tracefs_buffers(struct tracefs *t)
{
	if (!t->ticks_per_ms)
		t->ticks_per_ms = (uint32_t)(trace_ticks_per_us() * 1000);
	for (unsigned cpu = 0; cpu < tracefs_streams(t); cpu++) {
		int ret = 0;

		pthread_mutex_lock(&t->lock);
		if (!t->buf[cpu].slot)
			ret = trace_buf_resize(&t->buf[cpu], t->s.buffer_kb);
		pthread_mutex_unlock(&t->lock);
		if (ret)
			return ret;
	}
	return 0;
}

static int add_files(struct tracefs *t, struct vfs *vfs)
{
	return tracefs_add_control(t, vfs) ?: tracefs_add_sets(t, vfs) ?: tracefs_add_options(t, vfs) ?: tracefs_add_packet(t, vfs) ?:
	       tracefs_add_output(t, vfs) ?: tracefs_add_errors(t, vfs) ?:
	       (proc_symlink(vfs, TRACING_DEBUG, TRACING) ? 0 : -ENOMEM);
}
