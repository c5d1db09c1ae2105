/* SPDX-License-Identifier: Apache-2.0 */
/* Secret files (struct hv_secret): made, and looked at for what they are. Prints nothing of what is in one. */
#ifndef SECRET_H
#define SECRET_H

#include "fileio.h"
#include "hv_image.h"

/*
 * The file of CONTENT under SALT, which has the length of hv_secret.salt and is random. NULL and OUT, which the owner frees, or what is
 * wrong. The same two give the same file.
 */
const char *secret_make(const struct blob *salt, const struct blob *content, struct blob *out);

/* NULL, or what is wrong with a secret file. */
const char *secret_check(const struct blob *file);

#endif
