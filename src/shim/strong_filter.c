/* SPDX-License-Identifier: MIT */
/*
 * strong_filter.c - the calls that the kernel gives back to us
 *
 * Theory of operation
 *   A seccomp filter in classic BPF. Calls on sockets, and requests of ioctl about the network and of datagrams, raise SIGSYS unless they
 *   come from the gate. What does not stand here costs a look at its number: files are not trapped, since the loader opens, reads and
 *   stats them before this library is there to answer, and a filter cannot see a path; read and write neither, for the same reason.
 *   AF_UNIX sockets are made without a trap. io_uring does not exist, as it would carry calls past the filter; calls of another
 *   architecture end the process.
 *   Labels are resolved when the program is built: a jump names the place that it leads to.
 *   Called by: strong.c. Owns: nothing.
 * Threads: one.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "client/raw.h"
#include "shim/shim.h"
#include "shim/strong.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define NUMBERS_END 0x40000000u /* from here on those of x32 */
#else
#define ARCH AUDIT_ARCH_AARCH64
#define NUMBERS_END 0xffffffffu
#endif

static const unsigned numbers[] = {
	SYS_bind, SYS_connect, SYS_listen, SYS_accept, SYS_accept4, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt,
	SYS_shutdown, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg,
};

enum label { NEXT, ALLOW, KILL, ABSENT, SOCKET, IOCTL, GATE, TRAP, LABELS };

struct builder {
	struct sock_filter f[96];
	unsigned char yes[96], no[96]; /* labels, until they are offsets */
	unsigned n, at[LABELS];
};

static void emit(struct builder *b, unsigned code, unsigned k, enum label yes, enum label no)
{
	b->f[b->n] = (struct sock_filter){ .code = (unsigned short)code, .k = k };
	b->yes[b->n] = (unsigned char)yes;
	b->no[b->n++] = (unsigned char)no;
}

static void load(struct builder *b, size_t offset)
{
	emit(b, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, NEXT, NEXT);
}

static void equal(struct builder *b, unsigned k, enum label yes, enum label no)
{
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, k, yes, no);
}

static void answer(struct builder *b, enum label label, unsigned k)
{
	b->at[label] = b->n;
	emit(b, BPF_RET | BPF_K, k, NEXT, NEXT);
}

/* The lower half of a word of the call's data; both machines have it first. */
#define WORD(field) offsetof(struct seccomp_data, field)

static void build(struct builder *b)
{
	load(b, WORD(arch));
	equal(b, ARCH, NEXT, KILL);
	load(b, WORD(nr));
	emit(b, BPF_JMP | BPF_JGE | BPF_K, NUMBERS_END, KILL, NEXT);
	equal(b, SYS_ioctl, IOCTL, NEXT);
	equal(b, SYS_socket, SOCKET, NEXT);
	equal(b, SYS_io_uring_setup, ABSENT, NEXT);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		equal(b, numbers[i], GATE, NEXT);
	answer(b, ALLOW, SECCOMP_RET_ALLOW);

	b->at[SOCKET] = b->n;
	load(b, WORD(args[0]));
	equal(b, AF_UNIX, TRAP + LABELS, GATE); /* a second way to allow: jumps lead forward only */

	b->at[IOCTL] = b->n;
	load(b, WORD(args[1]));
	equal(b, 0x541b, GATE, NEXT); /* FIONREAD */
	equal(b, 0x5411, GATE, NEXT); /* TIOCOUTQ */
	emit(b, BPF_ALU | BPF_AND | BPF_K, 0xffffff00, NEXT, NEXT);
	equal(b, 0x8900, GATE, NEXT);
	equal(b, 0x8b00, GATE, TRAP + LABELS);

	b->at[GATE] = b->n;
	load(b, WORD(instruction_pointer) + 4);
	equal(b, (unsigned)((unsigned long)STRONG_GATE >> 32), NEXT, TRAP);
	load(b, WORD(instruction_pointer));
	emit(b, BPF_ALU | BPF_AND | BPF_K, (unsigned)-STRONG_PAGE, NEXT, NEXT);
	equal(b, (unsigned)STRONG_GATE, NEXT, TRAP);
	emit(b, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, NEXT, NEXT);
	answer(b, TRAP, SECCOMP_RET_TRAP | STRONG_MARK);
	answer(b, ABSENT, SECCOMP_RET_ERRNO | ENOSYS);
	answer(b, KILL, SECCOMP_RET_KILL_PROCESS);
}

static unsigned char distance(const struct builder *b, unsigned from, unsigned label)
{
	if (label == NEXT)
		return 0;
	/* the allowing answer in front of TRAP */
	return (unsigned char)(label >= LABELS ? b->at[TRAP] - 1 - from - 1 : b->at[label] - from - 1);
}

long strong_filter(void)
{
	struct builder b = { .n = 0 };
	struct sock_fprog prog;
	long ret;

	build(&b);
	for (unsigned i = 0; i < b.n; i++) {
		b.f[i].jt = distance(&b, i, b.yes[i]);
		b.f[i].jf = distance(&b, i, b.no[i]);
	}
	prog = (struct sock_fprog){ (unsigned short)b.n, b.f };
	ret = raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, shim_ptr(&prog));
	if (ret != -EACCES)
		return ret;
	/* without rights: programs that it executes gain none either */
	ret = raw6(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	return ret ?: raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, shim_ptr(&prog));
}
