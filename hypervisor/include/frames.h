/* SPDX-License-Identifier: Apache-2.0 */
/* One owner word per physical frame. frames_move() is the only function that changes one. */
#ifndef FRAMES_H
#define FRAMES_H

#include "types.h"

/* Word: kind in bits 31..24, domain index in bits 15..0 (0 where no domain is meant). */
enum frame_kind {
	FRAME_NONE = 0,	 /* not managed: firmware, devices, memory nobody was given */
	FRAME_CORE = 1,	 /* hypervisor text, data, tables, stacks */
	FRAME_IMAGE = 2, /* VM image file as the loader read it */
	FRAME_SCRUB = 3, /* reserved for a domain, content unknown: being zeroed and verified */
	FRAME_FREE = 4,	 /* reserved for a domain, verified zero */
	FRAME_RAM = 5,	 /* RAM of a domain */
	FRAME_LOST =
		6, /* a device may still reach it: nobody's until the machine is switched off */
	FRAME_KEPT =
		7, /* what the core keeps for a domain, in nobody's reach: checkpoint, spare image */
};
#define FRAME_WORD(kind, dom) ((uint32_t)(kind) << 24 | (uint32_t)(dom))

/* frames_init - words: count of them, one per frame from physical 0, all set to FRAME_NONE here. */
void frames_init(uint32_t *words, uint64_t count);

/*
 * frames_move - change every frame of [first, first+bytes) from word FROM to word TO.
 * errors  HV_EINVAL not page-aligned, empty, outside the table, or a move the table below does not allow;
 *         HV_EBUSY some frame is not FROM (nothing changed)
 * locks   core lock
 *   NONE -> CORE, IMAGE, SCRUB, KEPT   (boot)
 *   SCRUB -> FREE                (zeroed and verified)
 *   SCRUB -> LOST                (for ever)
 *   FREE -> RAM                  (same domain)
 *   RAM, FREE -> SCRUB           (same domain)
 */
enum hv_err frames_move(hpa_t first, uint64_t bytes, uint32_t from, uint32_t to) MUST_CHECK;

/* frames_word - owner word of the frame at hpa; FRAME_NONE outside the table. */
uint32_t frames_word(hpa_t hpa);
/* frames_words - the owner words of frames that lie in the table, for who looks at many. They change under the core lock. */
const uint32_t *frames_words(hpa_t first, uint64_t bytes);

#endif
