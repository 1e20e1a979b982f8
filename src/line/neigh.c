/* SPDX-License-Identifier: MIT */
/*
 * neigh.c - neigh add, replace, change, del: RTM_NEWNEIGH, RTM_DELNEIGH
 *
 * Called by line.c with the words behind "neigh"; leaves a message. Owns nothing. Any thread. An
 * entry is permanent unless "nud" says otherwise. Mirrors: ip-neighbour(8).
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "line/words.h"

#define NEIGH_WORDS "lladdr MAC, dev DEV, nud STATE"

struct neigh_words {
	struct ndmsg ndm;
	__be32 dst;
	uint8_t mac[ETH_ALEN];
	bool has_dst, has_mac;
};

static const struct {
	const char *name, *verb;
	int type, flags;
} verbs[] = {
	{ "add", "neigh add", RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL },
	{ "replace", "neigh replace", RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE },
	{ "change", "neigh change", RTM_NEWNEIGH, NLM_F_REPLACE },
	{ "delete", "neigh del", RTM_DELNEIGH, 0 },
};

static int neigh_word(struct words *w, struct neigh_words *n, const char *word);
static int neigh_check(struct words *w, const struct neigh_words *n, int flags);

int line_neigh(struct words *w)
{
	struct neigh_words n = { .ndm = { .ndm_family = AF_INET, .ndm_state = NUD_PERMANENT } };
	const char *verb = word_next(w);
	size_t i;
	int ret = 0;

	if (!verb)
		return word_fail(w, -EINVAL, "a verb is missing: add, replace, change, del");
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word_is(verb, verbs[i].name))
			break;
	if (i == sizeof(verbs) / sizeof(verbs[0]))
		return word_unknown(w, verb, "add, replace, change, del");
	w->verb = verbs[i].verb;
	while (!ret && word_more(w))
		ret = neigh_word(w, &n, word_next(w));
	if (!ret)
		ret = neigh_check(w, &n, verbs[i].flags);
	if (!ret)
		ret = msg_begin(w, verbs[i].type, verbs[i].flags, &n.ndm, sizeof(n.ndm));
	if (ret)
		return ret;
	msg_put(w, NDA_DST, &n.dst, sizeof(n.dst));
	if (n.has_mac)
		msg_put(w, NDA_LLADDR, n.mac, ETH_ALEN);
	return 0;
}

static int neigh_word(struct words *w, struct neigh_words *n, const char *word)
{
	uint32_t state;
	int ret;

	if (!strcmp(word, "lladdr")) {
		n->has_mac = true;
		return word_mac(w, word, n->mac);
	}
	if (!strcmp(word, "dev"))
		return word_dev(w, word, NULL, &n->ndm.ndm_ifindex);
	if (!strcmp(word, "nud") || !strcmp(word, "state")) {
		ret = word_name(w, word, line_nud_states, 255, &state);
		if (!ret)
			n->ndm.ndm_state = (uint16_t)state;
		return ret;
	}
	if (n->has_dst)
		return word_unknown(w, word, NEIGH_WORDS);
	if (strcmp(word, "to")) {
		if (*word < '0' || *word > '9')
			return word_unknown(w, word, "A.B.C.D, " NEIGH_WORDS);
		w->at--;
	}
	n->has_dst = true;
	return word_ip(w, "neighbour", &n->dst);
}

static int neigh_check(struct words *w, const struct neigh_words *n, int flags)
{
	static const unsigned without_mac = NUD_NOARP | NUD_FAILED | NUD_INCOMPLETE;

	if (!n->has_dst)
		return word_fail(w, -EINVAL, "the neighbour's address A.B.C.D is missing");
	if (!n->ndm.ndm_ifindex)
		return word_fail(w, -EINVAL, "'dev DEV' is missing");
	if (flags & NLM_F_CREATE && !n->has_mac && n->ndm.ndm_state & ~without_mac)
		return word_fail(w, -EINVAL, "'lladdr MAC' is missing");
	return 0;
}
