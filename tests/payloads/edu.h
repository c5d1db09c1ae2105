/* SPDX-License-Identifier: Apache-2.0 */
/* A DMA engine in the hands of a payload: QEMU's edu device, at the place the scenarios' descriptions give it. */
#ifndef EDU_H
#define EDU_H

#include "guest.h"

#define EDU	   0x80000000ull /* its registers, by the description */
#define EDU_BUFFER 0x40000ull	 /* the engine's own memory, in its own addresses */
#define EDU_TO_RAM 2u

uint32_t edu_config(uint32_t reg,
		    uint32_t write); /* configuration space: WRITE, or if that is 0 read */
void edu_on(void);		     /* registers and bus mastering */
void edu_dma(uint64_t source, uint64_t destination, uint64_t bytes, uint64_t direction);
uint64_t edu_fetched(uint64_t address); /* what the engine gets there, by way of our own memory */
void edu_store(uint64_t address, uint64_t value, uint64_t bytes);

#endif
