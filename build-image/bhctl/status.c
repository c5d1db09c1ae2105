/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the machine in words. Numbers of the ABI without a word here print as "?". */
#include "status.h"

#include <inttypes.h>
#include <string.h>

#include "json.h"

#define DIGEST_HEX 65
#define MIB	   (1024.0 * 1024.0)

static const char *const states[] = {"off",  "loading", "running", "scrubbing",
				     "dead", "refused", "saving",  "restoring"};
static const char *const roles[] = {"pvm", "netvm", "usbvm", "inputvm", "vpnvm", "adminvm", "test"};
static const char *const causes[] = {
	"none",	       "exit",	"triple-fault",	  "nested-fault", "bad-state",	"unexpected-exit",
	"killed",      "reset", "halted",	  "wrong-digest", "no-image",	"no-device",
	"iommu",       "off",	"no-memory",	  "bad-image",	  "bad-device", "bad-secret",
	"no-progress", "panic", "interrupt-storm"};

static const char *word_of(const char *const *words, size_t count, uint32_t n)
{
	return n < count ? words[n] : "?";
}
#define WORD(list, n) word_of(list, sizeof(list) / sizeof((list)[0]), n)

const char *status_device_state(const struct hv_device_status *d)
{
	static const char *const words[] = {"absent", "free", "assigned"};

	return WORD(words, d->state);
}

static const char *state_of(const struct hv_vm_status *v)
{
	return v->state == HV_VM_RUNNING && v->ready ? "ready" : WORD(states, v->state);
}

static const struct hv_vm_status *focused(const struct status *s)
{
	for (uint32_t i = 0; i < s->vms; i++) {
		if (s->vm[i].focused)
			return &s->vm[i];
	}
	return NULL;
}

/* Up when one VM with that role says so. */
static const char *vpn_of(const struct status *s)
{
	const char *word = "none";

	for (uint32_t i = 0; i < s->vms; i++) {
		if (s->vm[i].role != HV_ROLE_VPNVM)
			continue;
		if (s->vm[i].status & HV_STATUS_VPN_UP)
			return "up";
		word = "down";
	}
	return word;
}

struct text status_name(const uint8_t *name)
{
	struct text t;

	(void)snprintf(t.s, sizeof t.s, "%.*s", (int)HV_NAME_LEN, (const char *)name);
	return t;
}

static struct text version_of(uint32_t v)
{
	struct text t;

	(void)snprintf(t.s, sizeof t.s, "%u.%u.%u", v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff);
	return t;
}

struct text status_slot(uint16_t bdf)
{
	struct text t;

	(void)snprintf(t.s, sizeof t.s, "%02x:%02x.%x", bdf >> 8, bdf >> 3 & 31, bdf & 7);
	return t;
}

struct text status_id(const struct hv_device_status *d)
{
	struct text t;

	(void)snprintf(t.s, sizeof t.s, "%04x:%04x", d->vendor, d->device);
	return t;
}

static void vm_text(FILE *f, const struct hv_vm_status *v)
{
	(void)fprintf(f, "%-15s %-8s %-9s %5" PRIu64 " %8u %4u %9.1f", status_name(v->name).s,
		      WORD(roles, v->role), state_of(v), v->life, v->restarts, v->restarts_left,
		      (double)v->ram_bytes / MIB);
	if (v->ready)
		(void)fprintf(f, " %8.1f", (double)v->used_bytes / MIB);
	else
		(void)fprintf(f, " %8s", "-");
	(void)fprintf(f, " %8" PRIu64 " %3u %8" PRIu64 "  %02x%02x%02x%02x  %s",
		      v->core_bytes >> 10, v->cpu, v->cpu_ns / 1000000, v->digest[0], v->digest[1],
		      v->digest[2], v->digest[3], WORD(causes, v->cause));
	if (v->quarantined)
		(void)fprintf(f, ", quarantined");
	if (v->restart_in_ms != 0)
		(void)fprintf(f, ", again in %u ms", v->restart_in_ms);
	(void)fputc('\n', f);
}

