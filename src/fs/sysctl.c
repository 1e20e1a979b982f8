// SPDX-License-Identifier: MIT
/*
 * sysctl.c - knobs as files: registration, keys, listing. The values' text is sysctl_vec.c.
 *
 * Called by rooms that have knobs (registration), by control/ and the configuration (keys).
 * Owns a header for each registration and the files of it. A file's data is a struct ctl_node,
 * which joins the const row with the base of this registration.
 * Control thread only. Mirrors fs/proc/proc_sysctl.c.
 */
#define LOG_SUBSYS "sysctl"

#include "fs/sysctl.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/pool.h"

#define SYSCTL_ROOT	"/proc/sys/"

/** struct ctl_node - one file: @row of @header */
struct ctl_node {
	struct ctl_table_header *header;
	const struct ctl_table *row;
	struct proc_dir_entry *entry;
};

/** struct ctl_table_header - one registration */
struct ctl_table_header {
	struct vfs *vfs;
	void *base;
	void *ctx;
	size_t n;
	struct ctl_node node[];
};

/** struct ctl_walk - where sysctl_for_each() is */
struct ctl_walk {
	struct vfs *vfs;
	int (*cb)(void *ctx, const char *key, const char *value, const struct ctl_table *row);
	void *ctx;
	size_t len;
	char path[VFS_PATH_MAX];
};

static int sysctl_show(struct seq_file *m, void *data);
static int sysctl_store(void *data, const char *buf, size_t len, struct extack *err);
static struct ctl_call call_of(const struct ctl_node *node);
static const struct ctl_table *row_of(const struct proc_dir_entry *entry);
static int walk_entry(void *ctx, const char *name, unsigned int mode);
static int walk_file(struct ctl_walk *w);

static const struct proc_ops sysctl_ops = {
	.show = sysctl_show,
	.write = sysctl_store,
};

/* ---- registration ---- */

struct ctl_table_header *register_net_sysctl(struct vfs *vfs, const char *dir,
					     const struct ctl_table *table, size_t n,
					     void *base, void *ctx)
{
	struct ctl_table_header *header;
	char path[VFS_PATH_MAX];

	header = kmem_zalloc(vfs->kmem, sizeof(*header) + n * sizeof(header->node[0]));
	if (!header)
		return NULL;
	header->vfs = vfs;
	header->base = base;
	header->ctx = ctx;
	for (size_t i = 0; i < n; i++) {
		struct ctl_node *node = &header->node[i];
		int len = snprintf(path, sizeof(path), SYSCTL_ROOT "%s/%s", dir,
				   table[i].procname);

		node->header = header;
		node->row = &table[i];
		if (len < (int)sizeof(path))
			node->entry = proc_create(vfs, path, table[i].mode, &sysctl_ops, node);
		if (!node->entry) {
			unregister_net_sysctl_table(header);
			return NULL;
		}
		header->n++;
	}
	return header;
}

void unregister_net_sysctl_table(struct ctl_table_header *header)
{
	if (!header)
		return;
	for (size_t i = 0; i < header->n; i++)
		proc_remove(header->vfs, header->node[i].entry);
	kmem_free(header->vfs->kmem, header);
}

