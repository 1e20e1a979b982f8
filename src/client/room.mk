# SPDX-License-Identifier: MIT
# F9: the application's end of a socket that lives in the daemon. It links nothing but libc, and little of that.
noinst_LTLIBRARIES += %D%/libclient.la
%C%_libclient_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
%C%_libclient_la_SOURCES =
%C%_libclient_la_SOURCES += %D%/call.c
%C%_libclient_la_SOURCES += %D%/client.c
%C%_libclient_la_SOURCES += %D%/client.h
%C%_libclient_la_SOURCES += %D%/client_impl.h
%C%_libclient_la_SOURCES += %D%/data.c
%C%_libclient_la_SOURCES += %D%/name.c
%C%_libclient_la_SOURCES += %D%/netlink.c
%C%_libclient_la_SOURCES += %D%/page.c
%C%_libclient_la_SOURCES += %D%/raw.h
%C%_libclient_la_SOURCES += %D%/request.c
%C%_libclient_la_SOURCES += %D%/span.c
%C%_libclient_la_SOURCES += %D%/verdict.c
