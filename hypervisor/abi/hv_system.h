/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The system description: fixed-size structs compiled from text on the build host and checked again by the hypervisor. */
#ifndef HV_SYSTEM_H
#define HV_SYSTEM_H

#include <stdint.h>
#include "hv_hypercall.h"

#define HV_SYS_MAGIC	 0x31535953564842ull /* "BHVSYS1\0" */
#define HV_SYS_VERSION	 2u
#define HV_SYS_CHAN_MAX	 64u
#define HV_SYS_RING_MAX	 128u /* a channel to @focused is one ring for each domain with a screen */
#define HV_SYS_DEV_MAX	 16u
#define HV_CAPSULE_TOTAL (64u * 1024u) /* of all domains together */
#define HV_DOM_FOCUSED	 0xfffeu       /* far end of a channel: whichever pVM has the focus */
#define HV_DOM_NONE	 0xffffu

enum hv_role {
	HV_ROLE_PVM = 0,
	HV_ROLE_NETVM = 1,
	HV_ROLE_USBVM = 2,
	HV_ROLE_INPUTVM = 3,
	HV_ROLE_VPNVM = 4,
	HV_ROLE_ADMINVM = 5,
	HV_ROLE_TEST = 6, /* bare-metal payloads of the tests */
};

/* hv_sys_domain.flags */
#define HV_DOM_ENABLED	   1u
#define HV_DOM_PROTECTED   2u /* its network path is vpnvm or nothing */
#define HV_DOM_SCREEN	   4u /* can have the focus */
#define HV_DOM_CONSOLE	   8u /* console lines go to COM1 */
#define HV_DOM_CHECKPOINT  16u
#define HV_DOM_AUTORESTART 32u
#define HV_DOM_DEVELOPER                                                                           \
	64u /* any image may be swapped in, not only those that the description names */
#define HV_DOM_FLAGS 127u
/* Of hv_info alone, never in a description: no other VM of this machine has its processor. */
#define HV_DOM_ALONE 128u

/* hv_sys_domain.rights */
#define HV_RIGHT_FOCUS 1u
#define HV_RIGHT_ADMIN 2u
#define HV_RIGHTS      3u

enum hv_kind { /* what a channel carries; the hypervisor does not care, the ends do */
	       HV_KIND_RAW = 0,
	       HV_KIND_NET = 1,
	       HV_KIND_URB = 2,
	       HV_KIND_INPUT = 3,
	       HV_KIND_ADMIN = 4,
	       HV_KIND_MAX = 5,
};

struct hv_sys_domain {
	uint8_t name[HV_NAME_LEN];
	uint8_t image_digest[32];
	uint8_t secret_digest[32]; /* of its secret file, struct hv_secret; all zero = none */
	uint8_t swap_digest[32];   /* of one more image that may be swapped in; all zero = none */
	uint32_t role;
	uint32_t flags;
	uint32_t rights;
	uint32_t ram_mib;	/* even, 2 .. 2048 */
	uint32_t cpu;		/* processor it runs on, modulo the processors there are */
	uint32_t priority;	/* 0 (last) .. 7 (first) */
	uint32_t budget_us;	/* processor time per period; 1000 .. period_us */
	uint32_t period_us;	/* 2000 .. 1000000 */
	uint32_t colour;	/* of its name on the bar, 0x00rrggbb */
	uint32_t chord;		/* Ctrl+Alt+n; 0 = none */
	uint32_t restart_count; /* restarts allowed per window */
	uint32_t restart_window_s;
	uint64_t secret_gpa;   /* where the secret file goes, page-aligned; 0 = none */
	uint32_t secret_bytes; /* length of the file, at most HV_SECRET_MAX */
	uint32_t spare_mib;
	uint32_t progress_ms;	  /* how long an event may wait; 0 = for ever, 10 .. 60000 */
	uint32_t progress_missed; /* so many times in a row: stopped; 1 .. 100, or both 0 */
	uint32_t
		capsule_bytes; /* it may leave so many to its next life; whole KiB, 0 .. HV_CAPSULE_MAX */
	uint32_t start_ms; /* a start may take so long without an answer; 0 = for ever */
	uint8_t reserved[8];
};
_Static_assert(sizeof(struct hv_sys_domain) == 200, "hv_sys_domain");

struct hv_sys_channel {
	uint8_t name[HV_NAME_LEN];
	uint16_t from; /* domain index */
	uint16_t to;   /* domain index or HV_DOM_FOCUSED */
	uint32_t kind;
	uint32_t ring_bytes; /* power of two, 4096 .. 1 MiB, at least msg_max + 16 */
	uint32_t msg_max;    /* 1 .. HV_CHAN_MSG_MAX */
	uint32_t
		credit_kib; /* per period of the sender, at least one largest message; 0 = no limit */
	uint32_t flags;	    /* HV_EDGE_* */
	uint8_t reserved[24];
};
_Static_assert(sizeof(struct hv_sys_channel) == 64, "hv_sys_channel");
#define HV_EDGE_ONLY_ESP_IKE                                                                       \
	1u /* outer edge of a vpnvm: both ends let only ESP, IKE and address set-up pass */

enum hv_match { HV_MATCH_CLASS = 1, HV_MATCH_ID = 2, HV_MATCH_SLOT = 3 };

struct hv_sys_device {
	uint8_t name[HV_NAME_LEN];
	uint32_t dom;
	uint32_t match; /* enum hv_match */
	uint32_t value; /* class<<8|subclass (prog-if free); vendor<<16|device; bus<<8|devfn */
	uint32_t index; /* of several that match: the n-th in slot order */
	uint32_t guest_devfn; /* where the guest sees it on its bus 0; 0x10 .. 0xf8, function 0 */
	uint32_t reset;	      /* HV_RESET_* allowed */
	uint64_t
		bar_gpa; /* guest addresses of its BARs are laid out upwards from here; 2 MiB aligned, in [2 GiB, 3.5 GiB) */
	uint32_t flags; /* HV_DEV_* */
	uint8_t reserved[12];
};
_Static_assert(sizeof(struct hv_sys_device) == 64, "hv_sys_device");
#define HV_RESET_FLR	1u
#define HV_RESET_PM	2u
#define HV_RESET_BUS	4u
#define HV_DEV_OPTIONAL 1u /* its VM starts without it, marked */

struct hv_system {
	uint64_t magic;
	uint32_t version;
	uint32_t bytes; /* of the whole blob: sizeof(struct hv_system) */
	uint8_t name[32];
	uint32_t serial;
	uint16_t dom_count;
	uint16_t chan_count;
	uint16_t dev_count;
	uint16_t first_focus; /* domain index, or HV_DOM_NONE */
	uint32_t flags;
	uint8_t reserved[56];
	struct hv_sys_domain dom[HV_DOM_MAX];
	struct hv_sys_channel chan[HV_SYS_CHAN_MAX];
	struct hv_sys_device dev[HV_SYS_DEV_MAX];
};
_Static_assert(sizeof(struct hv_system) ==
		       120 + 200 * HV_DOM_MAX + 64 * HV_SYS_CHAN_MAX + 64 * HV_SYS_DEV_MAX,
	       "hv_system");

#endif
