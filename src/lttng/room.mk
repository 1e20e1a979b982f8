# SPDX-License-Identifier: MIT
# F9: the module that glassnetd opens to speak LTTng-UST. Built where liblttng-ust is there; nothing else is linked with it.
EXTRA_DIST += %D%/net.tp
EXTRA_DIST += %D%/napi.tp
EXTRA_DIST += %D%/irq.tp
EXTRA_DIST += %D%/skb.tp
EXTRA_DIST += %D%/sock.tp
EXTRA_DIST += %D%/udp.tp
EXTRA_DIST += %D%/neigh.tp
EXTRA_DIST += %D%/fib.tp
EXTRA_DIST += %D%/glassnet.tp
if LTTNG
pkglib_LTLIBRARIES += %D%/glassnet-lttng.la
%C%_glassnet_lttng_la_SOURCES = %D%/provider.c
# the macros of lttng-ust declare what they define several times over, and its inline functions use memory that is not as aligned as they say
%C%_glassnet_lttng_la_CFLAGS = $(AM_CFLAGS) $(LTTNG_CFLAGS) -fno-sanitize=all -Wno-redundant-decls -Wno-nested-externs -Wno-shadow -Wno-missing-prototypes
%C%_glassnet_lttng_la_LDFLAGS = -module -avoid-version -shared -export-symbols-regex '^gn_lttng_sink$$' -Wl,-z,defs
%C%_glassnet_lttng_la_LIBADD = $(LTTNG_LIBS)
endif
