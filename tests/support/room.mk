# SPDX-License-Identifier: MIT
# What the checks share. suite.c is the main() of every check program: a check defines suite() only.
# libsuite knows no room. Helpers that build on a room (frames, a net on a fake clock) are listed per floor below.
check_LTLIBRARIES += %D%/libsuite.la
%C%_libsuite_la_SOURCES =
%C%_libsuite_la_SOURCES += %D%/suite.c
%C%_libsuite_la_SOURCES += %D%/faulty.h
%C%_libsuite_la_SOURCES += %D%/ipfix.h
%C%_libsuite_la_SOURCES += %D%/netfix.h
%C%_libsuite_la_SOURCES += %D%/sockfix.h
%C%_libsuite_la_SOURCES += %D%/ipfix.h
%C%_libsuite_la_SOURCES += %D%/nlfix.h
%C%_libsuite_la_SOURCES += %D%/suite.h
%C%_libsuite_la_SOURCES += %D%/tracefix.h
%C%_libsuite_la_CFLAGS = $(AM_CFLAGS) $(CK_CFLAGS)
SUITE_LIBS = %D%/libsuite.la $(CK_LIBS)

# What a check of each room is linked with
LIB_CHECK = $(SUITE_LIBS) $(F1_LIBS)
FS_CHECK = $(SUITE_LIBS) $(F2_LIBS)
TRACE_CHECK = $(SUITE_LIBS) src/trace/libtrace.la $(F1_LIBS)
VIEW_CHECK = $(SUITE_LIBS) src/view/libview.la
VIEWOUT_CHECK = $(SUITE_LIBS) $(VIEWOUT_LIBS)
TRACEFS_CHECK = $(SUITE_LIBS) $(F7_LIBS)
KERNEL_CHECK = $(SUITE_LIBS) $(F3_LIBS)
CORE_CHECK = $(SUITE_LIBS) $(F4_LIBS)
ETHERNET_CHECK = $(SUITE_LIBS) src/ethernet/libethernet.la $(F4_LIBS)
NETFILTER_CHECK = $(SUITE_LIBS) src/netfilter/libnetfilter.la $(F4_LIBS)
SCHED_CHECK = $(SUITE_LIBS) src/sched/libsched.la $(F4_LIBS)
IPV4_CHECK = $(SUITE_LIBS) src/ipv4/libipv4.la $(F5_LIBS)
DRIVERS_CHECK = $(SUITE_LIBS) src/drivers/libdrivers.la $(F5_LIBS)
STACK_CHECK = $(SUITE_LIBS) $(STACK_LIBS)
DAEMON_CHECK = $(STACK_CHECK) $(EV_LIBS) $(NLROUTE_LIBS) $(NL_LIBS) $(CAPNG_LIBS)
LINE_CHECK = $(SUITE_LIBS) $(LINE_LIBS)
CLI_CHECK = $(SUITE_LIBS) $(CLI_LIBS)
SHIM_CHECK = $(SUITE_LIBS) src/shim/libshim.la src/shim/libctl.la
