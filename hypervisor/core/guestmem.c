/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory through windows, one page at a time. Must not keep a pointer to a guest page after it returns. */
#include "frames.h"
#include "guestmem.h"
#include "hw.h"
#include "lock.h"

/*
 * The page of D that holds `at`: its frame must be RAM of D. Guest RAM is one extent, mapped whole for as long as its frames are
 * RAM (life_map), so where it lies needs no walk. What the core writes a checkpoint must know of, too.
 */
static enum hv_err page_of(const struct domain *d, gpa_t at, bool write, hpa_t *page)
{
	hpa_t hpa = {d->mem->ram.hpa + (at.v & ~PAGE_MASK)};

	if (at.v >= d->ram_bytes || frames_word(hpa) != FRAME_WORD(FRAME_RAM, d->id))
		return HV_EFAULT;
	if (write && d->tracked)
		ptab_dirty_set(&d->npt, at.v);
	*page = hpa;
	return HV_OK;
}

static uint64_t piece(gpa_t at, uint64_t bytes)
{
	uint64_t room = PAGE_SIZE - (at.v & PAGE_MASK);

	return bytes < room ? bytes : room;
}

static bool range_ok(gpa_t at, uint64_t bytes)
{
	return bytes <= UINT64_MAX - at.v;
}

enum copy { LOOK, IN, OUT };

/* Page by page: bytes of the range to CORE or from it, or only looked up. */
static enum hv_err copy(const struct domain *d, gpa_t at, void *core, uint64_t bytes, enum copy how)
{
	uint8_t *p = core;

	lock_assert_held();
	if (!range_ok(at, bytes))
		return HV_EFAULT;
	while (bytes > 0) { /* bound: pages of the range */
		uint64_t n = piece(at, bytes), offset = at.v & PAGE_MASK;
		hpa_t page;

		if (page_of(d, at, how == OUT, &page) != HV_OK)
			return HV_EFAULT;
		if (how == IN)
			memcpy(p, (const uint8_t *)hw_window(WIN_SRC, page, false) + offset, n);
		else if (how == OUT)
			memcpy((uint8_t *)hw_window(WIN_DST, page, true) + offset, p, n);
		if (how != LOOK)
			p += n;
		at.v += n;
		bytes -= n;
	}
	return HV_OK;
}

enum hv_err guestmem_check(const struct domain *d, gpa_t at, uint64_t bytes)
{
	return copy(d, at, NULL, bytes, LOOK);
}

enum hv_err guestmem_copy_in(const struct domain *d, gpa_t from, void *to, uint64_t bytes)
{
	return copy(d, from, to, bytes, IN);
}

enum hv_err guestmem_copy_out(const struct domain *d, gpa_t to, const void *from, uint64_t bytes)
{
	/* one page: nothing is written before the one check there is */
	if (bytes > PAGE_SIZE - (to.v & PAGE_MASK) && guestmem_check(d, to, bytes) != HV_OK)
		return HV_EFAULT;
	return copy(d, to, (void *)(uintptr_t)from, bytes, OUT); /* OUT only reads it */
}

enum hv_err guestmem_move(const struct domain *from, gpa_t src, const struct domain *to, gpa_t dst,
			  uint64_t bytes)
{
	lock_assert_held();
	if (!range_ok(src, bytes) || !range_ok(dst, bytes))
		return HV_EFAULT;
	while (bytes > 0) { /* bound: twice the pages of the range */
		uint64_t n = piece(dst, piece(src, bytes));
		hpa_t src_page, dst_page;

		if (page_of(from, src, false, &src_page) != HV_OK ||
		    page_of(to, dst, true, &dst_page) != HV_OK)
			return HV_EFAULT;
		memcpy((uint8_t *)hw_window(WIN_DST, dst_page, true) + (dst.v & PAGE_MASK),
		       (const uint8_t *)hw_window(WIN_SRC, src_page, false) + (src.v & PAGE_MASK),
		       n);
		src.v += n;
		dst.v += n;
		bytes -= n;
	}
	return HV_OK;
}
