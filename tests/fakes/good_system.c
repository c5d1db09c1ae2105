/* SPDX-License-Identifier: Apache-2.0 */
/* See good_system.h. */
#include "fakes/good_system.h"

#include <string.h>

static void name(uint8_t *to, const char *text)
{
	for (unsigned i = 0; text[i] != '\0'; i++)
		to[i] = (uint8_t)text[i];
}

static void domain(struct hv_system *s, unsigned i, const char *text, uint32_t role, uint32_t flags)
{
	struct hv_sys_domain *d = &s->dom[i];

	name(d->name, text);
	d->role = role;
	d->flags = flags | HV_DOM_ENABLED | HV_DOM_AUTORESTART;
	d->ram_mib = 32;
	d->priority = 7;
	d->budget_us = 1000;
	d->period_us = 1000000;
	d->colour = 0xffffff;
	d->restart_count = 5;
	d->restart_window_s = 60;
}

struct hv_sys_channel *good_channel(struct hv_system *s, const char *text, unsigned from,
				    unsigned to, uint32_t kind)
{
	struct hv_sys_channel *c = &s->chan[s->chan_count++];

	name(c->name, text);
	c->from = (uint16_t)from;
	c->to = (uint16_t)to;
	c->kind = kind;
	c->ring_bytes = 4096;
	c->msg_max = 4080;
	return c;
}

static struct hv_sys_device *device(struct hv_system *s, unsigned i, const char *text, unsigned dom,
				    uint32_t value)
{
	struct hv_sys_device *v = &s->dev[i];

	name(v->name, text);
	v->dom = dom;
	v->match = HV_MATCH_CLASS;
	v->value = value;
	v->guest_devfn = 0x10 + 8 * i;
	v->reset = HV_RESET_FLR | HV_RESET_PM | HV_RESET_BUS;
	v->bar_gpa = 0x80000000u + 0x200000u * i;
	return v;
}

void good_system(struct hv_system *s)
{
	memset(s, 0, sizeof *s);
	s->magic = HV_SYS_MAGIC;
	s->version = HV_SYS_VERSION;
	s->bytes = sizeof *s;
	name(s->name, "a-workstation-with-a-long-name0");
	s->dom_count = 7;
	s->dev_count = 2;
	s->first_focus = WORK;
	domain(s, NET, "netvm", HV_ROLE_NETVM, 0);
	domain(s, USB, "usbvm", HV_ROLE_USBVM, 0);
	domain(s, INPUT, "inputvm", HV_ROLE_INPUTVM, 0);
	domain(s, VPN, "vpnvm", HV_ROLE_VPNVM, 0);
	domain(s, ADMIN, "adminvm", HV_ROLE_ADMINVM, 0);
	domain(s, WORK, "work", HV_ROLE_PVM, HV_DOM_SCREEN | HV_DOM_PROTECTED);
	domain(s, HOME, "abcdefghijklmno", HV_ROLE_TEST, HV_DOM_SCREEN);
	s->dom[WORK].chord = 1;
	s->dom[HOME].chord = 9;
	s->dom[VPN].secret_gpa = (32u << 20) - 4096;
	s->dom[VPN].secret_bytes = 4096;
	s->dom[VPN].secret_digest[31] = 1;
	s->dom[NET].spare_mib = 2048;
	good_channel(s, "work-vpnvm", WORK, VPN, HV_KIND_NET);
	good_channel(s, "work-vpnvm", VPN, WORK, HV_KIND_NET);
	good_channel(s, "vpnvm-netvm", VPN, NET, HV_KIND_NET)->flags = HV_EDGE_ONLY_ESP_IKE;
	good_channel(s, "vpnvm-netvm", NET, VPN, HV_KIND_NET)->flags = HV_EDGE_ONLY_ESP_IKE;
	good_channel(s, "home-netvm", HOME, NET, HV_KIND_NET);
	good_channel(s, "urb", USB, INPUT, HV_KIND_URB);
	good_channel(s, "input", INPUT, HV_DOM_FOCUSED, HV_KIND_INPUT);
	good_channel(s, "work-home", WORK, HOME, HV_KIND_RAW)->credit_kib = 0xffffffff;
	s->chan[0].ring_bytes = 1u << 20;
	s->chan[0].msg_max = HV_CHAN_MSG_MAX;
	s->chan[7].msg_max = 1;
	device(s, 0, "nic", NET, 0x0200)->index = 3;
	device(s, 1, "usb", USB, 0xffff)->flags = HV_DEV_OPTIONAL;
	s->dev[1].guest_devfn = 0xf8;
	s->dev[1].bar_gpa = 0xdfe00000;
}
