/* SPDX-License-Identifier: MIT */
#include "view/view.h"
