# SPDX-License-Identifier: MIT
# F4: buffers, devices, NAPI, neighbours, routes, sockets.
noinst_LTLIBRARIES += %D%/libcore.la
%C%_libcore_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libcore_la_SOURCES =
# One file a line, .c and .h:
# %C%_libcore_la_SOURCES += %D%/skbuff.c
# %C%_libcore_la_SOURCES += %D%/skbuff.h
%C%_libcore_la_SOURCES += %D%/datagram.c
%C%_libcore_la_SOURCES += %D%/datagram.h
%C%_libcore_la_SOURCES += %D%/dst.c
%C%_libcore_la_SOURCES += %D%/dst.h
%C%_libcore_la_SOURCES += %D%/filter.c
%C%_libcore_la_SOURCES += %D%/filter.h
%C%_libcore_la_SOURCES += %D%/sock.c
%C%_libcore_la_SOURCES += %D%/sock.h
%C%_libcore_la_SOURCES += %D%/sock_mem.c
%C%_libcore_la_SOURCES += %D%/sock_opt.c
%C%_libcore_la_SOURCES += %D%/socket.c
%C%_libcore_la_SOURCES += %D%/socket.h
%C%_libcore_la_SOURCES += %D%/tstamp.c
%C%_libcore_la_SOURCES += %D%/tstamp.h
%C%_libcore_la_SOURCES += %D%/neigh_gc.c
%C%_libcore_la_SOURCES += %D%/neigh_impl.h
%C%_libcore_la_SOURCES += %D%/neigh_sysctl.c
%C%_libcore_la_SOURCES += %D%/neigh_table.c
%C%_libcore_la_SOURCES += %D%/neighbour.c
%C%_libcore_la_SOURCES += %D%/neighbour.h
