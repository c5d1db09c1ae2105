/* SPDX-License-Identifier: Apache-2.0 */
/* What a loader hands to the core: resolved lists and finished host page tables. Holds no firmware pointer; any loader can fill it. */
#ifndef HANDOFF_H
#define HANDOFF_H

#include <stdint.h>
#include "hv_system.h"

/*
 * The loader
 *   1. has checked the processor (AMD-V, nested paging), found the IOMMU tables and enough memory, or said `REFUSED:` and halted;
 *   2. has placed every extent below in RAM that the firmware calls conventional memory; extents never overlap;
 *   3. has loaded the core (a static PIE) at core_hpa, relocated for core_va, and zeroed its bss;
 *   4. has built 4-level host page tables at host_cr3 (NX, no user pages, nothing writable and executable) that map:
 *        core segments at core_va with their ELF rights; this struct (read-only) at handoff_va; the description at system_va (read-only);
 *        the frame table at frames_va (read-write); the page-table pool at ptpool_va (read-write);
 *        the mmio[] pages (read-write, uncached; framebuffer write-combining = PAT entry 1, see below);
 *        each processor's stack, exception stack, and the two tables of its windows at win_pd_va and win_pt_va; the window area, aligned to its
 *        size, is not mapped (all entries 0 but the one that leads from the first table to the second);
 *        the low page at its own physical address (read-execute), for the switch of CR3 and for starting processors. The core removes it.
 *      All levels above a leaf are writable and executable, so that the leaf decides. Accessed and dirty bits are preset in leaves.
 *   5. has left boot services, disabled interrupts, and enters core_va + e_entry with
 *        RDI = handoff_va, RSP = cpu[0].stack_top, CR3 = host_cr3, CR0.WP, EFER.NXE, CR4.PAE, PAT = 0x0007010600070106
 *        (entry 1 = write-combining).
 */
#define HANDOFF_MAGIC	   0x34464f444e414842ull /* "BHANDOF4" */
#define HANDOFF_VERSION	   4u
#define CPU_MAX		   8u
#define HANDOFF_MMIO_MAX   24u
#define HANDOFF_PCI_MAX	   64u
#define HANDOFF_BAR_MAX	   6u
#define HANDOFF_VTD_MAX	   4u
#define HANDOFF_RMRR_MAX   4u
#define HANDOFF_BAR_ROWS   32u /* rows of the screen behind MMIO_BAR_ROWS; rounded up to pages */
#define HANDOFF_VTD_NONE   0xffu
#define HANDOFF_FRAMES_MAX (1ull << 28) /* 1 TiB */
#define HANDOFF_SCREEN_MIN 64u		/* pixels each way; less is none */
#define HANDOFF_SCREEN_MAX 16384u
#define WIN_AREA	   (1ull << 30) /* addresses of the windows of a processor */
#define STACK_BYTES	   16384u	/* per processor; a page that is not mapped lies below */
#define IST_BYTES	   4096u
#define PTPOOL_DOM_PAGES   64u /* page-table pages of each domain's slice of the pool */
#define PTPOOL_CORE_PAGES  64u /* first slice: root, context and interrupt tables of the IOMMU */

enum handoff_mmio_kind {
	MMIO_LAPIC = 1,
	MMIO_IOAPIC = 2,
	MMIO_VTD = 3,
	MMIO_BAR_ROWS = 4,
	MMIO_MSIX_TABLE = 5,
	MMIO_ECAM = 6
};

struct handoff_mmio {
	uint64_t hpa;
	uint64_t va;
	uint32_t bytes;
	uint32_t kind; /* enum handoff_mmio_kind */
	uint32_t
		index; /* IOAPIC: global interrupt base; VTD: unit; MSIX_TABLE: number of the PCI function in pci[]; ECAM: first bus */
	uint32_t reserved;
};

struct handoff_cpu {
	uint32_t apic_id;
	uint32_t reserved;
	uint64_t stack_top; /* va */
	uint64_t ist_top;   /* va, for #DF, NMI, #MC */
	uint64_t win_va;    /* WIN_AREA bytes: 2 MiB for 4 KiB windows, then windows of 2 MiB */
	uint64_t win_pd_va; /* the page directory of this area, nobody else's */
	uint64_t win_pt_va; /* the page table of its first 2 MiB */
};

struct handoff_extent {
	uint64_t hpa; /* page-aligned; guest RAM 2 MiB aligned */
	uint64_t bytes;
};

/*
 * Behind the RAM that a guest knows lies memory of the same domain that the core maps elsewhere: one page for each device of
 * the description (it stands for the MSI-X table), then, for a domain with a screen, its pixels while it is not focused.
 */
#define HANDOFF_SCREEN_BYTES(fb) (((uint64_t)(fb).pitch_bytes * (fb).height + 4095) & ~4095ull)

enum handoff_image_status {
	IMAGE_NONE = 0,
	IMAGE_OK = 1,
	IMAGE_MISSING = 2,
	IMAGE_TOO_BIG = 3,
	IMAGE_READ_ERROR = 4
};

