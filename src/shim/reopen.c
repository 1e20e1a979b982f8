/* SPDX-License-Identifier: MIT */
/*
 * reopen.c - freopen(3), which has no second name in libc
 *
 * Theory of operation
 *   For other paths libc's own must be called, and its name leads here. It is found where the loader has mapped libc: by the hash table of
 *   its symbols, without the loader's help (which would allocate and lock). For a file of the stack the stream is opened anew on
 *   /dev/null, in the wanted mode, and its descriptor replaced.
 *   Called by: the program. Calls: files.c, libc's freopen. Owns: nothing; it is looked for each time.
 * Threads: any, as libc's.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>

#include "client/raw.h"
#include "shim/files.h"
#include "shim/visible.h"

typedef FILE *freopen_fn(const char *path, const char *mode, FILE *f);

static int find_cb(struct dl_phdr_info *info, size_t size, void *arg);
static const void *lookup(uintptr_t base, const ElfW(Dyn) *dyn, const char *name);

/* --- libc's own --- */

static freopen_fn *libcs(void)
{
	const void *at = NULL;

	dl_iterate_phdr(find_cb, &at);
	return (freopen_fn *)(uintptr_t)at;
}

/* Of the object that holds a function of libc which is not hooked. */
static int find_cb(struct dl_phdr_info *info, size_t size, void *arg)
{
	const uintptr_t libc = (uintptr_t)canonicalize_file_name;
	const ElfW(Dyn) *dyn = NULL;
	bool here = false;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + ph->p_vaddr;

		here |= ph->p_type == PT_LOAD && libc >= start && libc - start < ph->p_memsz;
		if (ph->p_type == PT_DYNAMIC)
			dyn = (const void *)start;
	}
	if (!here || !dyn)
		return 0;
	*(const void **)arg = lookup(info->dlpi_addr, dyn, "freopen");
	return 1;
}

static uint32_t gnu_hash(const char *s)
{
	uint32_t h = 5381;

	for (; *s; s++)
		h = h * 33 + (unsigned char)*s;
	return h;
}

static const void *lookup(uintptr_t base, const ElfW(Dyn) *dyn, const char *name)
{
	const uint32_t *hash = NULL, *bucket, *chain, h = gnu_hash(name);
	const ElfW(Sym) *sym = NULL;
	const ElfW(Versym) *version = NULL;
	const char *str = NULL;

	for (; dyn->d_tag != DT_NULL; dyn++) {
		const void *at = (const void *)dyn->d_un.d_ptr; /* the loader has added the base */

		hash = dyn->d_tag == DT_GNU_HASH ? at : hash;
		sym = dyn->d_tag == DT_SYMTAB ? at : sym;
		str = dyn->d_tag == DT_STRTAB ? at : str;
		version = dyn->d_tag == DT_VERSYM ? at : version;
	}
	if (!hash || !sym || !str)
		return NULL;
	/* buckets, first symbol, words of the filter, its shift; filter; buckets; chains */
	bucket = hash + 4 + hash[2] * (sizeof(ElfW(Addr)) / sizeof(*hash));
	chain = bucket + hash[0];
	for (uint32_t i = bucket[h % hash[0]]; i >= hash[1]; i++) {
		uint32_t c = chain[i - hash[1]];

		/* the version that new programs are linked with */
		if ((c | 1) == (h | 1) && !strcmp(str + sym[i].st_name, name) && (!version || !(version[i] & 0x8000)))
			return (const void *)(base + sym[i].st_value);
		if (c & 1)
			break;
	}
	return NULL;
}

/* --- the hook --- */

static FILE *on_stack(freopen_fn *own, const char *path, const char *mode, FILE *f)
{
	int flags = shim_flags_of(mode);
	long fd = flags < 0 ? -EINVAL : shim_open(AT_FDCWD, path, flags, 0);
	FILE *ret;

	if (fd < 0) {
		fclose(f); /* as libc's does when it fails */
		errno = (int)-fd;
		return NULL;
	}
	ret = own("/dev/null", mode, f);
	if (ret)
		raw3(SYS_dup3, fd, fileno(ret), flags & O_CLOEXEC);
	raw3(SYS_close, fd, 0, 0);
	return ret;
}

static FILE *reopen(const char *path, const char *mode, FILE *f)
{
	freopen_fn *own = libcs();
	char p[SHIM_PATH_MAX];
	FILE *ret;

	if (!own) {
		errno = ENOSYS;
		return NULL;
	}
	_IO_fflush(f);
	shim_file_flush(f->_fileno);
	if (path && shim_path(AT_FDCWD, path, p))
		return on_stack(own, p, mode, f);
	ret = own(path, mode, f);
	return path && ret && shim_leads(fileno(ret), p) ? on_stack(own, p, mode, ret) : ret;
}

FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict f)
{
	return reopen(path, mode, f);
}

FILE *freopen64(const char *restrict path, const char *restrict mode, FILE *restrict f)
{
	return reopen(path, mode, f);
}
