/* SPDX-License-Identifier: GPL-2.0-only */
/* What <stdbool.h> is where there is no C library. Nothing of our own belongs here. */
#ifndef BULKHEAD_STDBOOL_H
#define BULKHEAD_STDBOOL_H

#include <linux/stddef.h>
#include <linux/types.h>

#endif
