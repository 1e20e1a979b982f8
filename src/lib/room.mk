# SPDX-License-Identifier: MIT
# F1: lists, hashes, checksums, pools, wheels. No state, no network.
noinst_LTLIBRARIES += %D%/liblib.la
%C%_liblib_la_CFLAGS = $(ROOM_CFLAGS)
%C%_liblib_la_SOURCES =
# One file a line, .c and .h:
# %C%_liblib_la_SOURCES += %D%/hash.c
# %C%_liblib_la_SOURCES += %D%/hash.h
