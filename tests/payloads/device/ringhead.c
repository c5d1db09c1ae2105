/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver whose device (QEMU's rocker) rewrites the head of its ring without end, while another VM sends. What lies on both sides of
 * the ring is a pattern. */
#include "function.h"

#define DMA_ADDRESS (FUNCTION_BAR + 0x28)
#define DMA_BYTES   (FUNCTION_BAR + 0x30)
#define DMA_CONTROL (FUNCTION_BAR + 0x34)
#define DMA_CLEAR   1u
#define DMA_FILL    2u /* with bytes of 96 */
#define DMA_INVERT  4u
#define RING	    0x310000ull
#define FIRST	    0x308000ull /* of the pattern */
#define END	    0x320000ull
#define MIX	    0x9e3779b97f4a7c15ull

static void rewrite(uint32_t how)
{
	*reg64(DMA_ADDRESS) = RING + offsetof(struct hv_ring, head);
	*reg32(DMA_BYTES) = sizeof(uint32_t);
	*reg32(DMA_CONTROL) = how;
}

void payload_main(void)
{
	volatile struct hv_ring *ring = (volatile struct hv_ring *)RING;

	for (uint64_t at = FIRST; at < END; at += 8)
		*reg64(at) = (at + 1) * MIX;
	pci_write(0, FUNCTION_DEVFN, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	say_number("attach", hcall(HV_CALL_CHAN_ATTACH, 0, RING, 0, 0).err);
	SEEN->mark = SEEN_MARK;
	(void)hcall(HV_CALL_HEARTBEAT, 1, 0, 0, 0);
	for (;;) {
		ring->head = ring->tail; /* room, for as long as the device lets it */
		rewrite(DMA_INVERT);
		rewrite(DMA_INVERT);
		rewrite(DMA_FILL);
		rewrite(DMA_CLEAR);
		SEEN->turns++;
	}
}
