/* SPDX-License-Identifier: MIT */
#ifndef DIFFERENTIAL_FRAME_H
#define DIFFERENTIAL_FRAME_H
/*
 * frame.h - frames made from one line of words, and the table of cases made of such lines
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 70000
#define STEPS_MAX 80
#define SETS_MAX 12

#define PEER_MAC "\x02\0\0\0\0\x01" /* the test program */
#define OUR_MAC "\x02\0\0\0\0\x02"  /* both sides */
#define PEER_ADDR 0x0a630001u	    /* 10.99.0.1 */
#define OUR_ADDR 0x0a630002u	    /* 10.99.0.2 */

/**
 * frame_build() - the frame that @words describe: a kind (echo, icmp, udp, udplite, igmp, ip, arp,
 *	eth), then KEY=VALUE words
 * @times:	how often it is to be sent, each time with the next IP id
 * @nth:	which of these this one is
 * Return: its length, or -1 with the word that was not understood in @bad
 */
int frame_build(const char *words, unsigned nth, uint8_t *buf, unsigned *times, char *bad,
		size_t badlen);

/* Spoil a frame of at least 20 bytes at random, the same for the same @dice, which moves on. */
void frame_mutate(uint8_t *frame, size_t len, uint64_t *dice);

/* A case: steps are frames, or directives that begin with @. */
struct test {
	char name[64];
	char *step[STEPS_MAX];
	int steps;
};

/* A group of cases shares a fresh pair of sides. */
struct group {
	char name[32];
	char *set[SETS_MAX]; /* sysctls KEY=VALUE */
	int sets;
	bool noroute; /* no default route */
	struct test *test;
	int tests;
};

/* Groups of the file @path; NULL with the reason on stderr. */
struct group *cases_read(const char *path, int *n);
void cases_free(struct group *g, int n);

#endif
