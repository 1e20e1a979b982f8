/* SPDX-License-Identifier: MIT */
/*
 * proc.h - one tree of files a net: /proc, /sys, the tracing files.
 *
 * Rooms register directories and files at absolute paths; readers come over control or through
 * the shim. A file is its const ops and a data pointer; its content exists only while it is
 * read. Entries belong to the tree: proc_remove() or vfs_destroy() frees them, never what data
 * points to. Names and link targets are copied. A directory that was only made as a parent on
 * the way goes with its last entry.
 *
 * Threads: the control thread only (the RTNL owner); ops run on it too, and must not change the
 * tree below the entry they belong to. Paths are absolute, at most VFS_PATH_MAX - 1 bytes; "//",
 * ".", ".." and a final "/" are resolved as text before the tree is walked, and ".." stops at the
 * root. Errors are Linux's: ENOENT, ENOTDIR, EISDIR, EACCES, EINVAL, ENAMETOOLONG, ELOOP, EFBIG.
 * Mirrors: fs/proc/generic.c.
 */
#ifndef GN_FS_PROC_H
#define GN_FS_PROC_H

#include <sys/stat.h>

#include "fs/seq_file.h"
#include "lib/bug.h"
#include "lib/extack.h"
#include "lib/list.h"

struct kmem;
struct logger;
struct proc_dir_entry;

/** VFS_PATH_MAX - longest path, with the final 0 */
#define VFS_PATH_MAX	4096
/** VFS_NAME_MAX - longest name in a directory */
#define VFS_NAME_MAX	255
/** VFS_WRITE_MAX - most bytes in one write */
#define VFS_WRITE_MAX	65536
/** VFS_LINKS_MAX - symbolic links followed in one lookup */
#define VFS_LINKS_MAX	8

/**
 * struct proc_ops - what a file does
 * @show: print the content; 0 or -errno. NULL: cannot be read (EACCES)
 * @write: take @len bytes (0..VFS_WRITE_MAX, not terminated); 0 or -errno, then with a text in
 * @err (which may be NULL). NULL: cannot be written (EACCES)
 * @truncate: opened with O_TRUNC; NULL: nothing happens
 */
struct proc_ops {
	int (*show)(struct seq_file *m, void *data);
	int (*write)(void *data, const char *buf, size_t len, struct extack *err);
	int (*truncate)(void *data, struct extack *err);
};

/**
 * struct vfs - the tree
 * @root: "/"
 * @kmem: memory of entries and texts [I]
 * @log: [I]
 * @abi: handed to each seq_file: 0, or SEQ_ABI_3_13 for layouts of Linux 3.13
 * @hz: jiffies a second, for files that show jiffies; vfs_init() sets 1000, its owner what is true
 * @last_ino: inode number given last
 */
struct vfs {
	struct proc_dir_entry *root;
	struct kmem *kmem;
	struct logger *log;
	int abi;
	unsigned int hz;
	uint64_t last_ino;
};

/** struct vfs_stat - @mode: type and permission bits; @ino: inode number; @nlink: links */
struct vfs_stat {
	unsigned int mode;
	uint64_t ino;
	unsigned int nlink;
};

/** vfs_init() - a tree with an empty root; 0 or -ENOMEM. @log may be NULL */
__must_check int vfs_init(struct vfs *vfs, struct kmem *kmem, struct logger *log);
/** vfs_destroy() - free all entries. A tree of zero bytes (never initialised) is allowed */
void vfs_destroy(struct vfs *vfs);

/**
 * proc_mkdir() - a directory, with its parents
 * @vfs: tree
 * @path: absolute
 * Return: the entry, new or already there as a directory; NULL: no memory, or the path is a file
 */
__must_check struct proc_dir_entry *proc_mkdir(struct vfs *vfs, const char *path);
/**
 * proc_create() - a file, with its parent directories
 * @vfs: tree
 * @path: absolute; nothing may be there yet
 * @mode: permission bits, for example 0444
 * @ops: const, lives as long as the entry
 * @data: handed to the ops
 * Return: the entry, or NULL: no memory, or the path is taken
 */
__must_check struct proc_dir_entry *proc_create(struct vfs *vfs, const char *path,
						unsigned int mode, const struct proc_ops *ops,
						void *data);
/** proc_symlink() - a symbolic link to @target (absolute, or relative to its directory) */
__must_check struct proc_dir_entry *proc_symlink(struct vfs *vfs, const char *path,
						 const char *target);
/** proc_remove() - remove an entry and all below it; NULL and the root's own removal are ignored */
void proc_remove(struct vfs *vfs, struct proc_dir_entry *entry);
/** proc_remove_path() - the same by path, the link itself if it is one; 0 or -ENOENT ... */
int proc_remove_path(struct vfs *vfs, const char *path);
/** proc_lookup() - the entry at @path, links followed; NULL when there is none */
struct proc_dir_entry *proc_lookup(struct vfs *vfs, const char *path);
/** proc_data() - the data pointer of a file */
void *proc_data(const struct proc_dir_entry *entry);
/** proc_file_ops() - the ops of a file, NULL for anything else */
const struct proc_ops *proc_file_ops(const struct proc_dir_entry *entry);

/**
 * vfs_read() - render a file
 * @vfs: tree
 * @path: absolute
 * @m: initialised by seq_init(); the text is appended. @m->abi is set from the tree
 * Return: 0 or -errno; what @m then holds is to be thrown away
 */
__must_check int vfs_read(struct vfs *vfs, const char *path, struct seq_file *m);
/** vfs_write() - hand @len bytes to a file; 0 or -errno, with a text in @err (may be NULL) */
__must_check int vfs_write(struct vfs *vfs, const char *path, const char *buf, size_t len,
			   struct extack *err);
/** vfs_may_write() - what opening for writing checks; 0 or -errno, with a text in @err (may be NULL) */
__must_check int vfs_may_write(struct vfs *vfs, const char *path, struct extack *err);
/** vfs_truncate() - what opening with O_TRUNC does; 0 or -errno */
__must_check int vfs_truncate(struct vfs *vfs, const char *path, struct extack *err);
/**
 * vfs_readdir() - the names in a directory, sorted
 * @vfs: tree
 * @path: absolute
 * @cb: called for each, with type and permission bits; a non-zero return ends the walk
 * @ctx: handed to @cb
 * Return: 0, what @cb returned, or -errno
 */
int vfs_readdir(struct vfs *vfs, const char *path,
		int (*cb)(void *ctx, const char *name, unsigned int mode), void *ctx);
/** vfs_stat() - what is at @path, links followed; 0 or -errno */
__must_check int vfs_stat(struct vfs *vfs, const char *path, struct vfs_stat *ret_stat);
/** vfs_lstat() - the same; a link at the end is not followed */
__must_check int vfs_lstat(struct vfs *vfs, const char *path, struct vfs_stat *ret_stat);
/** vfs_readlink() - the target of a link as a string; 0, -EINVAL when it is none, -ERANGE */
__must_check int vfs_readlink(struct vfs *vfs, const char *path, char *buf, size_t size);
/**
 * vfs_normalise() - a path without "//", "." and ".."; ".." of the root is the root
 * @path: absolute
 * @ret_path: VFS_PATH_MAX bytes
 * Return: 0, -EINVAL (empty or relative), -ENAMETOOLONG
 */
__must_check int vfs_normalise(const char *path, char *ret_path);

#endif
