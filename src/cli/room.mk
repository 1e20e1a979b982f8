# SPDX-License-Identifier: MIT
# F9: the command glassnet. It never links the stack: it speaks to the control socket. All but main() is an archive, for the checks.
noinst_LTLIBRARIES += %D%/libcli.la
%C%_libcli_la_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS) $(PCAP_CFLAGS)
%C%_libcli_la_CPPFLAGS = $(AM_CPPFLAGS) -DPKGLIBDIR='"$(pkglibdir)"'
%C%_libcli_la_SOURCES =
%C%_libcli_la_SOURCES += %D%/cli.c
%C%_libcli_la_SOURCES += %D%/cli.h
%C%_libcli_la_SOURCES += %D%/commands.c
%C%_libcli_la_SOURCES += %D%/conn.c
%C%_libcli_la_SOURCES += %D%/conn.h
%C%_libcli_la_SOURCES += %D%/drops.c
%C%_libcli_la_SOURCES += %D%/files.c
%C%_libcli_la_SOURCES += %D%/link.c
%C%_libcli_la_SOURCES += %D%/lttng.c
%C%_libcli_la_SOURCES += %D%/lttng.h
%C%_libcli_la_SOURCES += %D%/out.c
%C%_libcli_la_SOURCES += %D%/out.h
%C%_libcli_la_SOURCES += %D%/route.c
%C%_libcli_la_SOURCES += %D%/run.c
%C%_libcli_la_SOURCES += %D%/spawn.c
%C%_libcli_la_SOURCES += %D%/ss.c
%C%_libcli_la_SOURCES += %D%/trace.c
%C%_libcli_la_SOURCES += %D%/trace.h
%C%_libcli_la_SOURCES += %D%/trace_filter.c
%C%_libcli_la_SOURCES += %D%/trace_graph.c
%C%_libcli_la_SOURCES += %D%/trace_live.c
%C%_libcli_la_SOURCES += %D%/trace_live.h
%C%_libcli_la_SOURCES += %D%/trace_options.c
%C%_libcli_la_SOURCES += %D%/trace_record.c
%C%_libcli_la_SOURCES += %D%/trace_show.c
%C%_libcli_la_SOURCES += %D%/trace_show.h
%C%_libcli_la_SOURCES += %D%/trace_view.c
CLI_LIBS = %D%/libcli.la $(VIEWOUT_LIBS) $(LINE_LIBS) $(PCAP_LIBS)

bin_PROGRAMS += glassnet
glassnet_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS)
glassnet_LDADD = $(CLI_LIBS)
glassnet_SOURCES =
glassnet_SOURCES += %D%/main.c
