/* SPDX-License-Identifier: Apache-2.0 */
/* Formats one line of text into a buffer. Must not allocate or print. */
#ifndef BOOT_FMT_H
#define BOOT_FMT_H

#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf() for %s %c %u %x %llu %llx %%; cuts at CAP - 1 characters; returns the characters written. CAP > 0. */
size_t fmt_line(char *to, size_t cap, const char *format, va_list args);

#endif
