# SPDX-License-Identifier: MIT
# F8: the composition root and the shared library libglassnet: the only place that sees all rooms.
lib_LTLIBRARIES += %D%/libglassnet.la
%C%_libglassnet_la_SOURCES =
%C%_libglassnet_la_SOURCES += %D%/stack.c
%C%_libglassnet_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libglassnet_la_LIBADD = $(F6_LIBS)
%C%_libglassnet_la_LDFLAGS = -version-info $(GN_ABI) -Wl,-z,defs

# Installed headers, one a line
glassnetincludedir = $(includedir)/glassnet
glassnetinclude_HEADERS =
# glassnetinclude_HEADERS += include/glassnet/net.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/glassnet.pc
