/* SPDX-License-Identifier: MIT */
#ifndef TRACE_FGRAPH_ARCH_H
#define TRACE_FGRAPH_ARCH_H
/*
 * fgraph_arch.h - what fgraph.c and the assembly agree on: sizes of pads and thunks, and the instructions that go into a pad
 *
 * x86-64: a pad is five bytes, `jmp rel32`. AArch64: a pad is one instruction, `b` (128 MiB either way).
 */
#define FGRAPH_MAX 3072 /* functions; tools/link-named refuses more */

#if defined(__x86_64__)
#define FGRAPH_PAD 5
#define FGRAPH_THUNK_SIZE 48
#define FGRAPH_ROOT_SIZE 32
#define FGRAPH_CALLER 24 /* from a struct trace_frame to the return address */
#elif defined(__aarch64__)
#define FGRAPH_PAD 4
#define FGRAPH_THUNK_SIZE 80
#define FGRAPH_ROOT_SIZE 48
#define FGRAPH_CALLER (-8)
#else
#error "the function graph knows x86-64 and AArch64"
#endif

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

static inline void fgraph_nop(unsigned char *pad)
{
	memcpy(pad, "\x0f\x1f\x44\x00\x00", FGRAPH_PAD);
}

/* false: out of reach */
static inline bool fgraph_jump(unsigned char *pad, uintptr_t from, uintptr_t to)
{
	intptr_t far = (intptr_t)to - (intptr_t)(from + FGRAPH_PAD);
	int32_t rel = (int32_t)far;

	pad[0] = 0xe9;
	memcpy(pad + 1, &rel, sizeof(rel));
	return rel == far;
}

static inline uint64_t fgraph_ticks(void)
{
	return __builtin_ia32_rdtsc();
}

#else

static inline void fgraph_nop(unsigned char *pad)
{
	const uint32_t nop = 0xd503201f;

	memcpy(pad, &nop, sizeof(nop));
}

static inline bool fgraph_jump(unsigned char *pad, uintptr_t from, uintptr_t to)
{
	intptr_t far = ((intptr_t)to - (intptr_t)from) / 4;
	uint32_t insn = 0x14000000 | ((uint32_t)far & 0x03ffffff);

	memcpy(pad, &insn, sizeof(insn));
	return far >= -(1 << 25) && far < (1 << 25);
}

static inline uint64_t fgraph_ticks(void)
{
	uint64_t t;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
	return t;
}

#endif
#endif
#endif
