# SPDX-License-Identifier: MIT
# F6: the devices.
noinst_LTLIBRARIES += %D%/libdrivers.la
%C%_libdrivers_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libdrivers_la_SOURCES =
# One file a line, .c and .h:
# %C%_libdrivers_la_SOURCES += %D%/loopback.c
# %C%_libdrivers_la_SOURCES += %D%/loopback.h
