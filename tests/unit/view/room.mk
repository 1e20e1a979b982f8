# SPDX-License-Identifier: MIT
# Checks of src/view.
check_PROGRAMS += %D%/check_steps
%C%_check_steps_LDADD = $(VIEWOUT_CHECK)
check_PROGRAMS += %D%/check_names
%C%_check_names_LDADD = $(VIEW_CHECK)
SCRIPTED_TESTS += %D%/names
