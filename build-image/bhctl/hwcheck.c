/* SPDX-License-Identifier: Apache-2.0 */
/* The devices' resets in words. Says no more than the hypervisor saw: a way that was never tried is no reset. */
#include "hwcheck.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "json.h"

#define VERDICT_BYTES 160

static const char *const rungs[] = {"none", "flr", "af", "pm", "bus"};
#define RUNGS (sizeof rungs / sizeof rungs[0])

static const char *rung_of(uint8_t r)
{
	return r < RUNGS ? rungs[r] : "?";
}

/* "flr,bus"; "-" for the empty set. */
static struct text set_of(unsigned set)
{
	struct text t = {"-"};
	size_t used = 0;

	for (unsigned r = HV_RUNG_FLR; r < RUNGS; r++) {
		if (set >> r & 1)
			used += (size_t)snprintf(t.s + used, sizeof t.s - used, "%s%s",
						 used == 0 ? "" : ",", rungs[r]);
	}
	return t;
}

static unsigned ways(const struct hv_device_status *d)
{
	return d->rungs & d->rungs_allowed;
}

static bool device_good(const struct hv_device_status *d)
{
	if (d->state == HV_DEVICE_ABSENT)
		return d->optional;
	return !d->tainted && ways(d) != 0;
}

struct verdict {
	char s[VERDICT_BYTES];
};

__attribute__((format(printf, 1, 2))) static struct verdict say(const char *format, ...)
{
	struct verdict v;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(v.s, sizeof v.s, format, args);
	va_end(args);
	return v;
}

/* Why there is nothing to reset it by. */
static struct verdict without(const struct hv_device_status *d)
{
	if (d->rungs == 0)
		return say("no function level reset, no power state that resets, no port above");
	return say("the description allows %s, the device has %s", set_of(d->rungs_allowed).s,
		   set_of(d->rungs).s);
}

static struct verdict verdict(const struct hv_device_status *d)
{
	if (d->state == HV_DEVICE_ABSENT && d->optional)
		return say("not in the machine, and its VM can do without");
	if (d->state == HV_DEVICE_ABSENT)
		return say("absent: not in the machine, or not fit to be given to a VM");
	if (d->tainted && d->rung_worked != HV_RUNG_NONE)
		return say("tainted: it did not reset once; %s worked the last time",
			   rung_of(d->rung_worked));
	if (ways(d) == 0)
		return say("%s: %s", d->tainted ? "tainted" : "cannot be reset", without(d).s);
	if (d->tainted)
		return say("tainted: its configuration space showed no reset after %s",
			   set_of(d->rungs_failed).s);
	if (d->resetting)
		return say("being reset");
	if (d->resets == 0)
		return say("not taken back yet");
	return say("reset by %s", rung_of(d->rung_worked));
}

bool hwcheck_good(const struct hwcheck *h)
{
	const struct hv_hw_status *m = &h->machine;
	bool good = m->iommus > 0 && m->translating == m->iommus && m->remapping == m->iommus &&
		    m->silent == 0;

	for (uint32_t i = 0; i < h->s.devices; i++)
		good = good && device_good(&h->s.device[i]);
	return good;
}

static uint64_t given(const struct status *s)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < s->vms; i++)
		bytes += s->vm[i].ram_bytes;
	return bytes;
}

static const char *owner_of(const struct hwcheck *h, const struct hv_device_status *d,
			    struct text *t)
{
	if (d->dom >= h->s.vms)
		return "?";
	*t = status_name(h->s.vm[d->dom].name);
	return t->s;
}

static void device_text(FILE *f, const struct hwcheck *h, const struct hv_device_status *d)
{
	bool there = d->state != HV_DEVICE_ABSENT;
	struct text owner;

	(void)fprintf(f, "%-15s %-15s %-8s ", status_name(d->name).s, owner_of(h, d, &owner),
		      status_device_state(d));
	if (there)
		(void)fprintf(f, "%s %s %-8s ", status_slot(d->bdf).s, status_id(d).s,
			      d->port == HV_ON_ROOT_BUS ? "root bus" : status_slot(d->port).s);
	else
		(void)fprintf(f, "%-7s %-9s %-8s ", "-", "-", "-");
	(void)fprintf(f, "%-13s %-13s %6u ", set_of(d->rungs).s, set_of(d->rungs_allowed).s,
		      d->resets);
	if (d->resets != 0 && !d->resetting)
		(void)fprintf(f, "%6u  ", d->reset_us / 1000);
	else
		(void)fprintf(f, "%6s  ", "-");
	(void)fprintf(f, "%s\n", verdict(d).s);
}

