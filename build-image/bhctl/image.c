/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of image files, as the hypervisor will compute them; must refuse an image that the hypervisor would not start. */
#include "image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-image/tools/fileio.h"
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

static void take_image(const struct site_vm *vm, struct diags *d, const struct blob *file,
		       struct image *image)
{
	struct place memory = {vm->file, vm->line[VM_MEMORY]};
	struct hv_image h;
	struct sha256 sum;
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
	sha256_init(&sum);
	sha256_update(&sum, file->data, file->len);
	sha256_final(&sum, image->digest);
	image->present = true;
}

int image_read_all(const struct site *s, struct diags *d, const char *dir,
		   struct image image[HV_DOM_MAX], char *path, size_t path_max)
{
	for (unsigned i = 0; i < s->vms; i++) {
		const struct site_vm *vm = &s->vm[i];
		struct blob file;
		int err;

		image[i].present = false;
		memset(image[i].digest, 0, sizeof image[i].digest);
		(void)snprintf(path, path_max, "%s/%s", dir, vm->image);
		err = file_read(path, IMAGE_MAX, &file);
		if (err == ENOENT && !vm->enabled)
			diag_note(d, at_image(vm), "no image %s: %s cannot be switched on",
				  vm->image, vm->name);
		else if (err == ENOENT)
			diag_error(d, at_image(vm),
				   "an image in the image directory, or Enabled=no",
				   "there is no image %s", vm->image);
		else if (err != 0)
			return err;
		if (err != 0)
			continue;
		take_image(vm, d, &file, &image[i]);
		free(file.data);
	}
	return 0;
}
