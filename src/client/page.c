/* SPDX-License-Identifier: MIT */
/*
 * page.c - what the daemon shows of itself: memory that only it writes
 *
 * Theory of operation
 *   Mapped when it is first needed, and left there: it is the same for every process, so a child of fork or vfork may read its parent's, and exec begins
 *   anew. Who it belongs to is in the page, as in the id of each socket. A socket of another daemon has that one's page put in its place in one
 *   step, so that a thread which reads at that moment finds one or the other. Two threads that ask at once map twice, and one unmaps.
 *   A daemon that has no page is not asked again.
 * Owns: one mapping a process. Refuses: memory that could shrink under the reader.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "client/client_impl.h"

const struct gn_chan_page *client_the_page;
static uint32_t without; /* tag of the last daemon that has none */

bool client_memory_is_sound(int fd, size_t size)
{
	struct stat st;
	long seals = raw3(SYS_fcntl, fd, F_GET_SEALS, 0);

	return seals >= 0 && (seals & F_SEAL_SHRINK) && !sys3(SYS_fstat, fd, &st, 0) && st.st_size >= (off_t)size;
}

/* At @old, or anywhere. */
static const struct gn_chan_page *page_map(int fd, const struct gn_chan_page *old)
{
	long at = sys6(SYS_mmap, old, sizeof(*old), PROT_READ, MAP_SHARED | (old ? MAP_FIXED : 0), fd, 0);
	const struct gn_chan_page *none = NULL, *page = (const struct gn_chan_page *)at;

	if (at < 0 && at > -4096)
		return NULL;
	if (old || __atomic_compare_exchange_n(&client_the_page, &none, page, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return page;
	sys3(SYS_munmap, page, sizeof(*page), 0);
	return none;
}

static bool page_is_of(const struct gn_chan_page *page, const struct client_id *id)
{
	return page && __atomic_load_n(&page->tag, __ATOMIC_RELAXED) == GN_CHAN_ID_TAG(id->id) && page->magic == GN_CHAN_PAGE_MAGIC &&
	       page->size >= sizeof(*page);
}

const struct gn_chan_page *client_page(int fd, const struct client_id *id)
{
	const struct gn_chan_page *page = __atomic_load_n(&client_the_page, __ATOMIC_ACQUIRE);
	struct client_call c;
	int ret;

	if (page_is_of(page, id))
		return page;
	if (!id->id || __atomic_load_n(&without, __ATOMIC_RELAXED) == GN_CHAN_ID_TAG(id->id))
		return NULL;
	client_call_init(&c, GN_CHAN_PAGE, NULL);
	c.cloexec = true;
	ret = client_call(&c, fd);
	if (ret < 0 || c.fd < 0) {
		if (ret == -EOPNOTSUPP || ret == -EPROTO)
			__atomic_store_n(&without, GN_CHAN_ID_TAG(id->id), __ATOMIC_RELAXED);
		return NULL;
	}
	page = client_memory_is_sound(c.fd, sizeof(*page)) ? page_map(c.fd, page) : NULL;
	raw3(SYS_close, c.fd, 0, 0);
	return page_is_of(page, id) ? page : NULL;
}
