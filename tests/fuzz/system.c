/* SPDX-License-Identifier: Apache-2.0 */
/* System descriptions from outside: whatever system_check accepts must keep what it promises. Repeats the promises in its own words. */
#include <stdlib.h>
#include <string.h>

#include "fakes/good_system.h"
#include "hv_image.h"
#include "system.h"

#define PROMISE(c)                                                                                 \
	do {                                                                                       \
		if (!(c))                                                                          \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct hv_system sys;

/* A whole description, or changes to a good one: offset (2 bytes), value (1 byte), again and again. */
static void take(const uint8_t *data, size_t len)
{
	if (len == sizeof sys) {
		memcpy(&sys, data, sizeof sys);
		return;
	}
	good_system(&sys);
	for (; len >= 3; data += 3, len -= 3)
		((uint8_t *)&sys)[(data[0] + 256u * data[1]) % sizeof sys] = data[2];
}

static void domain_promises(const struct hv_sys_domain *d)
{
	PROMISE(strnlen((const char *)d->name, HV_NAME_LEN) - 1 < HV_NAME_LEN - 1);
	PROMISE(d->ram_mib >= 2 && d->ram_mib <= 2048 && d->ram_mib % 2 == 0);
	PROMISE(d->budget_us >= 1000 && d->budget_us <= d->period_us && d->period_us <= 1000000);
	PROMISE(d->priority < 8 && d->role <= HV_ROLE_TEST && d->chord <= 9);
	PROMISE(d->secret_gpa + d->secret_bytes <= (uint64_t)d->ram_mib << 20);
	PROMISE(d->secret_gpa % 4096 == 0 && d->secret_bytes <= HV_SECRET_MAX);
	PROMISE(d->chord == 0 || (d->flags & HV_DOM_SCREEN) != 0);
	PROMISE(d->spare_mib != 0 || d->swap_digest[31] == 0);
}

static void channel_promises(const struct hv_sys_channel *c)
{
	PROMISE(c->from < sys.dom_count && c->from != c->to);
	PROMISE(c->to < sys.dom_count || c->to == HV_DOM_FOCUSED);
	PROMISE(__builtin_popcount(c->ring_bytes) == 1 && c->ring_bytes <= 1u << 20);
	PROMISE(c->msg_max > 0 && c->msg_max <= HV_CHAN_MSG_MAX &&
		c->msg_max + 16 <= c->ring_bytes);
}

/* From a protected domain over net channels, stopping at VPNs, no NETVM can be reached. */
static void no_clear_path(void)
{
	uint32_t reached = 0;

	for (unsigned i = 0; i < sys.dom_count; i++)
		if ((sys.dom[i].flags & HV_DOM_PROTECTED) != 0)
			reached |= 1u << i;
	for (unsigned i = 0; i < sys.chan_count; i++) {
		const struct hv_sys_channel *c = &sys.chan[i];
		unsigned other = c->to;

		if (c->kind != HV_KIND_NET || other >= HV_DOM_MAX)
			continue;
		if ((reached >> other & 1) != 0)
			other = c->from;
		else if ((reached >> c->from & 1) == 0)
			continue;
		PROMISE(sys.dom[other].role == HV_ROLE_VPNVM);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *what = NULL;
	enum hv_err err;

	take(data, len);
	err = system_check(&sys, &what);
	PROMISE((err == HV_OK && what == NULL) || (err == HV_EBAD && what != NULL && what[0] != 0));
	if (err != HV_OK)
		return 0;
	PROMISE(sys.dom_count - 1u < HV_DOM_MAX && sys.chan_count <= HV_SYS_CHAN_MAX);
	PROMISE(sys.dev_count <= HV_SYS_DEV_MAX);
	for (unsigned i = 0; i < sys.dom_count; i++)
		domain_promises(&sys.dom[i]);
	for (unsigned i = 0; i < sys.chan_count; i++)
		channel_promises(&sys.chan[i]);
	for (unsigned i = 0; i < sys.dev_count; i++)
		PROMISE(sys.dev[i].dom < sys.dom_count && sys.dev[i].bar_gpa >> 21 >= 1024 &&
			sys.dev[i].bar_gpa >> 21 < 1792);
	no_clear_path();
	return 0;
}