static void device_text(FILE *f, const struct status *s, const struct hv_device_status *d)
{
	(void)fprintf(f, "%-15s %-15s %s", status_name(d->name).s,
		      d->dom < s->vms ? status_name(s->vm[d->dom].name).s : "?",
		      status_device_state(d));
	if (d->state != HV_DEVICE_ABSENT)
		(void)fprintf(f, " %s %s%s", status_slot(d->bdf).s, status_id(d).s,
			      d->tainted ? " did not reset" : "");
	(void)fputc('\n', f);
}

static const char *const spare_states[] = {"open", "sealing", "sealed"};
static const char *const backs[] = {"none",	  "not-confirmed", "stopped",	"refused",
				    "budget",	  "asked",	   "not-ready", "no-lease",
				    "no-answers", "no-keyboard"};

/* Only of VMs that can be swapped. */
static void spare_text(FILE *f, const struct status *s)
{
	bool any = false;

	for (uint32_t i = 0; i < s->vms; i++) {
		const struct hv_vm_status *v = &s->vm[i];
		const struct hv_spare *p = &v->spare;

		if (p->room == 0)
			continue;
		if (!any)
			(void)fprintf(f, "%-15s %-8s %-8s %-6s %8s %-13s %s\n", "spare image",
				      "state", "digest", "in-use", "trial-ms", "went-back",
				      "may-be");
		any = true;
		(void)fprintf(f, "%-15s %-8s %02x%02x%02x%02x %-6s %8u %-13s %s\n",
			      status_name(v->name).s, WORD(spare_states, p->state), p->digest[0],
			      p->digest[1], p->digest[2], p->digest[3], p->used ? "yes" : "no",
			      p->trial_ms, WORD(backs, p->back),
			      v->flags & HV_DOM_DEVELOPER ? "any (developer)"
							  : "the description's");
	}
}

void status_text(FILE *f, const struct status *s)
{
	const struct hv_vm_status *focus = focused(s);

	(void)fprintf(f, "hypervisor %s, ABI %u, %.1f KiB; focus: %s; VPN: %s\n",
		      version_of(s->hypervisor.core_version).s, s->hypervisor.abi_version,
		      (double)s->hypervisor.core_bytes / 1024,
		      focus ? status_name(focus->name).s : "nobody", vpn_of(s));
	(void)fprintf(f, "%-15s %-8s %-9s %5s %8s %4s %9s %8s %8s %3s %8s  %-8s  %s\n", "VM",
		      "role", "state", "epoch", "restarts", "left", "given-MiB", "used-MiB",
		      "core-KiB", "cpu", "cpu-ms", "digest", "last stop");
	for (uint32_t i = 0; i < s->vms; i++)
		vm_text(f, &s->vm[i]);
	for (uint32_t i = 0; i < s->devices; i++) {
		if (i == 0)
			(void)fprintf(f, "%-15s %-15s %s\n", "device", "VM", "state");
		device_text(f, s, &s->device[i]);
	}
	spare_text(f, s);
}

/* As text: readers of JSON may hold numbers as floating point. */
static void json_hex(struct json *j, const char *key, uint64_t v)
{
	char hex[19];

	(void)snprintf(hex, sizeof hex, "0x%" PRIx64, v);
	json_text(j, key, hex);
}

static void digest_json(struct json *j, const uint8_t digest[32])
{
	char hex[DIGEST_HEX];
	unsigned any = 0;

	for (size_t i = 0; i < 32; i++) {
		(void)snprintf(&hex[2 * i], 3, "%02x", digest[i]);
		any |= digest[i];
	}
	json_text(j, "digest", any ? hex : NULL); /* nothing was loaded, or sealed, yet */
}

static void memory_json(struct json *j, const struct hv_vm_status *v)
{
	json_open(j, "memory", '{');
	json_uint(j, "given_bytes", v->ram_bytes);
	if (v->ready)
		json_uint(j, "used_bytes", v->used_bytes);
	else
		json_text(j, "used_bytes", NULL);
	json_uint(j, "core_bytes", v->core_bytes);
	json_uint(j, "image_bytes", v->image_bytes);
	json_uint(j, "checkpoint_bytes", v->kept_bytes);
	json_close(j, '}');
}

