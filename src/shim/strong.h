/* SPDX-License-Identifier: MIT */
#ifndef SHIM_STRONG_H
#define SHIM_STRONG_H
/*
 * strong.h - `glassnet run --strong` inside: the trap, its filter, its signal
 *
 * strong.c: the gate and the handler. strong_filter.c: what is trapped. hooks_signals.c: the names that must not disturb them.
 */
#include <signal.h>

/* Where the gate of raw.h is, in every process: a page that no loader, heap or stack comes near. "gn" */
#define STRONG_GATE 0x676e00000000L
#define STRONG_PAGE 4096L
/* What a trap of ours carries in si_errno. */
#define STRONG_MARK 0x676e

/** strong_filter() - install the filter, for all threads and what they execute: 0 or -errno */
long strong_filter(void);

/** strong_theirs() - the program's own action for SIGSYS, for traps that are not ours */
void strong_theirs(const struct sigaction *act, struct sigaction *old);

#endif
