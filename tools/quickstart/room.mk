# SPDX-License-Identifier: MIT
# The one-command entry, so that a released archive has it too.
dist_noinst_SCRIPTS += quickstart
EXTRA_DIST += %D%/say.sh
EXTRA_DIST += %D%/setup.sh
EXTRA_DIST += %D%/build.sh
EXTRA_DIST += %D%/test.sh
EXTRA_DIST += %D%/demo.sh
EXTRA_DIST += %D%/bench.sh
