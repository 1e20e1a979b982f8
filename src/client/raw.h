/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_RAW_H
#define CLIENT_RAW_H
/*
 * raw.h - system calls without libc
 *
 * The names of libc may be hooked by the shim, take locks, touch errno or act on a pending cancellation. These do none of it, and need no
 * symbol to be resolved first: they are safe in a signal handler, after fork and in the child of vfork. They return a result or -errno.
 * Under `glassnet run --strong` they go through a gate, two instructions at an address that is the same in every process: from there the
 * kernel's filter lets them pass (shim/strong.c).
 * Called by: client/, shim/.
 */
#include <sys/syscall.h>

/* Where the gate is; 0: none is needed (name.c). Set once, before the program runs. */
extern long raw_gate __attribute__((visibility("hidden")));

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	if (__builtin_expect(!raw_gate, 1))
		__asm__ volatile("syscall"
				 : "=a"(ret)
				 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
				 : "rcx", "r11", "memory");
	else /* below the red zone, which may be in use */
		__asm__ volatile("lea -128(%%rsp), %%rsp\n\tcall *%[gate]\n\tlea 128(%%rsp), %%rsp"
				 : "=a"(ret)
				 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9), [gate] "r"(raw_gate)
				 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	if (__builtin_expect(!raw_gate, 1))
		__asm__ volatile("svc #0"
				 : "+r"(x0)
				 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
				 : "memory");
	else
		__asm__ volatile("blr %[gate]"
				 : "+r"(x0)
				 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), [gate] "r"(raw_gate)
				 : "x30", "memory");
	return x0;
#else
#error "no system calls for this machine"
#endif
}

static inline long raw3(long nr, long a, long b, long c)
{
	return raw6(nr, a, b, c, 0, 0, 0);
}

#endif
