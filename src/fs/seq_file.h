/* SPDX-License-Identifier: MIT */
/*
 * seq_file.h - text that grows while a file shows itself.
 *
 * Who reads a file makes a struct seq_file, hands it down to the file's show function, takes
 * the bytes and releases it. The buffer comes from struct kmem and doubles; when it cannot, the
 * error sticks: further output is dropped and m->error says -ENOMEM (-EFBIG above SEQ_MAX).
 * So show functions never look at errors. Thread: the one that reads.
 * Mirrors: fs/seq_file.c, without partial reads: a file is rendered at once.
 */
#ifndef GN_FS_SEQ_FILE_H
#define GN_FS_SEQ_FILE_H

#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/bug.h"

struct kmem;

/** SEQ_MAX - largest file */
#define SEQ_MAX		(64UL << 20)
/** SEQ_START_TOKEN - what start() returns to have show() print the heading */
#define SEQ_START_TOKEN	((void *)1)
/** SEQ_SKIP - show() may return it: drop what it wrote for this item */
#define SEQ_SKIP	1
/** SEQ_ABI_CURRENT, SEQ_ABI_3_13 - values of seq_file.abi */
#define SEQ_ABI_CURRENT	0
#define SEQ_ABI_3_13	313

/**
 * struct seq_file - a text being made
 * @buf: the bytes, not terminated
 * @count: how many
 * @size: bytes that @buf has room for
 * @pad_until: column set by seq_setwidth()
 * @error: 0, or the first error
 * @private: for show functions; set by who runs them
 * @abi: 0 for today's layouts, SEQ_ABI_3_13 for those of Linux 3.13
 * @kmem: where @buf comes from
 */
struct seq_file {
	char *buf;
	size_t count;
	size_t size;
	size_t pad_until;
	int error;
	void *private;
	int abi;
	struct kmem *kmem;
};

/**
 * struct seq_operations - a list as text, one item a show()
 * @start: item at *pos, or NULL at the end; takes what lock the list needs
 * @next: item after @v; advances *pos
 * @stop: gives back what start() took; also called after start() returned NULL
 * @show: prints @v; 0, SEQ_SKIP or -errno
 */
struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	int (*show)(struct seq_file *m, void *v);
};

/** seq_init() - an empty text; nothing is allocated yet */
void seq_init(struct seq_file *m, struct kmem *kmem);
/** seq_release() - free the buffer */
void seq_release(struct seq_file *m);
/** seq_str() - the text as a C string, or NULL when it could not be made. Belongs to @m */
const char *seq_str(struct seq_file *m);
/** seq_printf() - append formatted text */
notrace void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_vprintf(struct seq_file *m, const char *fmt, va_list ap) __printf(2, 0);
/** seq_puts() - append a string */
void seq_puts(struct seq_file *m, const char *s);
/** seq_putc() - append a byte */
void seq_putc(struct seq_file *m, char c);
/** seq_write() - append @len bytes; 0, or the sticky error */
int seq_write(struct seq_file *m, const void *data, size_t len);
/** seq_put_decimal_ull() - append @delimiter ("" for none) and a number */
void seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long num);
/** seq_setwidth() - the column, counted from here, that seq_pad() fills up to */
void seq_setwidth(struct seq_file *m, size_t size);
/** seq_pad() - blanks up to that column, then @c unless it is 0 */
void seq_pad(struct seq_file *m, char c);

/** seq_has_overflowed() - output is being dropped: a long loop may stop */
static __always_inline bool seq_has_overflowed(const struct seq_file *m)
{
	return m->error != 0;
}

/**
 * seq_run() - print a whole list
 * @m: text; @m->private is @data meanwhile
 * @ops: the list
 * @data: the list's owner
 * Return: 0, or the first error of show() or of the buffer
 */
int seq_run(struct seq_file *m, const struct seq_operations *ops, void *data);

#endif
