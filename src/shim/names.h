/* SPDX-License-Identifier: MIT */
#ifndef SHIM_NAMES_H
#define SHIM_NAMES_H
/*
 * names.h - names of hosts and their addresses, asked for on the stack
 *
 * Theory of operation
 *   libc asks for names inside, by calls that cannot be hooked; so its functions are replaced as a whole. All of them come to one of two
 *   questions: what is this name, whose is this address. The answer is looked for in /etc/hosts, then in the DNS, by sockets of the stack.
 *   names.c: the order, and the lists that an answer is. names_hosts.c: the file. names_dns.c: questions and servers. names_answer.c: what
 *   they say. gai_sort.c: the better address first. hooks_gai.c, hooks_hosts.c, hooks_nameinfo.c: the names of libc.
 * Rules: they allocate, as the functions do that they stand for. Nothing is kept between two questions, no lock is held.
 */
#include <netdb.h>
#include <resolv.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_addr {
	int family;
	uint32_t scope; /* of AF_INET6: the device */
	unsigned char b[16];
};

/* What is known of a name, or of an address. */
struct names {
	struct name_addr *v;
	size_t n;
	char *canon; /* NULL: none yet */
	char **alias;
	size_t n_alias;
	bool no_memory;
};

/* Results are those of h_errno: NETDB_SUCCESS, HOST_NOT_FOUND, NO_DATA, TRY_AGAIN, NO_RECOVERY; NETDB_INTERNAL: errno tells. */

/** names_by_name() - addresses of @name: AF_INET, AF_INET6 or both (AF_UNSPEC) */
int names_by_name(const char *name, int family, struct names *ret);
/** names_by_addr() - the name of an address of 4 or 16 bytes */
int names_by_addr(int family, const void *addr, struct names *ret);
void names_free(struct names *ns);

void names_add(struct names *ns, int family, const void *b);
void names_add_alias(struct names *ns, const char *name);
/** names_set_canon() - the first one stays */
void names_set_canon(struct names *ns, const char *name);

/* --- names_hosts.c --- */

int names_hosts_by_name(const char *name, int family, struct names *ret);
int names_hosts_by_addr(int family, const void *addr, struct names *ret);

/* --- names_dns.c --- */

int names_dns_by_name(const char *name, int family, struct names *ret);
int names_dns_by_addr(int family, const void *addr, struct names *ret);

/* --- names_answer.c --- */

/** dns_answers() - is this message the answer to that question? */
bool dns_answers(const unsigned char *msg, size_t len, const unsigned char *query, size_t query_len);
/** dns_read() - what an answer to a question for @type says: a result as above */
int dns_read(const unsigned char *msg, size_t len, int type, struct names *ret);

/* --- gai_sort.c --- */

/** gai_sort() - the address first that a connection is most likely made to: RFC 3484, with its table */
void gai_sort(struct name_addr *v, size_t n);
/** gai_has_ipv4() - has the stack an address other than the loopback device's? */
bool gai_has_ipv4(void);

#endif
