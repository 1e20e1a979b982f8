/* SPDX-License-Identifier: MIT */
/*
 * lttng.c - opens the module that speaks LTTng-UST, and attaches it to the tracer
 *
 * Theory of operation
 *   The daemon is not linked with liblttng-ust and runs where it is not installed. On --lttng, or when `glassnet trace record` asks, it opens
 *   glassnet-lttng.so, which starts two threads of its own that look for a session daemon now and whenever one comes up. That happens after
 *   every fork of the daemon: what is forked from a process with liblttng-ust has no such threads. Once open it stays.
 *   Between the module and the tracer stands a sink of our own, which keeps what sessions want and how often the tables were said, for lttng_state():
 *   the drainer asks the module, the control thread answers requests.
 *   Called by: main.c, ctl_req.c. Calls: the module (src/lttng), tracefs_sink().
 * Threads: lttng_load(), lttng_state() the main thread; the sink's functions are the drainer's and the vCPUs'.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "tracefs/tracefs.h"

#define MODULE PKGLIBDIR "/glassnet-lttng.so"

/* of liblttng-ust's protocol 8, the one of versions 2.0 to 2.13 */
#define WAIT_WORD "/lttng-ust-wait-8-"
#define APPS_SOCKET "/run/lttng/lttng-ust-sock-8"

static uint64_t watched_wants(void);
static void watched_batch(unsigned cpu, const struct gn_trace_rec *rec, unsigned n);

/* The process has one: what is in the module belongs to the process, too. */
static struct {
	struct trace_sink sink; /* the module's functions, with ours before some of them */
	const struct trace_sink *inner;
	int batch;		  /* [A] a session takes them */
	uint64_t functions, lost; /* [A] records that went out; records that the rings had no room for */
	unsigned said;		  /* [A] times that the tables were said */
	bool saying;
	bool loaded;
} module;

/* Why @path cannot be opened, as one who can do something about it needs it. */
static void complain(const char *path, const char *why, struct extack *err)
{
	if (access(path, F_OK))
		extack_set(err, "LTTng support is not installed: no %s (the build makes it where liblttng-ust-dev is installed)", path);
	else if (strstr(why, "liblttng-ust"))
		extack_set(err, "the LTTng library is missing; on Debian: apt install liblttng-ust1 (%s)", why);
	else
		extack_set(err, "LTTng module: %s", why);
}

/* The word of memory where liblttng-ust waits for a session daemon of this user; NULL when there is none, or it is not ours. */
static uint32_t *wait_word(void)
{
	uint32_t *word = MAP_FAILED;
	char name[64];
	int fd;

	snprintf(name, sizeof(name), WAIT_WORD "%u", (unsigned)getuid());
	fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);
	if (fd >= 0) {
		word = mmap(NULL, sizeof(*word), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	return word == MAP_FAILED ? NULL : word;
}

/*
 * In a user namespace we are user 0, and the word that liblttng-ust looks for has the name of root's. When root has one, the library gives up for good;
 * then only root's session daemon helps.
 */
static int check_wait_word(struct extack *err)
{
	uint32_t *word = wait_word();

	if (word)
		munmap(word, sizeof(*word));
	else if (errno == EACCES && access(APPS_SOCKET, W_OK))
		return extack_fail(err, -EACCES, "LTTng and --rootless: /dev/shm" WAIT_WORD "0 belongs to root: start root's lttng-sessiond, "
				   "or remove that file where nothing of root's uses LTTng");
	return 0;
}

int lttng_load(struct daemon *d, struct extack *err)
{
	const char *path = getenv("GLASSNET_LTTNG");
	const struct trace_sink *(*get)(void);
	void *so;
	int ret = d->opt.rootless && !module.loaded ? check_wait_word(err) : 0;

	if (module.loaded || ret)
		return ret;
	if (!path)
		path = MODULE;
	/* the module's threads may register later: the control thread waits for no session daemon */
	setenv("LTTNG_UST_REGISTER_TIMEOUT", "0", 0);
	so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!so) {
		complain(path, dlerror(), err);
		return -ENOENT;
	}
	get = (const struct trace_sink *(*)(void))dlsym(so, "gn_lttng_sink");
	if (!get) {
		extack_set(err, "%s is no LTTng module of glassnet", path);
		dlclose(so);
		return -EINVAL;
	}
	module.inner = get();
	module.sink = *module.inner;
	module.sink.wants = watched_wants;
	module.sink.batch = watched_batch;
	ret = tracefs_sink(d->net, &module.sink, err);
	module.loaded = !ret; /* otherwise it stays open and idle: its threads cannot be stopped */
	trace_thread_poke(d); /* it asks what sessions want */
	return ret;
}

/* Drainer. When it asks again, it has said what it was told to say. */
static uint64_t watched_wants(void)
{
	uint64_t wants = module.inner->wants();

	if (module.saying)
		__atomic_add_fetch(&module.said, 1, __ATOMIC_RELEASE);
	module.saying = wants & TRACE_WANTS_TABLES;
	__atomic_store_n(&module.batch, wants & TRACE_WANTS_BATCH ? 1 : 0, __ATOMIC_RELAXED);
	return wants;
}

/* Drainer. */
static void watched_batch(unsigned cpu, const struct gn_trace_rec *rec, unsigned n)
{
	uint64_t functions = 0, lost = 0;

	for (unsigned i = 0; i < n; i++) {
		if (GN_TRACE_ID(rec[i].what) < GN_TRACE_KIND) {
			functions++;
			continue;
		}
		if (GN_TRACE_ID(rec[i].what) == GN_TRACE_LOST)
			lost += rec[i].val;
		i += GN_TRACE_SLOTS(rec[i].what);
	}
	__atomic_add_fetch(&module.functions, functions, __ATOMIC_RELAXED);
	__atomic_add_fetch(&module.lost, lost, __ATOMIC_RELAXED);
	module.inner->batch(cpu, rec, n);
}

/*
 * liblttng-ust waits for a session daemon to come up at a word of memory that is found by user id. In a user namespace (--rootless) we are user 0 and look at
 * another word than the one that the session daemon, outside, changes. So who knows that there is one wakes the module's threads.
 */
static void wake_module(void)
{
	uint32_t *word = wait_word();

	if (!word)
		return;
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	munmap(word, sizeof(*word));
}

void lttng_state(struct daemon *d, struct seq_file *m)
{
	const char *home = getenv("LTTNG_HOME") ? getenv("LTTNG_HOME") : getenv("HOME");

	if (d->opt.rootless)
		wake_module();
	seq_printf(m, "pid=%d\nhome=%s\nbatch=%d\nsaid=%u\nfunctions=%llu\nlost=%llu\n", (int)getpid(), home ? home : "",
		   __atomic_load_n(&module.batch, __ATOMIC_RELAXED), __atomic_load_n(&module.said, __ATOMIC_ACQUIRE),
		   (unsigned long long)__atomic_load_n(&module.functions, __ATOMIC_RELAXED),
		   (unsigned long long)__atomic_load_n(&module.lost, __ATOMIC_RELAXED));
}
