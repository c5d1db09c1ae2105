/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Hypercall numbers, register use, errors and argument structs. Must not depend on anything but <stdint.h>. */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include <stdint.h>

/*
 * VMMCALL from ring 0, 64-bit mode.
 *   in   RAX = HV_CALL_BASE + number; RDI, RSI, RDX, R10 = arguments 0..3
 *   out  RAX = enum hv_err; RDX, R10 = results 0 and 1 where the call has results; all else preserved
 * From ring 3 the instruction raises #UD. The base keeps our calls away from the VMware-style
 * calls (EAX = 0x564D5868) that let stock kernels learn the TSC rate.
 */
#define HV_CALL_BASE	0x42480000u
#define HV_CALL_MASK	0xffff0000u
#define HV_ABI_VERSION	4u
#define HV_CORE_VERSION 0x000100u /* 0.1.0: a byte each */
#define HV_CONSOLE_MAX	1024u	  /* bytes a console call takes */
#define HV_ENTROPY_MAX	64u	  /* bytes an entropy call gives */
#define HV_NAME_LEN	16u	  /* names are NUL-padded, at most 15 characters [a-z0-9-] */
#define HV_DOM_MAX	16u
#define HV_DOM_CHAN_MAX 32u /* channel ends one domain can have */
#define HV_SEG_MAX	32u /* segments of one chan_send */
#define HV_CHAN_MSG_MAX (68u * 1024u)
#define HV_CAPSULE_MAX	(16u * 1024u) /* bytes a domain's next life can be left */

enum hv_call {
	/* argument registers in order -> results */
	HV_CALL_INFO = 0,    /* gpa of struct hv_info */
	HV_CALL_CONSOLE = 1, /* gpa, bytes <= HV_CONSOLE_MAX */
	HV_CALL_EXIT =
		2, /* exit status 0..255 of what the VM runs, or HV_EXIT_PANIC; does not return */
	HV_CALL_TIME = 3,      /* -> nanoseconds since 1970-01-01 UTC */
	HV_CALL_ENTROPY = 4,   /* gpa, bytes <= HV_ENTROPY_MAX */
	HV_CALL_CHAN_INFO = 5, /* channel end, gpa of struct hv_chan_info */
	HV_CALL_CHAN_ATTACH =
		6, /* channel end, ring gpa (receiver; sender 0) -> epoch of this end */
	/* channel end, gpa of struct hv_seg[], segments, focus generation -> messages taken: a result with every error too */
	HV_CALL_CHAN_SEND = 7,
	HV_CALL_CHAN_ACK = 8, /* channel end, peer epoch seen: ring read, death acknowledged */
	/* 0, or HV_EVENT_TAKE_EOI -> word of channel ends, word of HV_EVENT_* */
	HV_CALL_EVENT_TAKE = 9,
	HV_CALL_DEVICE_INFO = 10, /* not built yet: ENOSYS */
	HV_CALL_FB_INFO = 11,	  /* gpa of struct hv_fb_info */
	/* once after a cold start, before devices and channels -> life number; returns again in each life that begins there */
	HV_CALL_CHECKPOINT = 12,
	/* answers HV_EVENT_ASK; argument 0 = 1 once: the VM is ready, argument 1 = bytes of its RAM that it uses */
	HV_CALL_HEARTBEAT = 13,
	HV_CALL_STATUS = 14, /* HV_STATUS_* bits of this VM: those that its role may say */
	HV_CALL_FOCUS_SET =
		16, /* domain id, or HV_FOCUS_CHORD + n; right FOCUS -> new focus generation */
	HV_CALL_FOCUS_GET = 17,	  /* right FOCUS -> generation, domain id (HV_DOM_NONE = nobody) */
	HV_CALL_CAPSULE_PUT = 18, /* gpa, bytes: what the next life of this VM gets; 0 = nothing */
	HV_CALL_CAPSULE_GET = 19, /* gpa, bytes of room -> bytes that an earlier life has put */
	/* channel end, gpa, bytes, focus generation: one message, without a list */
	HV_CALL_CHAN_SEND_ONE = 20,
	HV_CALL_VM_STATUS = 32, /* domain id, gpa of struct hv_vm_status; right ADMIN */
	HV_CALL_VM_KILL = 33,	/* domain id; right ADMIN */
	/* domain id, 1 = do not ask the VM to stop first, else 0; right ADMIN */
	HV_CALL_VM_RESTART = 34,
	HV_CALL_VM_ON = 35,   /* domain id; right ADMIN */
	HV_CALL_VM_OFF = 36,  /* as HV_CALL_VM_RESTART */
	HV_CALL_MACHINE = 37, /* HV_MACHINE_OFF or HV_MACHINE_REBOOT; right ADMIN */
	HV_CALL_CONSOLE_READ =
		38, /* -> up to 8 bytes typed on COM1 (first in bits 7..0), their number; right ADMIN */
	HV_CALL_DEVICE_STATUS =
		39, /* device of the description, gpa of struct hv_device_status; right ADMIN */
	/* domain id, offset in its spare, gpa: one page goes there; both page-aligned; right ADMIN */
	HV_CALL_IMAGE_WRITE = 40,
	/* These two are carried out later: spare.answer of vm_status is HV_EAGAIN until then. One at a time for each VM. */
	/* domain id, bytes of the image in its spare: hashed now, and written no more; 0 = to be written anew; right ADMIN */
	HV_CALL_IMAGE_SEAL = 41,
	/* domain id, HV_SWAP_*, ms of trial (HV_SWAP_SPARE; 0 = none) or enum hv_back (HV_SWAP_BOOT); right ADMIN */
	HV_CALL_VM_SWAP = 42,
	HV_CALL_VM_EVENT = 43,	/* domain id, HV_EVENT_CHAOS_* bits that it gets; right ADMIN */
	HV_CALL_HW_STATUS = 44, /* gpa of struct hv_hw_status; right ADMIN */
};

