# SPDX-License-Identifier: MIT
# F2: the function graph tracer inside the process: pads, thunks, rings, gate. Never traced itself.
noinst_LTLIBRARIES += %D%/libtrace.la
%C%_libtrace_la_CFLAGS = $(AM_CFLAGS)
%C%_libtrace_la_SOURCES =
%C%_libtrace_la_SOURCES += %D%/events.h
%C%_libtrace_la_SOURCES += %D%/fgraph.h
%C%_libtrace_la_SOURCES += %D%/trace.h
%C%_libtrace_la_SOURCES += %D%/state.c
