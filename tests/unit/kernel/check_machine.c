/* SPDX-License-Identifier: MIT */
/*
 * check_machine.c: building and ending a machine, every allocation failing once, RTNL, memory
 * names, slabinfo.
 */
#include "fake.h"

#include <errno.h>

static struct fake f;

static uint64_t bare_clock(void *ctx, int clk)
{
	return clk == CLOCK_REALTIME ? 7 : 3;
}

START_TEST(test_init_refuses)
{
	struct host_ops none = { .kick = fake_kick };
	struct machine_config cfg;

	fake_config(&f, &cfg, 0);
	ck_assert_int_eq(machine_init(&f.m, &cfg), -EINVAL);
	cfg.nr_cpus = VCPU_MAX + 1;
	ck_assert_int_eq(machine_init(&f.m, &cfg), -EINVAL);
	cfg.nr_cpus = 1;
	cfg.hz = 99;
	ck_assert_int_eq(machine_init(&f.m, &cfg), -EINVAL);
	cfg.hz = 1001;
	ck_assert_int_eq(machine_init(&f.m, &cfg), -EINVAL);
	cfg.hz = 100;
	cfg.host = &none;
	ck_assert_int_eq(machine_init(&f.m, &cfg), -EINVAL);
}
END_TEST

START_TEST(test_init_parts)
{
	struct host_ops ops = { .clock = bare_clock };
	struct machine_config cfg = { .host = &ops, .nr_cpus = VCPU_MAX };

	ck_assert_int_eq(machine_init(&f.m, &cfg), 0);
	ck_assert_uint_eq(f.m.hz, 250);
	ck_assert_uint_eq(f.m.tick_ns, FAKE_TICK);
	ck_assert_uint_eq(machine_now(&f.m), 3);
	ck_assert_uint_eq(machine_real_now(&f.m), 7);
	for (unsigned i = 0; i < VCPU_MAX; i++) {
		ck_assert_uint_eq(f.m.cpu[i]->id, i);
		ck_assert_uint_eq(f.m.cpu[i]->jiffies, INITIAL_JIFFIES);
	}
	ck_assert_str_eq(f.m.cpu[63]->idle_task->comm, "ksoftirqd/63");
	ck_assert_uint_ne(rng_u64(&f.m.cpu[0]->rng), rng_u64(&f.m.cpu[1]->rng));
	ck_assert_uint_eq(machine_destroy(&f.m), 0);
}
END_TEST

/* F13: each allocation of machine_init() fails in turn: -ENOMEM, and nothing stays. */
START_TEST(test_F13_init_fails_at_each_allocation)
{
	struct machine_config cfg;
	unsigned n;

	fake_config(&f, &cfg, 4);
	for (n = 1; n < 100; n++) {
		memset(&f.m, 0, sizeof(f.m));
		cfg.fail_nth = n;
		if (!machine_init(&f.m, &cfg))
			break;
		ck_assert_uint_eq(f.log_lines, 0);
		for (unsigned i = 0; i < VCPU_MAX; i++)
			ck_assert_ptr_null(f.m.cpu[i]);
	}
	ck_assert_uint_eq(n, 5); /* one block a vCPU */
	ck_assert_uint_eq(machine_destroy(&f.m), 0);
}
END_TEST

START_TEST(test_same_seed_same_dice)
{
	static struct fake g;

	fake_begin(&f, 1);
	fake_begin(&g, 1);
	ck_assert_uint_eq(rng_u64(&f.m.cpu[0]->rng), rng_u64(&g.m.cpu[0]->rng));
	ck_assert_uint_eq(rng_u64(&f.m.rng), rng_u64(&g.m.rng));
	fake_end(&g);
	fake_end(&f);
}
END_TEST

static void *not_owner(void *arg)
{
	return rtnl_is_owner(arg) ? arg : NULL;
}

