/* SPDX-License-Identifier: MIT */
/*
 * names.c - prints what libc's functions say of names and addresses, one line each: the same program on two networks must print the same
 *
 *	names < TABLE
 *
 * A line of the table is a function and its arguments, `-` for none: `gai NAME SERVICE FAMILY TYPE FLAGS`, `host NAME FAMILY`,
 * `addr ADDRESS`, `info ADDRESS PORT FLAGS`, `res NAME TYPE`.
 */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int value;
} words[] = {
	{ "unspec", AF_UNSPEC }, { "inet", AF_INET }, { "inet6", AF_INET6 }, { "unix", AF_UNIX }, { "stream", SOCK_STREAM },
	{ "dgram", SOCK_DGRAM }, { "raw", SOCK_RAW }, { "seq", SOCK_SEQPACKET }, { "passive", AI_PASSIVE }, { "canon", AI_CANONNAME },
	{ "numhost", AI_NUMERICHOST }, { "numserv", AI_NUMERICSERV }, { "v4mapped", AI_V4MAPPED }, { "all", AI_ALL },
	{ "addrconfig", AI_ADDRCONFIG }, { "ni_host", NI_NUMERICHOST }, { "ni_serv", NI_NUMERICSERV }, { "ni_nofqdn", NI_NOFQDN },
	{ "ni_named", NI_NAMEREQD }, { "ni_dgram", NI_DGRAM }, { "a", ns_t_a }, { "aaaa", ns_t_aaaa }, { "ptr", ns_t_ptr },
	{ "txt", ns_t_txt }, { "mx", ns_t_mx }, { "bad", 0x8000 },
};

/* The sum of words between commas. */
static int value_of(char *s)
{
	int v = 0;
	char *save;

	for (s = strtok_r(s, ",", &save); s && *s != '-'; s = strtok_r(NULL, ",", &save)) {
		size_t i = 0;

		while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i].name, s))
			i++;
		if (i == sizeof(words) / sizeof(words[0])) {
			printf("what is %s?\n", s);
			exit(2);
		}
		v |= words[i].value;
	}
	return v;
}

static const char *or_null(const char *s)
{
	return !strcmp(s, "-") ? NULL : !strcmp(s, "''") ? "" : s;
}

static void gai(char **w)
{
	struct addrinfo hints = { .ai_family = value_of(w[2]), .ai_socktype = value_of(w[3]), .ai_flags = value_of(w[4]) }, *ai = NULL, *i;
	int ret = getaddrinfo(or_null(w[0]), or_null(w[1]), &hints, &ai);
	char host[INET6_ADDRSTRLEN];

	printf(" %s", ret ? gai_strerror(ret) : "ok");
	for (i = ai; !ret && i; i = i->ai_next) {
		const struct sockaddr_in6 *in6 = (const void *)i->ai_addr;
		const struct sockaddr_in *in = (const void *)i->ai_addr;

		inet_ntop(i->ai_family, i->ai_family == AF_INET ? (const void *)&in->sin_addr : &in6->sin6_addr, host, sizeof(host));
		printf(" [%s%%%u %u f%d t%d p%d l%u x%x%s%s]", host, i->ai_family == AF_INET6 ? in6->sin6_scope_id : 0, ntohs(in->sin_port),
		       i->ai_family, i->ai_socktype, i->ai_protocol, i->ai_addrlen, i->ai_flags, i->ai_canonname ? " " : "",
		       i->ai_canonname ? i->ai_canonname : "");
	}
	if (!ret)
		freeaddrinfo(ai);
}

static void print_host(const struct hostent *h, int error)
{
	char s[INET6_ADDRSTRLEN];

	printf(" %s", h ? h->h_name : hstrerror(error));
	for (char **a = h ? h->h_aliases : NULL; a && *a; a++)
		printf(" =%s", *a);
	for (char **a = h ? h->h_addr_list : NULL; a && *a; a++)
		printf(" %s", inet_ntop(h->h_addrtype, *a, s, sizeof(s)));
}

