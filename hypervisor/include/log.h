/* SPDX-License-Identifier: Apache-2.0 */
/* The core's log: lines on COM1 that start with "hv: " or "REFUSED: ", guest console lines that start with "[name] ". */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include "types.h"

/* log_line - one core line; knows %s %u %x %lu %lx and nothing else. Any processor, any state. */
__attribute__((format(printf, 1, 2))) void log_line(const char *fmt, ...);

/* log_text - a line that begins with PREFIX: for log_line and core_refuse. */
__attribute__((format(printf, 2, 0))) void log_text(const char *prefix, const char *fmt,
						    va_list ap);

/* Guest text: bytes are collected per domain and come out line by line, prefixed and escaped, so no guest can forge a core line. */
#define LOG_LINE_MAX 240u
struct log_guest {
	uint8_t name[HV_NAME_LEN];
	uint32_t used;
	uint8_t line[LOG_LINE_MAX];
};
void log_guest_put(struct log_guest *g, const uint8_t *bytes, size_t n);
void log_guest_flush(struct log_guest *g);

#endif
