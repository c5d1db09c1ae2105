/* SPDX-License-Identifier: Apache-2.0 */
/* mksecret: a secret file from a secret and a salt. Must print nothing of either. The same inputs give the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fileio.h"
#include "secret.h"

enum { EXIT_INPUT = 1, EXIT_USAGE = 2, EXIT_IO = 3 };

static const char usage_text[] =
	"usage: mksecret SALT CONTENT FILE\n"
	"FILE: CONTENT as the hypervisor gives it to one VM. SALT: 32 random bytes, for this FILE "
	"alone.\n"
	"Exit: 0 written, 1 an input is unusable, 2 wrong usage, 3 a file cannot be read or "
	"written\n";

static int fail(int status, const char *what, const char *why)
{
	(void)fprintf(stderr, "mksecret: %s: %s\n", what, why);
	return status;
}

static void wipe(struct blob *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->len);
	free(b->data);
}

static int make(char **path)
{
	struct blob salt = {NULL, 0}, content = {NULL, 0}, file = {NULL, 0};
	int status = 0, err = file_read(path[0], HV_SECRET_MAX, &salt);
	const char *wrong;

	if (err != 0) {
		status = fail(EXIT_IO, path[0], strerror(err));
		goto out;
	}
	err = file_read(path[1], HV_SECRET_MAX, &content);
	if (err != 0) {
		status = fail(EXIT_IO, path[1], strerror(err));
		goto out;
	}
	wrong = secret_make(&salt, &content, &file);
	if (wrong != NULL) {
		status = fail(EXIT_INPUT, path[2], wrong);
		goto out;
	}
	(void)umask(077);
	err = file_write(path[2], file.data, file.len);
	if (err != 0)
		status = fail(EXIT_IO, path[2], strerror(err));
out:
	wipe(&salt);
	wipe(&content);
	wipe(&file);
	return status;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage_text, stdout) == EOF ? EXIT_IO : 0;
	if (argc != 4) {
		(void)fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	return make(argv + 1);
}
