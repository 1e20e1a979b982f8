/* SPDX-License-Identifier: MIT */
/*
 * calls_args.c - the arguments and the result of a call as text, in the manner of strace
 *
 * Theory of operation
 *   The row of an operation has a letter for each argument: d a number, D T P the words of socket(), A and a an address that goes in or
 *   comes out (its length is the next argument: l, L), B and b a buffer that goes in or comes out (z its length), M m a message, N n a
 *   batch of them, I i pieces, O a level and o its option, v V the option's value, F MSG_ flags, S those of accept4, h how, q a request,
 *   p a pointer. Small letters of data (a b m n i V L) are known only after the call; the first of them ends the first half of the line.
 *   What a call that failed would have filled in is shown as its address. At most 32 bytes of data are shown.
 *   Called by: calls.c. Owns: nothing.
 * Threads: any: no allocation, no stdio, no locale.
 */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/uio.h>

#include "shim/shim.h"

#define DATA_SHOWN 32
#define PIECES_SHOWN 8

static void put_arg(struct calls_line *l, char letter, const long *a);
static void put_out(struct calls_line *l, char letter, const long *a);
static void put_name(struct calls_line *l, const char *name, long v);
static void put_flags(struct calls_line *l, long v);
static void put_type(struct calls_line *l, long v);
static void put_address(struct calls_line *l, const void *addr, long len);
static void put_data(struct calls_line *l, const void *buf, long len);
static void put_msg(struct calls_line *l, const struct msghdr *msg, long data);
static void put_value(struct calls_line *l, const void *value, long len);
static void put_error(struct calls_line *l, int error);

/* --- text --- */

static void put_char(struct calls_line *l, char c)
{
	if (l->n < sizeof(l->s))
		l->s[l->n++] = c;
}

void calls_put(struct calls_line *l, const char *s)
{
	while (*s)
		put_char(l, *s++);
}

static void put_base(struct calls_line *l, unsigned long v, unsigned base)
{
	char digits[24];
	unsigned n = 0;

	do
		digits[n++] = "0123456789abcdef"[v % base];
	while ((v /= base) > 0);
	while (n > 0)
		put_char(l, digits[--n]);
}

void calls_put_int(struct calls_line *l, long v)
{
	if (v < 0)
		put_char(l, '-');
	put_base(l, v < 0 ? -(unsigned long)v : (unsigned long)v, 10);
}

void calls_put_hex(struct calls_line *l, unsigned long v)
{
	calls_put(l, "0x");
	put_base(l, v, 16);
}

static void put_pointer(struct calls_line *l, long v)
{
	if (v)
		calls_put_hex(l, (unsigned long)v);
	else
		calls_put(l, "NULL");
}

/* --- the two halves --- */

bool calls_before(struct calls_line *l)
{
	const char *args = shim_rows[l->op].args;
	const char *len = strchr(args, 'L');

	if (len && l->a[len - args])
		l->len = *(const socklen_t *)shim_addr(l->a[len - args]);
	for (; args[l->arg]; l->arg++) {
		if (strchr("abmniVL", args[l->arg]))
			return false;
		put_arg(l, args[l->arg], &l->a[l->arg]);
		calls_put(l, args[l->arg + 1] ? ", " : "");
	}
	return true;
}

void calls_after(struct calls_line *l)
{
	const char *args = shim_rows[l->op].args;

	for (; args[l->arg]; l->arg++) {
		if (strchr("abmniVL", args[l->arg]))
			put_out(l, args[l->arg], &l->a[l->arg]);
		else
			put_arg(l, args[l->arg], &l->a[l->arg]);
		calls_put(l, args[l->arg + 1] ? ", " : "");
	}
	calls_put(l, ") = ");
	if (l->ret < 0)
		put_error(l, (int)-l->ret);
	else
		calls_put_int(l, l->ret);
}

