# SPDX-License-Identifier: MIT
# F8: the composition root, the embedding API and the shared library libglassnet: the only place that sees all rooms.
noinst_LTLIBRARIES += %D%/libstack.la
%C%_libstack_la_SOURCES =
%C%_libstack_la_SOURCES += %D%/stack.c
%C%_libstack_la_SOURCES += %D%/stack.h
%C%_libstack_la_SOURCES += %D%/api.h
%C%_libstack_la_SOURCES += %D%/api_net.c
%C%_libstack_la_SOURCES += %D%/api_socket.c
%C%_libstack_la_SOURCES += %D%/api_device.c
%C%_libstack_la_SOURCES += %D%/host_dev.c
%C%_libstack_la_SOURCES += %D%/host_dev.h
%C%_libstack_la_SOURCES += %D%/host_poll.c
%C%_libstack_la_CFLAGS = $(UNTRACED_CFLAGS)

lib_LTLIBRARIES += %D%/libglassnet.la
%C%_libglassnet_la_SOURCES =
%C%_libglassnet_la_LIBADD = $(STACK_LIBS)
%C%_libglassnet_la_LDFLAGS = -version-info $(GN_ABI) -Wl,-z,defs -Wl,-Map=%D%/libglassnet.map
# libtool links libraries by itself: the table of names is filled in behind it.
noinst_DATA += %D%/libglassnet.named
CLEANFILES += %D%/libglassnet.map %D%/libglassnet.named
%D%/libglassnet.named: %D%/libglassnet.la tools/link-named
	$(AM_V_GEN)so=`sed -n "s/^library_names='\([^ ']*\).*/\1/p" %D%/libglassnet.la`; \
	test -z "$$so" || $(top_srcdir)/tools/link-named --fill %D%/.libs/$$so %D%/libglassnet.map; \
	echo "$$so" > $@

# Installed headers, one a line
glassnetincludedir = $(includedir)/glassnet
glassnetinclude_HEADERS =
glassnetinclude_HEADERS += include/glassnet/net.h
glassnetinclude_HEADERS += include/glassnet/socket.h
glassnetinclude_HEADERS += include/glassnet/device.h
glassnetinclude_HEADERS += include/glassnet/host.h
glassnetuapiincludedir = $(includedir)/glassnet/uapi
glassnetuapiinclude_HEADERS =
glassnetuapiinclude_HEADERS += include/glassnet/uapi/chan.h
glassnetuapiinclude_HEADERS += include/glassnet/uapi/ctl.h
glassnetuapiinclude_HEADERS += include/glassnet/uapi/trace.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/glassnet.pc
