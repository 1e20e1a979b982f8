# SPDX-License-Identifier: MIT
# F9: glassnetd. It links the rooms as archives, not through libglassnet.
sbin_PROGRAMS += glassnetd
glassnetd_CFLAGS = $(AM_CFLAGS) $(URCU_CFLAGS) $(NL_CFLAGS) $(NLROUTE_CFLAGS) $(CAPNG_CFLAGS)
glassnetd_CPPFLAGS = $(AM_CPPFLAGS) -DPKGLIBDIR='"$(pkglibdir)"'
glassnetd_LDADD = src/line/libline.la $(STACK_LIBS) $(EV_LIBS) $(NLROUTE_LIBS) $(NL_LIBS) $(CAPNG_LIBS)
glassnetd_SOURCES =
glassnetd_SOURCES += %D%/app.c
glassnetd_SOURCES += %D%/apps.c
glassnetd_SOURCES += %D%/conf.c
glassnetd_SOURCES += %D%/ctl.c
glassnetd_SOURCES += %D%/ctl.h
glassnetd_SOURCES += %D%/ctl_req.c
glassnetd_SOURCES += %D%/daemon.h
glassnetd_SOURCES += %D%/dump.c
glassnetd_SOURCES += %D%/hostcfg.c
glassnetd_SOURCES += %D%/log.c
glassnetd_SOURCES += %D%/lttng.c
glassnetd_SOURCES += %D%/main.c
glassnetd_SOURCES += %D%/notify.c
glassnetd_SOURCES += %D%/options.c
glassnetd_SOURCES += %D%/priv.c
glassnetd_SOURCES += %D%/trace_thread.c
glassnetd_SOURCES += %D%/vcpu_thread.c
