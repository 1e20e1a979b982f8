/* SPDX-License-Identifier: MIT */
/*
 * fgraph.c - finds the functions that can be traced and patches their first bytes
 *
 * Theory of operation
 *   The compiler leaves a pad at the beginning of each function of the stack and lists the pads in a section (-fpatchable-function-entry). fgraph_init() sorts
 *   them, gives each its thunk, and makes each one NOP; the names come from names.S. Code is written through /proc/self/mem, whose writes pass the page
 *   protection: no page is ever writable and executable, and a process that may not change protections can be traced too. The descriptor is opened
 *   once, before privileges are dropped. Bytes between the pads are written back as they are.
 *   After a write a membarrier makes every processor fetch its instructions anew before it comes back to this process; the threads that run this
 *   code are parked by the caller meanwhile.
 * Owns: the tables below, for the life of the process. Code is the process's, so they are not any net's.
 * Mirrors: kernel/trace/ftrace.c, arch/x86/kernel/ftrace.c.
 */
#include "trace/fgraph.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/atomic.h"
#include "trace/fgraph_arch.h"
#include "trace/names.h"
#include "trace/trace.h"

/* Valgrind runs a translation of the code and must be told that it changed; a few instructions without effect anywhere else. */
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_DISCARD_TRANSLATIONS(from, len) ((void)0)
#endif

#define HIDDEN __attribute__((visibility("hidden")))

extern const uintptr_t __start___patchable_function_entries[] HIDDEN __attribute__((weak));
extern const uintptr_t __stop___patchable_function_entries[] HIDDEN __attribute__((weak));
extern const char fgraph_thunks[] HIDDEN, fgraph_roots[] HIDDEN;
extern uintptr_t fgraph_body[FGRAPH_MAX] HIDDEN;

static struct {
	unsigned n; /* functions; 0: not initialised */
	int mem;    /* /proc/self/mem */
	pid_t pid;  /* whose memory that is */
	const void *owner;
	int threaded; /* [A] stacks that run in threads */
	bool written;		  /* the pads are what kind says */
	uint8_t kind[FGRAPH_MAX]; /* how it is */
	uint8_t next[FGRAPH_MAX]; /* how it is to be: text */
	unsigned char *text;	  /* copy of the code from the first pad to the last */
	size_t text_len;
	struct fgraph_func func[FGRAPH_MAX];
} fg = { .mem = -1 };

static int find_pads(struct extack *err);
static int by_address(const void *a, const void *b);
static int write_code(const unsigned char *text, uintptr_t from, size_t len, struct extack *err);
static bool set_pad(unsigned char *pad, unsigned id, unsigned kind);

int fgraph_init(struct extack *err)
{
	int ret;

	if (fg.mem < 0 || fg.pid != getpid()) {
		if (fg.mem >= 0)
			close(fg.mem); /* the parent's, from before a fork */
		fg.mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
		fg.pid = getpid();
		if (fg.mem < 0) {
			ret = -errno;
			extack_set(err, "functions cannot be traced: /proc/self/mem: %s", strerror(errno));
			return ret;
		}
	}
	if (fg.n)
		return 0;
	ret = find_pads(err);
	if (ret)
		return ret;
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
	ret = fgraph_arm(NULL, err);
	if (ret)
		fg.n = 0;
	return ret;
}

int fgraph_claim(const void *who, struct extack *err)
{
	if (fg.owner && fg.owner != who)
		return extack_fail(err, -EBUSY, "another stack of this process is being traced");
	if (__atomic_load_n(&fg.threaded, __ATOMIC_RELAXED) > 1)
		return extack_fail(err, -EBUSY, "this process runs several stacks in threads: their code cannot be patched");
	fg.owner = who;
	return 0;
}

void fgraph_release(const void *who)
{
	if (fg.owner == who)
		fg.owner = NULL;
}

void fgraph_threads(int n)
{
	__atomic_fetch_add(&fg.threaded, n, __ATOMIC_RELAXED);
}

unsigned fgraph_count(void)
{
	return fg.n;
}

const struct fgraph_func *fgraph_func(unsigned id)
{
	BUG_ON(id >= fg.n);
	return &fg.func[id];
}

enum fgraph_kind fgraph_kind_of(unsigned id)
{
	return id < FGRAPH_MAX ? (enum fgraph_kind)READ_ONCE(fg.kind[id]) : FGRAPH_NOP;
}

