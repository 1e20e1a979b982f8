# SPDX-License-Identifier: MIT
# Tests on real interfaces, in a network namespace of their own. They skip with the reason where the machine does not allow one.
SCRIPTED_TESTS += %D%/self.sh
EXTRA_DIST += %D%/ns.sh
