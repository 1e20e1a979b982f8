# SPDX-License-Identifier: MIT
# The stack inside the program: the other back end of src/shim, and the library behind `glassnet run --embedded`.
noinst_LTLIBRARIES += %D%/libembed.la
%C%_libembed_la_CFLAGS = $(UNTRACED_CFLAGS) -fvisibility=hidden
%C%_libembed_la_SOURCES =
%C%_libembed_la_SOURCES += %D%/calls.c
%C%_libembed_la_SOURCES += %D%/ctl.c
%C%_libembed_la_SOURCES += %D%/embed.h
%C%_libembed_la_SOURCES += %D%/host.c
%C%_libembed_la_SOURCES += %D%/esock.c
%C%_libembed_la_SOURCES += %D%/start.c
%C%_libembed_la_SOURCES += src/client/name.c
%C%_libembed_la_SOURCES += src/client/request.c

# What the stack calls by names that the library hooks is the kernel's own (native.c).
EMBED_WRAP = close read write readv writev socket bind recvmsg sendmsg sendmmsg recvmmsg send recv sendto recvfrom setsockopt getsockopt ioctl open \
	syscall fstat

# A library that is loaded before a sanitizer's own would not start a program.
if !SANITIZE
pkglib_LTLIBRARIES += %D%/libglassnet-embedded.la
%C%_libglassnet_embedded_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
%C%_libglassnet_embedded_la_SOURCES =
%C%_libglassnet_embedded_la_SOURCES += %D%/fds.c
%C%_libglassnet_embedded_la_SOURCES += %D%/native.c
%C%_libglassnet_embedded_la_LIBADD = src/shim/libshim.la %D%/libembed.la $(STACK_LIBS)
%C%_libglassnet_embedded_la_LDFLAGS = -module -avoid-version -shared -Wl,-z,defs -Wl,-z,now -Wl,-z,nodelete -Wl,--exclude-libs,libstack.a \
	$(EMBED_WRAP:%=-Wl,--wrap=%) -Wl,-Map=%D%/libglassnet-embedded.map
endif
