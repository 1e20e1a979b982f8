/* SPDX-License-Identifier: MIT */
#ifndef TRACEFS_TRACEFS_H
#define TRACEFS_TRACEFS_H
/*
 * tracefs.h - the tracing tree of one net: what is traced, and the buffer that `trace` shows (mirrors kernel/trace/trace.c, ftrace.c)
 *
 * Theory of operation
 *   tracefs_init() registers the files under /sys/kernel/tracing (and /sys/kernel/debug/tracing). Writing them changes a struct of settings; whatever
 *   changes what is patched parks the vCPUs, patches and lets them go. tracefs_drain() moves slots from the vCPUs' rings into the memory buffer and
 *   to the sink that is attached; it is called by the daemon's drainer thread every few ms while something is traced, and by each reader.
 *   A claim makes one reader (trace graph, trace record) the owner of the settings: the files answer EBUSY to others; when its connection ends
 *   the settings are what they were before.
 * Threads: files, claim and sink the control thread; tracefs_drain() any thread (its own lock; it touches no stack code).
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/net.h"
#include "lib/extack.h"
#include "trace/events.h"

struct tracefs;

/* A room of the stack: 0 or -errno. */
int tracefs_init(struct net *net, struct extack *err);
void tracefs_exit(struct net *net);

/*
 * Move what the rings hold; slots moved. Cheap when nothing is armed.
 */
unsigned tracefs_drain(struct net *net);
/* Something is armed or a sink is attached: the drainer shall run. Any thread. */
bool tracefs_active(struct net *net);
/* How long it may sleep between two calls, in ms; 0: until that changes. Any thread. */
unsigned tracefs_interval_ms(struct net *net);

/*
 * Make @owner (any pointer, @who in texts: "trace graph, pid 77") the owner of the settings, with all of them at their defaults: 0, -EBUSY with a text
 * that names who has it.
 */
int tracefs_claim(struct net *net, const void *owner, const char *who, struct extack *err);
/* The settings go back to what they were. Nothing happens when @owner is not the owner. */
void tracefs_release(struct net *net, const void *owner);
/* May @owner (NULL: nobody in particular) write the files now? -EBUSY with a text. Asked by the daemon before a GN_CTL_WRITE below the tree. */
int tracefs_may_write(struct net *net, const void *owner, const char *path, struct extack *err);

/*
 * May @owner read @path now? Asked before a GN_CTL_READ. The texts and records of traffic are for who may change things (@admin), else -EPERM;
 * the files that take records out are the owner's alone while there is one, else -EBUSY; both with a text.
 */
int tracefs_may_read(struct net *net, const void *owner, bool admin, const char *path, struct extack *err);

/* A recording is made of what the stack does: programs shall write spans. */
bool tracefs_armed(struct net *net);

struct gn_chan_area;

/**
 * struct tracefs_lane_ops - the host's knowledge of processes; called with the room's lock held
 * @comm:	name of thread @tid of process @pid, or of the process
 * @alive:	is there still a process @pid?
 */
struct tracefs_lane_ops {
	void (*comm)(uint32_t pid, uint32_t tid, char comm[16]);
	bool (*alive)(uint32_t pid);
};
/*
 * The process @pid of user @uid writes its spans into @area, whose mapping is the room's from here on, also when it is refused: 0, -EAGAIN (nothing is
 * traced), -ENFILE (too many), -ENOMEM.
 */
int tracefs_lane_add(struct net *net, struct gn_chan_area *area, uint32_t pid, uint32_t uid, const struct tracefs_lane_ops *ops);

/* Attach what listens to tracepoints and batches (LTTng); NULL: nobody. 0, -EBUSY when there is one. */
int tracefs_sink(struct net *net, const struct trace_sink *sink, struct extack *err);

#endif
