# SPDX-License-Identifier: MIT
# F6: IPv4, ARP, ICMP, UDP.
noinst_LTLIBRARIES += %D%/libipv4.la
%C%_libipv4_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libipv4_la_SOURCES =
# One file a line, .c and .h:
# %C%_libipv4_la_SOURCES += %D%/ip_input.c
# %C%_libipv4_la_SOURCES += %D%/ip_input.h
%C%_libipv4_la_SOURCES += %D%/icmp.c
%C%_libipv4_la_SOURCES += %D%/icmp_bxm.h
%C%_libipv4_la_SOURCES += %D%/icmp_send.c
%C%_libipv4_la_SOURCES += %D%/inetpeer.c
%C%_libipv4_la_SOURCES += %D%/ip_append.c
%C%_libipv4_la_SOURCES += %D%/ip_forward.c
%C%_libipv4_la_SOURCES += %D%/ip_frag_out.c
%C%_libipv4_la_SOURCES += %D%/ip_frag_store.c
%C%_libipv4_la_SOURCES += %D%/ip_fragment.c
%C%_libipv4_la_SOURCES += %D%/ip_fragment.h
%C%_libipv4_la_SOURCES += %D%/ip_input.c
%C%_libipv4_la_SOURCES += %D%/ip_options.c
%C%_libipv4_la_SOURCES += %D%/ip_options_srr.c
%C%_libipv4_la_SOURCES += %D%/ip_output.c
%C%_libipv4_la_SOURCES += %D%/mib.h
%C%_libipv4_la_SOURCES += %D%/mib_tcpext.c
%C%_libipv4_la_SOURCES += %D%/proc.c
%C%_libipv4_la_SOURCES += %D%/protocol.c
%C%_libipv4_la_SOURCES += %D%/sysctl_net_ipv4.c
%C%_libipv4_la_SOURCES += %D%/icmp.h
%C%_libipv4_la_SOURCES += %D%/inetpeer.h
%C%_libipv4_la_SOURCES += %D%/ip.h
%C%_libipv4_la_SOURCES += %D%/ip_options.h
%C%_libipv4_la_SOURCES += %D%/netns.h
%C%_libipv4_la_SOURCES += %D%/protocol.h
