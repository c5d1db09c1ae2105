/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in and out, for tools of the build machine and bhctl. Prints nothing and never leaves half a file behind. */
#ifndef FILEIO_H
#define FILEIO_H

#include <stddef.h>
#include <stdint.h>

struct blob {
	uint8_t *data; /* from malloc, one zero byte beyond len; the owner frees it */
	size_t len;
};

/* Reads PATH, at most MAX bytes (EFBIG when there are more). Returns 0 or an errno value; OUT is set only on 0. */
int file_read(const char *path, size_t max, struct blob *out);

/* Replaces PATH by LEN bytes: written beside it, then renamed. Returns 0 or an errno value. */
int file_write(const char *path, const void *data, size_t len);

#endif
