# SPDX-License-Identifier: MIT
# F6: the devices.
noinst_LTLIBRARIES += %D%/libdrivers.la
%C%_libdrivers_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libdrivers_la_SOURCES =
%C%_libdrivers_la_SOURCES += %D%/driver.c
%C%_libdrivers_la_SOURCES += %D%/driver.h
%C%_libdrivers_la_SOURCES += %D%/framering.h
%C%_libdrivers_la_SOURCES += %D%/loopback.c
%C%_libdrivers_la_SOURCES += %D%/loopback.h
%C%_libdrivers_la_SOURCES += %D%/memdev.c
%C%_libdrivers_la_SOURCES += %D%/memdev.h
%C%_libdrivers_la_SOURCES += %D%/nulldev.c
%C%_libdrivers_la_SOURCES += %D%/nulldev.h
%C%_libdrivers_la_SOURCES += %D%/pcapdev.c
%C%_libdrivers_la_SOURCES += %D%/pcapdev.h
%C%_libdrivers_la_SOURCES += %D%/rx.c
%C%_libdrivers_la_SOURCES += %D%/rx.h
%C%_libdrivers_la_SOURCES += %D%/tap.c
%C%_libdrivers_la_SOURCES += %D%/tap.h
%C%_libdrivers_la_SOURCES += %D%/userdev.c
%C%_libdrivers_la_SOURCES += %D%/userdev.h
