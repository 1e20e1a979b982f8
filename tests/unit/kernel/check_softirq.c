/* SPDX-License-Identifier: MIT */
/*
 * check_softirq.c: which softirqs run, when, in which order, how often; bh sections;
 * /proc/softirqs.
 */
#include "fake.h"

static struct fake f;
static char order[64]; /* a letter for each handler that ran */
static unsigned again; /* how often the handler raises itself */

static void note(char c)
{
	size_t n = strlen(order);

	if (n < sizeof(order) - 1)
		order[n] = c;
}

static void run_hi(struct vcpu *v)
{
	note('H');
}

static void run_tx(struct vcpu *v)
{
	note('T');
}

static void run_rx(struct vcpu *v)
{
	note('R');
	ck_assert(in_softirq());
	ck_assert(in_interrupt());
	if (again) {
		again--;
		__raise_softirq_irqoff(NET_RX_SOFTIRQ);
	}
}

static void begin(void)
{
	memset(order, 0, sizeof(order));
	again = 0;
	fake_begin(&f, 2);
	open_softirq(&f.m, HI_SOFTIRQ, run_hi);
	open_softirq(&f.m, NET_TX_SOFTIRQ, run_tx);
	open_softirq(&f.m, NET_RX_SOFTIRQ, run_rx);
	vcpu_enter(f.m.cpu[0], NULL);
}

static void end(void)
{
	vcpu_leave(f.m.cpu[0]);
	fake_end(&f);
}

START_TEST(test_E12_order_of_bits)
{
	struct vcpu *v = f.m.cpu[0];

	__raise_softirq_irqoff(NET_RX_SOFTIRQ);
	__raise_softirq_irqoff(NET_TX_SOFTIRQ);
	raise_softirq(HI_SOFTIRQ);
	ck_assert_str_eq(order, "");
	ck_assert_uint_eq(vcpu_run(v, f.now), UINT64_MAX);
	ck_assert_str_eq(order, "HTR");
	ck_assert_uint_eq(v->softirq_count[HI_SOFTIRQ], 1);
	ck_assert_uint_eq(v->softirq_count[NET_TX_SOFTIRQ], 1);
	ck_assert_uint_eq(v->softirq_count[NET_RX_SOFTIRQ], 1);
	ck_assert_uint_eq(v->rcu_bh_count, 3);
	ck_assert_int_eq(v->in_softirq, 0);
}
END_TEST

/* A handler that raises itself for ever runs 10 times, then the loop gets its turn. */
START_TEST(test_E12_restart_limit)
{
	struct vcpu *v = f.m.cpu[0];
	unsigned reads;

	again = 25;
	raise_softirq(NET_RX_SOFTIRQ);
	reads = f.clock_reads;
	ck_assert_uint_eq(vcpu_run(v, f.now), 0);
	ck_assert_uint_eq(v->softirq_count[NET_RX_SOFTIRQ], MAX_SOFTIRQ_RESTART);
	ck_assert_uint_eq(f.clock_reads - reads, 10);
	ck_assert_uint_eq(vcpu_run(v, f.now), 0);
	ck_assert_uint_eq(v->softirq_count[NET_RX_SOFTIRQ], 20);
	ck_assert_uint_eq(vcpu_run(v, f.now), UINT64_MAX);
	ck_assert_uint_eq(v->softirq_count[NET_RX_SOFTIRQ], 26);
}
END_TEST

/* 2 ms: with 500 us a reading, the fourth says that the time is over. */
START_TEST(test_E12_time_limit)
{
	struct vcpu *v = f.m.cpu[0];

	again = 25;
	raise_softirq(NET_RX_SOFTIRQ);
	f.step = 500000;
	ck_assert_uint_eq(vcpu_run(v, f.now), 0);
	ck_assert_uint_eq(v->softirq_count[NET_RX_SOFTIRQ], 4);
	ck_assert_uint_eq(v->softirq_ns, MAX_SOFTIRQ_TIME_NS); /* E14: si */
	f.step = 0;
	again = 0;
	ck_assert_uint_eq(vcpu_run(v, f.now), UINT64_MAX);
}
END_TEST

