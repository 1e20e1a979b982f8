# SPDX-License-Identifier: MIT
# F1: lists, hashes, checksums, pools, wheels. No state, no network.
noinst_LTLIBRARIES += %D%/liblib.la
%C%_liblib_la_CFLAGS = $(ROOM_CFLAGS)
%C%_liblib_la_SOURCES =
%C%_liblib_la_SOURCES += %D%/atomic.h
%C%_liblib_la_SOURCES += %D%/bug.c
%C%_liblib_la_SOURCES += %D%/bug.h
%C%_liblib_la_SOURCES += %D%/csum.c
%C%_liblib_la_SOURCES += %D%/csum.h
%C%_liblib_la_SOURCES += %D%/extack.c
%C%_liblib_la_SOURCES += %D%/extack.h
%C%_liblib_la_SOURCES += %D%/hash.c
%C%_liblib_la_SOURCES += %D%/hash.h
%C%_liblib_la_SOURCES += %D%/hist.c
%C%_liblib_la_SOURCES += %D%/hist.h
%C%_liblib_la_SOURCES += %D%/list.h
%C%_liblib_la_SOURCES += %D%/log.c
%C%_liblib_la_SOURCES += %D%/log.h
%C%_liblib_la_SOURCES += %D%/order.h
%C%_liblib_la_SOURCES += %D%/pool.h
%C%_liblib_la_SOURCES += %D%/rng.c
%C%_liblib_la_SOURCES += %D%/rng.h
%C%_liblib_la_SOURCES += %D%/spinlock.c
%C%_liblib_la_SOURCES += %D%/spinlock.h
%C%_liblib_la_SOURCES += %D%/wheel.h
%C%_liblib_la_SOURCES += %D%/xtable.h
