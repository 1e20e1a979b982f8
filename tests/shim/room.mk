# SPDX-License-Identifier: MIT
# Programs on the stack: what they import, and how they do.
SCRIPTED_TESTS += %D%/symbols
