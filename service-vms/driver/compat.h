/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels 6.1 and 6.12, and only that: no other file looks at the kernel version. */
#ifndef BULKHEAD_COMPAT_H
#define BULKHEAD_COMPAT_H

#include <linux/types.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
typedef int bh_tty_ret;
typedef int bh_tty_len;
#else
typedef ssize_t bh_tty_ret;
typedef size_t bh_tty_len;
#endif

#endif
