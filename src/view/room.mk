# SPDX-License-Identifier: MIT
# F2: the tracer's records as trees, packets and text. libview is in the daemon and the command; libviewout (files, pages, CTF) in the command only.
noinst_LTLIBRARIES += %D%/libview.la
%C%_libview_la_CFLAGS = $(AM_CFLAGS)
%C%_libview_la_SOURCES =
%C%_libview_la_SOURCES += %D%/view.h
VIEW_LIBS = %D%/libview.la
%C%_libview_la_SOURCES += %D%/clock.c
%C%_libview_la_SOURCES += %D%/fold.c
%C%_libview_la_SOURCES += %D%/fold.h
%C%_libview_la_SOURCES += %D%/mem.c
%C%_libview_la_SOURCES += %D%/packet.c
%C%_libview_la_SOURCES += %D%/reader.c
%C%_libview_la_SOURCES += %D%/reader.h
%C%_libview_la_SOURCES += %D%/table.c
%C%_libview_la_SOURCES += %D%/function.c
%C%_libview_la_SOURCES += %D%/merge.c
%C%_libview_la_SOURCES += %D%/options.c
%C%_libview_la_SOURCES += %D%/text.c
%C%_libview_la_SOURCES += %D%/text.h
%C%_libview_la_SOURCES += %D%/tree.c
%C%_libview_la_SOURCES += %D%/names.c
%C%_libview_la_SOURCES += %D%/names.h
%C%_libview_la_SOURCES += %D%/names_tab.h
# the table of names as C
nodist_%C%_libview_la_SOURCES = %D%/names_tab.c
%D%/names_tab.c: $(srcdir)/src/trace/names.tab $(srcdir)/%D%/names.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && $(AWK) -f $(srcdir)/%D%/names.awk $(srcdir)/src/trace/names.tab > $@.tmp && mv $@.tmp $@
CLEANFILES += %D%/names_tab.c
EXTRA_DIST += %D%/names.awk src/trace/names.tab

noinst_LTLIBRARIES += %D%/libviewout.la
%C%_libviewout_la_CFLAGS = $(AM_CFLAGS)
%C%_libviewout_la_SOURCES =
VIEWOUT_LIBS = %D%/libviewout.la $(VIEW_LIBS)
%C%_libviewout_la_SOURCES += %D%/decode.h
%C%_libviewout_la_SOURCES += %D%/html.h
%C%_libviewout_la_SOURCES += %D%/steps.c
%C%_libviewout_la_SOURCES += %D%/steps.h
%C%_libviewout_la_SOURCES += %D%/export.h
