// SPDX-License-Identifier: MIT
/*
 * check_proc.c - the tree: paths that cannot escape, errno as in Linux, links, removal, failures.
 */
#include "support/suite.h"

#include <errno.h>
#include <string.h>

#include "fs/proc.h"
#include "lib/pool.h"

static struct kmem k;
static struct vfs vfs;
static struct seq_file m;
static struct extack err;

struct file {
	char text[64];
	int truncated;
};

static int show(struct seq_file *s, void *data)
{
	struct file *f = data;

	seq_printf(s, "%s\n", f->text);
	if (!strcmp(f->text, "fail"))
		return -EIO;
	return 0;
}

static int store(void *data, const char *buf, size_t len, struct extack *e)
{
	struct file *f = data;

	if (len >= sizeof(f->text))
		return extack_fail(e, -EINVAL, "too long");
	memcpy(f->text, buf, len);
	f->text[len] = '\0';
	return 0;
}

static int clear(void *data, struct extack *e)
{
	struct file *f = data;

	f->truncated++;
	f->text[0] = '\0';
	return 0;
}

static const struct proc_ops rw = { .show = show, .write = store, .truncate = clear };
static const struct proc_ops ro = { .show = show };
static struct file file;

static void setup(void)
{
	kmem_init(&k, 1, NULL);
	ck_assert_int_eq(vfs_init(&vfs, &k, NULL), 0);
	seq_init(&m, &k);
	memset(&err, 0, sizeof(err));
	memset(&file, 0, sizeof(file));
	strcpy(file.text, "hello");
}

static void teardown(void)
{
	seq_release(&m);
	vfs_destroy(&vfs);
	vfs_destroy(&vfs);
	ck_assert_uint_eq(kmem_live(&k), 0);
	kmem_destroy(&k);
}

static const char *text(const char *path)
{
	m.count = 0;
	ck_assert_int_eq(vfs_read(&vfs, path, &m), 0);
	return seq_str(&m);
}

static int list_cb(void *ctx, const char *name, unsigned int mode)
{
	char *out = ctx;

	strcat(out, name);
	strcat(out, S_ISDIR(mode) ? "/ " : S_ISLNK(mode) ? "@ " : " ");
	return 0;
}

static const char *list(const char *path)
{
	static char out[512];

	out[0] = '\0';
	ck_assert_int_eq(vfs_readdir(&vfs, path, list_cb, out), 0);
	return out;
}

START_TEST(normal_paths)
{
	static const char *const cases[][2] = {
		{ "/", "/" }, { "//", "/" }, { "/.", "/" }, { "/..", "/" }, { "/../..//.", "/" },
		{ "/proc", "/proc" }, { "/proc/", "/proc" }, { "//proc//net///dev/", "/proc/net/dev" },
		{ "/proc/./net/../sys", "/proc/sys" }, { "/a/../../../etc", "/etc" },
		{ "/a/...", "/a/..." }, { "/.a/..b", "/.a/..b" }, { "/a/b/../../c", "/c" },
		{ "/a/..", "/" },
	};
	char out[VFS_PATH_MAX], longest[VFS_PATH_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_int_eq(vfs_normalise(cases[i][0], out), 0);
		ck_assert_str_eq(out, cases[i][1]);
	}
	ck_assert_int_eq(vfs_normalise("", out), -EINVAL);
	ck_assert_int_eq(vfs_normalise("proc", out), -EINVAL);
	memset(longest, 'a', VFS_PATH_MAX);
	longest[0] = '/';
	longest[VFS_PATH_MAX - 1] = '\0';
	ck_assert_int_eq(vfs_normalise(longest, out), 0);
	ck_assert_str_eq(out, longest);
	longest[VFS_PATH_MAX - 1] = 'a';
	longest[VFS_PATH_MAX] = '\0';
	ck_assert_int_eq(vfs_normalise(longest, out), -ENAMETOOLONG);
	/* many dots cost nothing */
	for (int i = 0; i < VFS_PATH_MAX; i++)
		longest[i] = i % 3 ? '.' : '/';
	ck_assert_int_eq(vfs_normalise(longest, out), 0);
	ck_assert_str_eq(out, "/");
}
END_TEST

START_TEST(read_and_write)
{
	ck_assert_ptr_nonnull(proc_create(&vfs, "/proc/net/x", 0644, &rw, &file));
	ck_assert_str_eq(text("/proc/net/x"), "hello\n");
	ck_assert_str_eq(text("//proc/./net/../net/x/"), "hello\n");
	ck_assert_int_eq(vfs_write(&vfs, "/proc/net/x", "new", 3, &err), 0);
	ck_assert_str_eq(text("/proc/net/x"), "new\n");
	ck_assert_int_eq(vfs_truncate(&vfs, "/proc/net/x", &err), 0);
	ck_assert_int_eq(file.truncated, 1);
	ck_assert_int_eq(vfs_write(&vfs, "/proc/net/x", "", 0, NULL), 0);
	vfs.abi = SEQ_ABI_3_13;
	ck_assert_str_eq(text("/proc/net/x"), "\n");
	ck_assert_int_eq(m.abi, 313);
}
END_TEST

