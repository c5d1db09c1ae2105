/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* A VM image: memory pages and one vCPU state, laid out at build time. The file's name is its SHA-256. */
#ifndef HV_IMAGE_H
#define HV_IMAGE_H

#include <stdint.h>

/*
 * The file: one header page, then the pages of each range in order. Its digest is SHA-256 over the whole file; the
 * hypervisor computes it over its own copy (header) and over the guest frames it filled (ranges).
 */
#define HV_IMAGE_MAGIC	   0x31474d49564842ull /* "BHVIMG1\0" */
#define HV_IMAGE_VERSION   1u
#define HV_IMAGE_RANGE_MAX 32u
#define HV_PAGE_SIZE	   4096u

struct hv_image_range {
	uint64_t gpa;	/* page-aligned, inside guest RAM; ranges ascend and do not overlap */
	uint64_t pages; /* not 0 */
};

/* 64-bit mode, flat segments, interrupts off, x2APIC on, CR4.PAE only; the rest of the state is fixed by the hypervisor. */
struct hv_image {
	uint64_t magic;
	uint32_t version;
	uint32_t range_count;
	uint64_t file_bytes;	/* header page + all range pages */
	uint64_t ram_min_bytes; /* refuse a VM with less RAM */
	uint64_t rip;
	uint64_t rsp;
	uint64_t rsi;
	uint64_t cr3;
	uint64_t secret_gpa;   /* room for a secret file: page-aligned, in no range; 0 = none */
	uint64_t secret_bytes; /* of that room; the guest does not use it for anything else */
	uint64_t reserved[6];
	struct hv_image_range range[HV_IMAGE_RANGE_MAX];
	uint8_t pad[3456];
};
_Static_assert(sizeof(struct hv_image) == HV_PAGE_SIZE, "hv_image");

/*
 * A secret file: this header, then the secret itself. It belongs to one VM and to no image; the hypervisor puts it whole into the VM's
 * memory and compares SHA-256 of it with the description. The salt comes first in what is hashed and stands in this file alone, so that who
 * knows the description cannot test a guess of the secret against it. The hypervisor does not look inside.
 */
#define HV_SECRET_MAGIC	  0x31524345534842ull /* "BHSECR1\0" */
#define HV_SECRET_VERSION 1u
#define HV_SECRET_MAX	  32768u /* the largest file */

struct hv_secret {
	uint8_t salt[32]; /* random, for this file alone */
	uint64_t magic;
	uint32_t version;
	uint32_t bytes; /* of the secret behind this header: to the end of the file */
	uint8_t reserved[16];
};
_Static_assert(sizeof(struct hv_secret) == 64, "hv_secret");

#endif
