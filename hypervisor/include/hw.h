/* SPDX-License-Identifier: Apache-2.0 */
/* The port between core/ and the machine. x86/hw_x86.c implements it; host tests link tests/fakes/hw_fake.c instead. */
#ifndef HW_H
#define HW_H

#include "handoff.h"
#include "types.h"

#define HW_VECTOR_IOMMU 0xf2u /* fault event of an IOMMU unit, on the first processor */

/*
 * Where this processor sees memory, until hw_windows_close() or until the slot shows other memory.
 * The first three show guest RAM: WIN_SRC to read, WIN_DST and WIN_RING, a ring's header, to write. The others show
 * any page; WIN_SCREEN is write-combining, for the framebuffer only.
 */
enum win_slot { WIN_SRC, WIN_DST, WIN_RING, WIN_SCREEN, WIN_WORK, WIN_PAGE, WIN_COUNT };

/*
 * hw_view - `bytes` of a large page of a VM's RAM, from offset `from` on, at one of the first three slots; the pointer is to `from`. The machine
 *           may show all of that page, which is the VM's: RAM is whole large pages.
 * hw_window - one page of anything, page-aligned, at one of the others.
 * What the slot shows already, with the same rights, costs nothing.
 */
void *hw_view(enum win_slot slot, hpa_t large, uint64_t from, uint64_t bytes);
void *hw_window(enum win_slot slot, hpa_t page, bool writable);
void hw_windows_close(void);

/* One reading, one writing of a word that a guest may write meanwhile. */
uint32_t hw_word_read(const uint32_t *at);
void hw_word_write(uint32_t *at, uint32_t value);

uint64_t hw_tsc(void);
unsigned hw_cpu(void); /* index of this processor, 0 .. cpu_count-1 */
void hw_kick(
	unsigned
		cpu); /* make that processor leave its guest or idle state and look at its domains */
void hw_timer_arm(uint64_t tsc);  /* one-shot; fires at once when tsc has passed; 0 = disarm */
void hw_serial_put(uint8_t byte); /* COM1, bounded wait for room */
int hw_serial_get(void);	  /* a byte that COM1 received, or -1 */
uint32_t hw_mmio_read32(const volatile void *reg);
uint64_t hw_mmio_read64(const volatile void *reg);
void hw_mmio_write32(volatile void *reg, uint32_t value);
void hw_mmio_write64(volatile void *reg, uint64_t value);
void hw_cache_flush(const void *at,
		    size_t bytes); /* write lines back to memory, for readers that do not snoop */
void hw_wait_us(uint64_t us);	   /* busy; only where a manual demands a delay */
bool hw_random(uint64_t *out);	   /* RDRAND; false when the processor has none or it is empty */
/* hw_wipe - zero an object, and what calls that are over left on this processor's stack. No compiler can know that it changes nothing. */
void hw_wipe(void *object, size_t bytes);
struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};
struct cpuid_regs hw_cpuid(uint32_t leaf, uint32_t sub);
void hw_pause(void);
bool hw_x2apic(void); /* this machine's local APICs are in x2APIC mode */
int hw_vector_next(
	void); /* lets waiting interrupts in for a moment; a vector that arrived (EOI done), or -1 when there is none left */
void hw_boot_done(
	void); /* every processor, once, when its boot is over: boot code is unmapped before anyone goes on */
void hw_idle(void); /* sleep until an interrupt; it is noted for hw_vector_next */
void hw_power(
	bool reboot); /* switch the machine off or reboot it; returns when the machine does neither */
NO_RETURN void hw_halt_machine(void); /* stop all processors for ever */

#endif