START_TEST(errors_of_linux)
{
	static const struct proc_ops none, wo = { .write = store };
	static char big[VFS_WRITE_MAX + 1];
	struct vfs_stat st;

	ck_assert_ptr_nonnull(proc_create(&vfs, "/proc/ro", 0444, &ro, &file));
	ck_assert_ptr_nonnull(proc_create(&vfs, "/proc/wo", 0200, &wo, &file));
	ck_assert_ptr_nonnull(proc_create(&vfs, "/proc/rw", 0644, &rw, &file));
	ck_assert_ptr_nonnull(proc_create(&vfs, "/proc/guard", 0444, &rw, &file));
	ck_assert_ptr_nonnull(proc_create(&vfs, "/proc/none", 0666, &none, &file));
	ck_assert_int_eq(vfs_read(&vfs, "/proc/absent", &m), -ENOENT);
	ck_assert_int_eq(vfs_read(&vfs, "/absent/ro", &m), -ENOENT);
	ck_assert_int_eq(vfs_read(&vfs, "/proc", &m), -EISDIR);
	ck_assert_int_eq(vfs_read(&vfs, "/", &m), -EISDIR);
	ck_assert_int_eq(vfs_read(&vfs, "/proc/ro/x", &m), -ENOTDIR);
	ck_assert_int_eq(vfs_read(&vfs, "proc/ro", &m), -EINVAL);
	ck_assert_int_eq(vfs_read(&vfs, "/proc/wo", &m), -EACCES);
	ck_assert_int_eq(vfs_read(&vfs, "/proc/none", &m), -EACCES);
	ck_assert_int_eq(vfs_write(&vfs, "/proc/ro", "x", 1, &err), -EACCES);
	ck_assert_str_eq(err.msg, "/proc/ro cannot be written");
	ck_assert_int_eq(vfs_write(&vfs, "/proc/guard", "x", 1, NULL), -EACCES);
	ck_assert_int_eq(vfs_write(&vfs, "/proc/none", "x", 1, NULL), -EACCES);
	ck_assert_int_eq(vfs_write(&vfs, "/proc", "x", 1, NULL), -EISDIR);
	ck_assert_int_eq(vfs_write(&vfs, "/proc/absent", "x", 1, NULL), -ENOENT);
	ck_assert_int_eq(vfs_truncate(&vfs, "/proc/ro", NULL), -EACCES);
	ck_assert_int_eq(vfs_truncate(&vfs, "/proc/wo", NULL), 0);
	ck_assert_int_eq(vfs_write(&vfs, "/proc/rw", big, sizeof(big), NULL), -EFBIG);
	ck_assert_int_eq(vfs_write(&vfs, "/proc/rw", big, VFS_WRITE_MAX, NULL), -EINVAL);
	ck_assert_int_eq(vfs_readdir(&vfs, "/proc/ro", list_cb, NULL), -ENOTDIR);
	ck_assert_int_eq(vfs_readdir(&vfs, "/absent", list_cb, NULL), -ENOENT);
	ck_assert_int_eq(vfs_stat(&vfs, "/absent", &st), -ENOENT);
	strcpy(file.text, "fail");
	ck_assert_int_eq(vfs_read(&vfs, "/proc/ro", &m), -EIO);
}
END_TEST

START_TEST(listing_and_stat)
{
	struct vfs_stat st, again;

	for (const char *p = "mbxaz"; *p; p++) {
		char path[] = "/proc/net/?";

		path[10] = *p;
		ck_assert_ptr_nonnull(proc_create(&vfs, path, 0444, &ro, &file));
	}
	ck_assert_ptr_nonnull(proc_mkdir(&vfs, "/proc/net/stat"));
	ck_assert_ptr_nonnull(proc_symlink(&vfs, "/proc/self", "net"));
	ck_assert_str_eq(list("/proc/net"), "a b m stat/ x z ");
	ck_assert_str_eq(list("/"), "proc/ ");
	ck_assert_str_eq(list("/proc"), "net/ self@ ");
	ck_assert_int_eq(vfs_stat(&vfs, "/proc/net", &st), 0);
	ck_assert_uint_eq(st.mode, S_IFDIR | 0555);
	ck_assert_uint_eq(st.nlink, 3);
	ck_assert_int_eq(vfs_stat(&vfs, "/proc/net/a", &st), 0);
	ck_assert_uint_eq(st.mode, S_IFREG | 0444);
	ck_assert_uint_eq(st.nlink, 1);
	ck_assert_int_eq(vfs_stat(&vfs, "/proc/net/b", &again), 0);
	ck_assert_uint_ne(st.ino, again.ino);
	ck_assert_int_eq(vfs_stat(&vfs, "/proc/self/a", &again), 0);
	ck_assert_uint_eq(st.ino, again.ino);
}
END_TEST

