# SPDX-License-Identifier: MIT
# Checks of the stack. Two lines a program; its source is %D%/check_NAME.c:
check_PROGRAMS += %D%/check_stack
%C%_check_stack_LDADD = $(STACK_CHECK)
EXTRA_DIST += %D%/tracefix.h
check_PROGRAMS += %D%/check_packet_trace
%C%_check_packet_trace_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_trace_events
%C%_check_trace_events_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_api_trace
%C%_check_api_trace_LDADD = $(SUITE_LIBS) src/libglassnet.la
EXTRA_%C%_check_api_trace_DEPENDENCIES = src/libglassnet.named
