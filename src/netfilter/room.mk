# SPDX-License-Identifier: MIT
# F5: the hook core.
noinst_LTLIBRARIES += %D%/libnetfilter.la
%C%_libnetfilter_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libnetfilter_la_SOURCES =
%C%_libnetfilter_la_SOURCES += %D%/core.c
%C%_libnetfilter_la_SOURCES += %D%/core.h
