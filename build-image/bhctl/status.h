/* SPDX-License-Identifier: Apache-2.0 */
/* What the hypervisor says of itself, its VMs and their devices, as lines for people or as one JSON object. Asks nobody. */
#ifndef STATUS_H
#define STATUS_H

#include <stdio.h>

#include "hv_hypercall.h"
#include "hv_system.h"

struct status {
	struct hv_info hypervisor; /* of the VM that asked */
	uint32_t vms, devices;
	struct hv_vm_status vm[HV_DOM_MAX];
	struct hv_device_status device[HV_SYS_DEV_MAX];
};

/* Words that others print too. */
struct text {
	char s[32];
};
struct text status_name(const uint8_t *name);
struct text status_slot(uint16_t bdf);
struct text status_id(const struct hv_device_status *d);
const char *status_device_state(const struct hv_device_status *d);

void status_text(FILE *f, const struct status *s);
void status_json(FILE *f, const struct status *s);

#endif
