// SPDX-License-Identifier: GPL-2.0-only
/* bulkhead.ko: finds the hypervisor, starts the parts in order. Refuses to load anywhere else; is never unloaded. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/random.h>
#include <linux/timekeeping.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "bulkhead.h"

struct hv_info bh_info;

int bh_errno(u32 err)
{
	static const int table[] = {
		[HV_OK] = 0,	       [HV_EINVAL] = -EINVAL,	   [HV_EFAULT] = -EFAULT,
		[HV_EPERM] = -EPERM,   [HV_EAGAIN] = -EAGAIN,	   [HV_EMSGSIZE] = -EMSGSIZE,
		[HV_ESTALE] = -ESTALE, [HV_ESTATE] = -EBADFD,	   [HV_ENOMEM] = -ENOMEM,
		[HV_EBUSY] = -EBUSY,   [HV_ETIMEOUT] = -ETIMEDOUT, [HV_ENOSYS] = -ENOSYS,
		[HV_EBAD] = -EBADMSG,
	};

	return err < ARRAY_SIZE(table) ? table[err] : -EIO;
}

/* Bulkhead answers with VMware's name, so that stock kernels ask it for the TSC rate; the hypercall decides. */
static bool signature_fits(void)
{
	unsigned int eax, name[3];

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return false;
	cpuid(0x40000000, &eax, &name[0], &name[1], &name[2]);
	return memcmp(name, "VMwareVMware", sizeof(name)) == 0;
}

static int read_info(void *page)
{
	if (!signature_fits()) {
		pr_err("this machine is not run by Bulkhead\n");
		return -ENODEV;
	}
	if (bh_call(HV_CALL_INFO, bh_gpa(page), 0, 0, 0, NULL) != HV_OK) {
		pr_err("the hypervisor does not know our calls\n");
		return -ENODEV;
	}
	memcpy(&bh_info, page, sizeof(bh_info));
	if (bh_info.abi_version != HV_ABI_VERSION) {
		pr_err("ABI version %u, this driver speaks %u\n", bh_info.abi_version,
		       HV_ABI_VERSION);
		return -EPROTO;
	}
	if (bh_info.chan_count > HV_DOM_CHAN_MAX) {
		pr_err("%u channel ends, at most %u\n", bh_info.chan_count, HV_DOM_CHAN_MAX);
		return -EPROTO;
	}
	bh_info.name[HV_NAME_LEN - 1] = 0;
	return 0;
}

/* There is no clock chip to read: without this the date is 1970. */
void bh_take_time(void)
{
	struct timespec64 now;
	struct bh_result res;

	if (bh_call(HV_CALL_TIME, 0, 0, 0, 0, &res) != HV_OK) {
		pr_warn("no time from the hypervisor\n");
		return;
	}
	now = ns_to_timespec64(res.r0);
	if (do_settimeofday64(&now))
		pr_warn("the kernel refuses the time %llu ns\n", res.r0);
}

/* Mixed in, not counted: PID 1 credits what it takes itself through /dev/random. */
static void take_entropy(void *page)
{
	if (bh_call(HV_CALL_ENTROPY, bh_gpa(page), HV_ENTROPY_MAX, 0, 0, NULL) != HV_OK) {
		pr_warn("no entropy from the hypervisor\n");
		return;
	}
	add_device_randomness(page, HV_ENTROPY_MAX);
	memzero_explicit(page, HV_ENTROPY_MAX);
}

/* The last that is called: the message is on the console by then. Without it the kernel resets, and the cause would be that. */
static int on_panic(struct notifier_block *nb, unsigned long action, void *message)
{
	bh_call(HV_CALL_EXIT, HV_EXIT_PANIC, 0, 0, 0, NULL);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {.notifier_call = on_panic, .priority = INT_MIN};

static int start_parts(void)
{
	int ret = bh_console_start();

	if (ret)
		return ret;
	pr_notice("VM %s, life %llu, %llu MiB, %u channel ends\n", (const char *)bh_info.name,
		  bh_info.life, bh_info.ram_bytes >> 20, bh_info.chan_count);
	ret = bh_chan_start();
	if (ret)
		return ret;
	ret = bh_control_start();
	if (ret)
		return ret;
	bh_idle_start();
	bh_chaos_start();
	bh_net_start();
	bh_fb_start();
	bh_input_start();
	ret = bh_doorbell_start();
	if (ret)
		return ret;
	bh_input_attach();
	return bh_chandev_start();
}

/*
 * No module_exit: a ring stays the hypervisor's to write until the VM ends, and the console must outlive everything.
 * A start that fails half-way leaves its parts registered for the same reason, so it does not fail the load.
 */
static int __init bulkhead_init(void)
{
	void *page = (void *)get_zeroed_page(GFP_KERNEL);
	int ret;

	if (!page)
		return -ENOMEM;
	ret = read_info(page);
	if (ret == 0) {
		bh_take_time();
		take_entropy(page);
		atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
		ret = start_parts();
		if (ret)
			pr_err("start stopped half-way: error %d\n", ret);
		ret = 0;
	}
	free_page((unsigned long)page);
	return ret;
}
module_init(bulkhead_init);

MODULE_DESCRIPTION("Bulkhead guest driver: console, doorbell, channels");
MODULE_LICENSE("GPL");
