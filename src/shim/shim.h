/* SPDX-License-Identifier: MIT */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H
/*
 * shim.h - the preload library inside: one call, whatever name of libc it came by
 *
 * Theory of operation
 *   Every hooked name becomes an operation with the six arguments of its system call. The operation's row (ops.c) says the number that it
 *   has in the kernel, where descriptors go that are not ours, and the function that serves ours by src/client. Names that are variants
 *   (recv, __recv_chk) share the operation of their system call, and so does syscall(2) with its number.
 *   hooks.c: the names. ops.c: the rows, and what they do. calls*.c: `glassnet run --calls`.
 * Rules: those of client/client.h: raw system calls, no malloc, no locks, no state that correctness needs; errno changes on failure only.
 */
#include <signal.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"

/* operation, its system call, may it block?, the arguments as calls_args.c prints them */
#define SHIM_OPS(X) \
	X(socket, false, "DTP") \
	X(bind, false, "dAl") \
	X(connect, true, "dAl") \
	X(listen, false, "dd") \
	X(accept, true, "daL") \
	X(accept4, true, "daLS") \
	X(getsockname, false, "daL") \
	X(getpeername, false, "daL") \
	X(getsockopt, false, "dOoVL") \
	X(setsockopt, false, "dOovl") \
	X(shutdown, false, "dh") \
	X(sendto, true, "dBzFAl") \
	X(sendmsg, true, "dMF") \
	X(sendmmsg, true, "dNdF") \
	X(recvfrom, true, "dbzFaL") \
	X(recvmsg, true, "dmF") \
	X(recvmmsg, true, "dndFp") \
	X(read, true, "dbz") \
	X(readv, true, "did") \
	X(write, true, "dBz") \
	X(writev, true, "dId") \
	X(ioctl, false, "dqp")

enum shim_op {
#define X(name, blocks, args) OP_##name,
	SHIM_OPS(X)
#undef X
	SHIM_OPS_N,
};

struct shim_row {
	const char *name, *args;
	long nr;
	bool blocks;
};

extern const struct shim_row shim_rows[SHIM_OPS_N];

/** shim_op_kind() - whose descriptor the call is about; CLIENT_FOREIGN also where there is none */
enum client_kind shim_op_kind(enum shim_op op, const long a[6]);

/** shim_op_run() - do it: a result or -errno */
long shim_op_run(enum shim_op op, enum client_kind kind, const long a[6]);

/* An argument that is an address, and back. */
static inline long shim_ptr(const void *p)
{
	return (long)(uintptr_t)p;
}

static inline void *shim_addr(long a)
{
	return (void *)(uintptr_t)a;
}

/* --- stream.c: TCP that is not there --- */

/** shim_stream_new() - a stream socket: its descriptor or -errno */
long shim_stream_new(int type, int protocol);

/** shim_stream_run() - a call on one: true with *@ret, false: the kernel's answer is the right one */
bool shim_stream_run(enum shim_op op, const long a[6], long *ret);

/* --- hooks.c --- */

/** shim_wait_begin(), shim_wait_end() - around what may wait: there a thread can be cancelled, as in libc's own */
int shim_wait_begin(void);
void shim_wait_end(int type);

/** shim_run() - a call as the names below make it, but no point where a thread is cancelled: a result or -errno */
long shim_run(enum shim_op op, const long a[6]);

/** shim_number() - the system call @nr, ours or the kernel's: a result or -errno */
long shim_number(long nr, const long a[6]);

/** shim_finish() - a result or -errno as libc gives it */
long shim_finish(long ret);

/* --- strong.c: what no name of libc leads here --- */

/** shim_mask() - @set as a mask that does not block SIGSYS where calls are trapped: @copy, or @set itself */
const sigset_t *shim_mask(const sigset_t *set, sigset_t *copy);

/* --- calls.c: what `glassnet run --calls` prints --- */

/** calls_on() - does somebody want to read them? */
bool calls_on(void);

/** calls_run() - shim_op_run() between the two halves of a line */
long calls_run(enum shim_op op, enum client_kind kind, const long a[6]);

/* A line that grows; what has no room is left out. */
struct calls_line {
	enum shim_op op;
	const long *a;
	long ret;     /* known when the second half is made */
	long len;     /* what a value-result length was before the call; -1: there is none */
	unsigned arg; /* the next to print */
	size_t n;
	char s[1536];
};

void calls_put(struct calls_line *l, const char *s);
void calls_put_int(struct calls_line *l, long v);
void calls_put_hex(struct calls_line *l, unsigned long v);

/** calls_before() - the arguments that are known before the call; true: all of them */
bool calls_before(struct calls_line *l);

/** calls_after() - the others, and the result */
void calls_after(struct calls_line *l);

/* Names of numbers: NULL when a number has none. */
const char *calls_name_family(long v);
const char *calls_name_type(long v);
const char *calls_name_protocol(long v);
const char *calls_name_level(long v);
const char *calls_name_option(long level, long v);
const char *calls_name_how(long v);
const char *calls_name_request(unsigned long v);
/** calls_name_flag() - the @i-th flag of MSG_*: its bit into @ret_bit; NULL: no more */
const char *calls_name_flag(unsigned i, unsigned *ret_bit);

#endif
