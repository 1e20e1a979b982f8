/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_NULLDEV_H
#define DRIVERS_NULLDEV_H
/*
 * nulldev.h - a device that swallows what is sent and receives nothing (spec "null:"; mirrors
 * drivers/net/dummy.c)
 */
#include "drivers/driver.h"

extern const struct nif_driver nulldev_driver;

#endif
