/* SPDX-License-Identifier: MIT */
/*
 * link.c - link set, add, del: RTM_NEWLINK, RTM_DELLINK
 *
 * Called by line.c with the words behind "link"; leaves a message. Takes only what the stack
 * honours (core/rtnl_link.c). Owns nothing. Any thread. Mirrors: ip-link(8).
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "line/words.h"

#define SET_WORDS \
	"up, down, mtu N, address MAC, broadcast MAC, name NEW, txqueuelen N, arp, multicast, "   \
	"allmulticast, promisc on|off"
#define ADD_WORDS "type KIND, spec TEXT, mtu N, address MAC, txqueuelen N, up, down"
#define SPEC_MAX 511

/* What the words say, before there is a message. */
struct link_words {
	struct ifinfomsg ifm;
	uint32_t mtu, txqlen;
	bool has_mtu, has_txqlen, has_mac, has_brd;
	uint8_t mac[ETH_ALEN], brd[ETH_ALEN];
	const char *name, *kind, *spec;
};

/* Words that set a flag to what stands behind them. */
static const struct {
	const char *name;
	unsigned flag;
	bool turned; /* "arp off" sets IFF_NOARP */
} flags[] = {
	{ "arp", IFF_NOARP, true },
	{ "multicast", IFF_MULTICAST, false },
	{ "allmulticast", IFF_ALLMULTI, false },
	{ "promisc", IFF_PROMISC, false },
};

static int link_set(struct words *w);
static int link_add(struct words *w);
static int link_del(struct words *w);
static int link_common(struct words *w, struct link_words *l, const char *word);
static int link_name(struct words *w, const char *key, const char **ret);
static int link_build(struct words *w, int nlflags, const struct link_words *l);

int line_link(struct words *w)
{
	const char *verb = word_next(w);

	if (!verb)
		return word_fail(w, -EINVAL, "a verb is missing: set, add, del");
	if (word_is(verb, "set"))
		return link_set(w);
	if (word_is(verb, "add"))
		return link_add(w);
	if (word_is(verb, "delete"))
		return link_del(w);
	return word_unknown(w, verb, "set, add, del");
}

/* The device that the verb is about, behind an optional "dev". */
static int link_device(struct words *w, struct link_words *l)
{
	const char *dev = word_value(w, w->verb, "the name of a device");

	if (dev && !strcmp(dev, "dev"))
		dev = word_value(w, "dev", "the name of a device");
	return dev ? word_ifindex(w, dev, &l->ifm.ifi_index) : -EINVAL;
}

static int link_set(struct words *w)
{
	struct link_words l = { .name = NULL };
	int ret;

	w->verb = "link set";
	ret = link_device(w, &l);
	if (!ret && !word_more(w))
		ret = word_fail(w, -EINVAL, "nothing to set: " SET_WORDS);
	while (!ret && word_more(w)) {
		const char *word = word_next(w);

		if (!strcmp(word, "name")) {
			ret = link_name(w, word, &l.name);
			continue;
		}
		ret = link_common(w, &l, word);
		if (ret > 0)
			ret = word_unknown(w, word, SET_WORDS);
	}
	return ret ? ret : link_build(w, 0, &l);
}

static int link_add(struct words *w)
{
	struct link_words l = { .name = NULL };
	int ret = 0;

	w->verb = "link add";
	while (!ret && word_more(w)) {
		const char *word = word_next(w);

		if (!strcmp(word, "type")) {
			l.kind = word_value(w, word, "a kind of device");
			ret = l.kind ? 0 : -EINVAL;
		} else if (!strcmp(word, "spec")) {
			l.spec = word_value(w, word, "a device specification");
			ret = l.spec ? 0 : -EINVAL;
		} else if (!strcmp(word, "name") || !strcmp(word, "dev")) {
			ret = link_name(w, word, &l.name);
		} else {
			ret = link_common(w, &l, word);
			if (ret > 0 && !l.name && !l.kind) {
				w->at--;
				ret = link_name(w, w->verb, &l.name);
			} else if (ret > 0) {
				ret = word_unknown(w, word, ADD_WORDS);
			}
		}
	}
	if (!ret && !l.kind)
		ret = word_fail(w, -EINVAL, "'type KIND' is missing");
	if (!ret && (strlen(l.kind) > 31 || (l.spec && strlen(l.spec) > SPEC_MAX)))
		ret = word_fail(w, -EINVAL, "KIND is longer than 31 or TEXT than %d", SPEC_MAX);
	return ret ? ret : link_build(w, NLM_F_CREATE | NLM_F_EXCL, &l);
}

