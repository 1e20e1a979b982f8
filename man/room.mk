# SPDX-License-Identifier: MIT
dist_man_MANS =
dist_man_MANS += %D%/glassnet.1
dist_man_MANS += %D%/glassnetd.8
dist_man_MANS += %D%/glassnet.conf.5
dist_man_MANS += %D%/glassnet.7
dist_man_MANS += %D%/libglassnet.3
dist_man_MANS += %D%/glassnet-sysctl.7
dist_man_MANS += %D%/glassnet-trace.7
