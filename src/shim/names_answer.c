/* SPDX-License-Identifier: MIT */
/*
 * names_answer.c - what a message of the DNS says
 *
 * Theory of operation
 *   A message is hostile: whoever can send to the port may have made it. It counts only as the answer to the question that it repeats,
 *   and of its records only those that the name asked for leads to: by itself, or through aliases that stand before. Names that no host
 *   may have are left out.
 *   Called by: names_dns.c. Calls: libc's dn_expand. Owns: nothing.
 * Threads: any. Mirrors: nothing of Linux; RFC 1035.
 */
#include <arpa/nameser.h>
#include <string.h>

#include "shim/names.h"

/* Where the reader is; @s is NULL when the message was not as it should be. */
struct cursor {
	const unsigned char *msg, *end, *s;
};

struct record {
	char owner[NS_MAXDNAME];
	unsigned type, class;
	const unsigned char *data;
	size_t len;
};

static unsigned u16(const unsigned char *s)
{
	return (unsigned)s[0] << 8 | s[1];
}

static bool take_name(struct cursor *c, char name[NS_MAXDNAME])
{
	int n = c->s ? dn_expand(c->msg, c->end, c->s, name, NS_MAXDNAME) : -1;

	c->s = n < 0 ? NULL : c->s + n;
	return c->s;
}

/* @n bytes; NULL: there are not so many */
static const unsigned char *take(struct cursor *c, size_t n)
{
	const unsigned char *s = c->s;

	if (!s || (size_t)(c->end - s) < n)
		return c->s = NULL;
	c->s += n;
	return s;
}

static bool take_question(struct cursor *c, char name[NS_MAXDNAME], unsigned *ret_type)
{
	const unsigned char *s;

	if (!take_name(c, name))
		return false;
	s = take(c, NS_QFIXEDSZ);
	if (!s)
		return false;
	*ret_type = u16(s);
	return u16(s + 2) == ns_c_in;
}

static bool take_record(struct cursor *c, struct record *r)
{
	const unsigned char *s;

	if (!take_name(c, r->owner))
		return false;
	s = take(c, NS_RRFIXEDSZ);
	if (!s)
		return false;
	r->type = u16(s);
	r->class = u16(s + 2);
	r->len = u16(s + 8);
	r->data = take(c, r->len);
	return r->data;
}

bool dns_answers(const unsigned char *msg, size_t len, const unsigned char *query, size_t query_len)
{
	struct cursor a = { msg, msg + len, msg + NS_HFIXEDSZ }, q = { query, query + query_len, query + NS_HFIXEDSZ };
	char asked[NS_MAXDNAME], repeated[NS_MAXDNAME];
	unsigned type, same;

	if (len < NS_HFIXEDSZ || query_len < NS_HFIXEDSZ || memcmp(msg, query, 2) || !(msg[2] & 0x80) || (msg[2] ^ query[2]) & 0x78)
		return false;
	/* a server that did not understand the question may leave it out */
	if (!u16(msg + 4))
		return (msg[3] & 15) == ns_r_formerr;
	return u16(msg + 4) == 1 && take_question(&q, asked, &type) && take_question(&a, repeated, &same) && type == same &&
	       !strcasecmp(asked, repeated);
}

/* --- its records --- */

static int code_of(const unsigned char *msg)
{
	switch (msg[3] & 15) {
	case ns_r_noerror:
		return NETDB_SUCCESS;
	case ns_r_nxdomain:
		return HOST_NOT_FOUND;
	case ns_r_servfail:
		return TRY_AGAIN;
	default:
		return NO_RECOVERY;
	}
}

/* Where an alias or a pointer leads; false: nowhere that may be. */
static bool target(const struct cursor *c, const struct record *r, char name[NS_MAXDNAME])
{
	int n = dn_expand(c->msg, c->end, r->data, name, NS_MAXDNAME);

	return n >= 0 && (size_t)n == r->len;
}

/* One record about the name @want: true when it was what was asked for. */
static bool use(const struct cursor *c, const struct record *r, int type, char want[NS_MAXDNAME], struct names *ret)
{
	char name[NS_MAXDNAME];

	if (r->class != ns_c_in || strcasecmp(r->owner, want))
		return false;
	if (r->type == ns_t_cname) {
		if (type != ns_t_ptr && (!res_hnok(r->owner) || !target(c, r, name) || !res_hnok(name)))
			return false;
		if (type == ns_t_ptr && !target(c, r, name))
			return false;
		if (type != ns_t_ptr)
			names_add_alias(ret, r->owner);
		strcpy(want, name);
		return false;
	}
	if (r->type != (unsigned)type)
		return false;
	if (type == ns_t_ptr) {
		if (!target(c, r, name) || !res_hnok(name))
			return false;
		if (ret->canon)
			names_add_alias(ret, name);
		names_set_canon(ret, name);
		return true;
	}
	if (r->len != (type == ns_t_a ? 4 : 16) || !res_hnok(r->owner))
		return false;
	names_set_canon(ret, r->owner);
	names_add(ret, type == ns_t_a ? AF_INET : AF_INET6, r->data);
	return true;
}

int dns_read(const unsigned char *msg, size_t len, int type, struct names *ret)
{
	struct cursor c = { msg, msg + len, msg + NS_HFIXEDSZ };
	char want[NS_MAXDNAME];
	struct record r;
	unsigned ignored, records;
	bool any = false;
	int code;

	if (len < NS_HFIXEDSZ)
		return NO_RECOVERY;
	code = code_of(msg);
	if (code)
		return code;
	records = u16(msg + 6);
	if (take_question(&c, want, &ignored))
		for (unsigned i = 0; i < records && take_record(&c, &r); i++)
			any |= use(&c, &r, type, want, ret);
	if (any)
		return NETDB_SUCCESS;
	return msg[2] & 2 ? TRY_AGAIN : NO_DATA; /* cut short before what was asked for */
}