const void *fgraph_caller(const void *ret)
{
	const struct trace_frame *f = trace_thread.top;
	uintptr_t thunk = (uintptr_t)ret - (uintptr_t)fgraph_thunks, root = (uintptr_t)ret - (uintptr_t)fgraph_roots;

	if (!f || (thunk >= FGRAPH_MAX * FGRAPH_THUNK_SIZE && root >= FGRAPH_MAX * FGRAPH_ROOT_SIZE))
		return ret;
	return *(const void *const *)((const char *)f + FGRAPH_CALLER);
}

int fgraph_find(const char *name)
{
	for (unsigned i = 0; i < fg.n; i++)
		if (!strcmp(fg.func[i].name, name))
			return (int)i;
	return -1;
}

int fgraph_arm(const uint8_t *kind, struct extack *err)
{
	return fgraph_prepare(kind, err) ?: fgraph_commit(err);
}

/* A copy of the code from the first pad to the last, with the pads as @kind says. */
int fgraph_prepare(const uint8_t *kind, struct extack *err)
{
	int ret = fgraph_init(err);
	uintptr_t from;

	if (ret)
		return ret;
	if (kind)
		memcpy(fg.next, kind, fg.n);
	else
		memset(fg.next, FGRAPH_NOP, sizeof(fg.next));
	from = fg.func[0].addr;
	memcpy(fg.text, (const void *)from, fg.text_len);
	for (unsigned i = 0; i < fg.n; i++)
		if (!set_pad(fg.text + (fg.func[i].addr - from), i, fg.next[i]))
			return extack_fail(err, -ERANGE, "functions cannot be traced: %s is too far from its thunk", fg.func[i].name);
	return 0;
}

int fgraph_commit(struct extack *err)
{
	int ret;

	if (fg.written && !memcmp(fg.next, fg.kind, fg.n))
		return 0;
	ret = write_code(fg.text, fg.func[0].addr, fg.text_len, err);
	if (ret)
		return ret;
	fg.written = true;
	memcpy(fg.kind, fg.next, fg.n);
	return 0;
}

static int find_pads(struct extack *err)
{
	const uintptr_t *pad = __start___patchable_function_entries, *end = __stop___patchable_function_entries;
	unsigned n = (unsigned)(end - pad);

	if (!n) {
		extack_set(err, "functions cannot be traced: built without pads (-fpatchable-function-entry)");
		return -EOPNOTSUPP;
	}
	if (n > FGRAPH_MAX) {
		extack_set(err, "functions cannot be traced: %u of them, at most %d", n, FGRAPH_MAX);
		return -E2BIG;
	}
	for (unsigned i = 0; i < n; i++)
		fg.func[i].addr = pad[i];
	qsort(fg.func, n, sizeof(fg.func[0]), by_address);
	for (unsigned i = 0; i < n; i++)
		fgraph_body[i] = fg.func[i].addr + FGRAPH_PAD;
	if (fgraph_read_names(fg.func, n) < 0) {
		extack_set(err, "functions cannot be traced: this program was linked without the table of their names (tools/link-named)");
		return -EOPNOTSUPP;
	}
	fg.text_len = fg.func[n - 1].addr + FGRAPH_PAD - fg.func[0].addr;
	fg.text = mmap(NULL, fg.text_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fg.text == MAP_FAILED)
		return extack_fail(err, -ENOMEM, "out of memory");
	fg.n = n;
	return 0;
}

static int by_address(const void *a, const void *b)
{
	uintptr_t x = ((const struct fgraph_func *)a)->addr, y = ((const struct fgraph_func *)b)->addr;

	return x < y ? -1 : x > y;
}

static bool set_pad(unsigned char *pad, unsigned id, unsigned kind)
{
	uintptr_t from = fg.func[id].addr;

	switch (kind) {
	case FGRAPH_BODY:
		return fgraph_jump(pad, from, (uintptr_t)fgraph_thunks + (uintptr_t)id * FGRAPH_THUNK_SIZE);
	case FGRAPH_ROOT:
	case FGRAPH_WALL:
		return fgraph_jump(pad, from, (uintptr_t)fgraph_roots + (uintptr_t)id * FGRAPH_ROOT_SIZE);
	}
	fgraph_nop(pad);
	return true;
}

static int write_code(const unsigned char *text, uintptr_t from, size_t len, struct extack *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fg.mem, text + done, len - done, (off_t)(from + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int ret = n ? -errno : -EIO;

			extack_set(err, "functions cannot be traced: the code cannot be written: %s", strerror(-ret));
			return ret;
		}
		done += (size_t)n;
	}
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
	VALGRIND_DISCARD_TRANSLATIONS(from, len);
	return 0;
}