void hwcheck_text(FILE *f, const struct hwcheck *h)
{
	const struct hv_hw_status *m = &h->machine;

	(void)fprintf(f, "loader %s by the firmware, description %s%s\n",
		      m->flags & HV_HW_SECURE ? "verified" : "NOT VERIFIED",
		      m->flags & HV_HW_VERIFIED ? "verified" : "NOT VERIFIED",
		      m->flags & HV_HW_DEVELOPER ? ", developer's" : "");
	(void)fprintf(f, "%u processors, %u MiB of memory of which VMs have %" PRIu64 "\n", m->cpus,
		      m->ram_mib, given(&h->s) >> 20);
	(void)fprintf(f,
		      "IOMMU units: %u, translating DMA: %u, remapping interrupts: %u, silent: "
		      "%u; PCI functions: %u\n",
		      m->iommus, m->translating, m->remapping, m->silent, m->functions);
	(void)fprintf(f, "%-15s %-15s %-8s %-7s %-9s %-8s %-13s %-13s %6s %6s  %s\n", "device",
		      "VM", "state", "slot", "id", "below", "can", "may", "resets", "ms",
		      "verdict");
	for (uint32_t i = 0; i < h->s.devices; i++)
		device_text(f, h, &h->s.device[i]);
}

static void set_json(struct json *j, const char *key, unsigned set)
{
	json_open(j, key, '[');
	for (size_t r = HV_RUNG_FLR; r < RUNGS; r++) {
		if (set >> r & 1)
			json_text(j, NULL, rungs[r]);
	}
	json_close(j, ']');
}

static void device_json(struct json *j, const struct hwcheck *h, const struct hv_device_status *d)
{
	bool there = d->state != HV_DEVICE_ABSENT;
	struct text owner;

	json_open(j, NULL, '{');
	json_text(j, "name", status_name(d->name).s);
	json_text(j, "vm", owner_of(h, d, &owner));
	json_text(j, "state", status_device_state(d));
	json_text(j, "slot", there ? status_slot(d->bdf).s : NULL);
	json_text(j, "id", there ? status_id(d).s : NULL);
	json_text(j, "port", there && d->port != HV_ON_ROOT_BUS ? status_slot(d->port).s : NULL);
	set_json(j, "can", d->rungs);
	set_json(j, "may", d->rungs_allowed);
	set_json(j, "failed", d->rungs_failed);
	json_text(j, "worked", d->rung_worked == HV_RUNG_NONE ? NULL : rung_of(d->rung_worked));
	json_bool(j, "resetting", d->resetting != 0);
	json_uint(j, "resets", d->resets);
	json_uint(j, "reset_us", d->reset_us);
	json_bool(j, "tainted", d->tainted != 0);
	json_bool(j, "good", device_good(d));
	json_text(j, "verdict", verdict(d).s);
	json_close(j, '}');
}

static void machine_json(struct json *j, const struct hwcheck *h)
{
	const struct hv_hw_status *m = &h->machine;

	json_open(j, "machine", '{');
	json_bool(j, "loader_verified", (m->flags & HV_HW_SECURE) != 0);
	json_bool(j, "description_verified", (m->flags & HV_HW_VERIFIED) != 0);
	json_bool(j, "developer", (m->flags & HV_HW_DEVELOPER) != 0);
	json_uint(j, "processors", m->cpus);
	json_uint(j, "memory_mib", m->ram_mib);
	json_uint(j, "given_bytes", given(&h->s));
	json_uint(j, "functions", m->functions);
	json_open(j, "iommu", '{');
	json_uint(j, "units", m->iommus);
	json_uint(j, "translating", m->translating);
	json_uint(j, "remapping", m->remapping);
	json_uint(j, "silent", m->silent);
	json_close(j, '}');
	json_close(j, '}');
}

void hwcheck_json(FILE *f, const struct hwcheck *h)
{
	struct json j = {.f = f};

	json_open(&j, NULL, '{');
	json_bool(&j, "good", hwcheck_good(h));
	machine_json(&j, h);
	json_open(&j, "devices", '[');
	for (uint32_t i = 0; i < h->s.devices; i++)
		device_json(&j, h, &h->s.device[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	(void)fputc('\n', f);
}
