// SPDX-License-Identifier: MIT
/*
 * check_sysctl.c - registration, keys with dots and slashes, listing, defaults, failures.
 */
#include "support/suite.h"

#include <errno.h>
#include <string.h>

#include "fs/sysctl.h"
#include "lib/pool.h"

struct conf {
	int forwarding;
	int mtu;
	unsigned int seen;
	char text[16];
};

static struct kmem k;
static struct vfs vfs;
static struct seq_file m;
static struct extack err;
static struct conf conf;
static int changes;
static void *changed_ctx;

static void on_change(const struct ctl_call *call)
{
	struct conf *c = call->base;

	changes++;
	changed_ctx = call->ctx;
	ck_assert_ptr_eq(call->data, &c->forwarding);
}

/* A room's own handler: does more after the value is stored. */
static int count_writes(struct ctl_call *call)
{
	struct conf *c = call->base;
	int ret = proc_dointvec_minmax(call);

	if (!ret && call->in)
		c->seen++;
	return ret;
}

static const struct ctl_table table[] = {
	{ .procname = "forwarding", CTL_FIELD(struct conf, forwarding), .mode = 0644,
	  .proc_handler = proc_dointvec, .changed = on_change, .doc = "forward packets",
	  .def = "1" },
	{ .procname = "mtu", CTL_FIELD(struct conf, mtu), .mode = 0644,
	  .proc_handler = count_writes, .min = 68, .max = 65535, .doc = "bytes", .def = "1500" },
	{ .procname = "seen", CTL_FIELD(struct conf, seen), .mode = 0444,
	  .proc_handler = proc_douintvec, .doc = "writes of mtu" },
	{ .procname = "secret", CTL_FIELD(struct conf, text), .mode = 0200,
	  .proc_handler = proc_dostring, .doc = "cannot be read", .def = "abc" },
};

static void setup(void)
{
	kmem_init(&k, 1, NULL);
	ck_assert_int_eq(vfs_init(&vfs, &k, NULL), 0);
	seq_init(&m, &k);
	memset(&err, 0, sizeof(err));
	memset(&conf, 0, sizeof(conf));
	changes = 0;
}

static void teardown(void)
{
	seq_release(&m);
	vfs_destroy(&vfs);
	ck_assert_uint_eq(kmem_live(&k), 0);
	kmem_destroy(&k);
}

static struct ctl_table_header *add(const char *dir, struct conf *c)
{
	return register_net_sysctl(&vfs, dir, table, ARRAY_SIZE(table), c, &k);
}

static const char *value(const char *key)
{
	m.count = 0;
	ck_assert_int_eq(sysctl_read(&vfs, key, &m), 0);
	return seq_str(&m);
}

START_TEST(read_write_change)
{
	struct ctl_table_header *h = add("net/ipv4", &conf);

	ck_assert_str_eq(value("net.ipv4.forwarding"), "0\n");
	ck_assert_int_eq(sysctl_write(&vfs, "net.ipv4.forwarding", "1", &err), 0);
	ck_assert_int_eq(conf.forwarding, 1);
	ck_assert_int_eq(changes, 1);
	ck_assert_ptr_eq(changed_ctx, &k);
	/* the same value again is no change */
	ck_assert_int_eq(sysctl_write(&vfs, "net/ipv4/forwarding", " 1\n", &err), 0);
	ck_assert_int_eq(changes, 1);
	ck_assert_int_eq(sysctl_write(&vfs, "net.ipv4.mtu", "67", &err), -EINVAL);
	ck_assert_str_eq(err.msg, "mtu: 67 is outside 68..65535");
	ck_assert_int_eq(sysctl_write(&vfs, "net.ipv4.mtu", "9000", NULL), 0);
	ck_assert_str_eq(value("net.ipv4.seen"), "1\n");
	ck_assert_int_eq(vfs_write(&vfs, "/proc/sys/net/ipv4/mtu", "1400\n", 5, NULL), 0);
	ck_assert_str_eq(value("net.ipv4.mtu"), "1400\n");
	/* nothing written is nothing changed */
	ck_assert_int_eq(vfs_write(&vfs, "/proc/sys/net/ipv4/mtu", "", 0, NULL), 0);
	ck_assert_uint_eq(conf.seen, 2);
	ck_assert_ptr_eq(sysctl_find(&vfs, "net.ipv4.mtu"), &table[1]);
	unregister_net_sysctl_table(h);
	ck_assert_ptr_null(proc_lookup(&vfs, "/proc"));
	unregister_net_sysctl_table(NULL);
}
END_TEST

START_TEST(refusals)
{
	struct ctl_table_header *h = add("net/ipv4", &conf);

	ck_assert_int_eq(sysctl_write(&vfs, "net.ipv4.seen", "1", &err), -EACCES);
	ck_assert_int_eq(sysctl_read(&vfs, "net.ipv4.secret", &m), -EACCES);
	extack_init(&err);
	ck_assert_int_eq(sysctl_write(&vfs, "net.ipv4.absent", "1", &err), -ENOENT);
	ck_assert_str_eq(err.msg, "there is no key net.ipv4.absent");
	ck_assert_int_eq(sysctl_read(&vfs, "net.ipv4.absent", &m), -ENOENT);
	ck_assert_int_eq(sysctl_read(&vfs, "net.ipv4", &m), -EISDIR);
	ck_assert_ptr_null(sysctl_find(&vfs, "net.ipv4"));
	ck_assert_ptr_null(sysctl_find(&vfs, ".."));
	/* a name that is taken: nothing of the second table stays */
	ck_assert_ptr_null(add("net/ipv4", &conf));
	ck_assert_str_eq(value("net.ipv4.mtu"), "0\n");
	unregister_net_sysctl_table(h);
}
END_TEST

