# SPDX-License-Identifier: MIT
# Checks of src/trace.
EXTRA_DIST += %D%/armfix.h
check_PROGRAMS += %D%/check_fgraph
%C%_check_fgraph_LDADD = $(TRACE_CHECK)
check_PROGRAMS += %D%/check_gate
%C%_check_gate_LDADD = $(TRACE_CHECK)
check_PROGRAMS += %D%/check_ring
%C%_check_ring_LDADD = $(TRACE_CHECK)
check_PROGRAMS += %D%/check_sleep
%C%_check_sleep_LDADD = $(TRACE_CHECK)
