/* SPDX-License-Identifier: Apache-2.0 */
/* The initramfs archive, read back by a parser of its own that follows the kernel's description of the format. */
#include <stdlib.h>
#include "check.h"
#include "build-image/tools/cpio.h"

static uint8_t archive[4096];

struct found {
	uint32_t field
		[13]; /* ino mode uid gid nlink mtime filesize 2 x dev 2 x rdev namesize check */
	const char *name;
	const uint8_t *data;
};

/* The entry at *AT, which moves on; false when the format is broken. */
static bool next(size_t *at, size_t size, struct found *f)
{
	char digits[9] = "";

	if (*at % 4 != 0 || size - *at < 110 || memcmp(archive + *at, "070701", 6) != 0)
		return false;
	for (unsigned i = 0; i < 13; i++) {
		char *end;

		memcpy(digits, archive + *at + 6 + 8 * i, 8);
		f->field[i] = (uint32_t)strtoul(digits, &end, 16);
		if (*end != '\0')
			return false;
	}
	f->name = (const char *)archive + *at + 110;
	*at = (*at + 110 + f->field[11] + 3) & ~(size_t)3;
	f->data = archive + *at;
	*at = (*at + f->field[6] + 3) & ~(size_t)3;
	return *at <= size && strlen(f->name) + 1 == f->field[11];
}

static struct cpio_entry sample[] = {
	{"/sbin/init", CPIO_FILE | 0755, "hello",	  5},
	      {"/dev",       CPIO_DIR | 0755,	NULL,	      0},
	{"/sbin",	  CPIO_DIR | 0700,  NULL,	 0},
	      {"/init",	CPIO_LINK | 0777, "sbin/init", 9},
	{"/empty",	   CPIO_FILE | 0644, NULL,	   0},
};
#define SAMPLES (sizeof sample / sizeof *sample)

static void reads_back_as_written(void)
{
	static const struct {
		const char *name, *data;
		uint32_t mode, links;
	} want[] = {
		{"dev",	"",	    0040755, 2},
		{"empty",	  "",	      0100644, 1},
		{"init",	 "sbin/init", 0120777, 1},
		{"sbin",	 "",	     0040700, 2},
		{"sbin/init",  "hello",     0100755, 1},
		{"TRAILER!!!", "",	   0,	      1},
	};
	size_t at = 0, size = cpio_size(sample, SAMPLES);
	struct found f;

	REQUIRE(cpio_sort(sample, SAMPLES) == NULL);
	REQUIRE(size <= sizeof archive);
	memset(archive, 0xaa, sizeof archive);
	cpio_write(sample, SAMPLES, 0x1234, archive);
	for (unsigned i = 0; i < sizeof want / sizeof *want; i++) {
		REQUIRE(next(&at, size, &f));
		CHECK_STR(f.name, want[i].name);
		CHECK_EQ(f.field[1], want[i].mode);
		CHECK_EQ(f.field[2] | f.field[3], 0);
		CHECK_EQ(f.field[4], want[i].links);
		CHECK_EQ(f.field[5], i < SAMPLES ? 0x1234 : 0);
		CHECK_EQ(f.field[6], strlen(want[i].data));
		CHECK_MEM(f.data, want[i].data, strlen(want[i].data));
		CHECK_EQ(f.field[0], i < SAMPLES ? i + 1 : 0); /* no two the same: no hard links */
	}
	CHECK_EQ(at, size);
	CHECK_EQ(archive[size], 0xaa);
}

static void order_of_the_list_does_not_matter(void)
{
	static uint8_t first[sizeof archive];
	size_t size = cpio_size(sample, SAMPLES);
	struct cpio_entry other[SAMPLES];

	REQUIRE(cpio_sort(sample, SAMPLES) == NULL);
	cpio_write(sample, SAMPLES, 1, first);
	for (unsigned i = 0; i < SAMPLES; i++)
		other[i] = sample[SAMPLES - 1 - i];
	REQUIRE(cpio_sort(other, SAMPLES) == NULL);
	cpio_write(other, SAMPLES, 1, archive);
	CHECK_MEM(archive, first, size);
}

static void padding_is_zero(void)
{
	struct cpio_entry one = {"/a", CPIO_FILE | 0600, "x", 1};

	memset(archive, 0xaa, sizeof archive);
	cpio_write(&one, 1, 0, archive);
	CHECK_MEM(archive + 110, "a\0x\0\0\0", 6);
}

static void twice_or_without_folder(void)
{
	struct cpio_entry twice[] = {
		{"/a", CPIO_FILE, NULL, 0},
		    {"/a", CPIO_DIR,  NULL, 0}
	     };
	struct cpio_entry orphan[] = {
		{"/ab",	CPIO_DIR,  NULL, 0},
		    {"/a/b", CPIO_FILE, NULL, 0}
	};
	struct cpio_entry in_file[] = {
		{"/a/b", CPIO_FILE, NULL, 0},
		      {"/a",   CPIO_FILE, NULL, 0}
	};

	CHECK_STR(cpio_sort(twice, 2), "/a");
	CHECK_STR(cpio_sort(orphan, 2), "/a/b");
	CHECK_STR(cpio_sort(in_file, 2), "/a/b");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(reads_back_as_written);
	RUN(order_of_the_list_does_not_matter);
	RUN(padding_is_zero);
	RUN(twice_or_without_folder);
	return check_end();
}
