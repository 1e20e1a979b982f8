# SPDX-License-Identifier: MIT
# F3: the machine: virtual CPUs, interrupts, softirqs, timers, waits.
noinst_LTLIBRARIES += %D%/libkernel.la
%C%_libkernel_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libkernel_la_SOURCES =
%C%_libkernel_la_SOURCES += %D%/futex.h
%C%_libkernel_la_SOURCES += %D%/irq.c
%C%_libkernel_la_SOURCES += %D%/irq.h
%C%_libkernel_la_SOURCES += %D%/machine.c
%C%_libkernel_la_SOURCES += %D%/machine.h
%C%_libkernel_la_SOURCES += %D%/proc.c
%C%_libkernel_la_SOURCES += %D%/proc.h
%C%_libkernel_la_SOURCES += %D%/qsbr.h
%C%_libkernel_la_SOURCES += %D%/rcu.c
%C%_libkernel_la_SOURCES += %D%/rcu.h
%C%_libkernel_la_SOURCES += %D%/slab.c
%C%_libkernel_la_SOURCES += %D%/slab.h
%C%_libkernel_la_SOURCES += %D%/smp.h
%C%_libkernel_la_SOURCES += %D%/softirq.c
%C%_libkernel_la_SOURCES += %D%/softirq.h
%C%_libkernel_la_SOURCES += %D%/sync.h
%C%_libkernel_la_SOURCES += %D%/timer.c
%C%_libkernel_la_SOURCES += %D%/timer.h
%C%_libkernel_la_SOURCES += %D%/vcpu.h
%C%_libkernel_la_SOURCES += %D%/wait.c
%C%_libkernel_la_SOURCES += %D%/wait.h
%C%_libkernel_la_LIBADD = %D%/libdoors.la
# What a thread runs while it is not, or not yet, inside a vCPU: never patched, so it has no pads.
noinst_LTLIBRARIES += %D%/libdoors.la
%C%_libdoors_la_CFLAGS = $(UNTRACED_CFLAGS)
%C%_libdoors_la_SOURCES =
%C%_libdoors_la_SOURCES += %D%/qsbr.c
%C%_libdoors_la_SOURCES += %D%/smp.c
%C%_libdoors_la_SOURCES += %D%/vcpu.c