static void put_arg(struct calls_line *l, char letter, const long *a)
{
	switch (letter) {
	case 'd':
		calls_put_int(l, (int)*a);
		break;
	case 'z':
		calls_put_int(l, *a);
		break;
	case 'l':
		calls_put_int(l, (int)*a);
		break;
	case 'D':
		put_name(l, calls_name_family(*a), *a);
		break;
	case 'T':
		put_type(l, *a);
		break;
	case 'S':
		put_type(l, *a & (SOCK_CLOEXEC | SOCK_NONBLOCK));
		break;
	case 'P':
		put_name(l, l->a[0] == AF_INET || l->a[0] == AF_INET6 ? calls_name_protocol(*a) : NULL, *a);
		break;
	case 'O':
		put_name(l, calls_name_level(*a), *a);
		break;
	case 'o':
		put_name(l, calls_name_option(a[-1], *a), *a);
		break;
	case 'h':
		put_name(l, calls_name_how(*a), *a);
		break;
	case 'q':
		put_name(l, calls_name_request((unsigned)*a), (unsigned)*a);
		break;
	case 'F':
		put_flags(l, *a);
		break;
	case 'A':
		put_address(l, shim_addr(*a), a[1]);
		break;
	case 'B':
		put_data(l, shim_addr(*a), a[1]);
		break;
	case 'v':
		put_value(l, shim_addr(*a), (int)a[1]);
		break;
	case 'M':
		put_msg(l, shim_addr(*a), -1);
		break;
	case 'I': {
		const struct msghdr msg = { .msg_iov = shim_addr(*a), .msg_iovlen = (size_t)a[1] };

		put_msg(l, &msg, -1);
		break;
	}
	default:
		put_pointer(l, *a);
	}
}

/* What the call filled in, by its result and, for an address, by the length that it came back with. */
static void put_out(struct calls_line *l, char letter, const long *a)
{
	const socklen_t *len = letter == 'a' || letter == 'V' ? shim_addr(a[1]) : shim_addr(a[0]);

	if (letter == 'L' && len) {
		put_char(l, '[');
		calls_put_int(l, l->len);
		if (l->ret >= 0 && (long)*len != l->len) {
			calls_put(l, " => ");
			calls_put_int(l, *len);
		}
		put_char(l, ']');
		return;
	}
	if (l->ret < 0 || !*a || ((letter == 'a' || letter == 'V') && !len)) {
		put_pointer(l, *a);
		return;
	}
	switch (letter) {
	case 'a':
		put_address(l, shim_addr(*a), (long)*len < l->len ? (long)*len : l->len);
		break;
	case 'V':
		put_value(l, shim_addr(*a), *len);
		break;
	case 'b':
		put_data(l, shim_addr(*a), l->ret < a[1] ? l->ret : a[1]);
		break;
	case 'm':
		put_msg(l, shim_addr(*a), l->ret);
		break;
	case 'i': {
		const struct msghdr msg = { .msg_iov = shim_addr(*a), .msg_iovlen = (size_t)a[1] };

		put_msg(l, &msg, l->ret);
		break;
	}
	default:
		put_pointer(l, *a);
	}
}

static void put_error(struct calls_line *l, int error)
{
	const char *name = strerrorname_np(error), *text = strerrordesc_np(error);

	calls_put(l, "-1 ");
	put_name(l, name, error);
	if (text) {
		calls_put(l, " (");
		calls_put(l, text);
		put_char(l, ')');
	}
}

/* --- words --- */

static void put_name(struct calls_line *l, const char *name, long v)
{
	if (name)
		calls_put(l, name);
	else if (v >= 0 && v < 256)
		calls_put_int(l, v);
	else
		calls_put_hex(l, (unsigned)v);
}

static void put_type(struct calls_line *l, long v)
{
	if (v & 0xf || !(v & (SOCK_CLOEXEC | SOCK_NONBLOCK)))
		put_name(l, v & 0xf ? calls_name_type(v & 0xf) : NULL, v & 0xf);
	if (v & SOCK_CLOEXEC)
		calls_put(l, v & 0xf ? "|SOCK_CLOEXEC" : "SOCK_CLOEXEC");
	if (v & SOCK_NONBLOCK)
		calls_put(l, v & ~SOCK_NONBLOCK ? "|SOCK_NONBLOCK" : "SOCK_NONBLOCK");
}

static void put_flags(struct calls_line *l, long v)
{
	unsigned rest = (unsigned)v, bit;
	const char *name, *sign = "";

	for (unsigned i = 0; (name = calls_name_flag(i, &bit)); i++) {
		if (!(rest & bit))
			continue;
		calls_put(l, sign);
		calls_put(l, name);
		sign = "|";
		rest &= ~bit;
	}
	if (rest) {
		calls_put(l, sign);
		calls_put_hex(l, rest);
	} else if (!*sign) {
		put_char(l, '0');
	}
}

/* --- data --- */

