/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files from the partition the loader came from, and measures what was read. Must not write to it. */
#ifndef BOOT_FILES_H
#define BOOT_FILES_H

#include "efi.h"
#include "handoff.h"

/* False: the partition has no file system the firmware knows. */
int files_init(efi_handle image, struct efi_system_table *st);

struct file {
	struct efi_file *open; /* NULL unless status is IMAGE_OK */
	uint64_t bytes;
	enum handoff_image_status status;
};

/* Opens \bulkhead\NAME, or \bulkhead\vm\<hex of DIGEST>. A file longer than MAX is IMAGE_TOO_BIG. */
struct file file_system_bin(uint64_t max);
struct file file_by_digest(const uint8_t digest[32], uint64_t max);

/* Reads all of the file to TO and closes it; sets status. */
void file_read(struct file *f, uint8_t *to);

/*
 * Adds a hash of the bytes to PCR 12 and to the firmware's event log, when there is a TPM and LEN is not 0.
 * NAME: at most 31 characters. A TPM that does not take it is said, in one line; the loader goes on.
 */
void measure(struct efi_system_table *st, const char *name, const uint8_t *bytes, uint64_t len);

#endif
