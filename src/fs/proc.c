// SPDX-License-Identifier: MIT
/*
 * proc.c - the tree of files: entries, lookup, and what a reader can ask.
 *
 * Called by all rooms at registration, and by control/ the shim's server for each read, write,
 * listing. Owns the entries. Children of a directory are a list sorted by name, so that listings
 * need no sorting. A path is first normalised as text, then walked; a link restarts the walk with
 * its target put in place. Control thread only. Mirrors fs/proc/generic.c.
 */
#define LOG_SUBSYS "proc"

#include "fs/proc.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/pool.h"

/**
 * struct proc_dir_entry - a file, directory or link
 * @node: on parent's @children
 * @children: of a directory, sorted by name
 * @parent: NULL for the root
 * @implicit: made as a parent on the way: goes when empty
 * @mode: type and permission bits
 * @ino: inode number
 * @ops, @data: of a file
 * @target: of a link
 * @name: without slash; "" for the root
 */
struct proc_dir_entry {
	struct list_head node;
	struct list_head children;
	struct proc_dir_entry *parent;
	bool implicit;
	unsigned int mode;
	uint64_t ino;
	const struct proc_ops *ops;
	void *data;
	char *target;
	char name[];
};

static struct proc_dir_entry *entry_new(struct vfs *vfs, struct proc_dir_entry *parent,
					const char *name, size_t len, unsigned int mode);
static void entry_free(struct vfs *vfs, struct proc_dir_entry *e);
static void remove_subtree(struct vfs *vfs, struct proc_dir_entry *top);
static void remove_empty(struct vfs *vfs, struct proc_dir_entry *dir);
static struct proc_dir_entry *make(struct vfs *vfs, const char *path, unsigned int mode,
				   bool *ret_existed);
static struct proc_dir_entry *step_into(struct vfs *vfs, struct proc_dir_entry *dir,
					const char *path, const char *name, size_t len);
static int lookup(struct vfs *vfs, const char *path, bool follow, struct proc_dir_entry **ret_e);
static int splice_link(char *path, const char *name, const char *rest, const char *target);
static int stat_entry(struct vfs *vfs, const char *path, bool follow, struct vfs_stat *ret_stat);

static __always_inline bool is_dir(const struct proc_dir_entry *e)
{
	return S_ISDIR(e->mode);
}

/* ---- the tree's life ---- */

int vfs_init(struct vfs *vfs, struct kmem *kmem, struct logger *log)
{
	*vfs = (struct vfs){ .kmem = kmem, .log = log, .hz = 1000 };
	vfs->root = entry_new(vfs, NULL, "", 0, S_IFDIR | 0555);
	return vfs->root ? 0 : -ENOMEM;
}

void vfs_destroy(struct vfs *vfs)
{
	if (!vfs->root)
		return;
	remove_subtree(vfs, vfs->root);
	vfs->root = NULL;
}

static struct proc_dir_entry *entry_new(struct vfs *vfs, struct proc_dir_entry *parent,
					const char *name, size_t len, unsigned int mode)
{
	struct proc_dir_entry *e, *next;

	e = kmem_zalloc(vfs->kmem, sizeof(*e) + len + 1);
	if (!e)
		return NULL;
	memcpy(e->name, name, len);
	e->mode = mode;
	e->ino = ++vfs->last_ino;
	e->parent = parent;
	INIT_LIST_HEAD(&e->children);
	INIT_LIST_HEAD(&e->node);
	if (!parent)
		return e;
	/* from the end: names mostly come in order */
	list_for_each_entry_reverse(next, &parent->children, node)
		if (strcmp(next->name, e->name) < 0)
			break;
	list_add(&e->node, &next->node);
	return e;
}

static void entry_free(struct vfs *vfs, struct proc_dir_entry *e)
{
	list_del(&e->node);
	kmem_free(vfs->kmem, e->target);
	kmem_free(vfs->kmem, e);
}

/* Without recursion: go down to a leaf, free it, go on at its parent. */
static void remove_subtree(struct vfs *vfs, struct proc_dir_entry *top)
{
	struct proc_dir_entry *e = top, *parent;

	for (;;) {
		if (!list_empty(&e->children)) {
			e = list_first_entry(&e->children, struct proc_dir_entry, node);
			continue;
		}
		parent = e->parent;
		entry_free(vfs, e);
		if (e == top)
			return;
		e = parent;
	}
}

void proc_remove(struct vfs *vfs, struct proc_dir_entry *entry)
{
	struct proc_dir_entry *parent;

	if (!entry || !entry->parent)
		return;
	parent = entry->parent;
	remove_subtree(vfs, entry);
	remove_empty(vfs, parent);
}

static void remove_empty(struct vfs *vfs, struct proc_dir_entry *dir)
{
	while (dir->implicit && list_empty(&dir->children)) {
		struct proc_dir_entry *parent = dir->parent;

		entry_free(vfs, dir);
		dir = parent;
	}
}

int proc_remove_path(struct vfs *vfs, const char *path)
{
	struct proc_dir_entry *e;
	int ret = lookup(vfs, path, false, &e);

	if (!ret)
		proc_remove(vfs, e);
	return ret;
}

