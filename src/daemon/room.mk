# SPDX-License-Identifier: MIT
# F9: glassnetd. It links the rooms as archives, not through libglassnet.
sbin_PROGRAMS += glassnetd
glassnetd_CFLAGS = $(AM_CFLAGS) $(URCU_CFLAGS) $(NL_CFLAGS) $(NLROUTE_CFLAGS) $(CAPNG_CFLAGS)
glassnetd_LDADD = $(STACK_LIBS) $(EV_LIBS) $(NLROUTE_LIBS) $(NL_LIBS) $(CAPNG_LIBS)
glassnetd_SOURCES =
glassnetd_SOURCES += %D%/main.c