static void put_data(struct calls_line *l, const void *buf, long len)
{
	const unsigned char *p = buf;

	if (!p || len < 0) {
		put_pointer(l, shim_ptr(buf));
		return;
	}
	put_char(l, '"');
	for (long i = 0; i < len && i < DATA_SHOWN; i++) {
		static const char plain[] = "\"\\\n\r\t\v\f", escape[] = "\"\\nrtvf";
		const char *e = p[i] ? strchr(plain, p[i]) : NULL;
		bool digit = i + 1 < len && p[i + 1] >= '0' && p[i + 1] <= '7';

		if (e) {
			put_char(l, '\\');
			put_char(l, escape[e - plain]);
		} else if (p[i] >= ' ' && p[i] < 0x7f) {
			put_char(l, (char)p[i]);
		} else {
			/* octal; all three digits where one follows */
			put_char(l, '\\');
			if (p[i] >> 6 || digit)
				put_char(l, (char)('0' + (p[i] >> 6)));
			if (p[i] >> 3 || digit)
				put_char(l, (char)('0' + (p[i] >> 3 & 7)));
			put_char(l, (char)('0' + (p[i] & 7)));
		}
	}
	calls_put(l, len > DATA_SHOWN ? "\"..." : "\"");
}

static void put_value(struct calls_line *l, const void *value, long len)
{
	int v;

	if (!value || len < 0) {
		put_pointer(l, shim_ptr(value));
	} else if (len == (long)sizeof(v)) {
		memcpy(&v, value, sizeof(v));
		put_char(l, '[');
		calls_put_int(l, v);
		put_char(l, ']');
	} else {
		put_data(l, value, len);
	}
}

static void put_address(struct calls_line *l, const void *addr, long len)
{
	const struct sockaddr_in *in = addr;
	const struct sockaddr_un *un = addr;
	const struct sockaddr *sa = addr;
	long off = (long)offsetof(struct sockaddr_un, sun_path);

	if (!addr || len < (long)sizeof(sa->sa_family)) {
		put_pointer(l, shim_ptr(addr));
		return;
	}
	calls_put(l, "{sa_family=");
	put_name(l, calls_name_family(sa->sa_family), sa->sa_family);
	if (sa->sa_family == AF_INET && len >= (long)sizeof(*in)) {
		const unsigned char *b = (const unsigned char *)&in->sin_addr;

		calls_put(l, ", sin_port=htons(");
		calls_put_int(l, ntohs(in->sin_port));
		calls_put(l, "), sin_addr=inet_addr(\"");
		for (int i = 0; i < 4; i++) {
			calls_put_int(l, b[i]);
			calls_put(l, i < 3 ? "." : "\")");
		}
	} else if (sa->sa_family == AF_UNIX && len > off) {
		bool abstract = !un->sun_path[0];

		calls_put(l, abstract ? ", sun_path=@" : ", sun_path=");
		put_data(l, un->sun_path + abstract,
			 abstract ? len - off - 1 : (long)strnlen(un->sun_path, (size_t)(len - off)));
	} else if (len > (long)sizeof(sa->sa_family)) {
		calls_put(l, ", sa_data=");
		put_data(l, sa->sa_data, len - (long)sizeof(sa->sa_family));
	}
	put_char(l, '}');
}

/* @data: bytes that came in; -1: the message goes out, all it has is meant. */
static void put_pieces(struct calls_line *l, const struct msghdr *msg, long data)
{
	if (!msg->msg_iov) {
		calls_put(l, "NULL");
		return;
	}
	put_char(l, '[');
	for (size_t i = 0; i < msg->msg_iovlen && i < PIECES_SHOWN; i++) {
		const struct iovec *v = &msg->msg_iov[i];
		long n = data < 0 || (long)v->iov_len < data ? (long)v->iov_len : data;

		calls_put(l, i ? ", {iov_base=" : "{iov_base=");
		put_data(l, v->iov_base, n);
		calls_put(l, ", iov_len=");
		calls_put_int(l, (long)v->iov_len);
		put_char(l, '}');
		if (data > 0)
			data -= n;
	}
	calls_put(l, msg->msg_iovlen > PIECES_SHOWN ? ", ...]" : "]");
}

/* A message, or, of readv and writev, only its pieces. */
static void put_msg(struct calls_line *l, const struct msghdr *msg, long data)
{
	char letter = shim_rows[l->op].args[l->arg];

	if (letter == 'I' || letter == 'i') {
		put_pieces(l, msg, data);
		return;
	}
	if (!msg) {
		calls_put(l, "NULL");
		return;
	}
	calls_put(l, "{msg_name=");
	put_address(l, msg->msg_name, msg->msg_namelen);
	calls_put(l, ", msg_namelen=");
	calls_put_int(l, (int)msg->msg_namelen);
	calls_put(l, ", msg_iov=");
	put_pieces(l, msg, data);
	calls_put(l, ", msg_iovlen=");
	calls_put_int(l, (long)msg->msg_iovlen);
	calls_put(l, ", msg_controllen=");
	calls_put_int(l, (long)msg->msg_controllen);
	calls_put(l, ", msg_flags=");
	put_flags(l, data < 0 ? 0 : msg->msg_flags);
	put_char(l, '}');
}
