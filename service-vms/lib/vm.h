/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM's programs say about the VM through /dev/bulkhead/control. Each file descriptor has its own events. */
#ifndef VM_H
#define VM_H

#include <stdint.h>

#include "bulkhead_ioctl.h"
#include "chan.h"
#include "hv_system.h"

/* Exit statuses with a meaning; the rest are a daemon's own, 128 + n is death by signal n. */
#define VM_EXIT_ASKED	      0
#define VM_EXIT_MISCONFIGURED 100 /* starting again cannot help */
#define VM_EXIT_ENVIRONMENT   111 /* starting again may help */
#define VM_EXIT_SIGNAL	      128

/* Control descriptor that hears the HV_EVENT_* of MASK, closed on exec; -1 with errno. */
int vm_open(uint64_t mask);

/* All of these: 0, or -1 with errno. */
int vm_info(int fd, struct hv_info *out);
int vm_ready(int fd);
int vm_heartbeat(int fd);
int vm_entropy(int fd, struct bh_entropy *out);
/* vm_secret - the VM's secret, which can be had once. BYTES: room at TO, then the length. errno ENODATA: there is none, or no more. */
int vm_secret(int fd, void *to, uint32_t *bytes);
/* vm_checkpoint - the VM's later lives begin here. No end of a channel may be open, no device's driver loaded. */
int vm_checkpoint(int fd);
/*
 * vm_capsule_put - what this VM's next life gets, at most its description's Capsule=; 0 bytes: nothing.
 * vm_capsule_get - what an earlier life has put. BYTES: room at TO, then the length, 0 if there is nothing. It comes from a life that
 * may have been taken over: bounded and checked, then used.
 *
 * errno EPERM: this VM has no capsule.
 */
int vm_capsule_put(int fd, const void *from, uint32_t bytes);
int vm_capsule_get(int fd, void *to, uint32_t *bytes);
int vm_chan(int fd, struct bh_chan *c);
int vm_status(int fd, uint32_t bits);		     /* HV_STATUS_*, vpnvm only */
int vm_console_read(int fd, struct bh_console *out); /* adminvm only */

/*
 * vm_find_end - the channel end of a kind and direction; a VM that has several of them must name them instead.
 *
 * 0 and its name in NAME, or -1 with errno: ENOENT there is none.
 */
int vm_find_end(int fd, enum hv_kind kind, enum hv_chan_dir dir, struct chan_name *name);

/* Hands the focus to a domain id, HV_FOCUS_CHORD + n, or HV_DOM_NONE; and who has it. 0, or -1 with errno. */
int vm_focus_set(int fd, uint32_t whom, uint64_t *generation);
int vm_focus_get(int fd, uint32_t *dom, uint64_t *generation);

/* The events since the last call; 0 also when reading failed. Blocks unless poll said POLLIN. */
uint64_t vm_events(int fd);

/* Ends this life of the VM. Returns only when the hypervisor refuses. */
void vm_exit(int fd, unsigned status);

#endif
