/* SPDX-License-Identifier: MIT */
#ifndef VIEW_HOUSE_H
#define VIEW_HOUSE_H
/*
 * house.h - the floors and rooms of this stack, for a picture of them
 *
 *   A room is a folder of src/; its floor says what it may call: lower floors only. A call's room is the first part of its file ("ipv4/udp_input").
 *   Called by: html.c. Threads: any, no state.
 */
struct view_room {
	unsigned floor;
	const char *name;
	const char *text; /* what lives there, in a few words */
};

/* All rooms, the highest floor first, ended by a NULL name. */
extern const struct view_room view_house[];

#endif
