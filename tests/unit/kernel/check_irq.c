/* SPDX-License-Identifier: MIT */
/* check_irq.c: dispatch, nesting, masked lines, affinity, /proc/interrupts. */
#include "fake.h"

#include <errno.h>

static struct fake f;
static char order[64];
static int dev;

static void note(char c)
{
	size_t n = strlen(order);

	if (n < sizeof(order) - 1)
		order[n] = c;
}

static irqreturn_t intr(int irq, void *dev_id)
{
	ck_assert_ptr_eq(dev_id, &dev);
	ck_assert(in_interrupt());
	note((char)('0' + irq));
	__raise_softirq_irqoff(NET_RX_SOFTIRQ);
	return IRQ_HANDLED;
}

/* As a driver does: mask, let NAPI poll. */
static irqreturn_t masking_intr(int irq, void *dev_id)
{
	note('m');
	irq_mask(&f.m, irq);
	return IRQ_HANDLED;
}

/* Raises its neighbour and opens the window: that must wait for its end. */
static irqreturn_t nesting_intr(int irq, void *dev_id)
{
	note('<');
	vcpu_irq(this_vcpu(), 1);
	local_irq_window();
	do_IRQ(1);
	note('>');
	return IRQ_NONE;
}

static void rx(struct vcpu *v)
{
	note('r');
}

/* A transmit in a softirq: an interrupt comes in between. */
static void tx_with_window(struct vcpu *v)
{
	note('t');
	vcpu_irq(v, 0);
	local_irq_window();
	note('T');
}

static void begin(void)
{
	memset(order, 0, sizeof(order));
	fake_begin(&f, 2);
	open_softirq(&f.m, NET_RX_SOFTIRQ, rx);
	open_softirq(&f.m, NET_TX_SOFTIRQ, tx_with_window);
	ck_assert_int_eq(request_irq(&f.m, intr, "tap0-TxRx-0", &dev, 0), 0);
	ck_assert_int_eq(request_irq(&f.m, intr, "tap0-TxRx-1", &dev, 2), 1); /* modulo 2 */
}

static void end(void)
{
	for (int irq = 0; irq < NR_IRQS; irq++)
		if (irq_cpu(&f.m, irq))
			free_irq(&f.m, irq);
	fake_end(&f);
}

START_TEST(test_E28_dispatch)
{
	struct vcpu *v = f.m.cpu[0];

	ck_assert_ptr_eq(irq_cpu(&f.m, 1), v);
	ck_assert_ptr_null(irq_cpu(&f.m, 2));
	ck_assert_ptr_null(irq_cpu(&f.m, -1));
	vcpu_irq(v, 1);
	vcpu_irq(v, 0);
	vcpu_irq(v, 0); /* a bit, not a count */
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ck_assert_str_eq(order, "0r1r");
	ck_assert_uint_eq(v->irq_count[0], 1);
	ck_assert_uint_eq(v->irq_count[1], 1);
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ck_assert_str_eq(order, "0r1r");
}
END_TEST

/* Vectors at the ends of the words, and one of nobody. */
START_TEST(test_all_vectors)
{
	struct vcpu *v = f.m.cpu[0];

	vcpu_irq(v, 99);
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ck_assert_uint_eq(v->irq_count[99], 0);
	for (int irq = 2; irq < NR_IRQS; irq++)
		ck_assert_int_eq(request_irq(&f.m, intr, "x", &dev, 0), irq);
	ck_assert_int_eq(request_irq(&f.m, intr, "x", &dev, 0), -ENOSPC);
	for (unsigned irq = 0; irq < NR_IRQS; irq++)
		vcpu_irq(v, irq);
	fake_turn(&f, 0);
	for (int irq = 0; irq < NR_IRQS; irq++)
		ck_assert_uint_eq(v->irq_count[irq], 1);
	free_irq(&f.m, 200);
	vcpu_irq(v, 200);
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ck_assert_int_eq(request_irq(&f.m, intr, "again", &dev, 1), 200);
	ck_assert_uint_eq(v->irq_count[200], 0);
}
END_TEST

START_TEST(test_no_irq_in_irq)
{
	struct vcpu *v = f.m.cpu[0];

	ck_assert_int_eq(request_irq(&f.m, nesting_intr, "nest", NULL, 0), 2);
	vcpu_irq(v, 2);
	vcpu_enter(v, NULL);
	ck_assert_uint_eq(vcpu_run(v, f.now), 0); /* vector 1 waits for its turn */
	ck_assert_str_eq(order, "<>");
	vcpu_run(v, f.now);
	vcpu_leave(v);
	ck_assert_str_eq(order, "<>1r");
	ck_assert_uint_eq(f.m.irq[2]->spurious, 1);
}
END_TEST

