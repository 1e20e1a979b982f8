# SPDX-License-Identifier: MIT
# F6: IPv4, ARP, ICMP, UDP.
noinst_LTLIBRARIES += %D%/libipv4.la
%C%_libipv4_la_CFLAGS = $(ROOM_CFLAGS)
%C%_libipv4_la_SOURCES =
# One file a line, .c and .h:
# %C%_libipv4_la_SOURCES += %D%/ip_input.c
# %C%_libipv4_la_SOURCES += %D%/ip_input.h
