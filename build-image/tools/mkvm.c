/* SPDX-License-Identifier: Apache-2.0 */
/* mkvm: lays out a VM image file from a kernel or a payload. The same inputs must give the same bytes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fileio.h"
#include "guest.h"
#include "layout.h"
#include "sha256.h"

enum { EXIT_INPUT = 1, EXIT_USAGE = 2, EXIT_IO = 3 };

#define INPUT_MAX ((size_t)1 << 30)

static const char usage_text[] =
	"usage: mkvm --kernel VMLINUX [--initrd FILE] [--cmdline TEXT] --ram SIZE [--secret ROOM] "
	"-o "
	"IMAGE\n"
	"       mkvm --payload ELF --ram SIZE [--secret ROOM] -o IMAGE\n"
	"SIZE: an even number of MiB with the letter M, or G; 2M to 2G\n"
	"ROOM: for a secret file that comes beside the image; 4K to 32K, whole pages\n"
	"Exit: 0 written, 1 an input is unusable, 2 wrong usage, 3 a file cannot be read or "
	"written\n";

struct options {
	const char *kernel, *initrd, *cmdline, *payload, *ram, *secret, *out;
};

static int usage(const char *why)
{
	(void)fprintf(stderr, "mkvm: %s\n%s", why, usage_text);
	return EXIT_USAGE;
}

/* One pointer of O for each option; NULL for a word that is none. */
static const char **slot(struct options *o, const char *word)
{
	if (strcmp(word, "--kernel") == 0)
		return &o->kernel;
	if (strcmp(word, "--initrd") == 0)
		return &o->initrd;
	if (strcmp(word, "--cmdline") == 0)
		return &o->cmdline;
	if (strcmp(word, "--payload") == 0)
		return &o->payload;
	if (strcmp(word, "--ram") == 0)
		return &o->ram;
	if (strcmp(word, "--secret") == 0)
		return &o->secret;
	if (strcmp(word, "-o") == 0)
		return &o->out;
	return NULL;
}

static const char *parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i += 2) {
		const char **to = slot(o, argv[i]);

		if (to == NULL)
			return "there is an option it does not know";
		if (*to != NULL)
			return "an option is given twice";
		if (i + 1 == argc)
			return "the last option has no value";
		*to = argv[i + 1];
	}
	if (o->ram == NULL || o->out == NULL)
		return "--ram and -o are needed";
	if ((o->kernel == NULL) == (o->payload == NULL))
		return "one of --kernel and --payload is needed";
	if (o->payload != NULL && (o->initrd != NULL || o->cmdline != NULL))
		return "--initrd and --cmdline go with --kernel";
	return NULL;
}

/* The number TEXT begins with, as far as MAX; leaves TEXT behind it. */
static uint64_t number(const char **text, uint64_t max)
{
	uint64_t n = 0;

	for (; **text >= '0' && **text <= '9' && n <= max; ++*text)
		n = 10 * n + (uint64_t)(**text - '0');
	return n;
}

/* Bytes, or 0 when the text is no room for a secret. */
static uint64_t secret_room(const char *text)
{
	uint64_t n = number(&text, HV_SECRET_MAX);

	return strcmp(text, "K") == 0 ? n * 1024 : 0;
}

/* MiB, or 0 when the text is no size a VM can have. */
static uint64_t ram_mib(const char *text)
{
	uint64_t n = number(&text, GUEST_RAM_MIB_MAX);

	if (strcmp(text, "G") == 0)
		n *= 1024;
	else if (strcmp(text, "M") != 0)
		return 0;
	return n % 2 == 0 && n <= GUEST_RAM_MIB_MAX ? n : 0;
}

static bool load(const char *path, struct blob *b)
{
	int err = file_read(path, INPUT_MAX, b);

	if (err != 0)
		(void)fprintf(stderr, "mkvm: %s: %s\n", path, strerror(err));
	return err == 0;
}

static void report(const char *path, const struct blob *file)
{
	struct hv_image h;
	struct sha256 s;
	uint8_t digest[SHA256_BYTES];

	memcpy(&h, file->data, sizeof h);
	sha256_init(&s);
	sha256_update(&s, file->data, file->len);
	sha256_final(&s, digest);
	(void)printf("image  %s\nsha256 ", path);
	for (unsigned i = 0; i < SHA256_BYTES; i++)
		(void)printf("%02x", digest[i]);
	(void)printf("\nbytes  %zu\nram    %" PRIu64 "\n", file->len, h.ram_min_bytes);
	(void)printf("entry  rip 0x%" PRIx64 " rsp 0x%" PRIx64 " rsi 0x%" PRIx64 " cr3 0x%" PRIx64
		     "\n",
		     h.rip, h.rsp, h.rsi, h.cr3);
	for (unsigned i = 0; i < h.range_count; i++)
		(void)printf("range  0x%08" PRIx64 " %" PRIu64 " pages\n", h.range[i].gpa,
			     h.range[i].pages);
	if (h.secret_bytes != 0)
		(void)printf("secret 0x%08" PRIx64 " room for %" PRIu64 " bytes\n", h.secret_gpa,
			     h.secret_bytes);
}

static int make(const struct options *o, struct layout *l, struct guest *g)
{
	const char *program = o->kernel != NULL ? o->kernel : o->payload;
	struct blob code = {NULL, 0}, initrd = {NULL, 0}, file = {NULL, 0};
	int result = EXIT_IO, err;
	bool ok;

	if (!load(program, &code) || (o->initrd != NULL && !load(o->initrd, &initrd)))
		goto out;
	ok = o->secret == NULL || guest_secret(l, secret_room(o->secret));
	if (ok && o->kernel != NULL)
		ok = guest_linux(g, l, &code, &initrd, o->cmdline != NULL ? o->cmdline : "");
	else if (ok)
		ok = guest_payload(g, l, &code);
	if (!ok || !layout_build(l, &file)) {
		(void)fprintf(stderr, "mkvm: %s: %s\n", program, l->error);
		result = EXIT_INPUT;
		goto out;
	}
	err = file_write(o->out, file.data, file.len);
	if (err != 0) {
		(void)fprintf(stderr, "mkvm: %s: %s\n", o->out, strerror(err));
		goto out;
	}
	report(o->out, &file);
	result = 0;
out:
	free(code.data);
	free(initrd.data);
	free(file.data);
	return result;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct layout l = {0};
	struct guest *g;
	const char *wrong;
	int result;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage_text, stdout) == EOF ? EXIT_IO : 0;
	wrong = parse(argc, argv, &o);
	if (wrong != NULL)
		return usage(wrong);
	l.ram_bytes = ram_mib(o.ram) << 20;
	if (l.ram_bytes == 0)
		return usage("--ram is not an even number of MiB from 2M to 2G");
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return EXIT_IO;
	result = make(&o, &l, g);
	free(g);
	return result;
}
