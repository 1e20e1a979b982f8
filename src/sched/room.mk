# SPDX-License-Identifier: MIT
# F5: queueing disciplines.
noinst_LTLIBRARIES += %D%/libsched.la
%C%_libsched_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libsched_la_SOURCES =
%C%_libsched_la_SOURCES += %D%/sch_fifo.c
%C%_libsched_la_SOURCES += %D%/sch_generic.c
%C%_libsched_la_SOURCES += %D%/sch_generic.h
