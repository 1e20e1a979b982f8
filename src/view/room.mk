# SPDX-License-Identifier: MIT
# F2: the tracer's records as trees, packets and text. libview is in the daemon and the command; libviewout (files, pages, CTF) in the command only.
noinst_LTLIBRARIES += %D%/libview.la
%C%_libview_la_CFLAGS = $(AM_CFLAGS)
%C%_libview_la_SOURCES =
%C%_libview_la_SOURCES += %D%/view.h
VIEW_LIBS = %D%/libview.la
%C%_libview_la_SOURCES += %D%/view.c
%C%_libview_la_SOURCES += %D%/names.h
%C%_libview_la_SOURCES += %D%/export.h

noinst_LTLIBRARIES += %D%/libviewout.la
%C%_libviewout_la_CFLAGS = $(AM_CFLAGS)
%C%_libviewout_la_SOURCES =
VIEWOUT_LIBS = %D%/libviewout.la $(VIEW_LIBS)
%C%_libviewout_la_SOURCES += %D%/decode.h
%C%_libviewout_la_SOURCES += %D%/html.h
%C%_libviewout_la_SOURCES += %D%/steps.c
%C%_libviewout_la_SOURCES += %D%/steps.h