START_TEST(keys)
{
	static const char *const good[][2] = {
		{ "net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward" },
		{ "net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_forward" },
		{ "net.ipv4.conf.eth0/100.mtu", "/proc/sys/net/ipv4/conf/eth0.100/mtu" },
		{ "net/ipv4/conf/eth0.100/mtu", "/proc/sys/net/ipv4/conf/eth0.100/mtu" },
		{ "one", "/proc/sys/one" },
	};
	static const char *const bad[] = {
		"", ".", "/", "net.", ".net", "net..ipv4", "/net", "net//ipv4", "net/../x",
		"net/./x", "..", "net/..",
	};
	char path[VFS_PATH_MAX], longest[SYSCTL_KEY_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ck_assert_int_eq(sysctl_key_path(good[i][0], path), 0);
		ck_assert_str_eq(path, good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(sysctl_key_path(bad[i], path) == -EINVAL, "%s", bad[i]);
	/* after a dot, slashes are dots of a name: still no way up */
	ck_assert_int_eq(sysctl_key_path("net.a/../b", path), -EINVAL);
	ck_assert_int_eq(sysctl_key_path("net.//.b", path), -EINVAL);
	memset(longest, 'k', sizeof(longest));
	longest[SYSCTL_KEY_MAX] = '\0';
	ck_assert_int_eq(sysctl_key_path(longest, path), -EINVAL);
	longest[SYSCTL_KEY_MAX - 1] = '\0';
	ck_assert_int_eq(sysctl_key_path(longest, path), 0);
}
END_TEST

static int collect(void *ctx, const char *key, const char *val, const struct ctl_table *row)
{
	seq_printf(ctx, "%s=%s;", key, val);
	ck_assert_ptr_nonnull(row->doc);
	return strcmp(key, "net.stop.here") ? 0 : 17;
}

START_TEST(listing)
{
	struct conf vlan = { .mtu = 1496 };
	struct ctl_table_header *a, *b, *c;

	ck_assert_int_eq(sysctl_for_each(&vfs, collect, &m), 0);
	ck_assert_uint_eq(m.count, 0);
	a = add("net/ipv4/conf/eth0.100", &vlan);
	b = add("net/core", &conf);
	ck_assert_int_eq(sysctl_for_each(&vfs, collect, &m), 0);
	ck_assert_str_eq(seq_str(&m),
			 "net.core.forwarding=0;net.core.mtu=0;net.core.secret=;net.core.seen=0;"
			 "net.ipv4.conf.eth0/100.forwarding=0;net.ipv4.conf.eth0/100.mtu=1496;"
			 "net.ipv4.conf.eth0/100.secret=;net.ipv4.conf.eth0/100.seen=0;");
	/* what is listed can be written */
	ck_assert_int_eq(sysctl_write(&vfs, "net.ipv4.conf.eth0/100.mtu", "1000", NULL), 0);
	ck_assert_int_eq(vlan.mtu, 1000);
	ck_assert_int_eq(conf.mtu, 0);
	c = register_net_sysctl(&vfs, "net/stop", (const struct ctl_table[]){
		{ .procname = "here", CTL_FIELD(struct conf, mtu), .mode = 0444,
		  .proc_handler = proc_dointvec, .doc = "ends the walk" } }, 1, &conf, NULL);
	ck_assert_int_eq(sysctl_for_each(&vfs, collect, &m), 17);
	unregister_net_sysctl_table(c);
	unregister_net_sysctl_table(a);
	ck_assert_str_eq(value("net.core.mtu"), "0\n");
	unregister_net_sysctl_table(b);
}
END_TEST

START_TEST(defaults)
{
	static const struct ctl_table wrong[] = {
		{ .procname = "mtu", CTL_FIELD(struct conf, mtu), .mode = 0644,
		  .proc_handler = proc_dointvec_minmax, .min = 1, .max = 2, .def = "3" },
	};

	ck_assert_int_eq(sysctl_set_defaults(table, ARRAY_SIZE(table), &conf, 1000), 0);
	ck_assert_int_eq(conf.forwarding, 1);
	ck_assert_int_eq(conf.mtu, 1500);
	ck_assert_str_eq(conf.text, "abc");
	ck_assert_int_eq(changes, 0);
	ck_assert_int_eq(sysctl_set_defaults(wrong, 1, &conf, 1000), -EINVAL);
	ck_assert_int_eq(conf.mtu, 1500);
}
END_TEST

START_TEST(every_failure)
{
	struct ctl_table_header *h = NULL;
	unsigned long n;

	for (n = 1; !h; n++) {
		kmem_fail_nth(&k, n, NULL);
		h = add("net/ipv4", &conf);
		ck_assert(!h == kmem_fault_hit(&k));
		ck_assert((proc_lookup(&vfs, "/proc") != NULL) == (h != NULL));
		ck_assert(h || kmem_live(&k) == 1);
	}
	/* header, four directories, four files */
	ck_assert_uint_eq(n - 1, 10);
	kmem_fail_nth(&k, 1, NULL);
	ck_assert_int_eq(sysctl_for_each(&vfs, collect, &m), -ENOMEM);
	kmem_fail_nth(&k, 0, NULL);
	unregister_net_sysctl_table(h);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		read_write_change, refusals, keys, listing, defaults, every_failure, NULL,
	};

	return suite_of("sysctl", setup, teardown, tests);
}