static int link_del(struct words *w)
{
	struct link_words l = { .name = NULL };
	int ret;

	w->verb = "link del";
	ret = link_device(w, &l);
	if (!ret && word_more(w))
		ret = word_fail(w, -EINVAL, "'%.40s' is one word too many", word_next(w));
	return ret ? ret : msg_begin(w, RTM_DELLINK, 0, &l.ifm, sizeof(l.ifm));
}

/* A name that a device may have: dev_valid_name() has the last word. */
static int link_name(struct words *w, const char *key, const char **ret)
{
	*ret = word_value(w, key, "the name of a device");
	if (!*ret)
		return -EINVAL;
	if (!**ret || strlen(*ret) >= IFNAMSIZ)
		return word_fail(w, -EINVAL, "'%.40s' is no name of 1 to %d letters", *ret,
				 IFNAMSIZ - 1);
	return 0;
}

static void link_flag(struct link_words *l, unsigned flag, bool on)
{
	l->ifm.ifi_change |= flag;
	if (on)
		l->ifm.ifi_flags |= flag;
	else
		l->ifm.ifi_flags &= ~flag;
}

/* Words of set and add: 0, -errno with text, or 1 when @word is none of them. */
static int link_common(struct words *w, struct link_words *l, const char *word)
{
	bool on;
	int ret;

	if (!strcmp(word, "up") || !strcmp(word, "down")) {
		link_flag(l, IFF_UP, *word == 'u');
		return 0;
	}
	if (!strcmp(word, "mtu")) {
		l->has_mtu = true;
		return word_u32(w, word, 0, INT32_MAX, &l->mtu);
	}
	if (!strcmp(word, "txqueuelen") || !strcmp(word, "txqlen") || !strcmp(word, "qlen")) {
		l->has_txqlen = true;
		return word_u32(w, word, 0, INT32_MAX, &l->txqlen);
	}
	if (!strcmp(word, "address")) {
		l->has_mac = true;
		return word_mac(w, word, l->mac);
	}
	if (!strcmp(word, "broadcast") || !strcmp(word, "brd")) {
		l->has_brd = true;
		return word_mac(w, word, l->brd);
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(word, flags[i].name))
			continue;
		ret = word_on_off(w, word, &on);
		if (!ret)
			link_flag(l, flags[i].flag, on != flags[i].turned);
		return ret;
	}
	return 1;
}

static int link_build(struct words *w, int nlflags, const struct link_words *l)
{
	struct nlattr *info;
	int ret = msg_begin(w, RTM_NEWLINK, nlflags, &l->ifm, sizeof(l->ifm));

	if (ret)
		return ret;
	if (l->name)
		msg_put_string(w, IFLA_IFNAME, l->name);
	if (l->has_mtu)
		msg_put_u32(w, IFLA_MTU, l->mtu);
	if (l->has_txqlen)
		msg_put_u32(w, IFLA_TXQLEN, l->txqlen);
	if (l->has_mac)
		msg_put(w, IFLA_ADDRESS, l->mac, ETH_ALEN);
	if (l->has_brd)
		msg_put(w, IFLA_BROADCAST, l->brd, ETH_ALEN);
	if (!l->kind)
		return 0;
	info = nla_nest_start(w->msg, IFLA_LINKINFO);
	if (!info)
		return -ENOMEM;
	msg_put_string(w, IFLA_INFO_KIND, l->kind);
	if (l->spec)
		msg_put_string(w, IFLA_INFO_DATA, l->spec);
	nla_nest_end(w->msg, info);
	return 0;
}
