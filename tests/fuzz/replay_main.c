/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds every file of the corpus folders named on the command line to a fuzz target; an empty or absent
 * folder is a failure, never a pass. */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define INPUT_MAX ((size_t)4 << 20)

/* The input sits in a buffer of exactly its size, so that ASan sees a read one byte past the end. */
static int replay_file(const char *path)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	uint8_t *buf = NULL;
	size_t len;
	int ret = -1;

	if (f == NULL || fstat(fileno(f), &st) != 0)
		goto out;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size > INPUT_MAX)
		goto out;
	len = (size_t)st.st_size;
	buf = malloc(len != 0 ? len : 1);
	if (buf == NULL || fread(buf, 1, len, f) != len)
		goto out;
	(void)LLVMFuzzerTestOneInput(buf, len);
	ret = 0;
out:
	free(buf);
	if (f != NULL)
		(void)fclose(f);
	return ret;
}

static int replay_folder(const char *folder, unsigned *count)
{
	struct dirent **names;
	char path[1024];
	int ret = 0;
	int n = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (name[0] != '.') {
			(void)snprintf(path, sizeof path, "%s/%s", folder, name);
			/* Said before it runs: after a crash the last line names the input. */
			printf("# %s\n", path);
			if (replay_file(path) == 0)
				(*count)++;
			else
				ret = -1;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return n < 0 ? -1 : ret;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	int ret = argc < 2;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		if (replay_folder(argv[i], &count) != 0)
			ret = 1;
	if (count == 0)
		ret = 1;
	printf("%sok 1 - %u inputs replayed\n1..1\n", ret != 0 ? "not " : "", count);
	return ret;
}