/* What a VM says of itself. A life begins with none; LEASE and TRAFFIC hold for the life of the netvm that carries it. */
#define HV_EXIT_PANIC	 256u
#define HV_STATUS_VPN_UP 1u /* vpnvm */
#define HV_STATUS_LEASE                                                                            \
	2u /* vpnvm, pVM: an address, granted or renewed since its network came up the last time */
#define HV_STATUS_TRAFFIC 4u /* vpnvm, pVM: an answer from beyond netvm since then */
#define HV_STATUS_KEYS	  8u /* inputvm: a keyboard is there */
#define HV_EVENT_TAKE_EOI                                                                          \
	1u /* the interrupt in service has ended, as if EOI had been written first */
#define HV_FOCUS_CHORD 0x10000u /* + n, 1 .. 9: the VM whose chord is n */

/*
 * The screen of a VM: its own memory while it has no focus, the rows below the bar while it has. Both appear at the same
 * guest-physical address; what was drawn before HV_EVENT_FOCUS_GAINED is gone: draw all of it again.
 */
struct hv_fb_info {
	uint64_t gpa;	/* first pixel; write-combining, 4-byte aligned */
	uint64_t bytes; /* pitch * height */
	uint32_t width, height;
	uint32_t pitch;	 /* bytes from row to row */
	uint32_t format; /* 1 = 32 bits, byte order B G R x */
};
_Static_assert(sizeof(struct hv_fb_info) == 32, "hv_fb_info");

#define HV_MACHINE_OFF	  0u
#define HV_MACHINE_REBOOT 1u

/* The one table of errors. Out-parameters and memory are untouched when the value is not HV_OK, except as a call says. */
enum hv_err {
	HV_OK = 0,
	HV_EINVAL = 1,	  /* an argument is outside its documented range */
	HV_EFAULT = 2,	  /* an address is not RAM of the caller */
	HV_EPERM = 3,	  /* the caller lacks the right, or there is no such object for it */
	HV_EAGAIN = 4,	  /* not now: ring full, or the peer is not there; an event follows */
	HV_EMSGSIZE = 5,  /* message empty or larger than the channel allows */
	HV_ESTALE = 6,	  /* focus generation or epoch is not the current one */
	HV_ESTATE = 7,	  /* the object is not in the state the call needs */
	HV_ENOMEM = 8,	  /* a fixed budget is used up */
	HV_EBUSY = 9,	  /* already in use */
	HV_ETIMEOUT = 10, /* hardware did not answer within its bound */
	HV_ENOSYS = 11,	  /* no such call */
	HV_EBAD = 12,	  /* data fails a check: digest, magic, version */
};

struct hv_info {
	uint32_t abi_version;
	uint32_t dom_id;
	uint8_t name[HV_NAME_LEN];
	uint32_t role;	     /* HV_ROLE_* */
	uint32_t rights;     /* HV_RIGHT_* */
	uint64_t ram_bytes;  /* guest-physical RAM is [0, ram_bytes) */
	uint64_t life;	     /* 1 for the first start, raised by each restart */
	uint32_t chan_count; /* channel ends 0..chan_count-1 */
	uint32_t device_count;
	uint64_t tsc_khz;
	uint32_t flags;	       /* HV_DOM_*: of the description, and HV_DOM_ALONE */
	uint32_t core_version; /* HV_CORE_VERSION of the core that runs */
	uint64_t core_bytes;   /* of memory that its code and data take */
	uint64_t secret_gpa;   /* where its secret file lies, struct hv_secret; 0 = it has none */
	uint64_t secret_bytes; /* length of the file */
};
_Static_assert(sizeof(struct hv_info) == 96, "hv_info");

