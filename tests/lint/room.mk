# SPDX-License-Identifier: MIT
# The laws of the house that a machine can check. Each script speaks TAP and also runs by hand.
SCRIPTED_TESTS += %D%/layers
SCRIPTED_TESTS += %D%/size
SCRIPTED_TESTS += %D%/spdx
SCRIPTED_TESTS += %D%/headers
SCRIPTED_TESTS += %D%/words
SCRIPTED_TESTS += %D%/globals
SCRIPTED_TESTS += %D%/linkfloors
SCRIPTED_TESTS += %D%/exports
SCRIPTED_TESTS += %D%/manpages
SCRIPTED_TESTS += %D%/options
SCRIPTED_TESTS += %D%/traceable
SCRIPTED_TESTS += %D%/self
EXTRA_DIST += %D%/stackargs.awk
EXTRA_DIST += %D%/tap.sh
EXTRA_DIST += %D%/floors.tab
EXTRA_DIST += %D%/globals.allow
