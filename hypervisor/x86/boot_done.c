/* SPDX-License-Identifier: Apache-2.0 */
/* The end of boot: what was needed once is taken out of the host's page tables. Must not be part of what it removes. */
#include <stdatomic.h>
#include "percpu.h"

#define LEVELS	   4u
#define ENTRY_ADDR 0x000ffffffffff000ull

extern const uint8_t x86_init_start[], x86_init_end[];

static _Atomic uint32_t arrived;
static _Atomic bool removed;

/* The host's tables have 4 KiB leaves for the core; each level is looked at through a window. */
static void unmap(uint64_t va)
{
	uint64_t table = x86_handoff()->host_cr3 & ~PAGE_MASK;

	for (unsigned level = LEVELS - 1; level > 0; level--) {
		const uint64_t *t = hw_window(WIN_WORK, (hpa_t){table}, false);

		table = t[va >> (12 + 9 * level) & 511] & ENTRY_ADDR;
		ASSERT(table != 0);
	}
	((uint64_t *)hw_window(WIN_WORK, (hpa_t){table}, true))[va >> 12 & 511] = 0;
}

static void remove_boot(void)
{
	uint64_t *top = hw_window(WIN_WORK, (hpa_t){x86_handoff()->host_cr3 & ~PAGE_MASK}, true);

	top[0] = 0; /* the low page: it was for changing CR3 and for starting processors */
	for (uint64_t va = (uint64_t)x86_init_start; va < (uint64_t)x86_init_end; va += PAGE_SIZE)
		unmap(va);
	hw_windows_close();
}

void hw_boot_done(void)
{
	uint64_t cr3;

	atomic_fetch_add(&arrived, 1);
	if (hw_cpu() == 0) {
		while (atomic_load(&arrived) !=
		       x86_handoff()
			       ->cpu_count) /* bound: every processor has answered, see start.c */
			hw_pause();
		remove_boot();
		atomic_store(&removed, true);
	}
	while (!atomic_load(&removed)) /* bound: the first processor's few microseconds above */
		hw_pause();
	__asm__ volatile("mov %%cr3, %0; mov %0, %%cr3"
			 : "=r"(cr3)
			 :
			 : "memory"); /* no global pages: this flushes all */
}
