/* SPDX-License-Identifier: MIT */
/*
 * check_tpring.c: the walk through a receive ring, and through rings whose numbers lie. The memory ends where the ring does, so that a
 * read beyond it is seen by valgrind and AddressSanitizer; what peek() shows is checked against the bounds in any case.
 */
#include "drivers/tpring.h"

#include "fakering.h"
#include "support/suite.h"

#define BLOCK 4096u
#define BLOCKS 4u
#define SLOT 512u

static struct tpring r;
static struct fake k;
static unsigned char *mem;

static void make(unsigned version)
{
	free(mem);
	mem = aligned_alloc(4096, BLOCK * BLOCKS);
	ck_assert_ptr_nonnull(mem);
	memset(mem, 0, BLOCK * BLOCKS);
	r = (struct tpring){ .mem = mem, .version = version, .block_size = BLOCK, .block_nr = BLOCKS, .slot_size = SLOT };
	k = (struct fake){ .mem = mem, .version = version, .block_size = BLOCK, .block_nr = BLOCKS, .slot_size = SLOT };
}

static void begin(void)
{
	mem = NULL;
}

static void end(void)
{
	free(mem);
}

static bool put(unsigned char id, unsigned len)
{
	unsigned char frame[2048];

	memset(frame, id, sizeof(frame));
	return fake_put(&k, frame, len, len, 0, 0);
}

/* All frames there are, in order from @first on; how many. */
static unsigned drain(unsigned first)
{
	struct tpframe f;
	unsigned n = 0;

	while (tpring_peek(&r, &f) == TPRING_FRAME) {
		ck_assert_uint_eq(f.data[0], (first + n) & 0xff);
		ck_assert_uint_eq(f.data[f.snaplen - 1], (first + n) & 0xff);
		tpring_pop(&r);
		n++;
	}
	return n;
}

static void in_order(unsigned version)
{
	unsigned sent = 0, got = 0;

	make(version);
	for (unsigned round = 0; round < 200; round++) {
		for (unsigned i = 0; i < round % 9; i++)
			sent += put((unsigned char)sent, 60 + (sent * 37) % 370);
		fake_retire(&k);
		got += drain(got);
		ck_assert_uint_eq(got, sent);
	}
	ck_assert_uint_ge(sent, 700);
}

START_TEST(test_v3_in_order)
{
	in_order(3);
}
END_TEST

START_TEST(test_v2_in_order)
{
	in_order(2);
}
END_TEST

/* A block that the kernel still fills is not looked into. */
START_TEST(test_open_block)
{
	struct tpframe f;

	make(3);
	put(0, 60);
	ck_assert_int_eq(tpring_peek(&r, &f), TPRING_EMPTY);
	fake_retire(&k);
	ck_assert_int_eq(tpring_peek(&r, &f), TPRING_FRAME);
	ck_assert_int_eq(tpring_peek(&r, &f), TPRING_FRAME); /* the same one */
	ck_assert_uint_eq(f.data[0], 0);
	ck_assert_uint_eq(fake_block(&k, 0)->block_status & TP_STATUS_USER, TP_STATUS_USER);
	tpring_pop(&r);
	ck_assert_uint_eq(fake_block(&k, 0)->block_status, TP_STATUS_KERNEL);
	ck_assert_int_eq(tpring_peek(&r, &f), TPRING_EMPTY);
}
END_TEST

/* A full ring takes nothing until a block is given back, and then one block's worth. */
START_TEST(test_full)
{
	unsigned n = 0, more = 0;
	struct tpframe f;

	make(3);
	while (put((unsigned char)n, 400))
		n++;
	ck_assert_uint_eq(n, 4 * 8);
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_int_eq(tpring_peek(&r, &f), TPRING_FRAME);
		ck_assert(!put(0, 400));
		tpring_pop(&r);
	}
	while (put((unsigned char)(n + more), 400))
		more++;
	ck_assert_uint_eq(more, 8);
	fake_retire(&k);
	ck_assert_uint_eq(drain(8), 32);
}
END_TEST

