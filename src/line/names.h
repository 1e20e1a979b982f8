/* SPDX-License-Identifier: MIT */
#ifndef LINE_NAMES_H
#define LINE_NAMES_H
/*
 * names.h - the numbers of rtnetlink that have names: one table for reading and for printing
 *
 * The names are those of /etc/iproute2 as Debian ships it and of ip(8). Const tables; any thread.
 */
#include <stddef.h>
#include <stdint.h>

/* A table ends with a NULL name. A value's first row is how it is printed. */
struct line_name {
	uint32_t value;
	const char *name;
};

extern const struct line_name line_scopes[], line_protos[], line_tables[], line_types[];
extern const struct line_name line_nud_states[];

/** line_name_of() - the name of @value, or its number in @buf */
const char *line_name_of(const struct line_name *tab, uint32_t value, char *buf, size_t size);

/** line_name_value() - @name, or a number up to @max: 0 or -EINVAL */
int line_name_value(const struct line_name *tab, const char *name, uint32_t max, uint32_t *ret);

/** line_name_list() - all names with ", " between them, into @buf */
const char *line_name_list(const struct line_name *tab, char *buf, size_t size);

#endif
