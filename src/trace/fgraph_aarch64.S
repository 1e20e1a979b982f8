/* SPDX-License-Identifier: MIT */
/*
 * fgraph_aarch64.S - the thunks of the function graph tracer, AArch64 (AAPCS64)
 *
 * Theory of operation
 *   As fgraph_x86_64.S. The pad holds `b fgraph_thunks + 80 * i`. The thunk's frame is a frame record (x29, x30) with struct trace_frame behind it, so
 *   unwinding by frame pointer passes through. Free registers: x9-x17 at entry, x2-x17 at exit (x0, x1, v0-v3 hold the result; x8 is kept at entry).
 *   Compiled in the tests where a cross compiler is; it has run on no machine yet.
 */
#include "trace/fgraph_arch.h"

#define T_GATE 0 /* struct trace_thread */
#define T_RING 8
#define T_TOP 16
#define T_OPEN 24
#define S_LEVELS 4 /* struct trace_state */
#define S_THRESH 8
#define R_HEAD 0 /* struct trace_ring */
#define R_END 8
#define FRAME 16 /* struct trace_frame in the thunk's frame: t, id + gate, up */
#define SIZE 48

	.text
	.hidden trace_thread
	.hidden trace_state
	.hidden trace_ring_more
	.hidden trace_root_enter
	.hidden trace_root_exit
	.globl fgraph_thunks, fgraph_roots, fgraph_body
	.hidden fgraph_thunks
	.hidden fgraph_roots
	.hidden fgraph_body

.macro thread reg, tmp
	mrs \reg, tpidr_el0
	adrp \tmp, :gottprel:trace_thread
	ldr \tmp, [\tmp, :gottprel_lo12:trace_thread]
	add \reg, \reg, \tmp
.endm

/* w9 id */
	.p2align 5
	.type fg_enter, %function
fg_enter:
	.cfi_startproc
	thread x16, x17
	ldr w10, [x16, T_GATE]
	stp w9, w10, [sp, FRAME + 8]
	sub w10, w10, 1
	str w10, [x16, T_GATE]
	ldr x11, [x16, T_TOP]
	str x11, [sp, FRAME + 16]
	add x11, sp, FRAME
	str x11, [x16, T_TOP]
	mrs x11, cntvct_el0
	str x11, [sp, FRAME]
	ret
	.cfi_endproc
	.size fg_enter, .-fg_enter

	.p2align 5
	.type fg_exit, %function
fg_exit:
	.cfi_startproc
	.cfi_def_cfa_offset SIZE
	.cfi_offset 29, -SIZE
	.cfi_offset 30, -SIZE + 8
	mrs x9, cntvct_el0
	ldr x10, [sp, FRAME]
	sub x9, x9, x10			/* duration */
	thread x16, x17
	ldr x11, [sp, FRAME + 16]
	str x11, [x16, T_TOP]
	adrp x12, trace_state
	add x12, x12, :lo12:trace_state
	ldp w13, w14, [sp, FRAME + 8]	/* id, gate */
	ldp w15, w2, [x12]		/* mask, levels */
	ldr w17, [x16, T_OPEN]
	and w14, w14, w15
	and w14, w14, w17
	str w14, [x16, T_GATE]
	cbz w14, 9f
	ldr x3, [x12, S_THRESH]
	cmp x9, x3
	b.lo 9f
	ldr x4, [x16, T_RING]
	cbz x4, 9f
	lsr x5, x9, 32
	cbnz x5, 7f
6:	sub w2, w2, w14			/* depth */
	orr w13, w13, w2, lsl 24
	ldr x6, [x4, R_HEAD]
	str x10, [x6]
	stp w9, w13, [x6, 8]
	add x6, x6, 16
	ldr x7, [x4, R_END]
	cmp x6, x7
	b.hs 8f
	stlr x6, [x4]
9:	ldp x29, x30, [sp], SIZE
	.cfi_remember_state
	.cfi_restore 29
	.cfi_restore 30
	.cfi_def_cfa_offset 0
	ret
	.cfi_restore_state
7:	mov w9, -1			/* longer than 2^32 ticks */
	b 6b
