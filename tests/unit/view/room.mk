# SPDX-License-Identifier: MIT
# Checks of src/view.
check_PROGRAMS += %D%/check_steps
%C%_check_steps_LDADD = $(VIEWOUT_CHECK)
