// SPDX-License-Identifier: MIT
/*
 * seq_file.c - a buffer that grows, and the walk over a list that fills it.
 *
 * Called by the show functions of all rooms, on the thread that reads the file. Owns the buffer
 * until seq_release(). Refuses texts above SEQ_MAX. Mirrors fs/seq_file.c.
 */
#include "fs/seq_file.h"

#include <errno.h>
#include <string.h>

#include "lib/pool.h"

#define SEQ_FIRST	512

static bool seq_room(struct seq_file *m, size_t more);

void seq_init(struct seq_file *m, struct kmem *kmem)
{
	*m = (struct seq_file){ .kmem = kmem };
}

void seq_release(struct seq_file *m)
{
	kmem_free(m->kmem, m->buf);
	m->buf = NULL;
	m->count = m->size = 0;
}

const char *seq_str(struct seq_file *m)
{
	if (!seq_room(m, 1))
		return NULL;
	m->buf[m->count] = '\0';
	return m->buf;
}

/* Make room for @more bytes, or set the sticky error. */
static bool seq_room(struct seq_file *m, size_t more)
{
	size_t want, size;
	char *buf;

	if (unlikely(m->error))
		return false;
	if (likely(more <= m->size - m->count))
		return true;
	if (more > SEQ_MAX || m->count + more > SEQ_MAX) {
		m->error = -EFBIG;
		return false;
	}
	want = m->count + more;
	size = m->size ? m->size : SEQ_FIRST;
	while (size < want)
		size *= 2;
	buf = kmem_realloc(m->kmem, m->buf, size);
	if (!buf) {
		m->error = -ENOMEM;
		return false;
	}
	m->buf = buf;
	m->size = size;
	return true;
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	seq_vprintf(m, fmt, ap);
	va_end(ap);
}

void seq_vprintf(struct seq_file *m, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	/* one byte more than is counted: vsnprintf ends its output with 0 */
	if (!seq_room(m, 1))
		return;
	va_copy(again, ap);
	len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, ap);
	if (len < 0) {
		m->error = -EINVAL;
	} else if ((size_t)len >= m->size - m->count) {
		if (seq_room(m, (size_t)len + 1))
			len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, again);
	}
	va_end(again);
	if (!m->error)
		m->count += (size_t)len;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	if (seq_room(m, 1))
		m->buf[m->count++] = c;
}

int seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (len && seq_room(m, len)) {
		memcpy(m->buf + m->count, data, len);
		m->count += len;
	}
	return m->error;
}

void seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long num)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + num % 10);
		num /= 10;
	} while (num);
	seq_puts(m, delimiter);
	seq_write(m, digits + n, sizeof(digits) - n);
}

void seq_setwidth(struct seq_file *m, size_t size)
{
	m->pad_until = m->count + size;
}

void seq_pad(struct seq_file *m, char c)
{
	if (m->pad_until > m->count && seq_room(m, m->pad_until - m->count)) {
		memset(m->buf + m->count, ' ', m->pad_until - m->count);
		m->count = m->pad_until;
	}
	if (c)
		seq_putc(m, c);
}

int seq_run(struct seq_file *m, const struct seq_operations *ops, void *data)
{
	void *saved = m->private, *v;
	loff_t pos = 0;
	int ret = 0;

	m->private = data;
	for (v = ops->start(m, &pos); v; v = ops->next(m, v, &pos)) {
		size_t before = m->count;

		ret = ops->show(m, v);
		if (ret > 0) {
			m->count = before;
			ret = 0;
		}
		if (ret || seq_has_overflowed(m))
			break;
	}
	if (ops->stop)
		ops->stop(m, v);
	m->private = saved;
	return ret ? ret : m->error;
}
