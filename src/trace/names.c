/* SPDX-License-Identifier: MIT */
/*
 * names.c - reads the table that tools/link-named put into the binary
 *
 * Theory of operation
 *   Addresses in the table are as linked; where the binary was loaded is known by one function of this file, which is in the table too. A pad lies in
 *   the function that begins at or closest before it. Names are copied once into a block that lives as long as the process.
 */
#include "trace/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HIDDEN __attribute__((visibility("hidden")))

extern const char fgraph_names[] HIDDEN, fgraph_names_end[] HIDDEN;

struct entry {
	uintptr_t addr;
	const char *name, *file;
};

int fgraph_anchor(void);

static unsigned parse(char *text, struct entry *entry, unsigned max);
static const char *module_of(const char *file);

/* Where this is linked and where it is now tells where the binary was loaded. */
noinline int fgraph_anchor(void)
{
	return fgraph_names[0];
}

int fgraph_read_names(struct fgraph_func *func, unsigned n)
{
	size_t text_len = (size_t)(fgraph_names_end - fgraph_names), lines = 0;
	struct entry *entry;
	uintptr_t slide = 0;
	unsigned count, at = 0;
	char *text;

	if (!fgraph_anchor())
		return -1;
	for (const char *p = fgraph_names; *p && p < fgraph_names_end; p++)
		lines += *p == '\n';
	text = mmap(NULL, text_len + lines * sizeof(*entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (text == MAP_FAILED)
		return -1;
	memcpy(text, fgraph_names, text_len);
	text[text_len - 1] = 0;
	entry = (struct entry *)(void *)(text + text_len);
	count = parse(text, entry, (unsigned)lines);
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(entry[i].name, "fgraph_anchor"))
			slide = (uintptr_t)fgraph_anchor - entry[i].addr;
	for (unsigned i = 0; i < n; i++) {
		while (at + 1 < count && entry[at + 1].addr + slide <= func[i].addr)
			at++;
		if (at >= count || func[i].addr - (entry[at].addr + slide) > 16) /* a pad is at the very beginning */
			return -1;
		func[i].name = entry[at].name;
		func[i].file = entry[at].file;
		func[i].module = module_of(entry[at].file);
	}
	return 0;
}

/* Entries are in order of address; strings stay in @text. */
static unsigned parse(char *text, struct entry *entry, unsigned max)
{
	const char *file = "";
	unsigned n = 0;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line && n < max; line = strtok_r(NULL, "\n", &save)) {
		char *name;

		if (*line == '@') {
			file = line + 1;
			continue;
		}
		entry[n].addr = (uintptr_t)strtoull(line, &name, 16);
		if (*name != ' ')
			continue;
		entry[n].name = name + 1;
		entry[n].file = file;
		n++;
	}
	return n;
}

/* Linux's modules are its drivers: so are ours. */
static const char *module_of(const char *file)
{
	static const char *const shared[] = { "driver", "rx", "framering" };
	static const char *const of_tpacket[] = { "tpacket_rx", "tpacket_tx", "tpring", "tpsock" };
	const char *base;

	if (strncmp(file, "drivers/", 8))
		return NULL;
	base = file + 8;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (!strcmp(base, shared[i]))
			return NULL;
	for (size_t i = 0; i < sizeof(of_tpacket) / sizeof(of_tpacket[0]); i++)
		if (!strcmp(base, of_tpacket[i]))
			return "tpacket";
	if (!strcmp(base, "tap_vnet"))
		return "tap";
	return base;
}
