# SPDX-License-Identifier: MIT
# F4: buffers, devices, NAPI, neighbours, routes, sockets.
noinst_LTLIBRARIES += %D%/libcore.la
%C%_libcore_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libcore_la_SOURCES =
# One file a line, .c and .h:
# %C%_libcore_la_SOURCES += %D%/skbuff.c
# %C%_libcore_la_SOURCES += %D%/skbuff.h
