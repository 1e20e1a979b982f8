# SPDX-License-Identifier: MIT
# Golden call trees: checks over the whole stack, two lines a program; list each tree in EXTRA_DIST.
# check_PROGRAMS += %D%/check_NAME
# %C%_check_NAME_LDADD = $(STACK_CHECK)
# EXTRA_DIST += %D%/NAME.tree
