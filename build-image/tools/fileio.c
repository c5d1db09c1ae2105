/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in and out. Must stay free of messages: callers know what the file was for. */
#include "fileio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(int fallback)
{
	return errno != 0 ? errno : fallback;
}

static int read_stream(FILE *f, size_t max, struct blob *out)
{
	size_t room = 64u << 10, len = 0;
	uint8_t *data = NULL;

	for (;;) { /* room doubles, so it ends at max */
		uint8_t *more = realloc(data, room + 1);

		if (more == NULL)
			break;
		data = more;
		len += fread(data + len, 1, room - len, f);
		if (ferror(f) != 0)
			break;
		if (len < room) {
			data[len] = 0;
			*out = (struct blob){data, len};
			return 0;
		}
		if (room > max) {
			errno = EFBIG;
			break;
		}
		room *= 2;
	}
	free(data);
	return fail(EIO);
}

int file_read(const char *path, size_t max, struct blob *out)
{
	struct stat st;
	struct blob b = {NULL, 0};
	FILE *f;
	int err;

	errno = 0;
	f = fopen(path, "rb");
	if (f == NULL)
		return fail(EIO);
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode))
		err = EISDIR;
	else
		err = read_stream(f, max, &b);
	(void)fclose(f);
	if (err == 0 && b.len > max) {
		free(b.data);
		err = EFBIG;
	}
	if (err == 0)
		*out = b;
	return err;
}

int file_write(const char *path, const void *data, size_t len)
{
	size_t room = strlen(path) + sizeof ".new";
	char *beside = malloc(room);
	FILE *f;
	int err = 0;

	if (beside == NULL)
		return ENOMEM;
	(void)snprintf(beside, room, "%s.new", path);
	errno = 0;
	f = fopen(beside, "wb");
	if (f == NULL) {
		err = fail(EIO);
		free(beside);
		return err;
	}
	if (fwrite(data, 1, len, f) != len)
		err = fail(EIO);
	if (fclose(f) != 0 && err == 0)
		err = fail(EIO);
	if (err == 0 && rename(beside, path) != 0)
		err = fail(EIO);
	if (err != 0)
		(void)unlink(beside);
	free(beside);
	return err;
}
