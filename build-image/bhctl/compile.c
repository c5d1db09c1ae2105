/* SPDX-License-Identifier: Apache-2.0 */
/* Site structs to description structs, field by field; must not decide anything. */
#include "compile.h"

#include <string.h>

static void put_name(uint8_t *to, const char *name)
{
	memcpy(to, name, strlen(name)); /* the rest is zero already */
}

static uint32_t flag(uint32_t on, uint32_t bit)
{
	return on ? bit : 0;
}

static void compile_vm(const struct site_vm *vm, const struct image *image, struct hv_sys_domain *d)
{
	put_name(d->name, vm->name);
	memcpy(d->image_digest, image->digest, sizeof d->image_digest);
	if (image->secret_bytes != 0) {
		memcpy(d->secret_digest, image->secret_digest, sizeof d->secret_digest);
		d->secret_gpa = image->secret_gpa;
		d->secret_bytes = image->secret_bytes;
	}
	d->role = vm->role;
	d->flags = flag(vm->enabled, HV_DOM_ENABLED) | flag(vm->protect, HV_DOM_PROTECTED) |
		   flag(vm->screen, HV_DOM_SCREEN) | flag(vm->console, HV_DOM_CONSOLE) |
		   flag(vm->checkpoint, HV_DOM_CHECKPOINT) | flag(vm->developer, HV_DOM_DEVELOPER) |
		   flag(vm->autorestart, HV_DOM_AUTORESTART);
	d->rights = vm->rights;
	d->ram_mib = vm->ram_mib;
	d->cpu = vm->cpu;
	d->priority = vm->priority;
	d->budget_us = vm->budget_us;
	d->period_us = vm->period_us;
	d->colour = vm->colour;
	d->chord = vm->chord;
	d->restart_count = vm->restart_count;
	d->restart_window_s = vm->restart_window_s;
	d->spare_mib = vm->spare_mib;
	memcpy(d->swap_digest, vm->swap_digest, sizeof d->swap_digest);
	d->progress_ms = vm->progress_ms;
	d->progress_missed = vm->progress_missed;
	d->start_ms = vm->start_ms;
	d->capsule_bytes = vm->capsule_bytes;
}

static void compile_channel(const struct site_edge *e, unsigned from, unsigned to,
			    struct hv_system *out)
{
	struct hv_sys_channel *c = &out->chan[out->chan_count++];

	put_name(c->name, e->name);
	c->from = (uint16_t)from;
	c->to = (uint16_t)to;
	c->kind = e->kind;
	c->ring_bytes = e->ring_bytes;
	c->msg_max = e->msg_max;
	c->credit_kib = e->credit_kib;
	c->flags = e->only;
}

static void compile_device(const struct site_device *v, struct hv_sys_device *out)
{
	put_name(out->name, v->name);
	out->dom = v->vm;
	out->match = v->match;
	out->value = v->value;
	out->index = v->index;
	out->guest_devfn = v->guest_devfn;
	out->reset = v->reset;
	out->bar_gpa = v->bar_gpa;
	out->flags = flag(v->optional, HV_DEV_OPTIONAL);
}

void compile_system(const struct site *s, const struct image image[HV_DOM_MAX],
		    struct hv_system *out)
{
	memset(out, 0, sizeof *out);
	out->magic = HV_SYS_MAGIC;
	out->version = HV_SYS_VERSION;
	out->bytes = sizeof *out;
	put_name(out->name, s->name);
	out->serial = s->serial;
	out->dom_count = (uint16_t)s->vms;
	out->dev_count = (uint16_t)s->devices;
	out->first_focus = (uint16_t)s->first_focus;
	for (unsigned i = 0; i < s->vms; i++)
		compile_vm(&s->vm[i], &image[i], &out->dom[i]);
	for (unsigned i = 0; i < s->devices; i++)
		compile_device(&s->device[i], &out->dev[i]);
	for (const struct site_edge *e = s->edge; e < s->edge + s->edges; e++) {
		if (e->off)
			continue;
		compile_channel(e, e->from, e->to, out);
		if (e->both_ways)
			compile_channel(e, e->to, e->from, out);
	}
}