static void host(char **w)
{
	struct hostent ent, *h = NULL;
	int family = value_of(w[1]), error = 0, ret;
	char buf[4096];

	h = family ? gethostbyname2(or_null(w[0]), family) : gethostbyname(or_null(w[0]));
	print_host(h, h_errno);
	ret = gethostbyname2_r(or_null(w[0]), family ? family : AF_INET, &ent, buf, sizeof(buf), &h, &error);
	printf(" | %d", ret);
	print_host(h, error);
	ret = gethostbyname_r(or_null(w[0]), &ent, buf, 20, &h, &error);
	printf(" | %d %d %d", ret, !!h, error);
}

static void addr(char **w)
{
	struct hostent ent, *h = NULL;
	unsigned char b[16];
	int family = strchr(w[0], ':') ? AF_INET6 : AF_INET, error = 0, ret;
	socklen_t len = family == AF_INET ? 4 : 16;
	char buf[4096];

	inet_pton(family, w[0], b);
	h = gethostbyaddr(b, len, family);
	print_host(h, h_errno);
	ret = gethostbyaddr_r(b, len, family, &ent, buf, sizeof(buf), &h, &error);
	printf(" | %d", ret);
	print_host(h, error);
}

static void info(char **w)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((unsigned short)atoi(w[1])) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(w[1])) };
	const void *sa = strchr(w[0], ':') ? (const void *)&in6 : &in;
	char name[NI_MAXHOST] = "", service[NI_MAXSERV] = "";
	int ret, flags = value_of(w[2]);

	inet_pton(AF_INET6, w[0], &in6.sin6_addr);
	inet_pton(AF_INET, w[0], &in.sin_addr);
	ret = getnameinfo(sa, sa == &in ? sizeof(in) : sizeof(in6), name, sizeof(name), service, sizeof(service), flags);
	printf(" %s %s %s", ret ? gai_strerror(ret) : "ok", name, service);
	ret = getnameinfo(sa, sa == &in ? sizeof(in) : sizeof(in6), name, 3, NULL, 0, flags);
	printf(" | %s", ret ? gai_strerror(ret) : "ok");
}

static void res(char **w)
{
	unsigned char answer[1024];
	int n, error;

	n = res_query(w[0], ns_c_in, value_of(w[1]), answer, sizeof(answer));
	error = h_errno;
	printf(" %d %s", n, n < 0 ? hstrerror(error) : "ok");
	n = res_search(w[0], ns_c_in, value_of(w[1]), answer, sizeof(answer));
	error = h_errno;
	printf(" | %d %s", n, n < 0 ? hstrerror(error) : "ok");
}

static const struct {
	const char *name;
	void (*fn)(char **w);
} functions[] = { { "gai", gai }, { "host", host }, { "addr", addr }, { "info", info }, { "res", res } };

/* --- many at once --- */

static void *thread(void *arg)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *ai;
	long wrong = 0;

	for (int i = 0; i < 20; i++) {
		if (getaddrinfo(arg, "53", &hints, &ai)) {
			wrong++;
			continue;
		}
		wrong += ai->ai_family != AF_INET;
		freeaddrinfo(ai);
	}
	return (void *)wrong;
}

static int threads(const char *name)
{
	pthread_t t[8];
	void *wrong;
	int ret = 0;

	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, thread, (void *)name);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], &wrong);
		ret += (int)(long)wrong;
	}
	printf("%d wrong\n", ret);
	return ret != 0;
}

int main(int argc, char **argv)
{
	char line[1024], text[1024], *w[8], *save;

	if (argc > 1)
		return threads(argv[1]);
	while (fgets(line, sizeof(line), stdin)) {
		size_t n = 0;

		line[strcspn(line, "#\n")] = '\0';
		strcpy(text, line);
		for (char *s = strtok_r(line, " \t", &save); s && n < 7; s = strtok_r(NULL, " \t", &save))
			w[n++] = s;
		while (n && n < 7)
			w[n++] = (char[]){ "-" };
		for (size_t i = 0; n && i < sizeof(functions) / sizeof(functions[0]); i++) {
			if (strcmp(functions[i].name, w[0]))
				continue;
			printf("%s:", text);
			functions[i].fn(w + 1);
			printf("\n");
		}
	}
	return 0;
}
