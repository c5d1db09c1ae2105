/* SPDX-License-Identifier: GPL-2.0-only */
/* Fixed-width types for hypervisor/abi inside the kernel, which has no <stdint.h> of its own. Nothing else belongs here. */
#ifndef BULKHEAD_STDINT_H
#define BULKHEAD_STDINT_H

#include <linux/types.h>

#endif
