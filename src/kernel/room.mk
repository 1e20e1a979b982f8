# SPDX-License-Identifier: MIT
# F3: the machine: virtual CPUs, interrupts, softirqs, timers, waits.
noinst_LTLIBRARIES += %D%/libkernel.la
%C%_libkernel_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libkernel_la_SOURCES =
# One file a line, .c and .h:
# %C%_libkernel_la_SOURCES += %D%/vcpu.c
# %C%_libkernel_la_SOURCES += %D%/vcpu.h
