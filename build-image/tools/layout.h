/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory as a list of pieces, turned into a VM image file. Knows no guest; what goes where is guest.c's business. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "fileio.h"
#include "hv_image.h"

#define LAYOUT_PIECE_MAX 40u

struct layout_piece {
	const char *what; /* for messages */
	uint64_t gpa;
	uint64_t mem_bytes;  /* claimed: nothing else may lie there */
	uint64_t file_bytes; /* with content; the rest stays zero and is not in the file */
	const uint8_t *data;
};

struct layout {
	uint64_t ram_bytes;
	uint64_t rip, rsp, rsi, cr3;
	uint64_t secret_gpa,
		secret_bytes; /* room for a secret file; claimed with a piece like all else */
	unsigned count;
	struct layout_piece piece[LAYOUT_PIECE_MAX];
	char error[240]; /* why the last call returned false */
};

/* Claims [gpa, gpa + mem_bytes). DATA is not copied: it must live until layout_build. */
bool layout_add(struct layout *l, struct layout_piece piece);

/* First byte after everything claimed. */
uint64_t layout_end(const struct layout *l);

/* Sorts, checks for overlap and RAM size, and makes the image file (header page first). The same pieces give the same bytes. */
bool layout_build(struct layout *l, struct blob *file);

#endif
