# SPDX-License-Identifier: MIT
# What is installed beside the programs.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/completion/glassnet

# lib/ and not $(libdir): systemd looks into <prefix>/lib only
systemunitdir = $(prefix)/lib/systemd/system
systemunit_DATA = %D%/systemd/glassnetd.service
EXTRA_DIST += %D%/systemd/glassnetd.service.in
CLEANFILES += $(systemunit_DATA)
%D%/systemd/glassnetd.service: %D%/systemd/glassnetd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed 's,[@]sbindir[@],$(sbindir),g' $(srcdir)/contrib/systemd/glassnetd.service.in > $@
