/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine is made of and whether each device can be taken back, as lines for people or as one JSON object. Asks nobody. */
#ifndef HWCHECK_H
#define HWCHECK_H

#include <stdbool.h>

#include "status.h"

struct hwcheck {
	struct hv_hw_status machine;
	struct status s;
};

/* hwcheck_good - every device is there, resets as far as is known, and every IOMMU unit does its work. */
bool hwcheck_good(const struct hwcheck *h);
void hwcheck_text(FILE *f, const struct hwcheck *h);
void hwcheck_json(FILE *f, const struct hwcheck *h);

#endif