/*
 * Another image for a VM, put beside the one that the machine was started with. A swap starts the VM again, cold, of the sealed spare
 * image; with a trial it goes back by itself to its boot image unless it is confirmed in time, or when it stops.
 */
#define HV_SWAP_SPARE	  0u
#define HV_SWAP_BOOT	  1u
#define HV_SWAP_CONFIRM	  2u
#define HV_SWAP_TRIAL_MAX 3600000u /* ms */

enum hv_spare_state {
	HV_SPARE_OPEN = 0, /* image_write may write it */
	HV_SPARE_SEALING = 1,
	HV_SPARE_SEALED = 2, /* digest says what is in it, and it stays so */
};

/* Why a VM went back to its boot image. From HV_BACK_ASKED on: in the words of whoever asked for it. */
enum hv_back {
	HV_BACK_NONE = 0,
	HV_BACK_TIME = 1,    /* nobody confirmed it */
	HV_BACK_STOPPED = 2, /* it stopped on trial */
	HV_BACK_REFUSED = 3, /* it could not be started */
	HV_BACK_BUDGET = 4,  /* confirmed, but it stopped more often than it may */
	HV_BACK_ASKED = 5,
	HV_BACK_READY = 6, /* it did not get ready */
	HV_BACK_LEASE = 7, /* nobody has a lease through it */
	HV_BACK_PING = 8,  /* nobody has traffic through it */
	HV_BACK_KEYS = 9,  /* no keyboard any more */
};

struct hv_spare {
	uint64_t room;	    /* bytes set aside for it; 0 = this VM cannot be swapped */
	uint64_t bytes;	    /* of the image that is sealed, or being sealed */
	uint8_t digest[32]; /* SHA-256 of that image; zeros until it is sealed */
	uint32_t state;	    /* enum hv_spare_state */
	uint32_t used;	    /* 1: this VM starts of it */
	uint32_t trial_ms;  /* left of the trial, rounded up; 0 = none */
	uint32_t back;	    /* enum hv_back: why it went back the last time, since the last swap */
	uint32_t answer;    /* enum hv_err: of the last image_seal or vm_swap; HV_EAGAIN: not yet */
	uint32_t reserved;
};
_Static_assert(sizeof(struct hv_spare) == 72, "hv_spare");

struct hv_vm_status {
	uint8_t name[HV_NAME_LEN];
	uint32_t state; /* enum hv_vm_state */
	uint32_t cause; /* enum hv_stop_cause of the last stop */
	uint64_t life;
	uint32_t restarts;
	uint32_t role;
	uint64_t ram_bytes;
	uint64_t core_bytes; /* what the core spends on it beside its RAM and image_bytes */
	uint64_t cpu_ns;     /* time on a processor in this life */
	uint64_t exits;
	uint8_t digest[32];  /* SHA-256 of the image as the core copied it */
	uint64_t last_rip;   /* at the last stop */
	uint64_t last_fault; /* guest-physical address of the last stop, if it was one */
	uint32_t ready;	     /* the VM said that it is ready */
	uint32_t focused;
	uint32_t cpu;
	uint32_t flags;
	uint64_t used_bytes;   /* of its RAM when it said that it is ready, in its own words */
	uint64_t image_bytes;  /* of its image, kept to start it again */
	uint64_t iommu_faults; /* of its devices in all lives */
	uint64_t sent_bytes;   /* in messages that its channels took in this life */
	uint32_t status;       /* HV_STATUS_*, in its own words */
	uint32_t quarantined;  /* it died too often, and stays dead until it is switched on */
	uint64_t
		kept_bytes; /* of its RAM in a checkpoint that is whole: its next life begins there; 0 = cold */
	struct hv_spare spare;
	uint32_t restarts_left; /* by itself, in the window of its last death */
	uint32_t restart_in_ms; /* of the pause before the next; 0 = none */
};
_Static_assert(sizeof(struct hv_vm_status) == 264, "hv_vm_status");

enum hv_device_state {
	HV_DEVICE_ABSENT = 0,	/* not in the machine, or not fit to be given to a VM */
	HV_DEVICE_FREE = 1,	/* its VM does not run: reset, no memory to reach */
	HV_DEVICE_ASSIGNED = 2, /* its VM has it */
};

/* Ways to reset a device, in the order in which they are tried. In a set of them each is the bit 1 << number. */
enum hv_rung {
	HV_RUNG_NONE = 0,
	HV_RUNG_FLR = 1, /* function level reset of PCI Express */
	HV_RUNG_AF = 2,	 /* function level reset of conventional PCI's Advanced Features */
	HV_RUNG_PM = 3,	 /* power state D3hot and back */
	HV_RUNG_BUS = 4, /* reset of the bus below its port */
};

