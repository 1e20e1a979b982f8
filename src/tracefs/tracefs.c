/* SPDX-License-Identifier: MIT */
#include "tracefs/tracefs.h"
