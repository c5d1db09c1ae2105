/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels 6.1 and 6.12, and between ours and a distribution's: no other file looks at version or configuration. */
#ifndef BULKHEAD_COMPAT_H
#define BULKHEAD_COMPAT_H

#include <linux/random.h>
#include <linux/types.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#include <net/page_pool.h>
typedef int bh_tty_ret;
typedef int bh_tty_len;
#else
#include <net/page_pool/helpers.h>
typedef ssize_t bh_tty_ret;
typedef size_t bh_tty_len;
#endif

/* A pool that gives parts of pages; later kernels' always do. */
#ifdef PP_FLAG_PAGE_FRAG
#define BH_POOL_FLAGS PP_FLAG_PAGE_FRAG
#else
#define BH_POOL_FLAGS 0
#endif

/* Earlier kernels let no module sleep as they do themselves: arch_cpu_idle is not exported, and comes back with interrupts on. */
#define BH_IDLE (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0))
#if !BH_IDLE
#define ct_cpuidle_enter() ((void)0) /* never run */
#define ct_cpuidle_exit()  ((void)0)
#endif

/* Another life of the same memory: nothing the pool gave before may come again. The kernel exports the call for VMGENID as a module only. */
static inline void bh_reseed(const void *unique, size_t bytes)
{
#if IS_MODULE(CONFIG_VMGENID)
	add_vmfork_randomness(unique, bytes);
#else
	add_device_randomness(unique, bytes);
#endif
}

#endif