START_TEST(test_rtnl_owner)
{
	pthread_t t;
	void *ret;

	fake_begin(&f, 1);
	ck_assert(rtnl_is_owner(&f.m));
	ck_assert_int_eq(pthread_create(&t, NULL, not_owner, &f.m), 0);
	pthread_join(t, &ret);
	ck_assert_ptr_null(ret);
	fake_end(&f);
}
END_TEST

static irqreturn_t handler(int irq, void *dev_id)
{
	return IRQ_HANDLED;
}

static void nothing(struct ktimer *t)
{
}

static void free_nothing(struct rcu_head *head)
{
}

START_TEST(test_destroy_counts_leaks)
{
	struct rcu_head head;
	struct doorbell bell;
	struct ktimer t;

	fake_begin(&f, 2);
	ck_assert_int_eq(request_irq(&f.m, handler, "eth0", NULL, 0), 0);
	ck_assert_ptr_nonnull(kzalloc(&f.m, 10));
	vcpu_enter(f.m.cpu[1], NULL);
	ktimer_setup(&t, nothing, NULL);
	mod_timer(&t, jiffies_now() + 1);
	vcpu_leave(f.m.cpu[1]);
	call_rcu(&f.m, &head, free_nothing);
	doorbell_init(&bell, f.m.cpu[0], NULL);
	doorbell_mark(&bell);
	ck_assert_uint_eq(machine_destroy(&f.m), 5);
	ck_assert_uint_ge(f.log_lines, 5);
}
END_TEST

/* F12, F13: allocations less frees is 0; an armed failure hits the one it names. */
START_TEST(test_F12_caches)
{
	static struct fake inner;
	struct kmem_cache *c;
	struct kmem_cache_stats st;
	char text[1024], *p;
	void *o[3];

	fake_begin(&f, 2);
	c = kmem_cache_create(&f.m.kmem, "skbuff_head_cache", 200, 0);
	ck_assert_ptr_nonnull(c);
	o[0] = kmem_cache_zalloc(&f.m, c); /* the control thread's slot */
	vcpu_enter(f.m.cpu[1], NULL);
	o[1] = kmem_cache_alloc(&f.m, c);
	kmem_fail_nth(&f.m.kmem, 1, "skbuff_head_cache");
	o[2] = kzalloc(&f.m, 1);
	ck_assert_ptr_nonnull(o[2]);
	ck_assert_uint_eq(c->cpu[1].allocs, 1); /* each from its own slot */
	ck_assert_uint_eq(c->cpu[2].allocs, 1);
	kfree(&f.m, o[2]);
	ck_assert_ptr_null(kmem_cache_alloc(&f.m, c));
	/* behind a vCPU of another machine it is still CPU 1 here */
	fake_begin(&inner, 1);
	vcpu_enter(inner.m.cpu[0], NULL);
	kmem_cache_free(&f.m, c, kmem_cache_alloc(&f.m, c));
	ck_assert_uint_eq(c->cpu[1].allocs, 2);
	vcpu_leave(inner.m.cpu[0]);
	vcpu_leave(f.m.cpu[1]);
	fake_end(&inner);
	kmem_cache_stats(c, &st);
	ck_assert_uint_eq(st.live, 2);
	ck_assert_uint_eq(st.fails, 1);
	fake_show(&f, show_slabinfo, text, sizeof(text));
	ck_assert_int_eq(strncmp(text, "slabinfo - version: 2.1\n# name ", 31), 0);
	p = strstr(text, "\nskbuff_head_cache      2 ");
	ck_assert_msg(p, "%s", text);
	ck_assert_ptr_nonnull(strstr(p, " : fails      1\n"));
	kmem_cache_free(&f.m, c, o[0]);
	kmem_cache_free(&f.m, c, o[1]);
	kfree(&f.m, NULL);
	kmem_cache_destroy(c);
	fake_end(&f);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_init_refuses, test_init_parts, test_F13_init_fails_at_each_allocation,
		test_same_seed_same_dice, test_rtnl_owner, test_destroy_counts_leaks,
		test_F12_caches, NULL,
	};

	return suite_of("machine", NULL, NULL, tests);
}
