# SPDX-License-Identifier: MIT
# F2: the function graph tracer inside the process: pads, thunks, rings, gate. Never traced itself.
noinst_LTLIBRARIES += %D%/libtrace.la
%C%_libtrace_la_CFLAGS = $(AM_CFLAGS)
%C%_libtrace_la_SOURCES =
%C%_libtrace_la_SOURCES += %D%/clock.c
%C%_libtrace_la_SOURCES += %D%/emit.h
%C%_libtrace_la_SOURCES += %D%/events.h
%C%_libtrace_la_SOURCES += %D%/fgraph.c
%C%_libtrace_la_SOURCES += %D%/fgraph.h
%C%_libtrace_la_SOURCES += %D%/fgraph_arch.h
%C%_libtrace_la_SOURCES += %D%/gate.c
%C%_libtrace_la_SOURCES += %D%/names.S
%C%_libtrace_la_SOURCES += %D%/names.c
%C%_libtrace_la_SOURCES += %D%/names.h
%C%_libtrace_la_SOURCES += %D%/ring.c
%C%_libtrace_la_SOURCES += %D%/trace.h
%C%_libtrace_la_SOURCES += %D%/work.c
%C%_libtrace_la_SOURCES += %D%/work.h
if ARCH_X86_64
%C%_libtrace_la_SOURCES += %D%/fgraph_x86_64.S
else
%C%_libtrace_la_SOURCES += %D%/fgraph_aarch64.S
endif
EXTRA_DIST += %D%/fgraph_x86_64.S %D%/fgraph_aarch64.S tools/link-named
