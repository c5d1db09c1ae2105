// SPDX-License-Identifier: GPL-2.0-only
/* Gateways of the ESP filter: the module's parameter esp_gateway. The filter itself is espfilter.c. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/inet.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "net.h"

static DEFINE_SPINLOCK(gate_lock);
static struct espfilter gate;

bool netgate_pass(enum espfilter_way way, const u8 *frame, size_t len)
{
	bool pass;

	spin_lock_bh(&gate_lock);
	pass = espfilter_pass(&gate, way, frame, len);
	spin_unlock_bh(&gate_lock);
	return pass;
}

static bool take_address(struct espfilter *f, const char *text)
{
	if (f->v4_count < ESPFILTER_GATEWAYS && in4_pton(text, -1, f->v4[f->v4_count], -1, NULL)) {
		f->v4_count++;
		return true;
	}
	if (f->v6_count < ESPFILTER_GATEWAYS && in6_pton(text, -1, f->v6[f->v6_count], -1, NULL)) {
		f->v6_count++;
		return true;
	}
	return false;
}

/* All of the list or nothing of it: a typing error must not open the filter. */
static int gate_set(const char *value, const struct kernel_param *kp)
{
	char *text = kstrdup(value, GFP_KERNEL), *rest, *word;
	struct espfilter f = {0};
	int ret = 0;

	if (!text)
		return -ENOMEM;
	rest = strim(text);
	while (ret == 0 && *rest && (word = strsep(&rest, ",")) != NULL) {
		if (!take_address(&f, word))
			ret = -EINVAL;
		if (!rest)
			break;
	}
	if (ret == 0) {
		spin_lock_bh(&gate_lock);
		gate = f;
		spin_unlock_bh(&gate_lock);
	}
	kfree(text);
	return ret;
}

static int gate_get(char *out, const struct kernel_param *kp)
{
	struct espfilter f;
	unsigned int i;
	int len = 0;

	spin_lock_bh(&gate_lock);
	f = gate;
	spin_unlock_bh(&gate_lock);
	for (i = 0; i < f.v4_count; i++)
		len += sysfs_emit_at(out, len, "%s%pI4", len ? "," : "", f.v4[i]);
	for (i = 0; i < f.v6_count; i++)
		len += sysfs_emit_at(out, len, "%s%pI6c", len ? "," : "", f.v6[i]);
	return len + sysfs_emit_at(out, len, "\n");
}

static const struct kernel_param_ops gate_ops = {.set = gate_set, .get = gate_get};

module_param_cb(esp_gateway, &gate_ops, NULL, 0600);
MODULE_PARM_DESC(esp_gateway,
		 "addresses, separated by commas, that ESP and IKE may reach (default: any)");
