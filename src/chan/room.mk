# SPDX-License-Identifier: MIT
# F7: sockets of other processes: calls as messages, datagrams over a socketpair.
noinst_LTLIBRARIES += %D%/libchan.la
%C%_libchan_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libchan_la_SOURCES =
%C%_libchan_la_SOURCES += %D%/call.c
%C%_libchan_la_SOURCES += %D%/chan.c
%C%_libchan_la_SOURCES += %D%/chan.h
%C%_libchan_la_SOURCES += %D%/chan_impl.h
%C%_libchan_la_SOURCES += %D%/chan_stat.h
%C%_libchan_la_SOURCES += %D%/ioctl.c
%C%_libchan_la_SOURCES += %D%/netlink.c
%C%_libchan_la_SOURCES += %D%/pair.c
%C%_libchan_la_SOURCES += %D%/unread.c
