/* SPDX-License-Identifier: MIT */
/*
 * calls.c - `glassnet run --calls`: a program's socket calls as strace -e network prints them
 *
 * Theory of operation
 *   GLASSNET_CALLS=FD:DEV:INODE:PID says where to: a descriptor, what file it is, and whose lines need no [pid N]. A program may close
 *   what it does not know and get the number again for a file of its own: so each write is preceded by a look at the file, standard
 *   error is tried when it is not the one any more, and when that is another, too, nothing is printed.
 *   A call that may wait is printed in two halves, its beginning before it waits. When another line comes between them (of a thread,
 *   of a signal handler), that half ends in <unfinished ...> and the second begins again. Processes do not know of each other's halves.
 *   Printed are the calls on every socket, refused ones, too; read, write and ioctl only of the stack's.
 *   Called by: hooks.c. Calls: calls_args.c. Owns: what the environment said, read once in each program.
 * Threads: any, and signal handlers. No lock: a line is one write.
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/raw.h"
#include "shim/shim.h"

static void settings_read(void);
static void begin(struct calls_line *l);
static void end(struct calls_line *l, bool whole, bool alone);
static void emit(const char *s, size_t n);

enum { UNKNOWN, OFF, ON };

static struct {
	int state; /* [A] */
	int fd;
	unsigned long dev, ino;
	long pid;
	const struct calls_line *open; /* [A] the line whose first half was printed last, as a mark only */
} calls;

/* --- is it wanted, and where to --- */

bool calls_on(void)
{
	if (__atomic_load_n(&calls.state, __ATOMIC_ACQUIRE) == UNKNOWN)
		settings_read();
	return calls.state == ON;
}

/* A number and the sign behind it; NULL: none. */
static const char *number(const char *s, char sign, unsigned long *ret)
{
	unsigned long v = 0;

	if (!s || *s < '0' || *s > '9')
		return NULL;
	while (*s >= '0' && *s <= '9') {
		if (v > (ULONG_MAX - 9) / 10)
			return NULL;
		v = v * 10 + (unsigned)(*s++ - '0');
	}
	*ret = v;
	return *s != sign ? NULL : sign ? s + 1 : s;
}

/* Threads that come here together find the same. */
static void settings_read(void)
{
	static const char key[] = "GLASSNET_CALLS=";
	unsigned long fd = 0, dev = 0, ino = 0, pid = 0;
	const char *s = NULL;

	for (char **e = environ; e && *e; e++)
		if (!strncmp(*e, key, sizeof(key) - 1))
			s = *e + sizeof(key) - 1;
	s = number(number(number(number(s, ':', &fd), ':', &dev), ':', &ino), '\0', &pid);
	if (s && fd <= INT_MAX && pid <= INT_MAX) {
		calls.fd = (int)fd;
		calls.dev = dev;
		calls.ino = ino;
		calls.pid = (long)pid;
	}
	__atomic_store_n(&calls.state, s ? ON : OFF, __ATOMIC_RELEASE);
}

/* --- one call --- */

static bool printed(enum shim_op op, enum client_kind kind)
{
	bool any_file = op == OP_read || op == OP_readv || op == OP_write || op == OP_writev || op == OP_ioctl;

	return (kind != CLIENT_FOREIGN && kind != CLIENT_FILE) || !any_file;
}

long calls_run(enum shim_op op, enum client_kind kind, const long a[6])
{
	struct calls_line l = { .op = op, .a = a, .len = -1 };
	bool whole = !shim_rows[op].blocks;

	if (!printed(op, kind))
		return shim_op_run(op, kind, a);
	begin(&l);
	calls_before(&l);
	if (!whole) {
		const struct calls_line *other = __atomic_exchange_n(&calls.open, &l, __ATOMIC_ACQ_REL);

		if (other)
			emit(" <unfinished ...>\n", 18);
		emit(l.s, l.n);
		l.n = 0;
	}
	l.ret = shim_op_run(op, kind, a);
	if (whole) {
		calls_after(&l);
		end(&l, true, false);
	} else {
		const struct calls_line *mine = &l;
		bool alone = __atomic_compare_exchange_n(&calls.open, &mine, NULL, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);

		if (!alone) {
			begin(&l);
			l.n -= strlen(shim_rows[op].name) + 1;
			calls_put(&l, "<... ");
			calls_put(&l, shim_rows[op].name);
			calls_put(&l, " resumed>");
		}
		calls_after(&l);
		end(&l, false, alone);
	}
	return l.ret;
}

static void begin(struct calls_line *l)
{
	long tid = raw3(SYS_gettid, 0, 0, 0);

	if (tid != calls.pid) {
		calls_put(l, "[pid ");
		calls_put_int(l, tid);
		calls_put(l, "] ");
	}
	calls_put(l, shim_rows[l->op].name);
	calls_put(l, "(");
}

static void end(struct calls_line *l, bool whole, bool alone)
{
	calls_put(l, "\n");
	l->s[l->n - 1] = '\n'; /* also when the line was too long */
	if ((whole || !alone) && __atomic_exchange_n(&calls.open, NULL, __ATOMIC_ACQ_REL))
		emit(" <unfinished ...>\n", 18);
	emit(l->s, l->n);
}

static bool is_ours(int fd)
{
	struct stat st;

	return raw3(SYS_fstat, fd, shim_ptr(&st), 0) == 0 && st.st_dev == calls.dev && st.st_ino == calls.ino;
}

static void emit(const char *s, size_t n)
{
	int fd = is_ours(calls.fd) ? calls.fd : is_ours(STDERR_FILENO) ? STDERR_FILENO : -1;

	while (fd >= 0 && n > 0) {
		long ret = raw3(SYS_write, fd, shim_ptr(s), (long)n);

		if (ret <= 0)
			return;
		s += ret;
		n -= (size_t)ret;
	}
}
