# SPDX-License-Identifier: MIT
# Checks of the stack. Two lines a program; its source is %D%/check_NAME.c:
check_PROGRAMS += %D%/check_stack
%C%_check_stack_LDADD = $(STACK_CHECK)
