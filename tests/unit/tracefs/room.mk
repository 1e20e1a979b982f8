# SPDX-License-Identifier: MIT
# Checks of src/tracefs.
