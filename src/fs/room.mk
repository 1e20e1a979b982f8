# SPDX-License-Identifier: MIT
# F2: seq_file, the /proc tree, sysctl tables.
noinst_LTLIBRARIES += %D%/libfs.la
%C%_libfs_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libfs_la_SOURCES =
%C%_libfs_la_SOURCES += %D%/proc.c
%C%_libfs_la_SOURCES += %D%/proc.h
%C%_libfs_la_SOURCES += %D%/seq_file.c
%C%_libfs_la_SOURCES += %D%/seq_file.h
%C%_libfs_la_SOURCES += %D%/sysctl.c
%C%_libfs_la_SOURCES += %D%/sysctl.h
%C%_libfs_la_SOURCES += %D%/sysctl_vec.c
