/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of image and secret files, as the hypervisor will compute them; must refuse what the hypervisor would not start. */
#include "image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-image/tools/fileio.h"
#include "build-image/tools/secret.h"
#include "hv_image.h"
#include "sha256.h"

#define IMAGE_MAX ((size_t)3 << 30)

static struct place at_image(const struct site_vm *vm)
{
	return (struct place){vm->file, vm->line[VM_IMAGE] != 0 ? vm->line[VM_IMAGE] : vm->section};
}

/* NULL, or what is wrong with the file. */
static const char *check_header(const struct blob *file, struct hv_image *h)
{
	if (file->len < sizeof *h)
		return "is too short for an image";
	memcpy(h, file->data, sizeof *h);
	if (h->magic != HV_IMAGE_MAGIC || h->version != HV_IMAGE_VERSION)
		return "is not an image of this version";
	if (h->file_bytes != file->len)
		return "is not as long as its header says";
	return NULL;
}

static struct place at_secret(const struct site_vm *vm)
{
	return (struct place){vm->file, vm->line[VM_SECRET]};
}

static void hash(const struct blob *file, uint8_t digest[32])
{
	struct sha256 sum;

	sha256_init(&sum);
	sha256_update(&sum, file->data, file->len);
	sha256_final(&sum, digest);
}

static void take_image(const struct site_vm *vm, struct diags *d, const struct blob *file,
		       struct image *image)
{
	struct place memory = {vm->file, vm->line[VM_MEMORY]};
	struct hv_image h;
	const char *wrong = check_header(file, &h);
	uint64_t need_mib;
	char right[32];

	if (wrong != NULL) {
		diag_error(d, at_image(vm), "a file made by mkvm", "%s %s", vm->image, wrong);
		return;
	}
	need_mib = (h.ram_min_bytes >> 20) + ((h.ram_min_bytes & 0xfffff) != 0);
	(void)snprintf(right, sizeof right, "Memory=%" PRIu64 "M", need_mib);
	if (need_mib > vm->ram_mib)
		diag_error(d, memory, right, "%s was laid out for %" PRIu64 " MiB, %s has %u",
			   vm->image, need_mib, vm->name, vm->ram_mib);
	else if (need_mib < vm->ram_mib)
		diag_note(d, memory,
			  "%s was laid out for %" PRIu64 " MiB, the rest of %u is not used",
			  vm->image, need_mib, vm->ram_mib);
	if (h.secret_bytes != 0 && vm->secret[0] == '\0')
		diag_note(d, at_image(vm), "%s has room for a secret, no Secret= says which",
			  vm->image);
	hash(file, image->digest);
	image->secret_gpa = h.secret_gpa;
	image->secret_room = h.secret_bytes;
	image->present = true;
}

static void take_secret(const struct site_vm *vm, struct diags *d, const struct blob *file,
			struct image *image)
{
	const char *wrong = secret_check(file);

	if (wrong != NULL) {
		diag_error(d, at_secret(vm), "a file made by mksecret", "%s %s", vm->secret, wrong);
	} else if (!image->present) {
		diag_note(d, at_secret(vm), "%s goes with an image that is not there", vm->secret);
	} else if (file->len > image->secret_room) {
		diag_error(d, at_secret(vm), "an image laid out for it: mkvm --secret",
			   "%s is %zu bytes, %s has room for %" PRIu64, vm->secret, file->len,
			   vm->image, image->secret_room);
	} else {
		hash(file, image->secret_digest);
		image->secret_bytes = (uint32_t)file->len;
	}
}

static int read_image(const struct site_vm *vm, struct diags *d, const char *path,
		      struct image *image)
{
	struct blob file;
	int err = file_read(path, IMAGE_MAX, &file);

	if (err == ENOENT && !vm->enabled)
		diag_note(d, at_image(vm), "no image %s: %s cannot be switched on", vm->image,
			  vm->name);
	else if (err == ENOENT)
		diag_error(d, at_image(vm), "an image in the image directory, or Enabled=no",
			   "there is no image %s", vm->image);
	if (err != 0)
		return err == ENOENT ? 0 : err;
	take_image(vm, d, &file, image);
	free(file.data);
	return 0;
}

static int read_secret(const struct site_vm *vm, struct diags *d, const char *path,
		       struct image *image)
{
	struct blob file;
	int err = file_read(path, HV_SECRET_MAX, &file);

	if (err == ENOENT && !vm->enabled)
		diag_note(d, at_secret(vm), "no secret %s: %s has none", vm->secret, vm->name);
	else if (err == ENOENT)
		diag_error(d, at_secret(vm), "a file made by mksecret in the image directory",
			   "there is no secret %s", vm->secret);
	else if (err == EFBIG)
		diag_error(d, at_secret(vm), "a file made by mksecret", "%s is over 32 KiB",
			   vm->secret);
	if (err != 0)
		return err == ENOENT || err == EFBIG ? 0 : err;
	take_secret(vm, d, &file, image);
	explicit_bzero(file.data, file.len);
	free(file.data);
	return 0;
}

/* A secret is given to one VM. */
static void check_secret_once(const struct site *s, struct diags *d, const struct image *image,
			      unsigned i)
{
	for (unsigned j = 0; image[i].secret_bytes != 0 && j < i; j++)
		if (memcmp(image[i].secret_digest, image[j].secret_digest,
			   sizeof image[i].secret_digest) == 0)
			diag_error(d, at_secret(&s->vm[i]), "a secret file of its own",
				   "%s is the secret of %s too", s->vm[i].secret, s->vm[j].name);
}

int image_read_all(const struct site *s, struct diags *d, const char *dir,
		   struct image image[HV_DOM_MAX], char *path, size_t path_max)
{
	for (unsigned i = 0; i < s->vms; i++) {
		const struct site_vm *vm = &s->vm[i];
		int err;

		memset(&image[i], 0, sizeof image[i]);
		(void)snprintf(path, path_max, "%s/%s", dir, vm->image);
		err = read_image(vm, d, path, &image[i]);
		if (err == 0 && vm->secret[0] != '\0') {
			(void)snprintf(path, path_max, "%s/%s", dir, vm->secret);
			err = read_secret(vm, d, path, &image[i]);
		}
		if (err != 0)
			return err;
		check_secret_once(s, d, image, i);
	}
	return 0;
}