/* ---- registration ---- */

struct proc_dir_entry *proc_mkdir(struct vfs *vfs, const char *path)
{
	bool existed;
	struct proc_dir_entry *e = make(vfs, path, S_IFDIR | 0555, &existed);

	if (!e || !is_dir(e))
		return NULL;
	e->implicit = false;
	return e;
}

struct proc_dir_entry *proc_create(struct vfs *vfs, const char *path, unsigned int mode,
				   const struct proc_ops *ops, void *data)
{
	bool existed;
	struct proc_dir_entry *e = make(vfs, path, S_IFREG | (mode & 07777), &existed);

	if (!e)
		return NULL;
	if (existed) {
		pr_err(vfs->log, "%.256s is registered twice", path);
		return NULL;
	}
	e->ops = ops;
	e->data = data;
	return e;
}

struct proc_dir_entry *proc_symlink(struct vfs *vfs, const char *path, const char *target)
{
	struct proc_dir_entry *e;
	bool existed;
	char *copy = kmem_strdup(vfs->kmem, target);

	if (!copy)
		return NULL;
	e = make(vfs, path, S_IFLNK | 0777, &existed);
	if (!e || existed) {
		kmem_free(vfs->kmem, copy);
		return NULL;
	}
	e->target = copy;
	return e;
}

static struct proc_dir_entry *find_child(const struct proc_dir_entry *dir, const char *name,
					 size_t len)
{
	struct proc_dir_entry *e;

	list_for_each_entry(e, &dir->children, node)
		if (!strncmp(e->name, name, len) && !e->name[len])
			return e;
	return NULL;
}

/*
 * Find or make the entry at @path and its parents. On failure the parents that were made for it
 * go again. An entry that is there already is returned whatever its type.
 */
static struct proc_dir_entry *make(struct vfs *vfs, const char *path, unsigned int mode,
				   bool *ret_existed)
{
	struct proc_dir_entry *dir = vfs->root, *e = dir, *made = NULL;
	char norm[VFS_PATH_MAX];
	const char *name;

	*ret_existed = true;
	if (vfs_normalise(path, norm))
		return NULL;
	for (name = norm + 1; *name; ) {
		size_t len = strcspn(name, "/");
		bool last = !name[len];

		if (len > VFS_NAME_MAX)
			goto undo;
		e = find_child(dir, name, len);
		if (e && !last)
			e = step_into(vfs, e, norm, name, len);
		else if (!e) {
			e = entry_new(vfs, dir, name, len, last ? mode : S_IFDIR | 0555);
			if (e)
				e->implicit = !last;
			if (!made)
				made = e;
			*ret_existed = !last;
		}
		if (!e)
			goto undo;
		if (last)
			return e;
		dir = e;
		name += len + 1;
	}
	return e;
undo:
	if (made) {
		dir = made->parent;
		remove_subtree(vfs, made);
		remove_empty(vfs, dir);
	}
	return NULL;
}

/* The directory that @e is or, as a link, leads to; NULL when it is none. */
static struct proc_dir_entry *step_into(struct vfs *vfs, struct proc_dir_entry *e,
					const char *path, const char *name, size_t len)
{
	char here[VFS_PATH_MAX];
	size_t n = (size_t)(name - path) + len;

	if (S_ISLNK(e->mode)) {
		memcpy(here, path, n);
		here[n] = '\0';
		e = proc_lookup(vfs, here);
	}
	return e && is_dir(e) ? e : NULL;
}

/* ---- lookup ---- */

int vfs_normalise(const char *path, char *ret_path)
{
	char *out = ret_path;

	if (path[0] != '/')
		return -EINVAL;
	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 0 || (len == 1 && path[0] == '.')) {
			path += len;
			continue;
		}
		if (len == 2 && path[0] == '.' && path[1] == '.') {
			while (out > ret_path && *--out != '/')
				;
			path += len;
			continue;
		}
		if ((size_t)(out - ret_path) + len + 2 > VFS_PATH_MAX)
			return -ENAMETOOLONG;
		*out++ = '/';
		memcpy(out, path, len);
		out += len;
		path += len;
	}
	if (out == ret_path)
		*out++ = '/';
	*out = '\0';
	return 0;
}

static int lookup(struct vfs *vfs, const char *path, bool follow, struct proc_dir_entry **ret_e)
{
	struct proc_dir_entry *e = vfs->root;
	unsigned int links = 0;
	char norm[VFS_PATH_MAX], *name;
	int ret = vfs_normalise(path, norm);

	if (ret)
		return ret;
	for (name = norm + 1; *name; ) {
		size_t len = strcspn(name, "/");

		if (!is_dir(e))
			return -ENOTDIR;
		e = find_child(e, name, len);
		if (!e)
			return len > VFS_NAME_MAX ? -ENAMETOOLONG : -ENOENT;
		if (S_ISLNK(e->mode) && (follow || name[len])) {
			if (++links > VFS_LINKS_MAX)
				return -ELOOP;
			ret = splice_link(norm, name, name + len, e->target);
			if (ret)
				return ret;
			e = vfs->root;
			name = norm + 1;
			continue;
		}
		name += len + (name[len] == '/');
	}
	*ret_e = e;
	return 0;
}

