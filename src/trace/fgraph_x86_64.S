/* SPDX-License-Identifier: MIT */
/*
 * fgraph_x86_64.S - the thunks of the function graph tracer, x86-64 (System V ABI)
 *
 * Theory of operation
 *   The pad before the body of function number i holds `jmp fgraph_thunks + 48 * i` while it is traced. The thunk tests the gate; closed, it jumps to the
 *   body. Open, it makes a frame of 24 bytes (struct trace_frame) below the return address, which stays where it is: debuggers, backtrace(), longjmp and
 *   sanitizers see an ordinary frame, and calls stay paired with returns, so the processor's return predictor holds. fg_enter fills the frame, fg_exit
 *   writes the 16-byte record and returns to the caller.
 *   Roots (set_graph_function, set_graph_notrace) have slots of their own that ask C at each call.
 *   Free registers: r10 and r11 at entry (arguments and al are kept); rcx, rsi, rdi, r8-r11 at exit (rax, rdx and xmm0-1 hold the result).
 *   Only functions without arguments on the stack can be called this way; tests/trace checks that there are no others.
 */
#include "trace/fgraph_arch.h"
#define SLOTS FGRAPH_MAX
#define T_GATE 0	/* struct trace_thread */
#define T_RING 8
#define T_TOP 16
#define T_OPEN 24
#define S_MASK trace_state(%rip)	/* struct trace_state */
#define S_LEVELS trace_state+4(%rip)
#define S_THRESH trace_state+8(%rip)
#define R_HEAD 0	/* struct trace_ring */
#define R_END 8

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

/* 0(%rsp) return to the thunk, 8(%rsp) frame: t, id + gate at 16, up at 24; %r11d id */
	.p2align 5
	.type fg_enter, @function
fg_enter:
	.cfi_startproc
	movl %r11d, 16(%rsp)
	movq trace_thread@gottpoff(%rip), %r10
	movl %fs:T_GATE(%r10), %r11d
	movl %r11d, 20(%rsp)
	decl %r11d
	movl %r11d, %fs:T_GATE(%r10)
	movq %fs:T_TOP(%r10), %r11
	movq %r11, 24(%rsp)
	leaq 8(%rsp), %r11
	movq %r11, %fs:T_TOP(%r10)
	movq %rax, %r10
	movq %rdx, %r11
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, 8(%rsp)
	movq %r10, %rax
	movq %r11, %rdx
	ret
	.cfi_endproc
	.size fg_enter, .-fg_enter

/* 0(%rsp) frame, 24(%rsp) return to the caller */
	.p2align 5
	.type fg_exit, @function
fg_exit:
	.cfi_startproc
	.cfi_def_cfa_offset 32
	movq %rax, %rsi
	movq %rdx, %rdi
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq (%rsp), %r8
	subq %r8, %rax			/* duration */
	movq trace_thread@gottpoff(%rip), %r10
	movq 16(%rsp), %r9
	movq %r9, %fs:T_TOP(%r10)
	movl 12(%rsp), %ecx
	andl S_MASK, %ecx
	andl %fs:T_OPEN(%r10), %ecx
	movl %ecx, %fs:T_GATE(%r10)
	jz 9f
	cmpq S_THRESH, %rax
	jb 9f
	movq %fs:T_RING(%r10), %r9
	testq %r9, %r9
	jz 9f
	movq %rax, %rdx
	shrq $32, %rdx
	jnz 7f
6:	movl S_LEVELS, %edx
	subl %ecx, %edx			/* depth */
	shll $24, %edx
	orl 8(%rsp), %edx
	movq R_HEAD(%r9), %r11
	movq %r8, (%r11)
	movl %eax, 8(%r11)
	movl %edx, 12(%r11)
	addq $16, %r11
	cmpq R_END(%r9), %r11
	jae 8f
	movq %r11, R_HEAD(%r9)
9:	movq %rsi, %rax
	movq %rdi, %rdx
	addq $24, %rsp
	.cfi_def_cfa_offset 8
	ret
	.cfi_def_cfa_offset 32
