/* SPDX-License-Identifier: Apache-2.0 */
/* What a site's VM image files and secret files are: there or not, digest, memory they want. Reads headers, not what a guest is, nor what is secret. */
#ifndef IMAGE_H
#define IMAGE_H

#include "site.h"

struct image {
	bool present;
	uint8_t digest[32];
	uint64_t secret_gpa, secret_room; /* what the image has for a secret file */
	uint32_t secret_bytes;		  /* length of the file; 0 = none */
	uint8_t secret_digest[32];
};

/*
 * Reads the image and the secret file of each VM from the folder DIR into IMAGE[index of the VM]. A missing or unfit image of a VM that is
 * switched on is an error in D, of one that is off a note; a secret file is as good or bad as the image it goes with. Returns 0, or an errno value and the path in PATH when a file cannot be read.
 */
int image_read_all(const struct site *s, struct diags *d, const char *dir,
		   struct image image[HV_DOM_MAX], char *path, size_t path_max);

#endif