static void device_json(struct json *j, const struct hv_device_status *d)
{
	json_open(j, NULL, '{');
	json_text(j, "name", status_name(d->name).s);
	json_text(j, "state", status_device_state(d));
	json_text(j, "slot", d->state == HV_DEVICE_ABSENT ? NULL : status_slot(d->bdf).s);
	json_text(j, "id", d->state == HV_DEVICE_ABSENT ? NULL : status_id(d).s);
	json_bool(j, "tainted", d->tainted != 0);
	json_close(j, '}');
}

static void stop_json(struct json *j, const struct hv_vm_status *v)
{
	if (v->cause == HV_STOP_NONE) {
		json_text(j, "last_stop", NULL);
		return;
	}
	json_open(j, "last_stop", '{');
	json_text(j, "cause", WORD(causes, v->cause));
	json_hex(j, "rip", v->last_rip);
	json_hex(j, "fault_address", v->last_fault);
	json_close(j, '}');
}

static void spare_json(struct json *j, const struct hv_vm_status *v)
{
	const struct hv_spare *p = &v->spare;

	if (p->room == 0) {
		json_text(j, "spare", NULL);
		return;
	}
	json_open(j, "spare", '{');
	json_uint(j, "room_bytes", p->room);
	json_text(j, "state", WORD(spare_states, p->state));
	json_uint(j, "bytes", p->bytes);
	digest_json(j, p->digest);
	json_bool(j, "in_use", p->used != 0);
	json_uint(j, "trial_ms", p->trial_ms);
	json_text(j, "went_back", p->back == HV_BACK_NONE ? NULL : WORD(backs, p->back));
	json_bool(j, "developer", (v->flags & HV_DOM_DEVELOPER) != 0);
	json_close(j, '}');
}

static void says_json(struct json *j, const struct hv_vm_status *v)
{
	static const char *const words[] = {"vpn-up", "lease", "traffic", "keyboard"};

	json_open(j, "says", '[');
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
		if (v->status >> i & 1)
			json_text(j, NULL, words[i]);
	}
	json_close(j, ']');
}

static void vm_json(struct json *j, const struct status *s, uint32_t id)
{
	const struct hv_vm_status *v = &s->vm[id];

	json_open(j, NULL, '{');
	json_text(j, "name", status_name(v->name).s);
	json_text(j, "role", WORD(roles, v->role));
	json_text(j, "state", state_of(v));
	json_uint(j, "epoch", v->life);
	json_uint(j, "restarts", v->restarts);
	json_uint(j, "restarts_left", v->restarts_left);
	json_uint(j, "restart_in_ms", v->restart_in_ms);
	json_bool(j, "quarantined", v->quarantined);
	memory_json(j, v);
	digest_json(j, v->digest);
	json_open(j, "devices", '[');
	for (uint32_t i = 0; i < s->devices; i++) {
		if (s->device[i].dom == id)
			device_json(j, &s->device[i]);
	}
	json_close(j, ']');
	json_uint(j, "cpu", v->cpu);
	json_uint(j, "cpu_ns", v->cpu_ns);
	json_uint(j, "exits", v->exits);
	json_uint(j, "iommu_faults", v->iommu_faults);
	json_uint(j, "sent_bytes", v->sent_bytes);
	says_json(j, v);
	spare_json(j, v);
	stop_json(j, v);
	json_close(j, '}');
}

void status_json(FILE *f, const struct status *s)
{
	const struct hv_vm_status *focus = focused(s);
	struct json j = {.f = f};

	json_open(&j, NULL, '{');
	json_open(&j, "hypervisor", '{');
	json_text(&j, "version", version_of(s->hypervisor.core_version).s);
	json_uint(&j, "abi", s->hypervisor.abi_version);
	json_uint(&j, "bytes", s->hypervisor.core_bytes);
	json_close(&j, '}');
	json_text(&j, "focus", focus ? status_name(focus->name).s : NULL);
	json_text(&j, "vpn", vpn_of(s));
	json_open(&j, "vms", '[');
	for (uint32_t i = 0; i < s->vms; i++)
		vm_json(&j, s, i);
	json_close(&j, ']');
	json_close(&j, '}');
	(void)fputc('\n', f);
}
