# SPDX-License-Identifier: MIT
# F9: the preload library behind `glassnet run`. It sees libc and src/client, keeps no state, and exports the names of symbols.h.
noinst_LTLIBRARIES += %D%/libshim.la
%C%_libshim_la_CFLAGS = $(AM_CFLAGS) -U_FORTIFY_SOURCE
%C%_libshim_la_SOURCES =
%C%_libshim_la_SOURCES += %D%/attrs.c
%C%_libshim_la_SOURCES += %D%/calls.c
%C%_libshim_la_SOURCES += %D%/calls_args.c
%C%_libshim_la_SOURCES += %D%/calls_names.c
%C%_libshim_la_SOURCES += %D%/dir.c
%C%_libshim_la_SOURCES += %D%/files.c
%C%_libshim_la_SOURCES += %D%/files.h
%C%_libshim_la_SOURCES += %D%/gai_sort.c
%C%_libshim_la_SOURCES += %D%/hooks.c
%C%_libshim_la_SOURCES += %D%/hooks_files.c
%C%_libshim_la_SOURCES += %D%/hooks_gai.c
%C%_libshim_la_SOURCES += %D%/hooks_hosts.c
%C%_libshim_la_SOURCES += %D%/hooks_nameinfo.c
%C%_libshim_la_SOURCES += %D%/hooks_names.c
%C%_libshim_la_SOURCES += %D%/hooks_signals.c
%C%_libshim_la_SOURCES += %D%/ioctl.c
%C%_libshim_la_SOURCES += %D%/names.c
%C%_libshim_la_SOURCES += %D%/names.h
%C%_libshim_la_SOURCES += %D%/names_answer.c
%C%_libshim_la_SOURCES += %D%/names_dns.c
%C%_libshim_la_SOURCES += %D%/names_hosts.c
%C%_libshim_la_SOURCES += %D%/ops.c
%C%_libshim_la_SOURCES += %D%/path.c
%C%_libshim_la_SOURCES += %D%/poll.c
%C%_libshim_la_SOURCES += %D%/reopen.c
%C%_libshim_la_SOURCES += %D%/shim.h
%C%_libshim_la_SOURCES += %D%/stream.c
%C%_libshim_la_SOURCES += %D%/strong.c
%C%_libshim_la_SOURCES += %D%/strong.h
%C%_libshim_la_SOURCES += %D%/strong_filter.c
%C%_libshim_la_SOURCES += %D%/symbols.h
%C%_libshim_la_SOURCES += %D%/visible.h

# What it asks the daemon for; src/embed has the same names for a stack in the process
noinst_LTLIBRARIES += %D%/libctl.la
%C%_libctl_la_CFLAGS = $(AM_CFLAGS) -U_FORTIFY_SOURCE
%C%_libctl_la_SOURCES = %D%/ctl.c

# A library that is loaded before a sanitizer's own would not start a program.
if !SANITIZE
pkglib_LTLIBRARIES += %D%/libglassnet-preload.la
%C%_libglassnet_preload_la_SOURCES =
%C%_libglassnet_preload_la_LIBADD = %D%/libshim.la %D%/libctl.la src/client/libclient.la
%C%_libglassnet_preload_la_LDFLAGS = -module -avoid-version -shared -Wl,-z,defs -Wl,-z,now -Wl,-z,initfirst
endif
