/* SPDX-License-Identifier: MIT */
/*
 * ifaddrs.c - prints what getifaddrs() returns, one line each: name, family, address, of AF_INET also mask and broadcast
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netpacket/packet.h>
#include <stdio.h>

static const char *in(const struct sockaddr *sa, char *buf)
{
	return sa ? inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, buf, INET_ADDRSTRLEN) : "-";
}

int main(void)
{
	char a[INET_ADDRSTRLEN], m[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN];
	struct ifaddrs *first, *i;

	if (getifaddrs(&first)) {
		perror("getifaddrs");
		return 1;
	}
	for (i = first; i; i = i->ifa_next) {
		const struct sockaddr_ll *ll = (const void *)i->ifa_addr;

		if (i->ifa_addr->sa_family == AF_INET) {
			printf("%s AF_INET %s %s %s\n", i->ifa_name, in(i->ifa_addr, a), in(i->ifa_netmask, m), in(i->ifa_broadaddr, b));
			continue;
		}
		printf("%s AF_PACKET ", i->ifa_name);
		for (int k = 0; k < ll->sll_halen; k++)
			printf(k ? ":%02x" : "%02x", ll->sll_addr[k]);
		printf("\n");
	}
	freeifaddrs(first);
	return 0;
}