START_TEST(registration)
{
	struct proc_dir_entry *dir = proc_mkdir(&vfs, "/sys/class/net"), *e;

	ck_assert_ptr_nonnull(dir);
	ck_assert_ptr_eq(proc_mkdir(&vfs, "/sys/class/net/"), dir);
	e = proc_create(&vfs, "/sys/class/net/f", 0444, &ro, &file);
	ck_assert_ptr_eq(proc_lookup(&vfs, "/sys/class/net/f"), e);
	ck_assert_ptr_eq(proc_data(e), &file);
	ck_assert_ptr_eq(proc_file_ops(e), &ro);
	ck_assert_ptr_null(proc_file_ops(dir));
	ck_assert_ptr_null(proc_create(&vfs, "/sys/class/net/f", 0444, &ro, &file));
	ck_assert_ptr_null(proc_create(&vfs, "/sys/class/net", 0444, &ro, &file));
	ck_assert_ptr_null(proc_create(&vfs, "/sys/class/net/f/g", 0444, &ro, &file));
	ck_assert_ptr_null(proc_create(&vfs, "/", 0444, &ro, &file));
	ck_assert_ptr_null(proc_create(&vfs, "relative", 0444, &ro, &file));
	ck_assert_ptr_null(proc_mkdir(&vfs, "/sys/class/net/f"));
	ck_assert_ptr_null(proc_symlink(&vfs, "/sys/class/net/f", "x"));
}
END_TEST

START_TEST(removal)
{
	struct proc_dir_entry *kept = proc_mkdir(&vfs, "/proc/net"), *e;

	/* parents made on the way go with their last entry, directories asked for stay */
	e = proc_create(&vfs, "/proc/net/dev/eth0/stats", 0444, &ro, &file);
	ck_assert_ptr_nonnull(proc_create(&vfs, "/proc/net/dev/eth1/stats", 0444, &ro, &file));
	proc_remove(&vfs, e);
	ck_assert_str_eq(list("/proc/net/dev"), "eth1/ ");
	ck_assert_int_eq(proc_remove_path(&vfs, "/proc/net/dev/eth1/stats"), 0);
	ck_assert_ptr_null(proc_lookup(&vfs, "/proc/net/dev"));
	ck_assert_ptr_eq(proc_lookup(&vfs, "/proc/net"), kept);
	/* a whole subtree */
	for (int i = 0; i < 20; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/dev/%d/%d/%d", i % 3, i % 5, i);
		ck_assert_ptr_nonnull(proc_create(&vfs, path, 0444, &ro, &file));
	}
	ck_assert_int_eq(proc_remove_path(&vfs, "/sys/dev"), 0);
	ck_assert_str_eq(list("/"), "proc/ ");
	ck_assert_int_eq(proc_remove_path(&vfs, "/sys/dev"), -ENOENT);
	proc_remove(&vfs, NULL);
	proc_remove(&vfs, vfs.root);
	ck_assert_str_eq(list("/"), "proc/ ");
	/* asked for after it was made on the way: stays */
	e = proc_create(&vfs, "/a/b", 0444, &ro, &file);
	ck_assert_ptr_nonnull(proc_mkdir(&vfs, "/a"));
	proc_remove(&vfs, e);
	ck_assert_str_eq(list("/"), "a/ proc/ ");
}
END_TEST