START_TEST(test_bh_section)
{
	struct vcpu *v = f.m.cpu[0];

	ck_assert(!in_softirq());
	local_bh_disable();
	local_bh_disable();
	ck_assert(in_softirq());
	ck_assert(!in_interrupt());
	raise_softirq(NET_RX_SOFTIRQ);
	do_softirq();
	ck_assert_str_eq(order, "");
	local_bh_enable();
	ck_assert_str_eq(order, "");
	ck_assert_int_eq(v->bh_count, 1);
	local_bh_enable();
	ck_assert_str_eq(order, "R");
	ck_assert_int_eq(v->bh_count, 0);
	/* outside any section the bit waits for the loop */
	raise_softirq(NET_RX_SOFTIRQ);
	ck_assert_str_eq(order, "R");
	do_softirq();
	ck_assert_str_eq(order, "RR");
}
END_TEST

START_TEST(test_N7_spin_lock_bh)
{
	spinlock_t lock = SPIN_LOCK_UNLOCKED;

	spin_lock_bh(&lock);
	raise_softirq(NET_RX_SOFTIRQ);
	ck_assert_int_eq(f.m.cpu[0]->bh_count, 1);
	ck_assert(spin_is_locked(&lock));
	spin_unlock_bh(&lock);
	ck_assert(!spin_is_locked(&lock));
	ck_assert_str_eq(order, "R");
}
END_TEST

/* The control thread takes locks with bh held off, too: nothing happens to it. */
START_TEST(test_bh_outside)
{
	vcpu_leave(f.m.cpu[0]);
	local_bh_disable();
	ck_assert(!in_softirq());
	local_bh_enable();
	vcpu_enter(f.m.cpu[0], NULL);
}
END_TEST

static void run_nested_bh(struct vcpu *v)
{
	note('<');
	local_bh_disable();
	__raise_softirq_irqoff(NET_RX_SOFTIRQ);
	local_bh_enable(); /* inside a softirq: not now */
	do_softirq();
	note('>');
}

START_TEST(test_never_nested)
{
	open_softirq(&f.m, NET_TX_SOFTIRQ, run_nested_bh);
	raise_softirq(NET_TX_SOFTIRQ);
	vcpu_run(f.m.cpu[0], f.now);
	ck_assert_str_eq(order, "<>R");
}
END_TEST

static void run_leaky(struct vcpu *v)
{
	local_bh_disable();
}

/* A handler that forgets its bh section: told once, put right each time. */
START_TEST(test_handler_changes_bh_count)
{
	struct vcpu *v = f.m.cpu[0];

	open_softirq(&f.m, NET_TX_SOFTIRQ, run_leaky);
	for (int i = 0; i < 3; i++) {
		raise_softirq(NET_TX_SOFTIRQ);
		vcpu_run(v, f.now);
		ck_assert_int_eq(v->bh_count, 0);
	}
	ck_assert_uint_eq(f.log_lines, 1);
	ck_assert_ptr_nonnull(strstr(f.log, "NET_TX"));
}
END_TEST

START_TEST(test_E13_show_softirqs)
{
	char text[2048];

	raise_softirq(NET_RX_SOFTIRQ);
	vcpu_run(f.m.cpu[0], f.now);
	fake_show(&f, show_softirqs, text, sizeof(text));
	ck_assert_str_eq(text, "                    CPU0       CPU1       \n"
			       "          HI:          0          0\n"
			       "       TIMER:          0          0\n"
			       "      NET_TX:          0          0\n"
			       "      NET_RX:          1          0\n"
			       "       BLOCK:          0          0\n"
			       "BLOCK_IOPOLL:          0          0\n"
			       "     TASKLET:          0          0\n"
			       "       SCHED:          0          0\n"
			       "     HRTIMER:          0          0\n"
			       "         RCU:          0          0\n");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_E12_order_of_bits, test_E12_restart_limit, test_E12_time_limit,
		test_bh_section, test_N7_spin_lock_bh, test_bh_outside,
		test_never_nested, test_handler_changes_bh_count, test_E13_show_softirqs, NULL,
	};

	return suite_of("softirq", begin, end, tests);
}
