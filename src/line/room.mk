# SPDX-License-Identifier: MIT
# F8: the one grammar of commands and configuration. glassnet and glassnetd link it.
noinst_LTLIBRARIES += %D%/libline.la
%C%_libline_la_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS)
%C%_libline_la_SOURCES =
%C%_libline_la_SOURCES += %D%/addr.c
%C%_libline_la_SOURCES += %D%/file.c
%C%_libline_la_SOURCES += %D%/line.c
%C%_libline_la_SOURCES += %D%/line.h
%C%_libline_la_SOURCES += %D%/link.c
%C%_libline_la_SOURCES += %D%/names.c
%C%_libline_la_SOURCES += %D%/names.h
%C%_libline_la_SOURCES += %D%/neigh.c
%C%_libline_la_SOURCES += %D%/route.c
%C%_libline_la_SOURCES += %D%/words.c
%C%_libline_la_SOURCES += %D%/words.h
LINE_LIBS = %D%/libline.la $(NL_LIBS)
