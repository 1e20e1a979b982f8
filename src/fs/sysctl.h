/* SPDX-License-Identifier: MIT */
/*
 * sysctl.h - knobs: const tables of typed values, shown as files under /proc/sys.
 *
 * A row names a value by its offset in a base struct, so that one const table serves every net
 * and every device. The handler converts between text and value with Linux's text format:
 * values separated by tabs, a newline at the end; input by blanks, in decimal, 0x or 0 base.
 * All values of a write are parsed and checked before the first is stored; a refusal is EINVAL
 * with a text that names value and range. Stores are single and untorn (WRITE_ONCE): other
 * threads read with READ_ONCE at any time (strings excepted: control thread only).
 * Thread: the control thread. A header belongs to its registrant, who unregisters it before the
 * base goes. Mirrors: kernel/sysctl.c, net/sysctl_net.c, key syntax of sysctl(8).
 */
#ifndef GN_FS_SYSCTL_H
#define GN_FS_SYSCTL_H

#include "fs/proc.h"
#include "fs/seq_file.h"
#include "lib/bug.h"
#include "lib/extack.h"

struct ctl_table;
struct ctl_table_header;

/** SYSCTL_KEY_MAX - longest key, with the final 0 */
#define SYSCTL_KEY_MAX	512

/**
 * struct ctl_call - one read or write of one value, as a handler sees it
 * @table: its row
 * @data: the value: base + offset
 * @base: what the table was registered with
 * @ctx: what the table was registered with
 * @out: read: print here; NULL for a write
 * @in: write: the text, not terminated; NULL for a read
 * @len: bytes of @in; 0 changes nothing
 * @hz: jiffies a second
 * @err: for the refusal; may be NULL
 */
struct ctl_call {
	const struct ctl_table *table;
	void *data;
	void *base;
	void *ctx;
	struct seq_file *out;
	const char *in;
	size_t len;
	unsigned int hz;
	struct extack *err;
};

/** proc_handler - reads (call->out) or writes (call->in); 0 or -errno with a text */
typedef int proc_handler_fn(struct ctl_call *call);

/**
 * struct ctl_table - one knob
 * @procname: file name
 * @offset: of the value in the base struct
 * @maxlen: bytes of the value: sizeof an element times elements (for strings: the buffer)
 * @mode: 0644, 0444, 0200
 * @proc_handler: one of those below, or a room's own that calls one of them
 * @min, @max: smallest and largest accepted value, in the unit of the text, for the _minmax and
 * jiffies forms; both 0: the range of the type
 * @changed: called by the handlers below after a write that changed a value; may be NULL
 * @doc: one line: meaning, unit, when it takes effect
 * @def: default as text, "1" or "4096\t87380\t6291456"; NULL: set at run time
 */
struct ctl_table {
	const char *procname;
	size_t offset;
	size_t maxlen;
	unsigned int mode;
	proc_handler_fn *proc_handler;
	long min, max;
	void (*changed)(const struct ctl_call *call);
	const char *doc;
	const char *def;
};

/* Offset and size of a value: .procname = "x", CTL_FIELD(struct netns_ipv4, sysctl_x), ... */
#define CTL_FIELD(type, member)	.offset = offsetof(type, member), \
				.maxlen = sizeof(((type *)0)->member)

/* Element type, text */
proc_handler_fn proc_dointvec;			/* int, decimal */
proc_handler_fn proc_dointvec_minmax;		/* int, min..max */
proc_handler_fn proc_douintvec;			/* unsigned int */
proc_handler_fn proc_douintvec_minmax;		/* unsigned int, min..max */
proc_handler_fn proc_dou8vec_minmax;		/* uint8_t, min..max, else 0..255 */
proc_handler_fn proc_dobool;			/* bool, 0 or 1 */
proc_handler_fn proc_doulongvec_minmax;		/* unsigned long, min..max */
proc_handler_fn proc_dolongvec_minmax;		/* long, min..max */
proc_handler_fn proc_dointvec_jiffies;		/* int in jiffies, text in seconds */
proc_handler_fn proc_dointvec_ms_jiffies;	/* int in jiffies, text in milliseconds */
proc_handler_fn proc_dointvec_userhz_jiffies;	/* int in jiffies, text in 1/USER_HZ seconds */
proc_handler_fn proc_dostring;			/* char[maxlen]; longer text is refused */

/**
 * register_net_sysctl() - make the files of a table
 * @vfs: tree
 * @dir: below /proc/sys, for example "net/ipv4" or "net/ipv4/conf/eth0"
 * @table: rows, const, outlive the header
 * @n: how many
 * @base: struct that the offsets count from
 * @ctx: handed to handlers and changed callbacks, for example the struct net
 * Return: the header, or NULL: no memory, or a name is taken; then nothing is registered
 */
__must_check struct ctl_table_header *register_net_sysctl(struct vfs *vfs, const char *dir,
							  const struct ctl_table *table, size_t n,
							  void *base, void *ctx);
/** unregister_net_sysctl_table() - remove the files, and directories left empty. NULL allowed */
void unregister_net_sysctl_table(struct ctl_table_header *header);

/**
 * sysctl_set_defaults() - store the default of each row that has one, without changed callbacks
 * @table: rows; their handlers see no ctx
 * @n: how many
 * @base: struct that the offsets count from
 * @hz: jiffies a second, for rows in jiffies
 * Return: 0, or -EINVAL: a default is refused by its own row
 */
__must_check int sysctl_set_defaults(const struct ctl_table *table, size_t n, void *base,
				     unsigned int hz);

/**
 * sysctl_key_path() - the file of a key
 * @key: "net.ipv4.ip_forward" or "net/ipv4/ip_forward". The first separator in it rules: after a
 * dot, "/" in a name stands for "." (net.ipv4.conf.eth0/100.forwarding); after a slash, dots are dots
 * @ret_path: VFS_PATH_MAX bytes
 * Return: 0 or -EINVAL
 */
__must_check int sysctl_key_path(const char *key, char *ret_path);
/** sysctl_read() - append the text of @key to @m; 0 or -errno (ENOENT: no such key) */
__must_check int sysctl_read(struct vfs *vfs, const char *key, struct seq_file *m);
/** sysctl_write() - set @key from the text @value; 0 or -errno with a text in @err */
__must_check int sysctl_write(struct vfs *vfs, const char *key, const char *value,
			      struct extack *err);
/** sysctl_find() - the row of @key, or NULL */
const struct ctl_table *sysctl_find(struct vfs *vfs, const char *key);

/**
 * sysctl_for_each() - all knobs, sorted
 * @vfs: tree
 * @cb: called with dotted key, text without the final newline ("" when it cannot be read) and
 * row; a non-zero return ends the walk
 * @ctx: handed to @cb
 * Return: 0, what @cb returned, or -errno
 */
int sysctl_for_each(struct vfs *vfs, int (*cb)(void *ctx, const char *key, const char *value,
					       const struct ctl_table *row), void *ctx);

#endif
