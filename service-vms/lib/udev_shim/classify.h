/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of input device a set of capabilities is, in udev's words. Pure. */
#ifndef UDEV_CLASSIFY_H
#define UDEV_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPS_WORDS 12 /* 768 key codes */

struct caps {
	uint64_t key[CAPS_WORDS], rel[CAPS_WORDS], abs[CAPS_WORDS], props[CAPS_WORDS];
};

/* caps_read - a bitmap as sysfs shows it: hexadecimal words of 64 bits, the highest first. False: something else. */
bool caps_read(const char *text, uint64_t bits[CAPS_WORDS]);

/*
 * caps_classify - lines "ID_INPUT_...=1", each with a final NUL, one behind the other. Returns the bytes written; the first line
 * is ID_INPUT=1. Lines that do not fit are left out.
 */
size_t caps_classify(const struct caps *c, char *out, size_t size);

#endif
