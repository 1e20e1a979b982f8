// SPDX-License-Identifier: MIT
/*
 * sysctl_vec.c - values of knobs as text: vectors of numbers, times in jiffies, strings.
 *
 * Called by sysctl.c through the row's handler, and by handlers of other rooms that do more
 * after the value is stored. Owns nothing. A write is read twice: the first time everything is
 * checked, the second time stored, so that a refused write changes nothing. Input longer than
 * the vector is refused (Linux ignores the rest), shorter input sets the first values.
 * Stores are WRITE_ONCE, since other threads read at any time. Mirrors kernel/sysctl.c.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "fs/sysctl.h"

/* Ticks a second in files that show clock ticks: part of the ABI. */
#define USER_HZ		100
/* Bytes of a refused text that the refusal quotes. */
#define QUOTE_MAX	24

/** enum vec_kind - type of an element in memory */
enum vec_kind { VEC_INT, VEC_UINT, VEC_U8, VEC_BOOL, VEC_LONG, VEC_ULONG, VEC_KIND_MAX };

/** enum vec_unit - what the text counts, where memory counts jiffies */
enum vec_unit { UNIT_NONE, UNIT_SEC, UNIT_MSEC, UNIT_USERHZ };

/**
 * struct number - a value in the text's unit: -@mag or @mag
 */
struct number {
	bool neg;
	uint64_t mag;
};

/**
 * struct vec - how the elements of a row are read and written
 * @kind: type in memory
 * @unit: unit of the text
 * @lo: smallest value
 * @hi: largest value
 */
struct vec {
	enum vec_kind kind;
	enum vec_unit unit;
	struct number lo, hi;
};

static const struct {
	uint8_t size;
	struct number lo, hi;
} kinds[VEC_KIND_MAX] = {
	[VEC_INT] = { sizeof(int), { true, (uint64_t)INT_MAX + 1 }, { false, INT_MAX } },
	[VEC_UINT] = { sizeof(unsigned int), { false, 0 }, { false, UINT_MAX } },
	[VEC_U8] = { sizeof(uint8_t), { false, 0 }, { false, UINT8_MAX } },
	[VEC_BOOL] = { sizeof(bool), { false, 0 }, { false, 1 } },
	[VEC_LONG] = { sizeof(long), { true, (uint64_t)LONG_MAX + 1 }, { false, LONG_MAX } },
	[VEC_ULONG] = { sizeof(unsigned long), { false, 0 }, { false, ULONG_MAX } },
};

static int do_vec(struct ctl_call *call, enum vec_kind kind, enum vec_unit unit, bool minmax);
static int vec_show(struct ctl_call *call, const struct vec *v, size_t n);
static int vec_parse(struct ctl_call *call, const struct vec *v, size_t n, bool store,
		     bool *ret_changed);
static int parse_token(struct ctl_call *call, const struct vec *v, const char *tok, size_t len,
		       struct number *ret_num);

/* ---- handlers ---- */

int proc_dointvec(struct ctl_call *call)
{
	return do_vec(call, VEC_INT, UNIT_NONE, false);
}

int proc_dointvec_minmax(struct ctl_call *call)
{
	return do_vec(call, VEC_INT, UNIT_NONE, true);
}

int proc_douintvec(struct ctl_call *call)
{
	return do_vec(call, VEC_UINT, UNIT_NONE, false);
}

int proc_douintvec_minmax(struct ctl_call *call)
{
	return do_vec(call, VEC_UINT, UNIT_NONE, true);
}

int proc_dou8vec_minmax(struct ctl_call *call)
{
	return do_vec(call, VEC_U8, UNIT_NONE, true);
}

int proc_dobool(struct ctl_call *call)
{
	return do_vec(call, VEC_BOOL, UNIT_NONE, false);
}

int proc_dolongvec_minmax(struct ctl_call *call)
{
	return do_vec(call, VEC_LONG, UNIT_NONE, true);
}

int proc_doulongvec_minmax(struct ctl_call *call)
{
	return do_vec(call, VEC_ULONG, UNIT_NONE, true);
}

int proc_dointvec_jiffies(struct ctl_call *call)
{
	return do_vec(call, VEC_INT, UNIT_SEC, true);
}

int proc_dointvec_ms_jiffies(struct ctl_call *call)
{
	return do_vec(call, VEC_INT, UNIT_MSEC, true);
}

int proc_dointvec_userhz_jiffies(struct ctl_call *call)
{
	return do_vec(call, VEC_INT, UNIT_USERHZ, true);
}

