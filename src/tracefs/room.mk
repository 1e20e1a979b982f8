# SPDX-License-Identifier: MIT
# F7: the tracing tree: control files, the buffer behind `trace`, what an attached reader sees.
noinst_LTLIBRARIES += %D%/libtracefs.la
%C%_libtracefs_la_CFLAGS = $(AM_CFLAGS) $(URCU_CFLAGS)
%C%_libtracefs_la_SOURCES =
%C%_libtracefs_la_SOURCES += %D%/tracefs.c
%C%_libtracefs_la_SOURCES += %D%/tracefs.h
%C%_libtracefs_la_SOURCES += %D%/arm.c
%C%_libtracefs_la_SOURCES += %D%/buffer.c
%C%_libtracefs_la_SOURCES += %D%/control.c
%C%_libtracefs_la_SOURCES += %D%/errors.c
%C%_libtracefs_la_SOURCES += %D%/lane.c
%C%_libtracefs_la_SOURCES += %D%/options.c
%C%_libtracefs_la_SOURCES += %D%/output.c
%C%_libtracefs_la_SOURCES += %D%/sets.c
%C%_libtracefs_la_SOURCES += %D%/tracefs_impl.h
%C%_libtracefs_la_SOURCES += %D%/packet.c
