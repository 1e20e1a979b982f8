# SPDX-License-Identifier: MIT
# Recording by LTTng, with session daemons of the tests' own, in namespaces with a /run and a /dev/shm of their own.
SCRIPTED_TESTS += %D%/record.sh
SCRIPTED_TESTS += %D%/trouble.sh
EXTRA_DIST += %D%/lttng.sh