#define HV_ON_ROOT_BUS 0xffffu

struct hv_device_status {
	uint8_t name[HV_NAME_LEN];
	uint32_t dom; /* domain id of its VM */
	uint32_t
		state; /* enum hv_device_state; all below is 0 for an absent one, but for rungs_allowed and optional */
	uint16_t bdf; /* where it is in the machine: bus<<8 | devfn */
	uint16_t vendor, device;
	uint16_t tainted;      /* 1: it did not reset when it was taken back */
	uint16_t port;	       /* bdf of the port above it, or HV_ON_ROOT_BUS */
	uint8_t rungs;	       /* set of enum hv_rung: there are */
	uint8_t rungs_allowed; /* by the description, whether there or not */
	uint8_t rungs_failed;  /* were tried and did not show in its configuration space */
	uint8_t rung_worked;   /* enum hv_rung: what reset it the last time */
	uint8_t resetting;     /* 1: taken back, and not judged yet */
	uint8_t optional;      /* 1: its VM starts without it */
	uint32_t resets;       /* how often it was taken back */
	uint32_t reset_us;     /* the last time, until it was judged */
};
_Static_assert(sizeof(struct hv_device_status) == 48, "hv_device_status");

/* hv_hw_status.flags */
#define HV_HW_SECURE	1u /* the firmware verified the loader */
#define HV_HW_VERIFIED	2u /* and the description */
#define HV_HW_DEVELOPER 4u

/* What the core knows of the machine itself. */
struct hv_hw_status {
	uint32_t flags; /* HV_HW_* */
	uint32_t cpus;
	uint32_t ram_mib;     /* conventional memory that the firmware reported */
	uint32_t functions;   /* PCI functions, bridges among them */
	uint32_t iommus;      /* IOMMU units; of these, as their registers say now: */
	uint32_t translating; /* DMA goes through tables */
	uint32_t remapping;   /* interrupts go through entries */
	uint32_t silent;      /* did not answer once: what was behind them is lost */
};
_Static_assert(sizeof(struct hv_hw_status) == 32, "hv_hw_status");

enum hv_vm_state {
	HV_VM_OFF = 0,	   /* not started, or switched off */
	HV_VM_LOADING = 1, /* image is being copied and hashed */
	HV_VM_RUNNING = 2,
	HV_VM_SCRUBBING = 3, /* dead; its frames are being zeroed and verified */
	HV_VM_DEAD = 4,	     /* stopped and clean; will not come back by itself */
	HV_VM_REFUSED = 5,   /* image or device missing or wrong: never started */
	HV_VM_SAVING = 6,    /* its checkpoint is being taken */
	HV_VM_RESTORING = 7, /* its checkpoint is being copied back */
};

/* Why a VM stopped, or was not started: one word for each in the log, on the bar and in `bhctl status`. */
enum hv_stop_cause {
	HV_STOP_NONE = 0,
	HV_STOP_EXIT = 1, /* it asked to stop */
	HV_STOP_TRIPLE_FAULT = 2,
	HV_STOP_NESTED_FAULT = 3, /* address outside RAM and owned BARs */
	HV_STOP_BAD_STATE = 4,	  /* the processor refused its state */
	HV_STOP_UNEXPECTED = 5,	  /* an exit the core does not know */
	HV_STOP_KILLED = 6,	  /* by the administrator */
	HV_STOP_RESET =
		7, /* it asked the keyboard controller for a reset: a kernel that restarts or panicked */
	HV_STOP_HALTED = 8,  /* HLT with interrupts off: nothing can wake it */
	HV_STOP_DIGEST = 9,  /* image digest differs from the description */
	HV_STOP_IMAGE = 10,  /* image file missing */
	HV_STOP_DEVICE = 11, /* a device it needs is missing */
	HV_STOP_IOMMU = 12,  /* fault storm of its device */
	HV_STOP_OFF = 13,    /* switched off */
	HV_STOP_MEMORY = 14, /* no memory was set aside for it */
	HV_STOP_HEADER =
		15, /* image malformed, or made for more memory than the description gives */
	HV_STOP_UNFIT = 16,	 /* a device it needs is there, but cannot be given to it */
	HV_STOP_SECRET = 17,	 /* its secret file is missing, or not what the description says */
	HV_STOP_PROGRESS = 18,	 /* it does not take events, or answer HV_EVENT_ASK */
	HV_STOP_PANIC = 19,	 /* its kernel said that it panicked */
	HV_STOP_INTERRUPTS = 20, /* its device interrupted too often for too long */
};

#endif