8:	sub sp, sp, 80
	.cfi_adjust_cfa_offset 80
	stp x0, x1, [sp]
	stp q0, q1, [sp, 16]
	stp q2, q3, [sp, 48]
	mov x0, x4
	mov x1, x6
	bl trace_ring_more
	ldp x0, x1, [sp]
	ldp q0, q1, [sp, 16]
	ldp q2, q3, [sp, 48]
	add sp, sp, 80
	.cfi_adjust_cfa_offset -80
	b 9b
	.cfi_endproc
	.size fg_exit, .-fg_exit

/* The same in C, for roots: trace_root_enter(frame, id), trace_root_exit(frame) */
	.p2align 5
	.type fg_root_enter, %function
fg_root_enter:
	.cfi_startproc
	add x10, sp, FRAME
	stp x29, x30, [sp, -96]!
	.cfi_adjust_cfa_offset 96
	.cfi_rel_offset 29, 0
	.cfi_rel_offset 30, 8
	stp x0, x1, [sp, 16]
	stp x2, x3, [sp, 32]
	stp x4, x5, [sp, 48]
	stp x6, x7, [sp, 64]
	str x8, [sp, 80]
	mov x0, x10
	mov w1, w9
	bl trace_root_enter
	ldr x8, [sp, 80]
	ldp x6, x7, [sp, 64]
	ldp x4, x5, [sp, 48]
	ldp x2, x3, [sp, 32]
	ldp x0, x1, [sp, 16]
	ldp x29, x30, [sp], 96
	.cfi_adjust_cfa_offset -96
	.cfi_restore 29
	.cfi_restore 30
	ret
	.cfi_endproc
	.size fg_root_enter, .-fg_root_enter

	.p2align 5
	.type fg_root_exit, %function
fg_root_exit:
	.cfi_startproc
	.cfi_def_cfa_offset SIZE
	.cfi_offset 29, -SIZE
	.cfi_offset 30, -SIZE + 8
	add x9, sp, FRAME
	sub sp, sp, 80
	.cfi_adjust_cfa_offset 80
	stp x0, x1, [sp]
	stp q0, q1, [sp, 16]
	stp q2, q3, [sp, 48]
	mov x0, x9
	bl trace_root_exit
	ldp x0, x1, [sp]
	ldp q0, q1, [sp, 16]
	ldp q2, q3, [sp, 48]
	add sp, sp, 80
	.cfi_adjust_cfa_offset -80
	ldp x29, x30, [sp], SIZE
	.cfi_restore 29
	.cfi_restore 30
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
	.size fg_root_exit, .-fg_root_exit

.macro body reg
	adrp \reg, fgraph_body + 8 * i
	ldr \reg, [\reg, :lo12:fgraph_body + 8 * i]
.endm

/* One slot of 80 bytes a function. */
	.p2align 6
	.type fgraph_thunks, %function
fgraph_thunks:
	.cfi_startproc
	.set i, 0
	.rept FGRAPH_MAX
	.p2align 4
	thread x16, x17
	ldr w17, [x16, T_GATE]
	cbz w17, 2f
	stp x29, x30, [sp, -SIZE]!
	.cfi_def_cfa_offset SIZE
	.cfi_offset 29, -SIZE
	.cfi_offset 30, -SIZE + 8
	mov x29, sp
	mov w9, i
	bl fg_enter
	body x16
	blr x16
	b fg_exit
	.cfi_def_cfa_offset 0
	.cfi_restore 29
	.cfi_restore 30
2:	body x16
	br x16
	.set i, i + 1
	.endr
	.cfi_endproc
	.size fgraph_thunks, .-fgraph_thunks

/* One slot of 48 bytes a root. */
	.p2align 6
	.type fgraph_roots, %function
fgraph_roots:
	.cfi_startproc
	.set i, 0
	.rept FGRAPH_MAX
	.p2align 4
	stp x29, x30, [sp, -SIZE]!
	.cfi_def_cfa_offset SIZE
	.cfi_offset 29, -SIZE
	.cfi_offset 30, -SIZE + 8
	mov x29, sp
	mov w9, i
	bl fg_root_enter
	body x16
	blr x16
	b fg_root_exit
	nop
	nop
	nop
	nop
	.cfi_def_cfa_offset 0
	.cfi_restore 29
	.cfi_restore 30
	.set i, i + 1
	.endr
	.cfi_endproc
	.size fgraph_roots, .-fgraph_roots

	.bss
	.p2align 6
	.type fgraph_body, %object
	.size fgraph_body, 8 * FGRAPH_MAX
fgraph_body:
	.skip 8 * FGRAPH_MAX

	.section .note.GNU-stack, "", %progbits
