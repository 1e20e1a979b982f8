# SPDX-License-Identifier: MIT
# Checks of src/kernel: linked with it and the floors below only. Two lines a program; its source is
# %D%/check_NAME.c.
EXTRA_DIST += %D%/fake.h
check_PROGRAMS += %D%/check_irq
%C%_check_irq_LDADD = $(KERNEL_CHECK)
check_PROGRAMS += %D%/check_machine
%C%_check_machine_LDADD = $(KERNEL_CHECK)
check_PROGRAMS += %D%/check_proc
%C%_check_proc_LDADD = $(KERNEL_CHECK)
check_PROGRAMS += %D%/check_rcu
%C%_check_rcu_LDADD = $(KERNEL_CHECK)
check_PROGRAMS += %D%/check_smp
%C%_check_smp_LDADD = $(KERNEL_CHECK)
check_PROGRAMS += %D%/check_softirq
%C%_check_softirq_LDADD = $(KERNEL_CHECK)
check_PROGRAMS += %D%/check_timer
%C%_check_timer_LDADD = $(KERNEL_CHECK)
check_PROGRAMS += %D%/check_vcpu
%C%_check_vcpu_LDADD = $(KERNEL_CHECK)
check_PROGRAMS += %D%/check_wait
%C%_check_wait_LDADD = $(KERNEL_CHECK)
