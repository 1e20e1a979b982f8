# SPDX-License-Identifier: MIT
# Checks of src/view.