/* An interrupt in a softirq's window: its irq_exit leaves the softirq to the one that runs. */
START_TEST(test_irq_in_softirq)
{
	struct vcpu *v = f.m.cpu[0];

	vcpu_enter(v, NULL);
	raise_softirq(NET_TX_SOFTIRQ);
	vcpu_run(v, f.now);
	vcpu_leave(v);
	ck_assert_str_eq(order, "t0Tr");
}
END_TEST

/* Raises an interrupt and itself: between two passes interrupts are let in. */
static void tx_twice(struct vcpu *v)
{
	note('t');
	if (strlen(order) > 1)
		return;
	vcpu_irq(v, 0);
	__raise_softirq_irqoff(NET_TX_SOFTIRQ);
}

START_TEST(test_irq_between_passes)
{
	struct vcpu *v = f.m.cpu[0];

	open_softirq(&f.m, NET_TX_SOFTIRQ, tx_twice);
	vcpu_enter(v, NULL);
	raise_softirq(NET_TX_SOFTIRQ);
	vcpu_run(v, f.now);
	vcpu_leave(v);
	ck_assert_str_eq(order, "t0tr");
}
END_TEST

/*
 * P1: the last local_bh_enable() lets the interrupt in, then runs what it raised; an inner one does
 * not.
 */
START_TEST(test_P1_irq_at_bh_enable)
{
	struct vcpu *v = f.m.cpu[0];

	vcpu_enter(v, NULL);
	local_bh_disable();
	local_bh_disable();
	vcpu_irq(v, 0);
	local_bh_enable();
	ck_assert_str_eq(order, "");
	local_irq_window(); /* after ndo_start_xmit: the interrupt, but no softirq */
	ck_assert_str_eq(order, "0");
	vcpu_irq(v, 1);
	local_bh_enable();
	ck_assert_str_eq(order, "01r");
	vcpu_leave(v);
}
END_TEST

START_TEST(test_E25_masked_line)
{
	struct vcpu *v = f.m.cpu[0];
	int irq = request_irq(&f.m, masking_intr, "napi", NULL, 0);

	vcpu_irq(v, (unsigned)irq);
	fake_turn(&f, 0);
	ck_assert_str_eq(order, "m");
	ck_assert_uint_eq(f.masks, 1);
	ck_assert_int_eq(f.last_masked, irq);
	/* raised while masked: kept, not run, not counted */
	vcpu_irq(v, (unsigned)irq);
	ck_assert_uint_eq(fake_turn(&f, 0), UINT64_MAX);
	ck_assert_str_eq(order, "m");
	ck_assert_uint_eq(v->irq_count[irq], 1);
	vcpu_enter(v, NULL);
	irq_unmask(&f.m, irq);
	ck_assert_int_eq(f.last_unmasked, irq);
	vcpu_run(v, f.now);
	vcpu_leave(v);
	ck_assert_str_eq(order, "mm");
	vcpu_enter(v, NULL);
	irq_unmask(&f.m, irq);
	ck_assert_uint_eq(vcpu_run(v, f.now), UINT64_MAX);
	vcpu_leave(v);
	ck_assert_str_eq(order, "mm");
	ck_assert_uint_eq(f.unmasks, 2);
}
END_TEST

START_TEST(test_E23_E26_affinity)
{
	struct vcpu *v0 = f.m.cpu[0], *v1 = f.m.cpu[1];

	ck_assert_int_eq(irq_set_affinity(&f.m, 0, 2), -EINVAL);
	ck_assert_int_eq(irq_set_affinity(&f.m, 9, 1), -EINVAL);
	ck_assert_int_eq(irq_set_affinity(&f.m, 0, 0), 0);
	ck_assert_uint_eq(f.masks, 0);
	vcpu_irq(v0, 0); /* raised before the move: goes with it */
	ck_assert_int_eq(irq_set_affinity(&f.m, 0, 1), 0);
	ck_assert_uint_eq(f.masks, 1);
	ck_assert_uint_eq(f.unmasks, 1);
	ck_assert_ptr_eq(irq_cpu(&f.m, 0), v1);
	fake_turn(&f, 0);
	ck_assert_str_eq(order, "");
	fake_turn(&f, 1);
	ck_assert_str_eq(order, "0r");
	ck_assert_uint_eq(v0->irq_count[0], 0);
	ck_assert_uint_eq(v1->irq_count[0], 1);
	/* raised at the old vCPU by who looked too early: sent on */
	vcpu_irq(v0, 0);
	f.ops.kick = fake_kick;
	fake_turn(&f, 0);
	f.ops.kick = NULL;
	ck_assert_uint_eq(f.kicks, 1);
	ck_assert_int_eq(f.cpu[1].kicked, 1);
	ck_assert_str_eq(order, "0r");
	fake_turn(&f, 1);
	ck_assert_str_eq(order, "0r0r");
}
END_TEST