int sysctl_set_defaults(const struct ctl_table *table, size_t n, void *base, unsigned int hz)
{
	for (size_t i = 0; i < n; i++) {
		struct ctl_table row = table[i];
		struct ctl_call call = {
			.table = &row, .data = (char *)base + row.offset, .base = base,
			.in = row.def, .hz = hz,
		};
		int ret;

		if (!row.def)
			continue;
		row.changed = NULL;
		call.len = strlen(row.def);
		ret = row.proc_handler(&call);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- a file ---- */

static int sysctl_show(struct seq_file *m, void *data)
{
	const struct ctl_node *node = data;
	struct ctl_call call = call_of(node);

	call.out = m;
	return node->row->proc_handler(&call);
}

static int sysctl_store(void *data, const char *buf, size_t len, struct extack *err)
{
	const struct ctl_node *node = data;
	struct ctl_call call = call_of(node);

	if (!len)
		return 0;
	call.in = buf;
	call.len = len;
	call.err = err;
	return node->row->proc_handler(&call);
}

static struct ctl_call call_of(const struct ctl_node *node)
{
	return (struct ctl_call){
		.table = node->row,
		.data = (char *)node->header->base + node->row->offset,
		.base = node->header->base,
		.ctx = node->header->ctx,
		.hz = node->header->vfs->hz,
	};
}

/* ---- keys ---- */

/*
 * sysctl(8): the first separator of a key is its separator. After a dot, a slash inside a name
 * stands for a dot, so that names of interfaces can have dots; after a slash nothing is changed.
 */
int sysctl_key_path(const char *key, char *ret_path)
{
	size_t len = strlen(key), first = strcspn(key, "./"), name = 0;
	bool dotted = key[first] == '.';
	char *out = ret_path;

	if (!len || len >= SYSCTL_KEY_MAX)
		return -EINVAL;
	memcpy(out, SYSCTL_ROOT, strlen(SYSCTL_ROOT));
	out += strlen(SYSCTL_ROOT);
	for (size_t i = 0; i <= len; i++) {
		char c = key[i];

		if (dotted && (c == '.' || c == '/'))
			c = c == '.' ? '/' : '.';
		out[i] = c;
		if (c != '/' && c != '\0')
			continue;
		/* no empty name, "." or "..": a key stays below its root */
		if (i == name || (i - name <= 2 && out[name] == '.' && out[i - 1] == '.'))
			return -EINVAL;
		name = i + 1;
	}
	return 0;
}

int sysctl_read(struct vfs *vfs, const char *key, struct seq_file *m)
{
	char path[VFS_PATH_MAX];
	int ret = sysctl_key_path(key, path);

	return ret ? ret : vfs_read(vfs, path, m);
}

int sysctl_write(struct vfs *vfs, const char *key, const char *value, struct extack *err)
{
	char path[VFS_PATH_MAX];

	if (sysctl_key_path(key, path))
		return extack_fail(err, -EINVAL, "\"%.80s\" is not a key", key);
	if (!proc_lookup(vfs, path))
		return extack_fail(err, -ENOENT, "there is no key %.80s", key);
	return vfs_write(vfs, path, value, strlen(value), err);
}

const struct ctl_table *sysctl_find(struct vfs *vfs, const char *key)
{
	char path[VFS_PATH_MAX];

	if (sysctl_key_path(key, path))
		return NULL;
	return row_of(proc_lookup(vfs, path));
}

static const struct ctl_table *row_of(const struct proc_dir_entry *entry)
{
	const struct ctl_node *node;

	if (!entry || proc_file_ops(entry) != &sysctl_ops)
		return NULL;
	node = proc_data(entry);
	return node->row;
}

/* ---- listing ---- */

int sysctl_for_each(struct vfs *vfs, int (*cb)(void *ctx, const char *key, const char *value,
					       const struct ctl_table *row), void *ctx)
{
	struct ctl_walk w = { .vfs = vfs, .cb = cb, .ctx = ctx };
	int ret;

	/* without the final slash, which each name brings with it */
	w.len = strlen(SYSCTL_ROOT) - 1;
	memcpy(w.path, SYSCTL_ROOT, w.len);
	ret = vfs_readdir(vfs, w.path, walk_entry, &w);
	return ret == -ENOENT ? 0 : ret;
}

/* One name of a directory. Goes down into directories: as deep as registered paths are. */
static int walk_entry(void *ctx, const char *name, unsigned int mode)
{
	struct ctl_walk *w = ctx;
	size_t saved = w->len;
	int ret = 0, n = snprintf(w->path + w->len, sizeof(w->path) - w->len, "/%s", name);

	if (n < (int)(sizeof(w->path) - w->len)) {
		w->len += (size_t)n;
		if (S_ISDIR(mode))
			ret = vfs_readdir(w->vfs, w->path, walk_entry, w);
		else
			ret = walk_file(w);
	}
	w->len = saved;
	w->path[saved] = '\0';
	return ret;
}

static int walk_file(struct ctl_walk *w)
{
	const struct ctl_table *row = row_of(proc_lookup(w->vfs, w->path));
	char key[VFS_PATH_MAX];
	const char *text = "";
	struct seq_file m;
	size_t i, root = strlen(SYSCTL_ROOT);
	int ret;

	if (!row)
		return 0;
	for (i = root; i <= w->len; i++) {
		char c = w->path[i];

		key[i - root] = c == '/' ? '.' : c == '.' ? '/' : c;
	}
	seq_init(&m, w->vfs->kmem);
	if (!vfs_read(w->vfs, w->path, &m)) {
		if (m.count && m.buf[m.count - 1] == '\n')
			m.count--;
		text = seq_str(&m);
	}
	ret = m.error ? m.error : w->cb(w->ctx, key, text, row);
	seq_release(&m);
	return ret;
}
