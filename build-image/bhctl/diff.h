/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two descriptions, by name. Both must have passed system_check. */
#ifndef DIFF_H
#define DIFF_H

#include "hv_system.h"

#define DIFF_MAX  832u
#define DIFF_TEXT 72u

struct change {
	char what
		[48]; /* "vm netvm", "channel work-vpnvm (work to vpnvm)", "device netvm-0", "bundle" */
	char field[20]; /* empty: the whole thing came or went */
	char old[DIFF_TEXT], now[DIFF_TEXT];
	char mark; /* + came, - went, ~ changed */
};

struct changes {
	unsigned count; /* never more than DIFF_MAX: there are not so many fields */
	struct change change[DIFF_MAX];
};

void diff_systems(const struct hv_system *old, const struct hv_system *now, struct changes *out);

#endif