/*
 * The line moves while NAPI polls (masked): it stays masked, and what was raised meanwhile comes
 * after the unmask.
 */
START_TEST(test_E26_affinity_of_masked_line)
{
	int irq = request_irq(&f.m, masking_intr, "napi", NULL, 0);

	vcpu_irq(f.m.cpu[0], (unsigned)irq);
	fake_turn(&f, 0);
	vcpu_irq(f.m.cpu[0], (unsigned)irq);
	if (_i) /* seen by the old vCPU already, or still waiting there */
		fake_turn(&f, 0);
	ck_assert_int_eq(irq_set_affinity(&f.m, irq, 1), 0);
	ck_assert_uint_eq(f.unmasks, 0);
	ck_assert_uint_eq(fake_turn(&f, 1), UINT64_MAX);
	ck_assert_str_eq(order, "m");
	vcpu_enter(f.m.cpu[0], NULL); /* NAPI ends where it began */
	irq_unmask(&f.m, irq);
	vcpu_leave(f.m.cpu[0]);
	fake_turn(&f, 1);
	ck_assert_str_eq(order, "mm");
	ck_assert_uint_eq(f.m.cpu[1]->irq_count[irq], 1);
}
END_TEST

START_TEST(test_request_without_memory)
{
	kmem_fail_nth(&f.m.kmem, 1, NULL);
	ck_assert_int_eq(request_irq(&f.m, intr, "x", &dev, 0), -ENOMEM);
	ck_assert_ptr_null(irq_cpu(&f.m, 2));
	ck_assert_int_eq(request_irq(&f.m, intr, "a name that is too long to be kept", &dev, 0), 2);
	ck_assert_str_eq(f.m.irq[2]->name, "a name that is too long to be k");
}
END_TEST

START_TEST(test_E27_show_interrupts)
{
	char text[1024];

	for (int i = 0; i < 3; i++) {
		vcpu_irq(f.m.cpu[0], 0);
		fake_turn(&f, 0);
	}
	free_irq(&f.m, 1);
	fake_show(&f, show_interrupts, text, sizeof(text));
	ck_assert_str_eq(text, "           CPU0       CPU1       \n"
			       "  0:          3          0      VCPU-edge      tap0-TxRx-0\n"
			       "LOC:          0          0   Local timer interrupts\n"
			       "CAL:          0          0   Function call interrupts\n");
}
END_TEST

/*
 * Threads: a line moves to and fro while it is raised; nobody's interrupt is lost or runs on the
 * wrong vCPU.
 */
static unsigned handled; /* [A] */
static int mover_irq;

static irqreturn_t counting_intr(int irq, void *dev_id)
{
	BUG_ON(irq_cpu(&f.m, irq) != this_vcpu());
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELEASE);
	return IRQ_HANDLED;
}

static void count_mask(void *ctx, unsigned vector)
{
}

START_TEST(test_E26_affinity_with_threads)
{
	handled = 0;
	f.ops.kick = fake_kick;
	f.ops.irq_mask = f.ops.irq_unmask = count_mask;
	mover_irq = request_irq(&f.m, counting_intr, "moved", NULL, 0);
	fake_start_threads(&f);
	for (unsigned i = 0; i < 300; i++) {
		unsigned before = __atomic_load_n(&handled, __ATOMIC_ACQUIRE);
		struct vcpu *v = irq_cpu(&f.m, mover_irq);

		vcpu_irq(v, (unsigned)mover_irq);
		fake_kick(&f, v->id);
		ck_assert_int_eq(irq_set_affinity(&f.m, mover_irq, i & 1), 0);
		fake_kick(&f, i & 1);
		while (__atomic_load_n(&handled, __ATOMIC_ACQUIRE) == before)
			sched_yield();
	}
	irq_mask(&f.m, mover_irq);
	irq_unmask(&f.m, mover_irq);
	free_irq(&f.m, mover_irq);
	fake_stop_threads(&f);
	ck_assert_uint_ge(handled, 300);
	f.ops.kick = NULL;
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_E28_dispatch, test_all_vectors, test_no_irq_in_irq, test_irq_in_softirq,
		test_irq_between_passes, test_P1_irq_at_bh_enable, test_E25_masked_line,
		test_E23_E26_affinity, test_request_without_memory, test_E27_show_interrupts, NULL,
	};
	Suite *s = suite_of("irq", begin, end, tests);
	TCase *twice = tcase_create("irq-both-ways"), *threads = tcase_create("irq-threads");

	tcase_set_timeout(threads, 30);
	tcase_add_checked_fixture(threads, begin, end);
	tcase_add_test(threads, test_E26_affinity_with_threads);
	suite_add_tcase(s, threads);
	tcase_add_checked_fixture(twice, begin, end);
	tcase_add_loop_test(twice, test_E26_affinity_of_masked_line, 0, 2);
	suite_add_tcase(s, twice);
	return s;
}
