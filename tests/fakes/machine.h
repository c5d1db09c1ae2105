/* SPDX-License-Identifier: Apache-2.0 */
/* A whole machine for host tests: hand-off, description and VM images in the fake's memory, started by core_main itself. */
#ifndef MACHINE_H
#define MACHINE_H

#include "domain.h"
#include "frames.h"
#include "hv_image.h"
#include "hw_fake.h"
#include "vcpu_fake.h"

#define MACHINE_DOMS	6u
#define MACHINE_RAM_MIB 2u
#define MACHINE_RAM	((uint64_t)MACHINE_RAM_MIB << 20)
#define MACHINE_WIDE	(2 * LARGE_PAGE)
#define MACHINE_KHZ	1000000u /* one tick of the clock is a nanosecond */
#define MACHINE_US	1000ull
#define MACHINE_MS	1000000ull
#define IMAGE_ENTRY	0x1000u
#define MACHINE_SECRET	0x20000u

extern struct handoff *machine_handoff; /* in the fake's memory */
extern struct hv_system *machine_system;

/*
 * machine_make - a good machine of DOMS equal VMs vm0, vm1, ..: change it before machine_boot. vm0 has the admin right;
 * each is enabled, shows its console, has 2 MiB and an image of one page at 0x1000 and two at 0x10000.
 */
void machine_make(unsigned doms);
/* machine_image - write DOM's image file with these ranges and put its digest into the description. */
void machine_image(unsigned dom, const struct hv_image_range *ranges, unsigned count);
struct hv_image *machine_header(unsigned dom); /* in the file */
void machine_digest(unsigned dom); /* after a change of the file: make the description agree */
/* machine_secret - before boot: DOM has a secret file of BYTES, to go to MACHINE_SECRET; gives back the file: byte i is image_byte(DOM + 7, i). */
uint8_t *machine_secret(unsigned dom, uint32_t bytes);
/* machine_kept, machine_spare - before boot: DOM may keep a checkpoint; has 1 MiB for a spare image. */
void machine_kept(unsigned dom);
void machine_spare(unsigned dom);
void machine_wide(
	unsigned dom); /* MACHINE_WIDE bytes of RAM: two large pages; not with machine_kept */
uint8_t image_byte(unsigned dom, uint64_t gpa); /* what machine_image puts at a guest address */

void machine_boot(void); /* core_main; for one that refuses use fake_try with machine_boot_try */
void machine_boot_try(void *unused);
/* machine_settle - steps of scrubbing and loading until this VM has none left. */
struct domain *machine_settle(unsigned dom);
/* machine_start - make, boot and settle: all run. */
void machine_start(unsigned doms);

/* machine_channel - before boot: one more channel; change what you like. */
struct hv_sys_channel *machine_channel(unsigned from, unsigned to, uint32_t ring, uint32_t msg_max);

/* machine_call - a hypercall of D with four arguments; results are in its registers. */
enum hv_err machine_call(struct domain *d, uint32_t number, uint64_t a0, uint64_t a1, uint64_t a2,
			 uint64_t a3);

/* machine_request - life_request under the core lock. */
void machine_request(struct domain *d, enum life_request r);

uint8_t *machine_ram(unsigned dom, uint64_t gpa); /* the tests' own view of guest memory */
bool machine_ram_zero(unsigned dom);
bool machine_ram_words(unsigned dom,
		       uint32_t word); /* do all frames of its RAM have this owner word? */

#endif
