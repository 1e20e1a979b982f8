# SPDX-License-Identifier: MIT
# Checks of src/view: linked with it only, but where VIEWOUT is said. Two lines a program; its source is %D%/check_NAME.c.
EXTRA_DIST += %D%/slots.h
check_PROGRAMS += %D%/check_tree
%C%_check_tree_LDADD = $(VIEW_CHECK)
check_PROGRAMS += %D%/check_steps
%C%_check_steps_LDADD = $(VIEWOUT_CHECK)
check_PROGRAMS += %D%/check_names
%C%_check_names_LDADD = $(VIEW_CHECK)
SCRIPTED_TESTS += %D%/names
check_PROGRAMS += %D%/check_live
%C%_check_live_LDADD = $(VIEW_CHECK)
