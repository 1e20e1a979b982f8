/* SPDX-License-Identifier: MIT */
/* check_proc.c: the machine's files in the tree; masks of interrupt lines read and written. */
#include "fake.h"

#include <errno.h>

#include "fs/proc.h"
#include "kernel/proc.h"

static struct fake f;
static struct vfs vfs;

static irqreturn_t intr(int irq, void *dev_id)
{
	return IRQ_HANDLED;
}

static void begin_with(unsigned nr_cpus)
{
	fake_begin(&f, nr_cpus);
	ck_assert_int_eq(vfs_init(&vfs, &f.m.kmem, &f.m.log), 0);
	ck_assert_int_eq(kernel_proc_init(&f.m, &vfs), 0);
	ck_assert_int_eq(request_irq(&f.m, intr, "tap0-TxRx-0", NULL, 0), 0);
}

static void begin(void)
{
	begin_with(6);
}

static void end(void)
{
	struct vfs_stat st;

	free_irq(&f.m, 0);
	ck_assert_int_eq(vfs_stat(&vfs, "/proc/irq/0", &st), -ENOENT);
	vfs_destroy(&vfs);
	fake_end(&f);
}

static const char *cat(const char *path)
{
	static char text[4096];
	struct seq_file s;

	seq_init(&s, &f.m.kmem);
	ck_assert_int_eq(vfs_read(&vfs, path, &s), 0);
	snprintf(text, sizeof(text), "%s", seq_str(&s));
	seq_release(&s);
	return text;
}

static int echo(const char *text, const char *path)
{
	return vfs_write(&vfs, path, text, strlen(text), NULL);
}

#define MASK "/proc/irq/0/smp_affinity"
#define LIST "/proc/irq/0/smp_affinity_list"

START_TEST(test_E27_files)
{
	ck_assert_ptr_nonnull(strstr(cat("/proc/interrupts"), "tap0-TxRx-0\n"));
	ck_assert_ptr_nonnull(strstr(cat("/proc/softirqs"), "      NET_RX:"));
	ck_assert_ptr_nonnull(strstr(cat("/proc/slabinfo"), "slabinfo - version: 2.1\n"));
	ck_assert_int_eq(echo("1", "/proc/softirqs"), -EACCES);
}
END_TEST

START_TEST(test_E26_mask)
{
	ck_assert_str_eq(cat(MASK), "01\n");
	ck_assert_int_eq(irq_set_affinity(&f.m, 0, 4), 0);
	ck_assert_str_eq(cat(MASK), "10\n");
	ck_assert_int_eq(echo("2\n", MASK), 0);
	ck_assert_ptr_eq(irq_cpu(&f.m, 0), f.m.cpu[1]);
	ck_assert_str_eq(cat(MASK), "02\n");
	ck_assert_str_eq(cat(LIST), "1\n");
	ck_assert_int_eq(echo("3C", MASK), 0);
	ck_assert_ptr_eq(irq_cpu(&f.m, 0), f.m.cpu[2]);
	ck_assert_str_eq(cat(LIST), "2-5\n");
	ck_assert_int_eq(echo("00000000,00000020", MASK), 0);
	ck_assert_ptr_eq(irq_cpu(&f.m, 0), f.m.cpu[5]);
	ck_assert_int_eq(echo("fff0", MASK), 0); /* more than there are: those that are */
	ck_assert_str_eq(cat(MASK), "30\n");
	ck_assert_int_eq(echo("", MASK), -EINVAL);
	ck_assert_int_eq(echo("0", MASK), -EINVAL);
	ck_assert_int_eq(echo("40", MASK), -EINVAL);
	ck_assert_int_eq(echo("0x1", MASK), -EINVAL);
	ck_assert_int_eq(echo(",1", MASK), -EINVAL);
	ck_assert_int_eq(echo("11112222333344445", MASK), -EOVERFLOW);
	ck_assert_str_eq(cat(MASK), "30\n");
}
END_TEST

START_TEST(test_E26_list)
{
	ck_assert_int_eq(echo("1,3-4\n", LIST), 0);
	ck_assert_ptr_eq(irq_cpu(&f.m, 0), f.m.cpu[1]);
	ck_assert_str_eq(cat(LIST), "1,3-4\n");
	ck_assert_str_eq(cat(MASK), "1a\n");
	ck_assert_int_eq(echo("", LIST), -EINVAL);
	ck_assert_int_eq(echo("1,", LIST), -EINVAL);
	ck_assert_int_eq(echo("1-", LIST), -EINVAL);
	ck_assert_int_eq(echo("3-1", LIST), -EINVAL);
	ck_assert_int_eq(echo("1 2", LIST), -EINVAL);
	ck_assert_int_eq(echo("64", LIST), -EOVERFLOW);
	ck_assert_int_eq(echo("99999999999", LIST), -EOVERFLOW);
	ck_assert_int_eq(echo("6", LIST), -EINVAL);
	ck_assert_str_eq(cat(LIST), "1,3-4\n");
}
END_TEST

START_TEST(test_E26_many_cpus)
{
	free_irq(&f.m, 0);
	vfs_destroy(&vfs);
	fake_end(&f);
	memset(&f, 0, sizeof(f));
	begin_with(64);
	ck_assert_str_eq(cat(MASK), "00000000,00000001\n");
	ck_assert_int_eq(echo("80000000,0", MASK), 0);
	ck_assert_ptr_eq(irq_cpu(&f.m, 0), f.m.cpu[35]);
	ck_assert_int_eq(echo("63", LIST), 0);
	ck_assert_str_eq(cat(MASK), "80000000,00000000\n");
}
END_TEST

/* Each allocation of request_irq() fails once: no line, no file, and the next try is whole. */
START_TEST(test_F13_request_fails)
{
	struct vfs_stat st;
	int irq = -1;
	unsigned n;

	for (n = 1; n < 20 && irq < 0; n++) {
		kmem_fail_nth(&f.m.kmem, n, NULL);
		irq = request_irq(&f.m, intr, "eth0", NULL, 1);
		if (irq >= 0)
			break;
		ck_assert_int_eq(irq, -ENOMEM);
		ck_assert_ptr_null(irq_cpu(&f.m, 1));
		ck_assert_int_eq(vfs_stat(&vfs, "/proc/irq/1", &st), -ENOENT);
	}
	kmem_fail_nth(&f.m.kmem, 0, NULL);
	ck_assert_int_eq(irq, 1);
	ck_assert_uint_ge(n, 4);
	ck_assert_str_eq(cat("/proc/irq/1/smp_affinity"), "02\n");
	free_irq(&f.m, 1);
}
END_TEST

START_TEST(test_F13_init_fails)
{
	static struct vfs other;
	unsigned n;

	f.m.vfs = NULL;
	for (n = 1; n < 20; n++) {
		int ret;

		ck_assert_int_eq(vfs_init(&other, &f.m.kmem, &f.m.log), 0);
		kmem_fail_nth(&f.m.kmem, n, NULL);
		ret = kernel_proc_init(&f.m, &other);
		kmem_fail_nth(&f.m.kmem, 0, NULL);
		vfs_destroy(&other);
		if (!ret)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_ptr_null(f.m.vfs);
	}
	ck_assert_uint_ge(n, 5);
	f.m.vfs = &vfs;
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_E27_files, test_E26_mask, test_E26_list, test_E26_many_cpus,
		test_F13_request_fails, test_F13_init_fails, NULL,
	};

	return suite_of("proc", begin, end, tests);
}