struct handoff_dom {
	struct handoff_extent
		ram; /* ram_mib, and what is behind it; bytes 0 = did not fit: VM refused */
	struct handoff_extent image;  /* the image file as read, not yet believed */
	struct handoff_extent secret; /* its secret file, the same */
	struct handoff_extent
		kept; /* room for its checkpoint: ram_mib, or 0 without HV_DOM_CHECKPOINT */
	struct handoff_extent spare; /* room for another image: spare_mib, or 0 */
	uint32_t image_status;	     /* enum handoff_image_status */
	uint32_t secret_status;
};

struct handoff_bar {
	uint64_t hpa; /* 0 = not a memory BAR */
	uint64_t bytes;
	uint32_t flags; /* low 4 bits of the register: 64-bit, prefetchable */
	uint32_t reserved;
};

struct handoff_pci {
	uint16_t bdf; /* bus<<8 | devfn */
	uint16_t vendor, device;
	uint16_t bridge_bdf; /* the bridge above; 0xffff = on the root bus */
	uint32_t class_rev;  /* register 0x08 */
	uint8_t header_type, msi_cap, msix_cap, pcie_cap, pm_cap,
		af_cap;	 /* capability offsets; 0 = none */
	uint8_t group;	 /* isolation group: functions of one group go to one domain */
	uint8_t sec_bus; /* bridges: secondary bus number */
	uint16_t msix_entries;
	uint16_t msix_flags; /* 1 = the page(s) of the table hold nothing but table and PBA */
	uint8_t msix_bir;
	uint8_t vtd; /* the unit in vtd[] that translates it; HANDOFF_VTD_NONE = none */
	uint8_t behind_pci; /* 1 = below a bridge to conventional PCI: its requests carry the id of that bridge */
	uint8_t reserved;
	uint32_t msix_offset;
	struct handoff_bar bar[HANDOFF_BAR_MAX];
};

struct handoff_vtd {
	uint64_t reg_hpa;
	uint32_t segment;
	uint32_t flags;	     /* DRHD flags: 1 = INCLUDE_PCI_ALL */
	uint16_t ioapic_bdf; /* source id of the I/O APIC in its scope; 0xffff = none */
	uint16_t reserved[3];
};

struct handoff_rmrr {
	uint64_t hpa, bytes;
	uint16_t bdf;
	uint16_t reserved[3];
};

struct handoff_fb {
	uint64_t hpa; /* 0 = no framebuffer */
	uint64_t bytes;
	uint32_t width, height, pitch_bytes;
	uint32_t format; /* 1 = 32 bits, byte order B G R x */
};

#define HANDOFF_SECURE	  HV_HW_SECURE
#define HANDOFF_VERIFIED  HV_HW_VERIFIED
#define HANDOFF_DEVELOPER HV_HW_DEVELOPER

struct handoff {
	uint64_t magic;
	uint32_t version;
	uint32_t bytes; /* sizeof(struct handoff) */
	uint64_t core_hpa, core_bytes, core_va;
	uint64_t handoff_va, handoff_hpa;
	uint64_t host_cr3;
	uint64_t system_va, system_hpa;
	uint64_t frames_va, frames_hpa;
	uint64_t
		frames_count; /* one uint32_t for each physical frame from 0; covers all RAM extents here */
	uint64_t ptpool_va, ptpool_hpa;
	uint32_t
		ptpool_pages; /* PTPOOL_CORE_PAGES + PTPOOL_DOM_PAGES for each domain of the description */
	uint32_t cpu_count;
	struct handoff_extent
		tables; /* host page tables, stacks, windows: everything of the core that is not named otherwise */
	uint64_t low_page_hpa; /* below 1 MiB, identity-mapped read-execute */
	uint64_t entropy
		[8]; /* from the firmware's RNG and RDRAND where there; entropy_bits says how good */
	uint64_t tsc_khz;
	uint64_t lapic_khz; /* timer input at divide by 1 */
	uint64_t time_ns;   /* UTC at tsc_at_time */
	uint64_t tsc_at_time;
	uint64_t canary; /* stack protector */
	uint32_t entropy_bits;
	uint32_t flags;
	uint16_t pm1a_cnt, pm1b_cnt;   /* ports for power-off; 0 = none */
	uint16_t slp_typ_a, slp_typ_b; /* values of \_S5, already shifted into bits 12..10 */
	uint16_t reset_port;	       /* FADT reset register when it is an I/O port; 0 = none */
	uint16_t reset_value;
	uint32_t ram_mib; /* conventional memory the firmware reported */
	struct handoff_fb fb;
	uint32_t mmio_count, pci_count, vtd_count, rmrr_count;
	struct handoff_cpu cpu[CPU_MAX];
	struct handoff_mmio mmio[HANDOFF_MMIO_MAX];
	struct handoff_dom dom[HV_DOM_MAX];
	struct handoff_vtd vtd[HANDOFF_VTD_MAX];
	struct handoff_rmrr rmrr[HANDOFF_RMRR_MAX];
	struct handoff_pci pci[HANDOFF_PCI_MAX];
};

#endif
