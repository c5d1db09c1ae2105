/* SPDX-License-Identifier: Apache-2.0 */
/* A domain: one VM of the description, its memory, processor, events and life. */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <stdatomic.h>
#include "handoff.h"
#include "hv_hypercall.h"
#include "hv_image.h"
#include "log.h"
#include "ptab.h"
#include "sha256.h"
#include "vcpu.h"

#define EXIT_HISTORY 16u
#define NPT_PAGES                                                                                  \
	48u /* of a domain's slice of the page-table pool; the rest is for its devices' DMA */

enum life_request {
	LIFE_NONE,
	LIFE_RESTART,
	LIFE_ON,
	LIFE_OFF,
	LIFE_NOW = 8, /* with RESTART or OFF: the VM is not asked first; the next two have it */
	LIFE_KILL = LIFE_NOW + 4,
	LIFE_STORM = LIFE_NOW + 5,
};

/* Virtual PCI of one VM: the CF8 latch and the doorbell function. */
struct vpci {
	uint32_t address; /* last dword written to CF8 */
	uint16_t command;
	uint16_t msi_control;
	uint32_t msi_data;
	uint64_t msi_address;
	bool rung; /* the MSI for the event words was sent and not yet answered by event_take */
};

/* Where a VM's processor time goes. Times in TSC ticks. */
struct sched {
	uint64_t budget, period; /* from the description */
	uint64_t left;		 /* of this period's budget */
	uint64_t period_end;
	uint64_t used;	   /* in this life */
	uint64_t last_run; /* for turns among equals */
};

/* What waits for it, and for how long it was offered the processor meanwhile. Times in TSC ticks. */
struct progress_part {
	uint64_t offered;
	bool waits;
	bool counts; /* from SINCE on, unless it is taken or answered */
};

struct progress {
	uint64_t ask_at;       /* when it is asked next; 0 = not ready yet */
	uint64_t since, until; /* the present turn, as it was set */
	struct progress_part start, events, ask;
};

/* Periods of late in which a device of it was closed. */
struct device_storm {
	uint64_t period_end; /* of the one that was judged last */
	uint32_t closed;     /* how often, in this life until then */
	uint32_t periods;    /* with a closing, less those without */
};

enum restart_stage { RESTART_BUDGET, RESTART_COLD, RESTART_QUARANTINE };

/* How its deaths of late were answered: restart.h. */
struct restart {
	uint64_t since; /* TSC: when this window, or this stage, began */
	uint32_t count; /* of the window's restarts */
	enum restart_stage stage;
	bool coming; /* it died by itself and comes back; the bar says so until it is ready */
	bool untold; /* decided, and neither said nor its pause set */
};

/* Progress of scrubbing or loading. */
struct life_work {
	uint64_t done;	   /* bytes scrubbed, or pages of the current range copied */
	uint64_t file_hpa; /* of the image that is loaded */
	uint64_t file_room;
	uint64_t offset; /* in the image file */
	uint64_t wait;	 /* TSC: nothing is to be done before */
	uint32_t range;
	struct sha256 sha;
	struct hv_image image; /* the copy of the header that is hashed, checked and used */
};

/* Another image, and how it is tried. Orders come under the core lock; all else is the home processor's. */
struct swap {
	struct hv_spare spare;
	uint32_t
		order; /* HV_CALL_*, with its arguments WHAT and HOW: to be carried out while spare.answer is HV_EAGAIN */
	uint32_t how;
	uint64_t what;
	bool runs;	    /* the life that is there or comes up is of the spare image */
	uint64_t trial_end; /* TSC until when it must be confirmed; 0 = no trial */
	bool hashed_last;   /* whose turn it is, while it is sealing */
	uint64_t hashed;    /* bytes */
	struct sha256 sha;
};

