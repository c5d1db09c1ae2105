/* SPDX-License-Identifier: Apache-2.0 */
/* What lies where in the memory of a new guest: a Linux kernel, or a bare-metal payload. Makes the pieces; layout.c makes the file. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include "acpi.h"
#include "fileio.h"
#include "layout.h"

/*
 * Guest-physical memory below 1 MiB, both kinds of guest:
 *
 *	0x08000  stack, 16 KiB (zero, not in the file)
 *	0x10000  page tables: 4 GiB identity, 2 MiB pages, readable, writable, executable
 *	0x16000  boot_params   } Linux only
 *	0x17000  command line  }
 *	0x20000  room for a secret file (zero, not in the image's file): reserved in the kernel's map, so that it leaves it alone
 *	0xe0000  ACPI tables   }
 */
#define GUEST_STACK_GPA	  0x8000u
#define GUEST_STACK_BYTES 0x4000u
#define GUEST_PT_GPA	  0x10000u
#define GUEST_PT_PAGES	  6u
#define GUEST_BOOT_GPA	  0x16000u
#define GUEST_CMD_GPA	  0x17000u
#define GUEST_CMD_MAX	  2047u /* characters of a command line */
#define GUEST_SECRET_GPA  0x20000u
#define GUEST_RAM_MIB_MAX 2048u

/* Buffers the pieces point to; lives as long as the layout. */
struct guest {
	uint64_t tables[GUEST_PT_PAGES][512];
	uint8_t boot_params[HV_PAGE_SIZE];
	uint8_t acpi[ACPI_BYTES];
};

/* Both kinds: room of BYTES, whole pages, for a secret file; before the guest itself. False: l->error says why. */
bool guest_secret(struct layout *l, uint64_t bytes);

/* KERNEL is a vmlinux, INITRD any initramfs (its LEN may be 0). False: l->error says why. */
bool guest_linux(struct guest *g, struct layout *l, const struct blob *kernel,
		 const struct blob *initrd, const char *cmdline);

/* PAYLOAD is a static ELF file linked at the physical addresses it runs at. */
bool guest_payload(struct guest *g, struct layout *l, const struct blob *payload);

#endif
