/* SPDX-License-Identifier: Apache-2.0 */
/* The ACPI tables a Linux guest finds: one processor, one PCI bus, no legacy hardware. Same bytes every time. */
#ifndef ACPI_H
#define ACPI_H

#include <stddef.h>
#include <stdint.h>

#define ACPI_GPA   0xe0000u /* where the tables go; the RSDP is first */
#define ACPI_BYTES 4096u    /* all of them fit in one page */

/* Fills BUF; table addresses assume that it will lie at ACPI_GPA. */
void acpi_build(uint8_t buf[ACPI_BYTES]);

#endif