struct domain {
	uint32_t id;
	const struct hv_sys_domain *sys;
	const struct handoff_dom *mem;
	enum hv_vm_state state;
	enum hv_vm_state after_scrub;
	enum hv_stop_cause cause;
	_Atomic uint32_t
		request; /* enum life_request, posted from any processor, served by the home processor */
	uint64_t stop_by; /* TSC until when it may stop by itself; 0 = it was not asked to */
	uint32_t asked;	  /* by which request */
	uint32_t cpu;	  /* home processor: only it touches vcpu, npt, work, sched, pci */
	bool open; /* past its checkpoint, or it makes none: before, it has neither devices nor channels */
	bool kept;    /* its checkpoint is whole */
	bool cold;    /* the next start is from the image, whatever is kept */
	bool tracked; /* its nested table tells which pages were written since the checkpoint */
	uint64_t kept_tsc;   /* its own clock then */
	uint64_t stopped_at; /* TSC of its last stop; 0 = it never ran */
	uint64_t not_before; /* TSC: its next life does not begin earlier */
	bool ready;
	uint64_t used_bytes; /* as the VM said when it got ready */
	const char
		*device_fault; /* why its devices cannot be had; NULL = they can, or it has none */
	enum hv_stop_cause device_cause; /* the same, in one word */
	bool device_lost; /* a device may still reach its frames: it never runs again, nor are they used */
	uint32_t status; /* HV_STATUS_*, from the VM itself */
	bool irqs_closed; /* a device of it interrupted too often: heard again when its next period begins */
	bool irq_waits; /* for an entry of a table of vectors that was masked: looked at again at the next exit */
	bool bar_owed; /* its status changed: the bar shows it when its next period begins, not oftener */
	uint32_t flags; /* HV_DOM_*: of the description, and what this machine adds */
	uint64_t life;
	uint32_t restarts;
	struct restart restart;
	struct ptab npt;
	struct ptab dma;	   /* second-level table of its devices: RAM only */
	uint64_t ram_bytes;	   /* guest-physical RAM is [0, ram_bytes) */
	hpa_t ram;		   /* where it lies, */
	const uint32_t *ram_words; /* and the owner words of its frames */
	struct vcpu vcpu;
	_Atomic uint64_t events[2]; /* channel ends, HV_EVENT_*: posted from any processor */
	struct vpci pci, kept_pci;
	struct sched sched;
	struct progress progress;
	struct device_storm storm;
	struct life_work work;
	struct swap swap;
	uint64_t sent_bytes; /* by its channels, in this life */
	struct log_guest console;
	uint8_t digest[32];
	uint8_t random[HV_ENTROPY_MAX]; /* for the next entropy call; given once */
	bool random_fresh;
	bool goes_on; /* its last exit was nobody else's business: it may run on without a look at the others */
	uint64_t exits, last_rip, last_gpa, exit_code;
	struct {
		uint64_t code, rip;
	} history[EXIT_HISTORY];
	uint64_t exit_counts[VEXIT_KINDS]; /* in this life */
	uint64_t iommu_faults;
};

/* dom_init - make the domain table from checked hand-off and description. Boot only. */
void dom_init(const struct handoff *h, const struct hv_system *s);
uint32_t dom_count(void);
struct domain *dom_at(uint32_t id);   /* id < dom_count() */
struct domain *dom_find(uint64_t id); /* NULL when there is none: ids from guests go here */
const struct handoff *dom_handoff(void);
const struct hv_system *dom_system(void);

/*
 * dom_post - set event bits of word 0 or 1 and make the home processor look.
 * Any processor. The bits are published before the kick: pairs with event_sync on the home processor.
 */
void dom_post(struct domain *d, unsigned word, uint64_t bits);
/* dom_posted - what this processor posted since it was asked last to VMs of its own: the highest of their priorities, plus 1; 0 = nothing. */
uint32_t dom_posted(unsigned cpu);

/* event_sync - home processor, before entry: ring the doorbell when a word is not 0. event_take - answer to the guest. */
void event_sync(struct domain *d);
void event_take(struct domain *d, uint64_t *first, uint64_t *second);

#endif