START_TEST(test_empty_block)
{
	struct tpframe f;

	make(3);
	for (unsigned i = 0; i < BLOCKS; i++)
		fake_block(&k, i)->block_status = TP_STATUS_USER;
	ck_assert_int_eq(tpring_peek(&r, &f), TPRING_EMPTY);
	for (unsigned i = 0; i < BLOCKS; i++)
		ck_assert_uint_eq(fake_block(&k, i)->block_status, TP_STATUS_KERNEL);
}
END_TEST

/* --- rings that lie --- */

static void lie_about_first(uint32_t offset)
{
	struct tpframe f;

	make(3);
	put(0, 60);
	fake_retire(&k);
	fake_block(&k, 0)->offset_to_first_pkt = offset;
	ck_assert_int_eq(tpring_peek(&r, &f), TPRING_BAD);
	ck_assert_int_eq(tpring_peek(&r, &f), TPRING_EMPTY);
	ck_assert_uint_eq(fake_block(&k, 0)->block_status, TP_STATUS_KERNEL);
	put(7, 60); /* and goes on */
	fake_retire(&k);
	ck_assert_uint_eq(drain(7), 1);
}

START_TEST(test_first_offset)
{
	lie_about_first(0);
	lie_about_first(8);
	lie_about_first(sizeof(struct tpacket_block_desc) + 1);
	lie_about_first(BLOCK - sizeof(struct tpacket3_hdr) + 16);
	lie_about_first(BLOCK);
	lie_about_first(0x7ffffff0);
	lie_about_first(0xfffffff0);
}
END_TEST

/* The numbers of a frame of block 0 as @change leaves them: @want, and the next block is read. */
static void lie(unsigned frame, uint32_t next, uint16_t mac, uint32_t snap, uint32_t len, unsigned good)
{
	struct tpacket3_hdr *h;
	struct tpframe f;

	make(3);
	for (unsigned char i = 0; i < 3; i++)
		put(i, 60);
	h = (void *)(mem + sizeof(struct tpacket_block_desc));
	for (unsigned i = 0; i < frame; i++)
		h = (void *)((unsigned char *)h + h->tp_next_offset);
	h->tp_next_offset = next;
	h->tp_mac = mac;
	h->tp_snaplen = snap;
	h->tp_len = len;
	fake_retire(&k);
	put(9, 60);
	fake_retire(&k);
	for (unsigned i = 0; i < good; i++) {
		ck_assert_int_eq(tpring_peek(&r, &f), TPRING_FRAME);
		tpring_pop(&r);
	}
	ck_assert_int_eq(tpring_peek(&r, &f), TPRING_BAD);
	ck_assert_uint_eq(fake_block(&k, 0)->block_status, TP_STATUS_KERNEL);
	ck_assert_uint_eq(drain(9), 1);
}

START_TEST(test_frame_numbers)
{
	const uint32_t step = FAKE_MAC + 64, hdr = sizeof(struct tpacket3_hdr);

	for (unsigned i = 0; i < 3; i++) {
		lie(i, step, 0, 60, 60, i);
		lie(i, step, (uint16_t)(hdr - 1), 60, 60, i);
		lie(i, step, 0xffff, 60, 60, i);
		lie(i, step, FAKE_MAC, BLOCK, BLOCK, i);
		lie(i, step, FAKE_MAC, 0xffffffff, 0xffffffff, i);
		lie(i, step, FAKE_MAC, 61, 60, i);
	}
	for (unsigned i = 0; i < 2; i++) { /* the last frame has no next */
		lie(i, 0, FAKE_MAC, 60, 60, i);
		lie(i, hdr - 8, FAKE_MAC, 60, 60, i);
		lie(i, BLOCK, FAKE_MAC, 60, 60, i);
		lie(i, 0xfffffff8, FAKE_MAC, 60, 60, i);
		lie(i, step + 4, FAKE_MAC, 60, 60, i + 1); /* not aligned: seen at the next */
	}
}
END_TEST

