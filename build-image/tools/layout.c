/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of guest memory to page ranges and file bytes; it must refuse whatever the hypervisor would refuse. */
#include "layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MASK ((uint64_t)HV_PAGE_SIZE - 1)
#define MIB	  (1024u * 1024u)

bool layout_add(struct layout *l, struct layout_piece piece)
{
	if (l->count == LAYOUT_PIECE_MAX) {
		(void)snprintf(l->error, sizeof l->error, "%s: more than %u pieces", piece.what,
			       LAYOUT_PIECE_MAX);
		return false;
	}
	if (piece.mem_bytes == 0 || piece.file_bytes > piece.mem_bytes ||
	    piece.gpa > UINT64_MAX / 2 || piece.mem_bytes > UINT64_MAX / 2) {
		(void)snprintf(l->error, sizeof l->error,
			       "%s: %" PRIu64 " bytes at 0x%" PRIx64 " cannot be", piece.what,
			       piece.mem_bytes, piece.gpa);
		return false;
	}
	l->piece[l->count++] = piece;
	return true;
}

uint64_t layout_end(const struct layout *l)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < l->count; i++)
		if (l->piece[i].gpa + l->piece[i].mem_bytes > end)
			end = l->piece[i].gpa + l->piece[i].mem_bytes;
	return end;
}

static int by_address(const void *a, const void *b)
{
	const struct layout_piece *x = a, *y = b;

	return (x->gpa > y->gpa) - (x->gpa < y->gpa);
}

static bool check_pieces(struct layout *l)
{
	uint64_t end = layout_end(l);

	for (unsigned i = 1; i < l->count; i++) {
		const struct layout_piece *a = &l->piece[i - 1], *b = &l->piece[i];

		if (b->gpa - a->gpa < a->mem_bytes) {
			(void)snprintf(l->error, sizeof l->error,
				       "%s (0x%" PRIx64 " .. 0x%" PRIx64
				       ") overlaps %s (from 0x%" PRIx64 ")",
				       a->what, a->gpa, a->gpa + a->mem_bytes, b->what, b->gpa);
			return false;
		}
	}
	if (end > l->ram_bytes) {
		uint64_t mib = (end + 2 * MIB - 1) / (2 * MIB) * 2;

		(void)snprintf(l->error, sizeof l->error,
			       "%" PRIu64 " MiB of RAM are not enough: %" PRIu64
			       " MiB are needed (%s ends at 0x%" PRIx64 ")",
			       l->ram_bytes / MIB, mib, l->piece[l->count - 1].what, end);
		return false;
	}
	return true;
}

/* Whole pages that hold content; neighbours become one range. */
static bool make_ranges(struct layout *l, struct hv_image *h)
{
	struct hv_image_range *last = NULL;

	for (unsigned i = 0; i < l->count; i++) {
		const struct layout_piece *p = &l->piece[i];
		uint64_t from = p->gpa & ~PAGE_MASK;
		uint64_t to = (p->gpa + p->file_bytes + PAGE_MASK) & ~PAGE_MASK;

		if (p->file_bytes == 0)
			continue;
		if (last != NULL && from <= last->gpa + last->pages * HV_PAGE_SIZE) {
			last->pages = (to - last->gpa) / HV_PAGE_SIZE;
			continue;
		}
		if (h->range_count == HV_IMAGE_RANGE_MAX) {
			(void)snprintf(l->error, sizeof l->error, "more than %u separate ranges",
				       HV_IMAGE_RANGE_MAX);
			return false;
		}
		last = &h->range[h->range_count++];
		*last = (struct hv_image_range){from, (to - from) / HV_PAGE_SIZE};
	}
	return true;
}

static void copy_pieces(const struct layout *l, const struct hv_image_range *r, uint8_t *to)
{
	for (unsigned i = 0; i < l->count; i++) {
		const struct layout_piece *p = &l->piece[i];

		if (p->file_bytes > 0 && p->gpa >= r->gpa &&
		    p->gpa < r->gpa + r->pages * HV_PAGE_SIZE)
			memcpy(to + (p->gpa - r->gpa), p->data, p->file_bytes);
	}
}

bool layout_build(struct layout *l, struct blob *file)
{
	struct hv_image h = {.magic = HV_IMAGE_MAGIC,
			     .version = HV_IMAGE_VERSION,
			     .file_bytes = HV_PAGE_SIZE,
			     .ram_min_bytes = l->ram_bytes,
			     .rip = l->rip,
			     .rsp = l->rsp,
			     .rsi = l->rsi,
			     .cr3 = l->cr3,
			     .secret_gpa = l->secret_gpa,
			     .secret_bytes = l->secret_bytes};
	uint8_t *data, *to;

	qsort(l->piece, l->count, sizeof l->piece[0], by_address);
	if (!check_pieces(l) || !make_ranges(l, &h))
		return false;
	for (unsigned i = 0; i < h.range_count; i++)
		h.file_bytes += h.range[i].pages * HV_PAGE_SIZE;
	data = calloc(1, h.file_bytes + 1);
	if (data == NULL) {
		(void)snprintf(l->error, sizeof l->error, "out of memory for %" PRIu64 " bytes",
			       h.file_bytes);
		return false;
	}
	memcpy(data, &h, sizeof h);
	to = data + sizeof h;
	for (unsigned i = 0; i < h.range_count; i++) {
		copy_pieces(l, &h.range[i], to);
		to += h.range[i].pages * HV_PAGE_SIZE;
	}
	*file = (struct blob){data, h.file_bytes};
	return true;
}