7:	movl $-1, %eax			/* longer than 2^32 ticks */
	jmp 6b
8:	pushq %rsi
	.cfi_adjust_cfa_offset 8
	pushq %rdi
	.cfi_adjust_cfa_offset 8
	subq $32, %rsp
	.cfi_adjust_cfa_offset 32
	movups %xmm0, (%rsp)
	movups %xmm1, 16(%rsp)
	movq %r9, %rdi
	movq %r11, %rsi
	call trace_ring_more
	movups (%rsp), %xmm0
	movups 16(%rsp), %xmm1
	addq $32, %rsp
	.cfi_adjust_cfa_offset -32
	popq %rdi
	.cfi_adjust_cfa_offset -8
	popq %rsi
	.cfi_adjust_cfa_offset -8
	jmp 9b
	.cfi_endproc
	.size fg_exit, .-fg_exit

/* The same in C, for roots: trace_root_enter(frame, id), trace_root_exit(frame) */
	.p2align 5
	.type fg_root_enter, @function
fg_root_enter:
	.cfi_startproc
	leaq 8(%rsp), %r10
	.irp r, rax, rcx, rdx, rsi, rdi, r8, r9
	pushq %\r
	.cfi_adjust_cfa_offset 8
	.endr
	movq %r10, %rdi
	movl %r11d, %esi
	call trace_root_enter
	.irp r, r9, r8, rdi, rsi, rdx, rcx, rax
	popq %\r
	.cfi_adjust_cfa_offset -8
	.endr
	ret
	.cfi_endproc
	.size fg_root_enter, .-fg_root_enter

	.p2align 5
	.type fg_root_exit, @function
fg_root_exit:
	.cfi_startproc
	.cfi_def_cfa_offset 32
	movq %rsp, %rdi
	pushq %rax
	.cfi_adjust_cfa_offset 8
	pushq %rdx
	.cfi_adjust_cfa_offset 8
	subq $32, %rsp
	.cfi_adjust_cfa_offset 32
	movups %xmm0, (%rsp)
	movups %xmm1, 16(%rsp)
	call trace_root_exit
	movups (%rsp), %xmm0
	movups 16(%rsp), %xmm1
	addq $32, %rsp
	.cfi_adjust_cfa_offset -32
	popq %rdx
	.cfi_adjust_cfa_offset -8
	popq %rax
	.cfi_adjust_cfa_offset -8
	addq $24, %rsp
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size fg_root_exit, .-fg_root_exit

/* One slot of 48 bytes a function. */
	.p2align 6
	.type fgraph_thunks, @function
fgraph_thunks:
	.cfi_startproc
	.set i, 0
	.rept SLOTS
	.p2align 4
	movq trace_thread@gottpoff(%rip), %r11
	cmpl $0, %fs:T_GATE(%r11)
	je 2f
	subq $24, %rsp
	.cfi_adjust_cfa_offset 24
	movl $i, %r11d
	call fg_enter
	call *fgraph_body + 8 * i(%rip)
	jmp fg_exit
	.cfi_adjust_cfa_offset -24
2:	jmp *fgraph_body + 8 * i(%rip)
	.set i, i + 1
	.endr
	.cfi_endproc
	.size fgraph_thunks, .-fgraph_thunks

/* One slot of 32 bytes a root. */
	.p2align 6
	.type fgraph_roots, @function
fgraph_roots:
	.cfi_startproc
	.cfi_def_cfa_offset 32
	.set i, 0
	.rept SLOTS
	.p2align 5
	.cfi_def_cfa_offset 8
	subq $24, %rsp
	.cfi_def_cfa_offset 32
	movl $i, %r11d
	call fg_root_enter
	call *fgraph_body + 8 * i(%rip)
	jmp fg_root_exit
	.set i, i + 1
	.endr
	.cfi_endproc
	.size fgraph_roots, .-fgraph_roots

	.bss
	.p2align 6
	.type fgraph_body, @object
	.size fgraph_body, 8 * SLOTS
fgraph_body:
	.skip 8 * SLOTS

	.section .note.GNU-stack, "", @progbits
