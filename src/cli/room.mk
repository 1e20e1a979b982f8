# SPDX-License-Identifier: MIT
# F9: the command glassnet. It never links the stack: it speaks to the control socket.
bin_PROGRAMS += glassnet
glassnet_CFLAGS = $(AM_CFLAGS) $(NL_CFLAGS) $(NLROUTE_CFLAGS)
glassnet_LDADD = $(NLROUTE_LIBS) $(NL_LIBS)
glassnet_SOURCES =
glassnet_SOURCES += %D%/main.c
