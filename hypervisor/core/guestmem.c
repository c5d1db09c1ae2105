/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory through windows, some pages at a time. Must not look at what the bytes mean. */
#include "frames.h"
#include "guestmem.h"
#include "lock.h"

/* Pages that a range touches. */
static inline uint64_t pages_of(gpa_t at, uint64_t bytes)
{
	return ((at.v & PAGE_MASK) + bytes + PAGE_MASK) / PAGE_SIZE;
}

static inline hpa_t frame_of(const struct domain *d, gpa_t at)
{
	return (hpa_t){d->mem->ram.hpa + (at.v & ~PAGE_MASK)};
}

/*
 * Does the range lie in D's RAM, and does each frame's owner word say so? Guest RAM is one extent, mapped whole for as long as its
 * frames are RAM (life_map), so where a page lies needs no walk.
 */
static inline bool owned(const struct domain *d, gpa_t at, uint64_t bytes)
{
	lock_assert_held();
	return bytes <= d->ram_bytes && at.v <= d->ram_bytes - bytes &&
	       frames_are(frame_of(d, at), pages_of(at, bytes), FRAME_WORD(FRAME_RAM, d->id));
}

/* A checkpoint must know of what the core writes, too. */
static void written(const struct domain *d, gpa_t at, uint64_t bytes)
{
	for (uint64_t i = 0; i < pages_of(at, bytes); i++) /* bound: WIN_PAGES */
		ptab_dirty_set(&d->npt, at.v + i * PAGE_SIZE);
}

void *guestmem_map(const struct domain *d, gpa_t at, uint64_t bytes, enum win_slot slot, bool write)
{
	if (!owned(d, at, bytes))
		return NULL;
	if (write && d->tracked)
		written(d, at, bytes);
	return (uint8_t *)hw_windows(slot, frame_of(d, at), pages_of(at, bytes), write) +
	       (at.v & PAGE_MASK);
}

enum hv_err guestmem_check(const struct domain *d, gpa_t at, uint64_t bytes)
{
	return owned(d, at, bytes) ? HV_OK : HV_EFAULT;
}

uint64_t guestmem_piece(gpa_t at, uint64_t bytes)
{
	uint64_t room = WIN_PAGES * PAGE_SIZE - (at.v & PAGE_MASK);

	return bytes < room ? bytes : room;
}

/* All of several pieces is looked at before the first is copied; one piece is by the one check that it has anyway. */
static bool whole(const struct domain *d, gpa_t at, uint64_t bytes)
{
	return guestmem_piece(at, bytes) == bytes || owned(d, at, bytes);
}

enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to, uint64_t bytes)
{
	if (!whole(d, from, bytes))
		return HV_EFAULT;
	while (bytes > 0) { /* bound: pieces of the range */
		uint64_t n = guestmem_piece(from, bytes);
		const uint8_t *p = guestmem_map(d, from, n, WIN_SRC, false);

		if (p == NULL)
			return HV_EFAULT;
		memcpy(to, p, n);
		to = (uint8_t *)to + n;
		from.v += n;
		bytes -= n;
	}
	return HV_OK;
}

enum hv_err guestmem_copy_out(const struct domain *d, gpa_t to, const void *from, uint64_t bytes)
{
	if (!whole(d, to, bytes))
		return HV_EFAULT;
	while (bytes > 0) { /* bound: pieces of the range */
		uint64_t n = guestmem_piece(to, bytes);
		uint8_t *p = guestmem_map(d, to, n, WIN_DST, true);

		if (p == NULL)
			return HV_EFAULT;
		memcpy(p, from, n);
		from = (const uint8_t *)from + n;
		to.v += n;
		bytes -= n;
	}
	return HV_OK;
}
