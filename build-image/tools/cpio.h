/* SPDX-License-Identifier: Apache-2.0 */
/* A cpio archive of the "newc" kind in memory, as the kernel unpacks it. Everything belongs to root and to one fixed moment. */
#ifndef CPIO_H
#define CPIO_H

#include <stddef.h>
#include <stdint.h>

#define CPIO_DIR  0040000u
#define CPIO_FILE 0100000u
#define CPIO_LINK 0120000u

struct cpio_entry {
	const char *path; /* from the root, with its slash */
	uint32_t mode;	  /* CPIO_* and the permissions */
	const void *data; /* content, or where a link points */
	size_t len;
};

/* The list in the order the kernel needs, parents first. NULL, or the path that is there twice or lacks a parent. */
const char *cpio_sort(struct cpio_entry *list, size_t count);

/* Bytes the archive takes; 0 = an entry is too large for the format. */
size_t cpio_size(const struct cpio_entry *list, size_t count);

/* Writes exactly cpio_size() bytes. MTIME in seconds since 1970. */
void cpio_write(const struct cpio_entry *list, size_t count, uint32_t mtime, uint8_t *out);

#endif
