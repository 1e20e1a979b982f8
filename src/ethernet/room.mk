# SPDX-License-Identifier: MIT
# F5: Ethernet framing.
noinst_LTLIBRARIES += %D%/libethernet.la
%C%_libethernet_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libethernet_la_SOURCES =
%C%_libethernet_la_SOURCES += %D%/eth.c
%C%_libethernet_la_SOURCES += %D%/eth.h
