/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What programs of a VM may ask of /dev/bulkhead/: shared by driver and user space. Layout only. */
#ifndef BULKHEAD_IOCTL_H
#define BULKHEAD_IOCTL_H

#include <linux/ioctl.h>
#include "hv_channel.h"
#include "hv_event.h"
#include "hv_hypercall.h"

/*
 * /dev/bulkhead/control
 *   read()  8 bytes: the HV_EVENT_* bits of this open file that came since the last read; poll says POLLIN. Which ones a file
 *           gets is set by BH_IOC_EVENTS (none at first); an event that no file wanted waits for the first that does.
 * /dev/bulkhead/NAME.rx, NAME.tx     one node for each end of a channel; opening attaches it, one opener at a time
 *   read()  one message, or EMSGSIZE and it stays; write(), writev() one message; POLLIN, POLLOUT
 *   far end died: POLLHUP, read and write fail with EPIPE and what the dead one had sent is gone, until BH_IOC_ACK
 *   Closing does not detach: there is no such call. Opening again starts a new life of the end, which the far end sees.
 */
struct bh_entropy {
	uint8_t bytes[HV_ENTROPY_MAX];
};

struct bh_admin {
	uint32_t
		call; /* HV_CALL_VM_STATUS .. HV_CALL_MACHINE, .._DEVICE_STATUS, .._VM_EVENT, .._HW_STATUS */
	uint32_t arg; /* domain id, HV_MACHINE_*, or device of the description */
	uint32_t
		now; /* 1: HV_CALL_VM_OFF and HV_CALL_VM_RESTART do not ask the VM first; HV_CALL_VM_EVENT: the bits; else 0 */
	uint32_t reserved;
	struct hv_vm_status status;	/* result of HV_CALL_VM_STATUS */
	struct hv_device_status device; /* result of HV_CALL_DEVICE_STATUS */
	struct hv_hw_status hw;		/* result of HV_CALL_HW_STATUS */
};

struct bh_image_page {
	uint32_t dom; /* whose spare */
	uint32_t reserved;
	uint64_t offset; /* in it, whole pages */
	uint64_t from;	 /* address in the program of HV_PAGE_SIZE bytes */
};

struct bh_order {
	uint32_t call; /* HV_CALL_IMAGE_SEAL, HV_CALL_VM_SWAP */
	uint32_t dom;
	uint64_t what, how; /* the call's second and third argument */
};

struct bh_focus {
	uint32_t dom;
	uint32_t reserved;
	uint64_t generation; /* result */
};

struct bh_chan {
	uint32_t index; /* 0, 1, ... ENOENT beyond the last end */
	uint32_t reserved;
	struct hv_chan_info info; /* result */
};

struct bh_console {
	uint8_t byte[8];
	uint32_t count;
	uint32_t reserved;
};

struct bh_secret {
	uint64_t to;	/* address in the program, with room for: */
	uint32_t bytes; /* result: how many there are */
	uint32_t reserved;
};

struct bh_capsule {
	uint64_t at;	/* address in the program */
	uint32_t bytes; /* put: of what lies there; get: room, then how many there are */
	uint32_t reserved;
};

struct bh_ack {
	uint64_t peer_epoch; /* of the far end's new life; 0 = not there yet */
	uint32_t cause;	     /* enum hv_stop_cause of the death now acknowledged */
	uint32_t state;	     /* HV_CHAN_STATE_* now */
};

#define BH_IOC 0xb8
/* control */
#define BH_IOC_INFO	 _IOR(BH_IOC, 0, struct hv_info)
#define BH_IOC_READY	 _IO(BH_IOC, 1)
#define BH_IOC_EXIT	 _IO(BH_IOC, 2) /* the argument itself is the status, 0..255; does not return */
#define BH_IOC_HEARTBEAT _IO(BH_IOC, 3)
#define BH_IOC_TIME	 _IOR(BH_IOC, 4, uint64_t) /* nanoseconds UTC; sets nothing */
#define BH_IOC_ENTROPY	 _IOR(BH_IOC, 5, struct bh_entropy)
#define BH_IOC_EVENTS	 _IOW(BH_IOC, 6, uint64_t)
#define BH_IOC_ADMIN	 _IOWR(BH_IOC, 7, struct bh_admin) /* CAP_SYS_ADMIN, and the VM's right */
#define BH_IOC_FOCUS_SET _IOWR(BH_IOC, 8, struct bh_focus) /* the VM's right */
#define BH_IOC_CHAN	 _IOWR(BH_IOC, 9, struct bh_chan) /* looks at an end without attaching it */
#define BH_IOC_FOCUS_GET                                                                           \
	_IOR(BH_IOC, 10, struct bh_focus) /* who has it and since when; the VM's right */
#define BH_IOC_STATUS                                                                              \
	_IO(BH_IOC, 11) /* the argument itself: HV_STATUS_* bits for the bar; vpnvm only */
#define BH_IOC_CONSOLE_READ                                                                        \
	_IOR(BH_IOC, 12, struct bh_console) /* what was typed on COM1; as BH_IOC_ADMIN */
#define BH_IOC_SECRET                                                                              \
	_IOWR(BH_IOC, 13, struct bh_secret) /* the VM's secret, once: then ENODATA; CAP_SYS_ADMIN */
/* returns again, in a later life of the VM, with the memory of now; before any end is opened; CAP_SYS_BOOT */
#define BH_IOC_CHECKPOINT _IO(BH_IOC, 14)
/* As BH_IOC_ADMIN: a page into a VM's spare; what is to become of it. */
#define BH_IOC_IMAGE_PAGE _IOW(BH_IOC, 24, struct bh_image_page)
#define BH_IOC_ORDER	  _IOW(BH_IOC, 25, struct bh_order)
/* what the next life of this VM gets; what an earlier life has put, 0 bytes if nothing; EPERM: the VM has no capsule */
#define BH_IOC_CAPSULE_PUT _IOWR(BH_IOC, 26, struct bh_capsule)
#define BH_IOC_CAPSULE_GET _IOWR(BH_IOC, 27, struct bh_capsule)
/* ends */
#define BH_IOC_STATE _IOR(BH_IOC, 16, struct hv_chan_info)
#define BH_IOC_ACK   _IOR(BH_IOC, 17, struct bh_ack)
#define BH_IOC_FOCUS                                                                               \
	_IOW(BH_IOC, 18, uint64_t) /* generation that further writes to @focused carry */

#endif
