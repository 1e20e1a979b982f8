# SPDX-License-Identifier: MIT
# Checks of src/trace.
EXTRA_DIST += %D%/armfix.h
check_PROGRAMS += %D%/check_fgraph
%C%_check_fgraph_LDADD = $(TRACE_CHECK)
