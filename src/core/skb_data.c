/* SPDX-License-Identifier: MIT */
/*
 * skb_data.c - the bytes of a packet: room at both ends, copies, sums
 *
 * On the walk: every layer that adds or takes a header; udp_rcv() verifies by
 * __skb_checksum_complete() > skb_checksum() > __skb_checksum() > csum_partial();
 * dev_hard_start_xmit() finishes a sum that the device cannot by skb_checksum_help().
 * Owns nothing. Threads: the owner of the skb. Refuses: skb_put() and skb_push() beyond the buffer
 * end the process, with both lengths: the caller's arithmetic is wrong and memory is about to be.
 * Mirrors: net/core/skbuff.c, skb_checksum_help() of net/core/dev.c.
 */
#include <errno.h>
#include <stdio.h>

#include "core/dev.h"
#include "core/skbuff.h"

static noinline void skb_panic(const struct sk_buff *skb, unsigned len, const char *what)
	__attribute__((noreturn)) __cold;
static __wsum __skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum csum);

/* ---- room ---- */

void *skb_put(struct sk_buff *skb, unsigned len)
{
	if (unlikely(len > skb_tailroom(skb)))
		skb_panic(skb, len, "skb_over_panic");

	return __skb_put(skb, len);
}

void *skb_push(struct sk_buff *skb, unsigned len)
{
	if (unlikely(len > skb_headroom(skb)))
		skb_panic(skb, len, "skb_under_panic");

	return __skb_push(skb, len);
}

static noinline void skb_panic(const struct sk_buff *skb, unsigned len, const char *what)
{
	char text[160];

	snprintf(text, sizeof(text), "%s: len:%u put:%u headroom:%u tailroom:%u end:%u dev:%s",
		 what, skb->len, len, skb_headroom(skb), skb_tailroom(skb), skb->end,
		 skb->dev ? skb->dev->name : "<NULL>");
	bug_abort(__FILE__, __LINE__, text);
}

void *skb_pull(struct sk_buff *skb, unsigned len)
{
	return unlikely(len > skb->len) ? NULL : __skb_pull(skb, len);
}

void skb_trim(struct sk_buff *skb, unsigned len)
{
	if (skb->len > len)
		__skb_trim(skb, len);
}

void pskb_trim_rcsum_slow(struct sk_buff *skb, unsigned len)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	__skb_trim(skb, len);
}

int skb_pad(struct sk_buff *skb, unsigned pad)
{
	unsigned room = skb_tailroom(skb);

	if (room < pad || skb_cloned(skb)) {
		int err = pskb_expand_head(skb, 0, room < pad ? pad - room : 0);

		if (unlikely(err)) {
			kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
			return err;
		}
	}
	memset(skb_tail_pointer(skb), 0, pad);

	return 0;
}

/* ---- copies ---- */

/* @offset may lie before data, in the headers already pulled. */
static __always_inline bool skb_range_ok(const struct sk_buff *skb, int offset, int len)
{
	if (likely((unsigned)offset <= skb->len && (unsigned)len <= skb->len - (unsigned)offset))
		return true;
	return len >= 0 && offset < 0 && offset >= -(int)skb_headroom(skb) &&
	       len <= (int)skb->len - offset;
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	if (unlikely(!skb_range_ok(skb, offset, len)))
		return -EFAULT;
	memcpy(to, skb->data + offset, (size_t)len);

	return 0;
}

__wsum skb_copy_and_csum_bits(const struct sk_buff *skb, int offset, void *to, int len, __wsum csum)
{
	BUG_ON(!skb_range_ok(skb, offset, len));

	return csum_partial_copy(skb->data + offset, to, len, csum);
}

/* ---- sums ---- */

/* What both forms make of the sum: a right one need not be looked at again. */
static __always_inline __sum16 csum_verdict(struct sk_buff *skb, __wsum csum)
{
	__sum16 sum = csum_fold(csum);

	if (likely(!sum))
		skb->ip_summed = CHECKSUM_UNNECESSARY;

	return sum;
}

__sum16 __skb_checksum_complete(struct sk_buff *skb)
{
	return csum_verdict(skb, skb_checksum(skb, 0, (int)skb->len, skb->csum));
}

__sum16 __skb_checksum_complete_head(struct sk_buff *skb, int len)
{
	return csum_verdict(skb, skb_checksum(skb, 0, len, skb->csum));
}

__wsum skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum csum)
{
	return __skb_checksum(skb, offset, len, csum);
}

static __wsum __skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum csum)
{
	BUG_ON(!skb_range_ok(skb, offset, len));

	return csum_partial(skb->data + offset, len, csum);
}

int skb_checksum_help(struct sk_buff *skb)
{
	int start = skb_checksum_start_offset(skb), at = start + skb->csum_offset;
	__sum16 sum;
	int err;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		goto out;
	if (unlikely(start < 0 || at < 0 || at + (int)sizeof(sum) > (int)skb->len))
		return -EINVAL;
	sum = csum_fold(skb_checksum(skb, start, (int)skb->len - start, 0));
	err = skb_ensure_writable(skb, (unsigned)at + sizeof(sum));
	if (unlikely(err))
		return err;
	if (!sum)
		sum = (__sum16)0xffff; /* 0 says "no sum" in UDP, and is the same number */
	memcpy(skb->data + at, &sum, sizeof(sum));
out:
	skb->ip_summed = CHECKSUM_NONE;

	return 0;
}