START_TEST(links)
{
	struct vfs_stat st;
	char buf[64];

	ck_assert_ptr_nonnull(proc_create(&vfs, "/sys/devices/virtual/net/eth0/mtu", 0644, &rw,
					  &file));
	ck_assert_ptr_nonnull(proc_symlink(&vfs, "/sys/class/net/eth0",
					   "../../devices/virtual/net/eth0"));
	ck_assert_ptr_nonnull(proc_symlink(&vfs, "/proc/link", "/sys/class/net/eth0"));
	ck_assert_str_eq(text("/sys/class/net/eth0/mtu"), "hello\n");
	ck_assert_str_eq(text("/proc/link/mtu"), "hello\n");
	ck_assert_int_eq(vfs_readlink(&vfs, "/sys/class/net/eth0", buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "../../devices/virtual/net/eth0");
	ck_assert_int_eq(vfs_readlink(&vfs, "/sys/class/net/eth0", buf, 30), -ERANGE);
	ck_assert_int_eq(vfs_readlink(&vfs, "/sys/class/net", buf, 30), -EINVAL);
	ck_assert_int_eq(vfs_lstat(&vfs, "/proc/link", &st), 0);
	ck_assert_uint_eq(st.mode, S_IFLNK | 0777);
	ck_assert_int_eq(vfs_stat(&vfs, "/proc/link", &st), 0);
	ck_assert_uint_eq(st.mode, S_IFDIR | 0555);
	/* a file made through a link lands behind it */
	ck_assert_ptr_nonnull(proc_create(&vfs, "/sys/class/net/eth0/queues/x", 0444, &ro, &file));
	ck_assert_str_eq(list("/sys/devices/virtual/net/eth0"), "mtu queues/ ");
	/* removing a link leaves what it points to */
	ck_assert_int_eq(proc_remove_path(&vfs, "/sys/class/net/eth0"), 0);
	ck_assert_str_eq(text("/sys/devices/virtual/net/eth0/mtu"), "hello\n");
	ck_assert_int_eq(vfs_read(&vfs, "/proc/link/mtu", &m), -ENOENT);
}
END_TEST

START_TEST(link_loops)
{
	char path[VFS_PATH_MAX];

	ck_assert_ptr_nonnull(proc_symlink(&vfs, "/a", "/b"));
	ck_assert_ptr_nonnull(proc_symlink(&vfs, "/b", "/a"));
	ck_assert_ptr_nonnull(proc_symlink(&vfs, "/self", "self/self"));
	ck_assert_int_eq(vfs_read(&vfs, "/a", &m), -ELOOP);
	ck_assert_int_eq(vfs_read(&vfs, "/self", &m), -ELOOP);
	ck_assert_ptr_null(proc_create(&vfs, "/a/x", 0444, &ro, &file));
	/* a target as long as can be, and a rest as long as can be: the sum is refused */
	memset(path, 't', sizeof(path));
	for (size_t i = 0; i < sizeof(path); i += 200)
		path[i] = '/';
	path[VFS_PATH_MAX - 1] = '\0';
	ck_assert_ptr_nonnull(proc_symlink(&vfs, "/long", path));
	ck_assert_int_eq(vfs_read(&vfs, "/long", &m), -ENOENT);
	memcpy(path, "/long/", 6);
	ck_assert_int_eq(vfs_read(&vfs, path, &m), -ENAMETOOLONG);
}
END_TEST

START_TEST(long_names)
{
	char path[VFS_NAME_MAX + 3] = "/";

	memset(path + 1, 'n', VFS_NAME_MAX);
	ck_assert_ptr_nonnull(proc_create(&vfs, path, 0444, &ro, &file));
	ck_assert_str_eq(text(path), "hello\n");
	path[VFS_NAME_MAX + 1] = 'n';
	ck_assert_ptr_null(proc_create(&vfs, path, 0444, &ro, &file));
	ck_assert_int_eq(vfs_read(&vfs, path, &m), -ENAMETOOLONG);
	path[VFS_NAME_MAX] = '\0';
	ck_assert_int_eq(vfs_read(&vfs, path, &m), -ENOENT);
}
END_TEST

/* Each allocation fails once: nothing is half there, nothing leaks. */
START_TEST(every_failure)
{
	struct proc_dir_entry *e = NULL;
	unsigned long n;

	seq_puts(&m, "room");
	for (n = 1; !e; n++) {
		kmem_fail_nth(&k, n, NULL);
		e = proc_create(&vfs, "/proc/sys/net/x", 0444, &ro, &file);
		ck_assert(!e == kmem_fault_hit(&k));
		ck_assert_str_eq(list("/"), e ? "proc/ " : "");
	}
	ck_assert_uint_eq(n, 6);
	for (n = 1, e = NULL; !e; n++) {
		kmem_fail_nth(&k, n, NULL);
		e = proc_symlink(&vfs, "/link", "/proc");
	}
	ck_assert_uint_eq(n, 4);
	kmem_fail_nth(&k, 0, NULL);
	seq_release(&m);
	kmem_fail_nth(&k, 1, NULL);
	ck_assert_int_eq(vfs_read(&vfs, "/proc/sys/net/x", &m), -ENOMEM);
	m.error = 0;
	vfs_destroy(&vfs);
	kmem_fail_nth(&k, 1, NULL);
	ck_assert_int_eq(vfs_init(&vfs, &k, NULL), -ENOMEM);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		normal_paths, read_and_write, errors_of_linux, listing_and_stat, registration,
		removal, links, link_loops, long_names, every_failure, NULL,
	};

	return suite_of("proc", setup, teardown, tests);
}
