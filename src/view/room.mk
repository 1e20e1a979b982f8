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
%C%_libviewout_la_CFLAGS = $(AM_CFLAGS) $(BABELTRACE_CFLAGS)
%C%_libviewout_la_SOURCES =
VIEWOUT_LIBS = %D%/libviewout.la $(VIEW_LIBS) $(BABELTRACE_LIBS)
%C%_libviewout_la_SOURCES += %D%/decode.c
%C%_libviewout_la_SOURCES += %D%/decode.h
%C%_libviewout_la_SOURCES += %D%/decode_icmp.c
%C%_libviewout_la_SOURCES += %D%/decode_ip.c
%C%_libviewout_la_SOURCES += %D%/decode_l4.c
%C%_libviewout_la_SOURCES += %D%/decoder.h
%C%_libviewout_la_SOURCES += %D%/flow.c
%C%_libviewout_la_SOURCES += %D%/html.h
%C%_libviewout_la_SOURCES += %D%/steps.c
%C%_libviewout_la_SOURCES += %D%/steps.h
%C%_libviewout_la_SOURCES += %D%/chrome.c
%C%_libviewout_la_SOURCES += %D%/export.c
%C%_libviewout_la_SOURCES += %D%/export.h
%C%_libviewout_la_SOURCES += %D%/export_impl.h
%C%_libviewout_la_SOURCES += %D%/folded.c
%C%_libviewout_la_SOURCES += %D%/pcapng.c
%C%_libviewout_la_SOURCES += %D%/script.c
%C%_libviewout_la_SOURCES += %D%/source.c
if BABELTRACE
%C%_libviewout_la_SOURCES += %D%/ctf.c
%C%_libviewout_la_SOURCES += %D%/cyg.c
else
%C%_libviewout_la_SOURCES += %D%/noctf.c
endif
%C%_libviewout_la_SOURCES += %D%/house.c
%C%_libviewout_la_SOURCES += %D%/house.h
%C%_libviewout_la_SOURCES += %D%/html.c
%C%_libviewout_la_SOURCES += %D%/html_data.c
%C%_libviewout_la_SOURCES += %D%/html_data.h
%C%_libviewout_la_SOURCES += %D%/html_json.c
%C%_libviewout_la_SOURCES += %D%/html_json.h

# The page for browsers: its files as C strings
HTML_JS = %D%/page/data.js %D%/page/dom.js %D%/page/list.js %D%/page/flame.js %D%/page/graph.js %D%/page/bytes.js %D%/page/house.js %D%/page/main.js
HTML_PAGE = %D%/page/page.html %D%/page/page.css $(HTML_JS)
EXTRA_DIST += %D%/page/embed.awk $(HTML_PAGE)
nodist_%C%_libviewout_la_SOURCES = %D%/html_page.c
CLEANFILES += %D%/html_page.c
%D%/html_page.c: %D%/page/embed.awk $(HTML_PAGE)
	$(AM_V_GEN)$(MKDIR_P) %D% && (cd $(srcdir) && LC_ALL=C $(AWK) -v css=src/view/page/page.css -v js="$(HTML_JS)" -f src/view/page/embed.awk \
		src/view/page/page.html) > $@.tmp && mv $@.tmp $@
