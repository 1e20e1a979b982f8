/* SPDX-License-Identifier: MIT */
/*
 * request.c - how long the arguments of requests by number are
 *
 * Called by: client.c, and by src/embed, which answers them in the same process. Owns: nothing. Threads: any.
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>

#include "client/client_impl.h"

size_t client_ioctl_size(unsigned long request)
{
	switch (request) {
	case SIOCOUTQ:
		return sizeof(int);
	case SIOCGSTAMP_OLD:
	case SIOCGSTAMPNS_OLD:
	case SIOCGSTAMP_NEW:
	case SIOCGSTAMPNS_NEW:
		return sizeof(struct timespec);
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return sizeof(struct arpreq);
	default:
		return request >= SIOCGIFNAME && request <= SIOCSIFTXQLEN && request != SIOCGIFCONF ? sizeof(struct ifreq) : 0;
	}
}

size_t client_ethtool_size(const void *cmd)
{
	const uint32_t *w = cmd;

	switch (w[0]) {
	case ETHTOOL_SRINGPARAM:
		return sizeof(struct ethtool_ringparam);
	case ETHTOOL_SCHANNELS:
		return sizeof(struct ethtool_channels);
	case ETHTOOL_SCOALESCE:
		return sizeof(struct ethtool_coalesce);
	case ETHTOOL_GLINKSETTINGS:
		return sizeof(struct ethtool_link_settings);
	case ETHTOOL_GSSET_INFO:
		return sizeof(struct ethtool_sset_info);
	case ETHTOOL_GSTRINGS:
		return sizeof(struct ethtool_gstrings);
	case ETHTOOL_SFEATURES:
		return sizeof(struct ethtool_sfeatures) + (w[1] < 64 ? w[1] : 64) * sizeof(struct ethtool_set_features_block);
	case ETHTOOL_GRXFH:
	case ETHTOOL_SRXFH:
	case ETHTOOL_GRXRINGS:
	case ETHTOOL_GRXCLSRLCNT:
	case ETHTOOL_GRXCLSRULE:
	case ETHTOOL_GRXCLSRLALL:
	case ETHTOOL_SRXCLSRLDEL:
	case ETHTOOL_SRXCLSRLINS:
		return sizeof(struct ethtool_rxnfc);
	case ETHTOOL_GRSSH:
		return sizeof(struct ethtool_rxfh);
	case ETHTOOL_SRSSH: { /* the table's size ~0: it stays as it is */
		const struct ethtool_rxfh *r = cmd;
		size_t n = (r->indir_size != ~0u && r->indir_size < 4096 ? r->indir_size * sizeof(uint32_t) : 0);

		return sizeof(*r) + n + (r->key_size < 256 ? r->key_size : 0);
	}
	default: /* a struct ethtool_value, or one of which only the beginning says something */
		return sizeof(struct ethtool_value);
	}
}
