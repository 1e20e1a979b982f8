# SPDX-License-Identifier: MIT
# Checks of src/drivers: linked with it and the floors below only. Two lines a program; its source is %D%/check_NAME.c.
EXTRA_DIST += %D%/fakehost.h %D%/fakering.h %D%/wire.h
check_PROGRAMS += %D%/check_driver
%C%_check_driver_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_loopback
%C%_check_loopback_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_memdev
%C%_check_memdev_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_nulldev
%C%_check_nulldev_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_pcapdev
%C%_check_pcapdev_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_rx
%C%_check_rx_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_tap
%C%_check_tap_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_tap_vnet
%C%_check_tap_vnet_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_tpacket
%C%_check_tpacket_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_tpacket_vnet
%C%_check_tpacket_vnet_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_tpring
%C%_check_tpring_LDADD = $(DRIVERS_CHECK)
check_PROGRAMS += %D%/check_userdev
%C%_check_userdev_LDADD = $(DRIVERS_CHECK)
