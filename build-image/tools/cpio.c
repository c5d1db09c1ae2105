/* SPDX-License-Identifier: Apache-2.0 */
/* A cpio archive of the "newc" kind. Must give the same bytes for the same entries, whatever their order. */
#include "cpio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 110u /* magic and 13 numbers of 8 hexadecimal digits */
#define TRAILER	     "TRAILER!!!"

static int by_path(const void *a, const void *b)
{
	const struct cpio_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Whether PATH without its last part is a directory of the list, which is sorted. */
static int has_parent(const struct cpio_entry *list, size_t count, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = (size_t)(slash - path);

	if (len == 0)
		return 1;
	for (size_t i = 0; i < count; i++)
		if (strncmp(list[i].path, path, len) == 0 && list[i].path[len] == '\0')
			return (list[i].mode & CPIO_DIR) != 0;
	return 0;
}

const char *cpio_sort(struct cpio_entry *list, size_t count)
{
	qsort(list, count, sizeof *list, by_path);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && strcmp(list[i - 1].path, list[i].path) == 0)
			return list[i].path;
		if (!has_parent(list, i, list[i].path))
			return list[i].path;
	}
	return NULL;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static size_t entry_size(const char *name, size_t len)
{
	return padded(HEADER_BYTES + strlen(name) + 1) + padded(len);
}

size_t cpio_size(const struct cpio_entry *list, size_t count)
{
	size_t size = entry_size(TRAILER, 0);

	for (size_t i = 0; i < count; i++) {
		if (list[i].len > UINT32_MAX)
			return 0;
		size += entry_size(list[i].path + 1, list[i].len);
	}
	return size;
}

static uint8_t *put(uint8_t *at, const void *data, size_t len)
{
	if (len > 0)
		memcpy(at, data, len);
	return at + len;
}

static uint8_t *put_entry(uint8_t *at, const char *name, const struct cpio_entry *e, size_t inode,
			  uint32_t mtime)
{
	size_t name_bytes = strlen(name) + 1;
	unsigned links = e->mode & CPIO_DIR ? 2 : 1;
	uint8_t *start = at;
	char head[HEADER_BYTES + 1];

	(void)snprintf(head, sizeof head,
		       "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		       (unsigned)inode, e->mode, 0u, 0u, links, mtime, (unsigned)e->len, 0u, 0u, 0u,
		       0u, (unsigned)name_bytes, 0u);
	at = put(at, head, HEADER_BYTES);
	at = put(at, name, name_bytes);
	at = put(at, "\0\0\0", padded(HEADER_BYTES + name_bytes) - HEADER_BYTES - name_bytes);
	at = put(at, e->data, e->len);
	(void)put(at, "\0\0\0", padded(e->len) - e->len);
	return start + entry_size(name, e->len);
}

void cpio_write(const struct cpio_entry *list, size_t count, uint32_t mtime, uint8_t *out)
{
	static const struct cpio_entry end = {TRAILER, 0, NULL, 0};

	for (size_t i = 0; i < count; i++)
		out = put_entry(out, list[i].path + 1, &list[i], i + 1, mtime);
	(void)put_entry(out, end.path, &end, 0, 0);
}
