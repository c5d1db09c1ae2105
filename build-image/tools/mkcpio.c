/* SPDX-License-Identifier: Apache-2.0 */
/* mkcpio: writes an initramfs from a list of what belongs in it. Takes nothing from the build machine but the named files. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpio.h"
#include "fileio.h"

enum { EXIT_INPUT = 1, EXIT_USAGE = 2, EXIT_IO = 3 };

#define ENTRIES_MAX 4096u
#define LIST_MAX    ((size_t)1 << 20)
#define SOURCE_MAX  ((size_t)256 << 20)
#define WORDS	    5u

static const char usage_text[] =
	"usage: mkcpio LIST OUT\n"
	"LIST, one thing on each line, # begins a comment:\n"
	"  dir PATH MODE    file PATH MODE SOURCE [PACKAGE]    slink PATH TARGET\n"
	"Exit: 0 written, 1 the list is wrong, 2 wrong usage, 3 a file cannot be read or written\n";

static struct cpio_entry entries[ENTRIES_MAX];
static size_t entry_count;
static struct blob sources[ENTRIES_MAX];

static int complain(const char *list, unsigned line, const char *why, const char *what)
{
	(void)fprintf(stderr, "mkcpio: %s:%u: %s%s%s\n", list, line, why, what != NULL ? ": " : "",
		      what != NULL ? what : "");
	return EXIT_INPUT;
}

/* Cuts LINE into words in place; WORDS + 1 when there are too many. */
static unsigned split(char *line, char *word[WORDS])
{
	unsigned n = 0;

	for (char *w = strtok(line, " \t"); w != NULL; w = strtok(NULL, " \t")) {
		if (n == WORDS)
			return WORDS + 1;
		word[n++] = w;
	}
	return n;
}

static bool parse_mode(const char *text, uint32_t *mode)
{
	char *end;
	unsigned long value = strtoul(text, &end, 8);

	*mode = (uint32_t)value;
	return *text >= '0' && *text <= '7' && *end == '\0' && value <= 07777;
}

static bool good_path(const char *path)
{
	size_t len = strlen(path);

	return len > 1 && path[0] == '/' && path[len - 1] != '/' && strstr(path, "//") == NULL &&
	       strstr(path, "/../") == NULL && strstr(path, "/./") == NULL;
}

/* Fills E from the words of one line. NULL, or what is wrong. */
static const char *parse(char *word[WORDS], unsigned n, struct cpio_entry *e, const char **source)
{
	*source = NULL;
	if (n < 3 || !good_path(word[1]))
		return "needs a kind, a path from the root, and more";
	e->path = word[1];
	if (strcmp(word[0], "slink") == 0) {
		if (n != 3)
			return "slink PATH TARGET";
		e->mode = CPIO_LINK | 0777;
		e->data = word[2];
		e->len = strlen(word[2]);
		return NULL;
	}
	if (!parse_mode(word[2], &e->mode))
		return "the mode is not octal";
	if (strcmp(word[0], "dir") == 0 && n == 3) {
		e->mode |= CPIO_DIR;
		return NULL;
	}
	if (strcmp(word[0], "file") != 0 || n < 4)
		return "neither dir PATH MODE nor file PATH MODE SOURCE [PACKAGE]";
	e->mode |= CPIO_FILE;
	*source = word[3];
	return NULL;
}

static int take_line(const char *list, unsigned number, char *line)
{
	char *word[WORDS];
	const char *source, *wrong;
	struct cpio_entry *e = &entries[entry_count];
	struct blob *b = &sources[entry_count];
	unsigned n;
	int err;

	line[strcspn(line, "#")] = '\0';
	n = split(line, word);
	if (n == 0)
		return 0;
	if (n > WORDS)
		return complain(list, number, "too many words", NULL);
	if (entry_count == ENTRIES_MAX)
		return complain(list, number, "too many entries", NULL);
	wrong = parse(word, n, e, &source);
	if (wrong != NULL)
		return complain(list, number, wrong, NULL);
	if (source != NULL) {
		err = file_read(source, SOURCE_MAX, b);
		if (err != 0) {
			(void)complain(list, number, source, strerror(err));
			return EXIT_IO;
		}
		e->data = b->data;
		e->len = b->len;
	}
	entry_count++;
	return 0;
}

static int take_list(const char *name, char *text)
{
	unsigned number = 0;

	while (text != NULL) { /* one turn for each line */
		char *end = strchr(text, '\n');
		int ret;

		if (end != NULL)
			*end = '\0';
		ret = take_line(name, ++number, text);
		if (ret != 0)
			return ret;
		text = end != NULL ? end + 1 : NULL;
	}
	return 0;
}

static int write_archive(const char *list, const char *out)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint32_t mtime = epoch != NULL ? (uint32_t)strtoul(epoch, NULL, 10) : 0;
	const char *bad = cpio_sort(entries, entry_count);
	size_t size = cpio_size(entries, entry_count);
	uint8_t *archive;
	int err;

	if (bad != NULL) {
		(void)fprintf(stderr, "mkcpio: %s: %s is there twice or its folder is not\n", list,
			      bad);
		return EXIT_INPUT;
	}
	archive = size != 0 ? malloc(size) : NULL;
	if (archive == NULL) {
		(void)fprintf(stderr, "mkcpio: %s: too large\n", list);
		return EXIT_INPUT;
	}
	cpio_write(entries, entry_count, mtime, archive);
	err = file_write(out, archive, size);
	free(archive);
	if (err != 0) {
		(void)fprintf(stderr, "mkcpio: %s: %s\n", out, strerror(err));
		return EXIT_IO;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct blob text;
	int ret;

	if (argc != 3) {
		(void)fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	ret = file_read(argv[1], LIST_MAX, &text);
	if (ret != 0) {
		(void)fprintf(stderr, "mkcpio: %s: %s\n", argv[1], strerror(ret));
		return EXIT_IO;
	}
	ret = take_list(argv[1], (char *)text.data);
	if (ret == 0)
		ret = write_archive(argv[1], argv[2]);
	for (size_t i = 0; i < entry_count; i++)
		free(sources[i].data);
	free(text.data);
	return ret;
}