int proc_dostring(struct ctl_call *call)
{
	const struct ctl_table *row = call->table;
	char *value = call->data;
	size_t len;

	if (call->out) {
		seq_write(call->out, value, strnlen(value, row->maxlen));
		seq_putc(call->out, '\n');
		return 0;
	}
	if (!call->len)
		return 0;
	for (len = 0; len < call->len; len++)
		if (call->in[len] == '\n' || call->in[len] == '\0')
			break;
	if (len >= row->maxlen)
		return extack_fail(call->err, -EINVAL, "%s: at most %zu bytes", row->procname,
				   row->maxlen - 1);
	if (strnlen(value, row->maxlen) == len && !memcmp(value, call->in, len))
		return 0;
	memcpy(value, call->in, len);
	memset(value + len, 0, row->maxlen - len);
	if (row->changed)
		row->changed(call);
	return 0;
}

/* ---- numbers ---- */

static bool number_less(struct number a, struct number b)
{
	bool an = a.neg && a.mag, bn = b.neg && b.mag;

	if (an != bn)
		return an;
	return an ? a.mag > b.mag : a.mag < b.mag;
}

static struct number number_of(long v)
{
	return (struct number){ v < 0, v < 0 ? -(uint64_t)v : (uint64_t)v };
}

/* Jiffies for @v in the unit of the text; rounds up, a time is never made shorter. */
static uint64_t to_jiffies(enum vec_unit unit, uint64_t v, unsigned int hz)
{
	switch (unit) {
	case UNIT_SEC: return v * hz;
	case UNIT_MSEC: return v / 1000 * hz + div_round_up(v % 1000 * hz, 1000);
	case UNIT_USERHZ: return v / USER_HZ * hz + div_round_up(v % USER_HZ * hz, USER_HZ);
	default: return v;
	}
}

static uint64_t from_jiffies(enum vec_unit unit, uint64_t j, unsigned int hz)
{
	switch (unit) {
	case UNIT_SEC: return j / hz;
	case UNIT_MSEC: return j / hz * 1000 + j % hz * 1000 / hz;
	case UNIT_USERHZ: return j / hz * USER_HZ + j % hz * USER_HZ / hz;
	default: return j;
	}
}

static struct number vec_load(const struct vec *v, const void *p)
{
	switch (v->kind) {
	case VEC_INT: return number_of(READ_ONCE(*(const int *)p));
	case VEC_UINT: return (struct number){ false, READ_ONCE(*(const unsigned int *)p) };
	case VEC_U8: return (struct number){ false, READ_ONCE(*(const uint8_t *)p) };
	case VEC_BOOL: return (struct number){ false, READ_ONCE(*(const bool *)p) };
	case VEC_LONG: return number_of(READ_ONCE(*(const long *)p));
	default: return (struct number){ false, READ_ONCE(*(const unsigned long *)p) };
	}
}

static void vec_store(const struct vec *v, void *p, struct number num)
{
	uint64_t bits = num.neg ? -num.mag : num.mag;

	switch (v->kind) {
	case VEC_INT: WRITE_ONCE(*(int *)p, (int)(int64_t)bits); break;
	case VEC_UINT: WRITE_ONCE(*(unsigned int *)p, (unsigned int)bits); break;
	case VEC_U8: WRITE_ONCE(*(uint8_t *)p, (uint8_t)bits); break;
	case VEC_BOOL: WRITE_ONCE(*(bool *)p, bits != 0); break;
	case VEC_LONG: WRITE_ONCE(*(long *)p, (long)(int64_t)bits); break;
	default: WRITE_ONCE(*(unsigned long *)p, (unsigned long)bits); break;
	}
}

/* ---- vectors ---- */

static int do_vec(struct ctl_call *call, enum vec_kind kind, enum vec_unit unit, bool minmax)
{
	const struct ctl_table *row = call->table;
	struct vec v = { kind, unit, kinds[kind].lo, kinds[kind].hi };
	size_t n = row->maxlen / kinds[kind].size;
	bool changed = false;
	int ret;

	if (unit != UNIT_NONE) {
		/* whatever the text says must still fit as jiffies; a delay in ms has no sign */
		v.hi.mag = min_t(uint64_t, INT_MAX, from_jiffies(unit, INT_MAX, call->hz));
		v.lo = unit == UNIT_MSEC ? number_of(0) : (struct number){ true, v.hi.mag };
	}
	if (minmax && (row->min || row->max)) {
		if (number_less(v.lo, number_of(row->min)))
			v.lo = number_of(row->min);
		if (number_less(number_of(row->max), v.hi))
			v.hi = number_of(row->max);
	}
	if (call->out)
		return vec_show(call, &v, n);
	if (!call->len)
		return 0;
	ret = vec_parse(call, &v, n, false, &changed);
	if (ret)
		return ret;
	ret = vec_parse(call, &v, n, true, &changed);
	if (changed && row->changed)
		row->changed(call);
	return ret;
}

