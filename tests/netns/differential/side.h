/* SPDX-License-Identifier: MIT */
#ifndef DIFFERENTIAL_SIDE_H
#define DIFFERENTIAL_SIDE_H
/*
 * side.h - a stack under test, seen from the wire: eth0 with 10.99.0.2/24, UDP and UDP-Lite
 * echo on port 7
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct side;

/**
 * struct side_ops - what the test asks of a stack
 * @open:	fresh, configured; NULL with the reason on stderr
 * @send:	one frame towards it; what answers at once can be received afterwards
 * @recv:	next frame from it within @ms milliseconds of its time; its length, 0: none
 * @serve:	let the echo servers work; how many datagrams they answered
 * @file:	text of a file of /proc
 * @sysctl, @join: configure; 0 or -errno
 */
struct side_ops {
	const char *name;
	struct side *(*open)(bool route);
	void (*close)(struct side *s);
	int (*send)(struct side *s, const uint8_t *frame, size_t len);
	int (*recv)(struct side *s, uint8_t *buf, size_t max, int ms);
	int (*serve)(struct side *s);
	int (*file)(struct side *s, const char *path, char *buf, size_t len);
	int (*sysctl)(struct side *s, const char *key, const char *value);
	int (*join)(struct side *s, uint32_t group);
};

extern const struct side_ops kernel_side; /* side_kernel.c */
extern const struct side_ops glass_side;  /* side_glass.c */

#endif
