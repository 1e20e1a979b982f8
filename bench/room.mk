# SPDX-License-Identifier: MIT
# Measurements: one program and one script a question. Built by `make bench`, never by `make`.
BENCHES =
# BENCHES += %D%/NAME
# %C%_NAME_LDADD = $(STACK_LIBS)
EXTRA_PROGRAMS += $(BENCHES)
bench: $(BENCHES)
.PHONY: bench
