/* SPDX-License-Identifier: MIT */
/*
 * strong.c - `glassnet run --strong`: calls that no name of libc brings here are trapped
 *
 * Theory of operation
 *   libc's own calls inside, and those that a program makes without libc, meet a filter in the kernel: it gives them back as SIGSYS, whose
 *   handler does what the name of the call would have done and leaves the result where the kernel would have. The library's own calls
 *   must pass: they come from the gate, a page at one address in every process, since the filter outlives exec and cannot be changed.
 *   GLASSNET_STRONG asks for all this. At the start of each program the gate is made and the handler is set before any other library
 *   begins (-z initfirst); the filter is installed if a call that it would trap comes through.
 *   A process without the library that a program started dies by SIGSYS at its first call on a socket: nothing passes by the stack.
 *   Called by: the loader, the kernel. Calls: hooks.c. Owns: the gate, the action of SIGSYS.
 * Threads: any.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "client/raw.h"
#include "shim/shim.h"
#include "shim/strong.h"
#include "shim/visible.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* si_code of a trap; libc does not name it */
#endif
#define PROBE 0x676e0000L /* of a descriptor that cannot be: asked whether the filter is there */

#if defined(__x86_64__)
static const unsigned char gate[] = { 0x0f, 0x05, 0xc3 }; /* syscall, ret */
#define CALL(uc) ((uc)->uc_mcontext.gregs)
static const int registers[6] = { REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9 };
#define RESULT REG_RAX
#else
static const unsigned char gate[] = { 0x01, 0, 0, 0xd4, 0xc0, 0x03, 0x5f, 0xd6 }; /* svc #0, ret */
#define CALL(uc) ((uc)->uc_mcontext.regs)
static const int registers[6] = { 0, 1, 2, 3, 4, 5 };
#define RESULT 0
#endif

/* What the program would have for SIGSYS. */
static struct sigaction theirs;

const sigset_t *shim_mask(const sigset_t *set, sigset_t *copy)
{
	if (!set || !raw_gate)
		return set;
	*copy = *set;
	copy->__val[0] &= ~(1UL << (SIGSYS - 1));
	return copy;
}

void strong_theirs(const struct sigaction *act, struct sigaction *old)
{
	struct sigaction was = theirs;

	if (act)
		theirs = *act;
	if (old)
		*old = was;
}

/* --- the trap --- */

/* A SIGSYS that is none of ours: what the program wanted of it. */
static void foreign(int sig, siginfo_t *si, void *uc)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };

	if (theirs.sa_flags & SA_SIGINFO) {
		theirs.sa_sigaction(sig, si, uc);
	} else if (theirs.sa_handler == SIG_DFL) {
		__sigaction(sig, &dfl, NULL);
		raw3(SYS_tgkill, raw3(SYS_getpid, 0, 0, 0), raw3(SYS_gettid, 0, 0, 0), sig);
	} else if (theirs.sa_handler != SIG_IGN) {
		theirs.sa_handler(sig);
	}
}

static void trapped(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	long a[6];

	if (si->si_code != SYS_SECCOMP || si->si_errno != STRONG_MARK) {
		foreign(sig, si, context);
		return;
	}
	for (int i = 0; i < 6; i++)
		a[i] = (long)CALL(uc)[registers[i]];
	if (si->si_syscall == SYS_getsockname && (int)a[0] == -1 && a[1] == PROBE)
		CALL(uc)[RESULT] = 0;
	else
		CALL(uc)[RESULT] = (__typeof__(CALL(uc)[0]))shim_number(si->si_syscall, a);
}

/* --- the start of a program --- */

static bool wanted(char *const *env)
{
	static const char key[] = "GLASSNET_STRONG=";

	for (; env && *env; env++)
		if (!strncmp(*env, key, sizeof(key) - 1))
			return true;
	return false;
}

static long gate_make(void)
{
	long ret = raw6(SYS_mmap, STRONG_GATE, STRONG_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (ret != STRONG_GATE)
		return ret < 0 ? ret : -EEXIST; /* an old kernel takes the address for a hint */
	memcpy((void *)STRONG_GATE, gate, sizeof(gate));
	__builtin___clear_cache((char *)STRONG_GATE, (char *)STRONG_GATE + sizeof(gate));
	ret = raw3(SYS_mprotect, STRONG_GATE, STRONG_PAGE, PROT_READ | PROT_EXEC);
	if (!ret)
		raw_gate = STRONG_GATE;
	return ret;
}

static long filter_make(void)
{
	long saved = raw_gate, ret;

	/* not through the gate: the answer says whether there is a filter */
	raw_gate = 0;
	ret = raw3(SYS_getsockname, -1, PROBE, 0);
	raw_gate = saved;
	return ret ? strong_filter() : 0;
}

/* libc hands a constructor what main() gets; its own environ is not there yet. */
__attribute__((constructor)) static void strong_start(int argc, char **argv, char **env)
{
	static const char text[] = "glassnet: --strong: the trap cannot be set here\n";
	struct sigaction act = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER };
	const unsigned long only = 1UL << (SIGSYS - 1);

	(void)argc;
	(void)argv;
	if (!wanted(env))
		return;
	if (!gate_make() && !__sigaction(SIGSYS, &act, &theirs) &&
	    !raw6(SYS_rt_sigprocmask, SIG_UNBLOCK, shim_ptr(&only), 0, sizeof(only), 0, 0) && !filter_make())
		return;
	/* not on the host's network instead */
	raw3(SYS_write, STDERR_FILENO, shim_ptr(text), sizeof(text) - 1);
	raw3(SYS_exit_group, 126, 0, 0);
}
