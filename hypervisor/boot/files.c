/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the EFI system partition and their measurement; must believe nothing it reads. */
#include "files.h"

#include "bytes.h"
#include "out.h"

#define CHUNK	  (4u << 20)
#define EV_IPL	  13u
#define PCR	  12u
#define NAME_LEN  64u
#define EVENT_FIX 18u

static struct efi_file *root;

int files_init(efi_handle image, struct efi_system_table *st)
{
	static const struct efi_guid loaded = EFI_GUID_LOADED_IMAGE, fs = EFI_GUID_FILE_SYSTEM;
	void *p = NULL;

	if (st->boot->handle_protocol(image, &loaded, &p) != EFI_SUCCESS)
		return 0;
	efi_handle device = ((struct efi_loaded_image *)p)->device;
	if (st->boot->handle_protocol(device, &fs, &p) != EFI_SUCCESS)
		return 0;
	struct efi_file_system *volume = p;
	return volume->open_volume(volume, &root) == EFI_SUCCESS;
}

static struct file open_path(const uint16_t *path, uint64_t max)
{
	static const struct efi_guid info_guid = EFI_GUID_FILE_INFO;
	static struct efi_file_info info;
	struct file f = {NULL, 0, IMAGE_READ_ERROR};
	uint64_t bytes = sizeof info;

	efi_status s = root->open(root, &f.open, path, EFI_FILE_READ, 0);
	if (s != EFI_SUCCESS) {
		f.open = NULL;
		f.status = s == EFI_NOT_FOUND ? IMAGE_MISSING : IMAGE_READ_ERROR;
		return f;
	}
	if (f.open->get_info(f.open, &info_guid, &bytes, &info) == EFI_SUCCESS &&
	    !(info.attributes & EFI_FILE_DIRECTORY) && info.file_bytes > 0)
		f.status = info.file_bytes > max ? IMAGE_TOO_BIG : IMAGE_OK;
	f.bytes = f.status == IMAGE_OK ? info.file_bytes : 0;
	if (f.status != IMAGE_OK) {
		f.open->close(f.open);
		f.open = NULL;
	}
	return f;
}

struct file file_system_bin(uint64_t max)
{
	return open_path(u"\\bulkhead\\system.bin", max);
}

struct file file_by_digest(const uint8_t digest[32], uint64_t max)
{
	static const char hex[] = "0123456789abcdef";
	uint16_t path[13 + NAME_LEN + 1] = u"\\bulkhead\\vm\\";
	uint16_t *name = path + 13;

	for (unsigned i = 0; i < 32; i++) {
		*name++ = (uint8_t)hex[digest[i] >> 4];
		*name++ = (uint8_t)hex[digest[i] & 15];
	}
	*name = 0;
	return open_path(path, max);
}

void file_read(struct file *f, uint8_t *to)
{
	uint64_t done = 0;

	if (f->status != IMAGE_OK)
		return;
	while (done < f->bytes) { /* bound: each turn reads at least a byte or leaves */
		uint64_t n = f->bytes - done < CHUNK ? f->bytes - done : CHUNK;
		if (f->open->read(f->open, &n, to + done) != EFI_SUCCESS || n == 0 ||
		    n > f->bytes - done)
			break;
		done += n;
	}
	if (done != f->bytes)
		f->status = IMAGE_READ_ERROR;
	f->open->close(f->open);
	f->open = NULL;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Source: TCG EFI protocol specification, 6.6: size, then a header of 14 bytes: its size, version 1, PCR, event type. */
void measure(struct efi_system_table *st, const char *name, const uint8_t *bytes, uint64_t len)
{
	static const struct efi_guid guid = EFI_GUID_TCG2;
	struct efi_tcg2_event e;
	unsigned n = 0;
	void *p = NULL;

	if (len == 0 || st->boot->locate_protocol(&guid, NULL, &p) != EFI_SUCCESS)
		return;
	memset(&e, 0, sizeof e);
	while (n < sizeof e.bytes - EVENT_FIX - 1 && name[n]) {
		e.bytes[EVENT_FIX + n] = (uint8_t)name[n];
		n++;
	}
	put32(e.bytes, EVENT_FIX + n + 1);
	put32(e.bytes + 4, 14);
	e.bytes[8] = 1;
	put32(e.bytes + 10, PCR);
	put32(e.bytes + 14, EV_IPL);
	struct efi_tcg2 *tpm = p;
	efi_status s = tpm->hash_log_extend(tpm, 0, (uint64_t)bytes, len, &e);
	if (s != EFI_SUCCESS)
		say("tpm: %s is not measured in PCR %u: error %u of the firmware", name, PCR,
		    (unsigned)(s & 0xffff));
}