static int vec_show(struct ctl_call *call, const struct vec *v, size_t n)
{
	const char *p = call->data;

	for (size_t i = 0; i < n; i++, p += kinds[v->kind].size) {
		struct number num = vec_load(v, p);

		if (i)
			seq_putc(call->out, '\t');
		seq_put_decimal_ull(call->out, num.neg ? "-" : "",
				    from_jiffies(v->unit, num.mag, call->hz));
	}
	seq_putc(call->out, '\n');
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

/* Take the numbers of the text one by one; with @store put them into the vector. */
static int vec_parse(struct ctl_call *call, const struct vec *v, size_t n, bool store,
		     bool *ret_changed)
{
	char *p = call->data;
	size_t i = 0, at = 0;

	for (;;) {
		struct number num, old;
		size_t start;
		int ret;

		while (at < call->len && is_blank(call->in[at]))
			at++;
		if (at == call->len)
			break;
		start = at;
		while (at < call->len && !is_blank(call->in[at]))
			at++;
		if (i++ == n)
			return extack_fail(call->err, -EINVAL, "%s: at most %zu value%s",
					   call->table->procname, n, n == 1 ? "" : "s");
		ret = parse_token(call, v, call->in + start, at - start, &num);
		if (ret)
			return ret;
		if (store) {
			num.mag = to_jiffies(v->unit, num.mag, call->hz);
			old = vec_load(v, p);
			if (number_less(old, num) || number_less(num, old))
				*ret_changed = true;
			vec_store(v, p, num);
		}
		p += kinds[v->kind].size;
	}
	if (!i)
		return extack_fail(call->err, -EINVAL, "%s: a number is wanted",
				   call->table->procname);
	return 0;
}

/* The bytes of @tok that may be shown: printable ones, cut. */
static const char *quote(const char *tok, size_t len, char buf[QUOTE_MAX + 4])
{
	size_t n = min_t(size_t, len, QUOTE_MAX);

	for (size_t i = 0; i < n; i++)
		buf[i] = tok[i] > ' ' && tok[i] < 127 ? tok[i] : '?';
	memcpy(buf + n, len > n ? "..." : "", len > n ? 4 : 1);
	return buf;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : INT_MAX;
}

/* [-] then decimal, 0x hexadecimal or 0 octal digits. False: junk, or more than 64 bits. */
static bool parse_digits(const char *tok, size_t len, struct number *ret_num)
{
	const char *end = tok + len;
	uint64_t base = 10, mag = 0;
	bool neg = false;

	if (tok < end && *tok == '-') {
		neg = true;
		tok++;
	}
	if (end - tok > 2 && tok[0] == '0' && (tok[1] | 0x20) == 'x') {
		base = 16;
		tok += 2;
	} else if (end - tok > 1 && tok[0] == '0') {
		base = 8;
		tok++;
	}
	if (tok == end)
		return false;
	for (; tok < end; tok++) {
		int d = digit_of(*tok);

		if (d >= (int)base || __builtin_mul_overflow(mag, base, &mag) ||
		    __builtin_add_overflow(mag, (uint64_t)d, &mag))
			return false;
	}
	*ret_num = (struct number){ neg && mag, mag };
	return true;
}

static int parse_token(struct ctl_call *call, const struct vec *v, const char *tok, size_t len,
		       struct number *ret_num)
{
	const char *name = call->table->procname;
	char buf[QUOTE_MAX + 4];

	if (!parse_digits(tok, len, ret_num))
		return extack_fail(call->err, -EINVAL, "%s: \"%s\" is not a number", name,
				   quote(tok, len, buf));
	if (number_less(*ret_num, v->lo) || number_less(v->hi, *ret_num))
		return extack_fail(call->err, -EINVAL, "%s: %s is outside %s%llu..%s%llu", name,
				   quote(tok, len, buf), v->lo.neg ? "-" : "",
				   (unsigned long long)v->lo.mag, v->hi.neg ? "-" : "",
				   (unsigned long long)v->hi.mag);
	return 0;
}
