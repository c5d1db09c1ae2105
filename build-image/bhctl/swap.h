/* SPDX-License-Identifier: Apache-2.0 */
/* bhctl swap: another image for a VM, written, tried and judged. The hypervisor decides what may be swapped in, and goes back by itself. */
#ifndef SWAP_H
#define SWAP_H

#include "live.h"
#include "trial.h"

/* The words after `swap`. Exit status as live_main. */
int swap_main(int fd, int argc, char **argv);

/* What swap and swap --ab share. False or not 0, after saying why. */
bool swap_vm(int fd, uint32_t vm, struct hv_vm_status *v);
bool swap_order(int fd, uint32_t call, uint32_t vm, uint64_t what, uint64_t how, const char *name);
/* swap_put - the file PATH into VM's spare, sealed. */
bool swap_put(int fd, uint32_t vm, const char *path);
void swap_sleep(unsigned ms);
uint64_t swap_now_ms(void);

/* swap_ab - both images in turn, each for FOR_MS, then the boot image again. */
int swap_ab(int fd, uint32_t vm, char *const images[2], uint64_t for_ms, bool as_json);

#endif
