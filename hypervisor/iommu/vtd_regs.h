/* SPDX-License-Identifier: Apache-2.0 */
/* Registers and tables of a VT-d unit in legacy mode, by the names of the VT-d specification. Holds no policy. */
#ifndef VTD_REGS_H
#define VTD_REGS_H

#include "types.h"

/* Registers (each XXX here is XXX_REG there), byte offsets. Section numbers are those of revision 3 and 4 of the specification. */
enum {
	VTD_CAP = 0x08,
	VTD_ECAP = 0x10,
	VTD_GCMD = 0x18,
	VTD_GSTS = 0x1c,
	VTD_RTADDR = 0x20,
	VTD_FSTS = 0x34,
	VTD_FECTL = 0x38,
	VTD_FEDATA = 0x3c,
	VTD_FEADDR = 0x40,
	VTD_FEUADDR = 0x44,
	VTD_PMEN = 0x64,
	VTD_IQH = 0x80,
	VTD_IQT = 0x88,
	VTD_IQA = 0x90,
	VTD_IRTA = 0xb8
};

#define CAP_DOMAIN_IDS(c) (16ull << 2 * FIELD_GET(c, 2, 0)) /* ND */
#define CAP_RWBF	  BIT(4)	    /* write buffers must be flushed by hand */
#define CAP_PMR		  (BIT(5) | BIT(6)) /* PLMR, PHMR: protected memory regions */
#define CAP_SAGAW_4	  BIT(10)	    /* 4-level second-level tables */
#define CAP_FAULT_AT(c)	  (uint32_t)(FIELD_GET(c, 33, 24) * 16) /* FRO */
#define CAP_SLLPS_2M	  BIT(34)
#define CAP_FAULTS(c)	  (uint32_t)(FIELD_GET(c, 47, 40) + 1) /* NFR is the number less one */
#define ECAP_C		  BIT(0)			       /* table walks are coherent */
#define ECAP_QI		  BIT(1)
#define ECAP_IR		  BIT(3)
#define ECAP_EIM	  BIT(4)

/* GCMD and GSTS have the same bits in the same places. */
#define GCMD_TE	   0x80000000u
#define GCMD_SRTP  0x40000000u /* one-shot */
#define GCMD_EAFL  0x10000000u /* advanced fault log instead of the fault registers */
#define GCMD_QIE   0x04000000u
#define GCMD_IRE   0x02000000u
#define GCMD_SIRTP 0x01000000u /* one-shot */
#define GCMD_CFI   0x00800000u /* let interrupts of the old format pass */
#define GSTS_KEPT  (GCMD_TE | GCMD_EAFL | GCMD_QIE | GCMD_IRE | GCMD_CFI)

#define RTADDR_TTM  0xc00u /* 0 = root table of legacy mode */
#define FSTS_PFO    0x1u   /* overflow */
#define FSTS_PPF    0x2u   /* some record is filled; read-only */
#define FSTS_CLEAR  0x71u  /* written to clear: PFO, IQE, ICE, ITE */
#define FSTS_FRI(s) (uint32_t) FIELD_GET(s, 15, 8)
#define FECTL_IM    0x80000000u
#define PMEN_PRS    0x1u
#define IRTA_EIME   BIT(11)
#define IRTA_256    7u /* 2^(7+1) entries */

/* A fault record (FRCD_REG), 16 bytes. In its upper half: */
#define FRCD_F		  BIT(63)
#define FRCD_F_UPPER	  0x80000000u /* the same bit in the last 32 of the record; written to clear */
#define FRCD_READ	  BIT(62)
#define FRCD_REASON(high) (uint8_t) FIELD_GET(high, 39, 32)
#define FRCD_BYTES	  16u

/* Root, context and interrupt entries are 16 bytes each: 9.1, 9.3, 9.10. */
#define ENTRY_P	   BIT(0)
#define ENTRY_ADDR 0x000ffffffffff000ull
#define CONTEXT_AW_4                                                                               \
	2ull /* upper half; lower half: type 0 = untranslated requests only, faults reported */
#define CONTEXT_DID(high) (uint32_t) FIELD_GET(high, 23, 8)
#define IRTE_FPD                                                                                   \
	BIT(1) /* lower half: an interrupt blocked here is not recorded as a fault (9.10) */
#define IRTE_SVT BIT(18) /* upper half: verify source-id; SQ 0 = all 16 bits of it */

/* Invalidation descriptors, lower halves (the upper half is 0 except for the wait): 6.5.2. */
#define QI_CONTEXT_ALL	  0x11ull
#define QI_IOTLB_ALL	  0xd2ull /* reads and writes drained */
#define QI_IOTLB_DOM(did) (0xe2ull | (uint64_t)(did) << 16)
#define QI_IEC_ALL	  0x04ull
#define QI_IEC_ONE(entry) (0x14ull | (uint64_t)(entry) << 32)
#define QI_WAIT(ticket)	  (0x25ull | (uint64_t)(ticket) << 32)
#define QI_SLOTS	  256u

#define MSI_BASE 0xfee00000u
#define MSI_REMAPPABLE                                                                             \
	0x10u /* address format of 5.1.2.2; no sub-handle: the address alone names the entry */

#endif
