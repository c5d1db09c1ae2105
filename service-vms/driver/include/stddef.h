/* SPDX-License-Identifier: GPL-2.0-only */
/* What <stddef.h> is where there is no C library. Nothing of our own belongs here. */
#ifndef BULKHEAD_STDDEF_H
#define BULKHEAD_STDDEF_H

#include <linux/stddef.h>
#include <linux/types.h>

#endif
