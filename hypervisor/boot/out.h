/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader says: on the firmware's graphic console and on COM1. */
#ifndef BOOT_OUT_H
#define BOOT_OUT_H

#include "efi.h"

void out_init(struct efi_system_table *st);
/* After boot services only COM1 is left. */
void out_leave_firmware(void);

/* One line; `bulkhead: ` before it and the line end are added. Formats: %s %c %u %x %llu %llx %%. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with `REFUSED: `, then halts for ever. */
_Noreturn void refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
