/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's way to the machine: ordinary functions, so that host tests can put a model in their place. */
#ifndef BOOT_HW_H
#define BOOT_HW_H

#include <stdint.h>

struct hw_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

struct hw_cpuid hw_cpuid(uint32_t leaf);
uint64_t hw_rdmsr(uint32_t msr);
void hw_wrmsr(uint32_t msr, uint64_t value);
uint64_t hw_cr4(void);
uint64_t hw_tsc(void);
int hw_rdrand(uint64_t *value); /* 0 = the instruction gave nothing */
uint8_t hw_in8(uint16_t port);
void hw_out8(uint16_t port, uint8_t value);
uint32_t hw_in32(uint16_t port);
void hw_out32(uint16_t port, uint32_t value);
uint32_t hw_mmio_read32(uint64_t hpa);
uint64_t hw_mmio_read64(uint64_t hpa);
void hw_mmio_write32(uint64_t hpa, uint32_t value);
void hw_interrupts_off(void);
_Noreturn void hw_stop(void);

/*
 * Configuration space, one dword at OFF (multiple of 4). Above 255 only after hw_pci_ecam() and on its busses; elsewhere
 * reads give ones and writes do nothing.
 */
uint32_t hw_pci_read(uint16_t bdf, unsigned off);
void hw_pci_write(uint16_t bdf, unsigned off, uint32_t value);
void hw_pci_ecam(uint64_t hpa, uint8_t bus_first, uint8_t bus_last);

/* core_blob.S and enter.S */
extern const uint8_t core_elf[], core_elf_end[];
extern const uint8_t enter_code[], enter_code_end[];

struct hw_enter {
	uint64_t cr3, stack, entry, handoff_va, pat;
};

#endif