/* More frames said than there are: the walk ends in its block. */
START_TEST(test_count)
{
	struct tpframe f;
	unsigned n = 0;
	enum tpring_answer answer;

	make(3);
	put(0, 60);
	put(1, 60);
	fake_retire(&k);
	fake_block(&k, 0)->num_pkts = 0xffffffff;
	while ((answer = tpring_peek(&r, &f)) == TPRING_FRAME) {
		tpring_pop(&r);
		ck_assert_uint_lt(n++, BLOCK / sizeof(struct tpacket3_hdr));
	}
	ck_assert_int_eq(answer, TPRING_BAD);
	put(4, 60);
	fake_retire(&k);
	ck_assert_uint_eq(drain(4), 1);
}
END_TEST

START_TEST(test_v2_numbers)
{
	static const struct {
		uint16_t mac;
		uint32_t snap, len;
	} row[] = { { 0, 60, 60 },	{ sizeof(struct tpacket2_hdr) - 1, 60, 60 }, { SLOT + 1, 0, 0 }, { SLOT - 59, 60, 60 },
		    { FAKE_MAC, SLOT, SLOT }, { FAKE_MAC, 0xffffffff, 0xffffffff }, { FAKE_MAC, 60, 59 }, { 0xffff, 1, 1 } };
	struct tpframe f;

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		make(2);
		put(0, 60);
		put(5, 60);
		fake_slot(&k, 0)->tp_mac = row[i].mac;
		fake_slot(&k, 0)->tp_snaplen = row[i].snap;
		fake_slot(&k, 0)->tp_len = row[i].len;
		ck_assert_int_eq(tpring_peek(&r, &f), TPRING_BAD);
		ck_assert_uint_eq(fake_slot(&k, 0)->tp_status, TP_STATUS_KERNEL);
		ck_assert_uint_eq(drain(5), 1);
	}
}
END_TEST

/* Words of a full ring changed at random: no frame that is shown leaves the ring, and each walk ends. */
static void noise(unsigned version)
{
	uint64_t x = 88172645463325252ull;
	unsigned frames = 0, bad = 0;

	for (unsigned round = 0; round < 200; round++) {
		make(version);
		while (put(0, 20 + round % 100))
			;
		fake_retire(&k);
		for (unsigned i = 0; i < 40; i++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			((uint32_t *)(void *)mem)[x % (BLOCK * BLOCKS / 4)] = (uint32_t)(x >> 20) & (x & 64 ? 0xff8 : 0xffffffff);
		}
		for (unsigned step = 0;; step++) {
			struct tpframe f;
			enum tpring_answer answer = tpring_peek(&r, &f);

			if (step > BLOCK * BLOCKS / sizeof(struct tpacket2_hdr))
				ck_abort_msg("the walk does not end");
			if (answer == TPRING_EMPTY)
				break;
			bad += answer == TPRING_BAD;
			if (answer == TPRING_BAD)
				continue;
			if (f.data < mem || f.data > mem + BLOCK * BLOCKS || f.snaplen > (size_t)(mem + BLOCK * BLOCKS - f.data))
				ck_abort_msg("a frame outside of the ring");
			tpring_pop(&r);
			frames++;
		}
	}
	ck_assert_uint_gt(frames, 2000);
	ck_assert_uint_gt(bad, 50);
}

START_TEST(test_noise)
{
	noise(3);
	noise(2);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_v3_in_order, test_v2_in_order, test_open_block, test_full, test_empty_block, test_first_offset,
		test_frame_numbers, test_count, test_v2_numbers, test_noise, NULL,
	};

	return suite_of("tpring", begin, end, tests);
}
