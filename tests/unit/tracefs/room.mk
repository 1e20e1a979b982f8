# SPDX-License-Identifier: MIT
# Checks of src/tracefs: on whole nets, for what is traced is all of the stack.
check_PROGRAMS += %D%/check_files
%C%_check_files_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_sets
%C%_check_sets_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_graph
%C%_check_graph_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_stress
%C%_check_stress_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_lane
%C%_check_lane_LDADD = $(STACK_CHECK)
check_PROGRAMS += %D%/check_packet
%C%_check_packet_LDADD = $(STACK_CHECK)