/* Put @target in the place of the link @name in @path; @rest is what follows it. */
static int splice_link(char *path, const char *name, const char *rest, const char *target)
{
	char joined[2 * VFS_PATH_MAX];
	int dir = target[0] == '/' ? 0 : (int)(name - path);
	int n = snprintf(joined, sizeof(joined), "%.*s%s%s", dir, path, target, rest);

	if (n < 0 || n >= (int)sizeof(joined))
		return -ENAMETOOLONG;
	return vfs_normalise(joined, path);
}

struct proc_dir_entry *proc_lookup(struct vfs *vfs, const char *path)
{
	struct proc_dir_entry *e;

	return lookup(vfs, path, true, &e) ? NULL : e;
}

void *proc_data(const struct proc_dir_entry *entry)
{
	return entry->data;
}

const struct proc_ops *proc_file_ops(const struct proc_dir_entry *entry)
{
	return entry->ops;
}

/* ---- what a reader asks ---- */

int vfs_read(struct vfs *vfs, const char *path, struct seq_file *m)
{
	struct proc_dir_entry *e;
	int ret = lookup(vfs, path, true, &e);

	if (ret)
		return ret;
	if (is_dir(e))
		return -EISDIR;
	if (!e->ops->show || !(e->mode & 0444))
		return -EACCES;
	m->abi = vfs->abi;
	ret = e->ops->show(m, e->data);
	if (ret < 0)
		return ret;
	return m->error;
}

/* The file at @path, when it may be written. */
static int lookup_writable(struct vfs *vfs, const char *path, struct proc_dir_entry **ret_e,
			   struct extack *err)
{
	int ret = lookup(vfs, path, true, ret_e);

	if (ret)
		return extack_fail(err, ret, "%.120s: %s", path, strerror(-ret));
	if (is_dir(*ret_e))
		return extack_fail(err, -EISDIR, "%.120s is a directory", path);
	if (!(*ret_e)->ops->write || !((*ret_e)->mode & 0222))
		return extack_fail(err, -EACCES, "%.120s cannot be written", path);
	return 0;
}

int vfs_write(struct vfs *vfs, const char *path, const char *buf, size_t len, struct extack *err)
{
	struct proc_dir_entry *e;
	int ret = lookup_writable(vfs, path, &e, err);

	if (ret)
		return ret;
	if (len > VFS_WRITE_MAX)
		return extack_fail(err, -EFBIG, "more than %d bytes in one write", VFS_WRITE_MAX);
	return e->ops->write(e->data, buf, len, err);
}

int vfs_may_write(struct vfs *vfs, const char *path, struct extack *err)
{
	struct proc_dir_entry *e;

	return lookup_writable(vfs, path, &e, err);
}

int vfs_truncate(struct vfs *vfs, const char *path, struct extack *err)
{
	struct proc_dir_entry *e;
	int ret = lookup_writable(vfs, path, &e, err);

	if (ret || !e->ops->truncate)
		return ret;
	return e->ops->truncate(e->data, err);
}

int vfs_readdir(struct vfs *vfs, const char *path,
		int (*cb)(void *ctx, const char *name, unsigned int mode), void *ctx)
{
	struct proc_dir_entry *dir, *e;
	int ret = lookup(vfs, path, true, &dir);

	if (ret)
		return ret;
	if (!is_dir(dir))
		return -ENOTDIR;
	list_for_each_entry(e, &dir->children, node) {
		ret = cb(ctx, e->name, e->mode);
		if (ret)
			return ret;
	}
	return 0;
}

int vfs_stat(struct vfs *vfs, const char *path, struct vfs_stat *ret_stat)
{
	return stat_entry(vfs, path, true, ret_stat);
}

int vfs_lstat(struct vfs *vfs, const char *path, struct vfs_stat *ret_stat)
{
	return stat_entry(vfs, path, false, ret_stat);
}

static int stat_entry(struct vfs *vfs, const char *path, bool follow, struct vfs_stat *ret_stat)
{
	struct proc_dir_entry *e, *child;
	int ret = lookup(vfs, path, follow, &e);

	if (ret)
		return ret;
	*ret_stat = (struct vfs_stat){ .mode = e->mode, .ino = e->ino, .nlink = 1 };
	if (is_dir(e)) {
		ret_stat->nlink = 2;
		list_for_each_entry(child, &e->children, node)
			ret_stat->nlink += is_dir(child);
	}
	return 0;
}

int vfs_readlink(struct vfs *vfs, const char *path, char *buf, size_t size)
{
	struct proc_dir_entry *e;
	int ret = lookup(vfs, path, false, &e);

	if (ret)
		return ret;
	if (!S_ISLNK(e->mode))
		return -EINVAL;
	if (strlen(e->target) >= size)
		return -ERANGE;
	memcpy(buf, e->target, strlen(e->target) + 1);
	return 0;
}
