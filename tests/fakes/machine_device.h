/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions and a screen for the machine of host tests: before machine_boot, change what you like. */
#ifndef MACHINE_DEVICE_H
#define MACHINE_DEVICE_H

#include "device_fake.h"
#include "machine.h"

/* Capabilities of a function of machine_device. */
#define DEV_MSI_CAP  0x50u
#define DEV_PCIE_CAP 0x60u
#define DEV_MSIX_CAP 0xa0u
/* Which it has when a test calls machine_device_af, _pm. */
#define DEV_AF_CAP 0xb0u
#define DEV_PM_CAP 0xc0u
/* Its registers: BAR 0 is 128 KiB; BAR 2 (64-bit) 16 KiB with the MSI-X table at 0x1000. Guest addresses from BAR_GPA. */
#define DEV_BAR0_BYTES	 0x20000ull
#define DEV_BAR2_BYTES	 0x4000ull
#define DEV_MSIX_OFFSET	 0x1000u
#define DEV_MSIX_ENTRIES 5u
#define DEV_GUEST_DEVFN	 0x10u

struct machine_device {
	struct hv_sys_device *sys;
	struct handoff_pci *pci;
	uint32_t *config; /* real configuration space */
	uint32_t *table;  /* real MSI-X table */
};

/*
 * machine_device - the N-th function (0, 1): 0000:01:00.0 or 01:01.0 behind a bridge at 00:02.0, given to DOM. It has FLR,
 * MSI and MSI-X; take a capability away by clearing its offset in pci.
 */
struct machine_device machine_device(unsigned n, unsigned dom);
uint32_t *machine_config(uint16_t bdf);
/* The N-th function, V, has Advanced Features too, or power management: reset by either works. */
void machine_device_af(unsigned n, const struct machine_device *v);
void machine_device_pm(unsigned n, const struct machine_device *v);

/* machine_screen - a screen of WIDTH x HEIGHT with PITCH bytes a row; DOM may have the focus (call it for each). */
void machine_screen(unsigned dom, uint32_t width, uint32_t height, uint32_t pitch);
uint8_t *machine_pixels(void); /* the real ones, from the first row of the bar */

#endif
