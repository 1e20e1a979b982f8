# SPDX-License-Identifier: MIT
# Checks of src/sched: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c.
EXTRA_DIST += %D%/card.h
check_PROGRAMS += %D%/check_sch_fifo
%C%_check_sch_fifo_LDADD = $(SCHED_CHECK)
check_PROGRAMS += %D%/check_sch_generic
%C%_check_sch_generic_LDADD = $(SCHED_CHECK)
