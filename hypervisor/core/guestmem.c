/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory through windows. Must not look at what the bytes mean. */
#include "frames.h"
#include "guestmem.h"
#include "lock.h"

/* Pages that a range touches. */
static inline uint64_t pages_of(gpa_t at, uint64_t bytes)
{
	return ((at.v & PAGE_MASK) + bytes + PAGE_MASK) / PAGE_SIZE;
}

/*
 * Does the range, which is not empty, lie in D's RAM, and does each frame's owner word say so? Guest RAM is one extent, mapped whole for
 * as long as its frames are RAM (life_map), so where a page lies needs no walk.
 */
static inline bool owned(const struct domain *d, gpa_t at, uint64_t bytes)
{
	const uint32_t *w, *last;

	if (bytes - 1 >= d->ram_bytes || at.v > d->ram_bytes - bytes)
		return false;
	last = &d->ram_words[(at.v + bytes - 1) / PAGE_SIZE];
	for (w = &d->ram_words[at.v / PAGE_SIZE]; *w == FRAME_WORD(FRAME_RAM, d->id); w++)
		if (w == last) /* bound: pages of the range */
			return true;
	return false;
}

/* A checkpoint must know of what the core writes, too. */
static void written(const struct domain *d, gpa_t at, uint64_t bytes)
{
	for (uint64_t i = 0; i < pages_of(at, bytes); i++) /* bound: LARGE_PAGE */
		ptab_dirty_set(&d->npt, at.v + i * PAGE_SIZE);
}

ALWAYS_INLINE void *guestmem_map(const struct domain *d, gpa_t at, uint64_t *bytes,
				 enum win_slot slot)
{
	uint64_t inside = at.v & (LARGE_PAGE - 1); /* RAM is whole large pages: system_check */

	if (*bytes > LARGE_PAGE - inside)
		*bytes = LARGE_PAGE - inside;
	if (!owned(d, at, *bytes))
		return NULL;
	if (slot != WIN_SRC && d->tracked)
		written(d, at, *bytes);
	return hw_view(slot, (hpa_t){d->ram.v + (at.v - inside)}, inside, *bytes);
}

enum hv_err guestmem_check(const struct domain *d, gpa_t at, uint64_t bytes)
{
	lock_assert_held();
	return bytes == 0 || owned(d, at, bytes) ? HV_OK : HV_EFAULT;
}

/* A range of several pieces is looked at whole before the first is copied; one piece is by the one check that it has anyway. */
static bool whole(const struct domain *d, gpa_t at, uint64_t bytes)
{
	lock_assert_held();
	return bytes <= LARGE_PAGE - (at.v & (LARGE_PAGE - 1)) || owned(d, at, bytes);
}

enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to, uint64_t bytes)
{
	if (!whole(d, from, bytes))
		return HV_EFAULT;
	while (bytes > 0) { /* bound: pieces of the range */
		uint64_t n = bytes;
		const uint8_t *p = guestmem_map(d, from, &n, WIN_SRC);

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
		uint64_t n = bytes;
		uint8_t *p = guestmem_map(d, to, &n, WIN_DST);

		if (p == NULL)
			return HV_EFAULT;
		memcpy(p, from, n);
		from = (const uint8_t *)from + n;
		to.v += n;
		bytes -= n;
	}
	return HV_OK;
}
