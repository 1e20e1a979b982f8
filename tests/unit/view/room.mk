# SPDX-License-Identifier: MIT
# Checks of src/view: linked with it only, but where VIEWOUT is said. Two lines a program; its source is %D%/check_NAME.c.
EXTRA_DIST += %D%/slots.h
check_PROGRAMS += %D%/check_tree
%C%_check_tree_LDADD = $(VIEW_CHECK)
check_PROGRAMS += %D%/check_steps
%C%_check_steps_LDADD = $(VIEWOUT_CHECK)
check_PROGRAMS += %D%/check_names
%C%_check_names_LDADD = $(VIEW_CHECK)
check_PROGRAMS += %D%/check_html
%C%_check_html_LDADD = $(VIEWOUT_CHECK)
check_PROGRAMS += %D%/check_decode
%C%_check_decode_LDADD = $(VIEWOUT_CHECK)
SCRIPTED_TESTS += %D%/names
check_PROGRAMS += %D%/check_live
%C%_check_live_LDADD = $(VIEW_CHECK)
SCRIPTED_TESTS += %D%/check_html_chromium.sh
EXTRA_DIST += %D%/frames.h %D%/story.h
TEST_HELPERS += %D%/make_page
%C%_make_page_LDADD = $(VIEWOUT_LIBS)
