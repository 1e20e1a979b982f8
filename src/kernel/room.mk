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
%C%_libkernel_la_SOURCES += %D%/qsbr.c
%C%_libkernel_la_SOURCES += %D%/qsbr.h
%C%_libkernel_la_SOURCES += %D%/rcu.c
%C%_libkernel_la_SOURCES += %D%/rcu.h
%C%_libkernel_la_SOURCES += %D%/slab.c
%C%_libkernel_la_SOURCES += %D%/slab.h
%C%_libkernel_la_SOURCES += %D%/smp.c
%C%_libkernel_la_SOURCES += %D%/smp.h
%C%_libkernel_la_SOURCES += %D%/softirq.c
%C%_libkernel_la_SOURCES += %D%/softirq.h
%C%_libkernel_la_SOURCES += %D%/sync.h
%C%_libkernel_la_SOURCES += %D%/timer.c
%C%_libkernel_la_SOURCES += %D%/timer.h
%C%_libkernel_la_SOURCES += %D%/vcpu.c
%C%_libkernel_la_SOURCES += %D%/vcpu.h
%C%_libkernel_la_SOURCES += %D%/wait.c
%C%_libkernel_la_SOURCES += %D%/wait.h
