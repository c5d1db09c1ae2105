/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a system description before anything in it is used; must not repair, default or skip. A check returns NULL or the broken rule. */
#include "system.h"
#include "hv_channel.h"
#include "hv_image.h"

#include <stdbool.h>
#include <stddef.h>

#define CLASS_NETWORK 0x02u
#define ANY	      0xffffffffu
#define RESETS	      (HV_RESET_FLR | HV_RESET_PM | HV_RESET_BUS)
#define COUNT(a)      (unsigned)(sizeof(a) / sizeof((a)[0]))

/* One 32-bit field: min <= value <= max, and none of the bits `never`. */
struct rule {
	uint32_t at, min, max, never;
	char what[48];
};

#define AT(kind, field) offsetof(struct hv_sys_##kind, field)
#define RULE(kind, field, min, max, never, what)                                                   \
	{                                                                                          \
		AT(kind, field), min, max, never, what                                             \
	}

static const struct rule dom_rules[] = {
	RULE(domain, role, 0, HV_ROLE_TEST, 0, "role of a domain is unknown"),
	RULE(domain, flags, 0, ANY, ~HV_DOM_FLAGS, "domain has an unknown flag"),
	RULE(domain, rights, 0, ANY, ~HV_RIGHTS, "domain has an unknown right"),
	RULE(domain, ram_mib, 2, 2048, 1, "RAM is not even, or not 2 to 2048 MiB"),
	RULE(domain, priority, 0, 7, 0, "priority is not 0 to 7"),
	RULE(domain, period_us, 2000, 1000000, 0, "period is not 2000 to 1000000 us"),
	RULE(domain, budget_us, 1000, 1000000, 0, "budget is not 1000 us or more"),
	RULE(domain, colour, 0, 0xffffff, 0, "colour is not 0x00rrggbb"),
	RULE(domain, chord, 0, 9, 0, "chord is not 0 to 9"),
	RULE(domain, secret_gpa, 0, ANY, 4095, "secret is not page-aligned"),
	RULE(domain, secret_bytes, 0, HV_SECRET_MAX, 0, "secret is over 32 KiB"),
	RULE(domain, spare_mib, 0, 2048, 0, "spare is over 2048 MiB"),
	RULE(domain, progress_ms, 0, 60000, 0, "progress is not judged every 10 to 60000 ms"),
	RULE(domain, progress_missed, 0, 100, 0, "answers missed are not 1 to 100"),
	RULE(domain, start_ms, 0, 3600000, 0, "a start is waited for longer than an hour"),
	RULE(domain, capsule_bytes, 0, HV_CAPSULE_MAX, 1023, "capsule is not 0 to 16 KiB"),
};
static const struct rule chan_rules[] = {
	RULE(channel, kind, 0, HV_KIND_MAX - 1, 0, "kind of a channel is unknown"),
	RULE(channel, ring_bytes, 4096, 1u << 20, 0, "ring is not 4 KiB to 1 MiB"),
	RULE(channel, msg_max, 1, HV_CHAN_MSG_MAX, 0, "largest message is out of range"),
	RULE(channel, flags, 0, ANY, ~HV_EDGE_ONLY_ESP_IKE, "channel has an unknown flag"),
};
static const struct rule dev_rules[] = {
	RULE(device, match, HV_MATCH_CLASS, HV_MATCH_SLOT, 0, "match of a device is unknown"),
	RULE(device, guest_devfn, 0x10, 0xf8, 7, "guest slot is not 2 to 31, function 0"),
	RULE(device, reset, 0, ANY, ~RESETS, "reset is unknown"),
	RULE(device, bar_gpa, 0x80000000, 0xdfffffff, 0x1fffff, "guest BARs misplaced"),
	RULE(device, flags, 0, ANY, ~HV_DEV_OPTIONAL, "device has an unknown flag"),
};

static bool zero(const void *at, size_t len)
{
	const uint8_t *p = at;
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= p[i];
	return any == 0;
}

/* 1 .. len - 1 characters [a-z0-9-], then zeros to the end. */
static bool name_ok(const uint8_t *s, size_t len)
{
	size_t n = 0;

	while (n < len &&
	       ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '0' && s[n] <= '9') || s[n] == '-'))
		n++;
	return n > 0 && n < len && zero(s + n, len - n);
}

static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint8_t differ = 0;

	for (size_t i = 0; i < len; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

static bool same_name(const uint8_t a[HV_NAME_LEN], const uint8_t b[HV_NAME_LEN])
{
	return same(a, b, HV_NAME_LEN);
}

/* Domains, channels and devices alike: a name first, 32-bit fields, reserved bytes last. */
static const char *check_entry(const void *entry, size_t len, size_t reserved_at,
			       const struct rule *rules, unsigned count)
{
	const uint8_t *e = entry;

	if (!name_ok(e, HV_NAME_LEN))
		return "name is not 1 to 15 of a-z 0-9 -";
	for (unsigned i = 0; i < count; i++) {
		uint32_t v = *(const uint32_t *)(const void *)(e + rules[i].at);

		if (v < rules[i].min || v > rules[i].max || (v & rules[i].never) != 0)
			return rules[i].what;
	}
	return zero(e + reserved_at, len - reserved_at) ? NULL : "reserved field is not zero";
}

static const char *check_header(const struct hv_system *s)
{
	if (s->magic != HV_SYS_MAGIC || s->version != HV_SYS_VERSION || s->bytes != sizeof *s)
		return "magic, version or size is not this version's";
	if (!name_ok(s->name, sizeof s->name))
		return "system name is not 1 to 31 of a-z 0-9 -";
	if (s->dom_count == 0 || s->dom_count > HV_DOM_MAX || s->chan_count > HV_SYS_CHAN_MAX ||
	    s->dev_count > HV_SYS_DEV_MAX)
		return "count is out of range";
	if (s->flags != 0 || !zero(s->reserved, sizeof s->reserved) ||
	    !zero(&s->dom[s->dom_count], (HV_DOM_MAX - s->dom_count) * sizeof s->dom[0]) ||
	    !zero(&s->chan[s->chan_count], (HV_SYS_CHAN_MAX - s->chan_count) * sizeof s->chan[0]) ||
	    !zero(&s->dev[s->dev_count], (HV_SYS_DEV_MAX - s->dev_count) * sizeof s->dev[0]))
		return "reserved field or unused entry is not zero";
	if (s->first_focus != HV_DOM_NONE &&
	    (s->first_focus >= s->dom_count || (s->dom[s->first_focus].flags & HV_DOM_SCREEN) == 0))
		return "first focus is not a domain with a screen";
	return NULL;
}

/* The sender too, if it has a screen and its channel goes to the focus. */
static bool receives(const struct hv_sys_channel *c, const struct hv_sys_domain *d, unsigned i)
{
	return c->to == i || (c->to == HV_DOM_FOCUSED && (d->flags & HV_DOM_SCREEN) != 0);
}

static const char *check_dom(const struct hv_system *s, unsigned i)
{
	const struct hv_sys_domain *d = &s->dom[i];
	uint64_t ram = (uint64_t)d->ram_mib << 20;
	const char *wrong =
		check_entry(d, sizeof *d, AT(domain, reserved), dom_rules, COUNT(dom_rules));
	unsigned ends = 0;

	if (wrong != NULL)
		return wrong;
	if (d->budget_us > d->period_us)
		return "budget is over the period";
	if (d->chord != 0 && (d->flags & HV_DOM_SCREEN) == 0)
		return "chord of a domain without a screen";
	if ((d->restart_count == 0) != (d->restart_window_s == 0) ||
	    (d->restart_count == 0 && (d->flags & HV_DOM_AUTORESTART) != 0))
		return "restarts need both a number and a window";
	if (d->progress_ms == 0 ? (d->progress_missed | d->start_ms) != 0
				: d->progress_ms < 10 || d->progress_missed == 0)
		return "progress needs both a time and a number";
	if ((d->secret_gpa == 0) != (d->secret_bytes == 0) || d->secret_gpa > ram ||
	    d->secret_bytes > ram - d->secret_gpa ||
	    (d->secret_gpa == 0) != zero(d->secret_digest, sizeof d->secret_digest))
		return "secret without a place or a digest, or outside RAM";
	if (d->spare_mib == 0 && !zero(d->swap_digest, sizeof d->swap_digest))
		return "image to swap in, but no spare";
	for (unsigned j = 0; j < i; j++) {
		if (same_name(d->name, s->dom[j].name) ||
		    (d->chord != 0 && d->chord == s->dom[j].chord))
			return "two domains have one name or one chord";
		if (d->secret_gpa != 0 && same(d->secret_digest, s->dom[j].secret_digest, 32))
			return "two domains have one secret";
	}
	for (unsigned j = 0; j < s->chan_count; j++)
		ends += (s->chan[j].from == i ? 1u : 0) + (receives(&s->chan[j], d, i) ? 1u : 0);
	return ends <= HV_DOM_CHAN_MAX ? NULL : "domain has too many channel ends";
}

/* What may not be between the domains A and B. */
static const char *check_path(const struct hv_sys_channel *c, const struct hv_sys_domain *a,
			      const struct hv_sys_domain *b)
{
	if ((a->flags & HV_DOM_PROTECTED) != 0 &&
	    (b->role == HV_ROLE_NETVM || (c->kind == HV_KIND_NET && b->role != HV_ROLE_VPNVM)))
		return "protected domain has a network path beside its VPN";
	if (a->role == HV_ROLE_VPNVM && b->role == HV_ROLE_NETVM &&
	    c->flags != HV_EDGE_ONLY_ESP_IKE)
		return "edge of VPNVM and NETVM is not limited to ESP and IKE";
	return NULL;
}

static const char *check_chan(const struct hv_system *s, unsigned i)
{
	const struct hv_sys_channel *c = &s->chan[i], *o;
	uint64_t message = sizeof(struct hv_msg) +
			   (c->msg_max + HV_MSG_ALIGN - 1) / HV_MSG_ALIGN * HV_MSG_ALIGN;
	const char *wrong =
		check_entry(c, sizeof *c, AT(channel, reserved), chan_rules, COUNT(chan_rules));

	if (wrong != NULL)
		return wrong;
	if (c->from >= s->dom_count || (c->to >= s->dom_count && c->to != HV_DOM_FOCUSED) ||
	    c->from == c->to)
		return "end of a channel is no domain, or both are one";
	if ((c->to == HV_DOM_FOCUSED && c->kind != HV_KIND_INPUT) ||
	    (c->flags != 0 && c->kind != HV_KIND_NET))
		return "channel to the focus is not input, or a filter not on net";
	if ((c->ring_bytes & (c->ring_bytes - 1)) != 0 || c->msg_max > c->ring_bytes - 16)
		return "ring is no power of two, or too small for a message";
	if (c->credit_kib != 0 && (uint64_t)c->credit_kib << 10 < message)
		return "credit is less than one largest message";
	for (o = &s->chan[0]; o < c; o++) /* a name is one edge: its second channel goes back */
		if (same_name(c->name, o->name) &&
		    (c->from != o->to || c->to != o->from || c->kind != o->kind))
			return "two edges have one name";
	if (c->to == HV_DOM_FOCUSED)
		return NULL;
	wrong = check_path(c, &s->dom[c->from], &s->dom[c->to]);
	return wrong != NULL ? wrong : check_path(c, &s->dom[c->to], &s->dom[c->from]);
}

static const char *check_dev(const struct hv_system *s, unsigned i)
{
	const struct hv_sys_device *v = &s->dev[i], *o;
	const char *wrong =
		check_entry(v, sizeof *v, AT(device, reserved), dev_rules, COUNT(dev_rules));

	if (wrong != NULL)
		return wrong;
	if (v->dom >= s->dom_count || v->bar_gpa >> 32 != 0)
		return "device of no domain, or guest BARs above 4 GiB";
	if ((v->match != HV_MATCH_ID && v->value > 0xffff) ||
	    (v->match == HV_MATCH_SLOT && v->index != 0))
		return "value or index of a device is out of range";
	if (v->match == HV_MATCH_CLASS && v->value >> 8 == CLASS_NETWORK &&
	    (s->dom[v->dom].flags & HV_DOM_PROTECTED) != 0)
		return "protected domain owns a network device";
	for (o = &s->dev[0]; o < v; o++) {
		if (same_name(v->name, o->name) ||
		    (v->match == o->match && v->value == o->value && v->index == o->index))
			return "two devices have one name, or one device two owners";
		if (v->dom == o->dom &&
		    (v->guest_devfn == o->guest_devfn || v->bar_gpa == o->bar_gpa))
			return "two devices share a guest slot or addresses";
	}
	return NULL;
}

static const char *check_capsules(const struct hv_system *s)
{
	uint32_t bytes = 0;

	for (unsigned i = 0; i < s->dom_count; i++)
		bytes += s->dom[i].capsule_bytes;
	return bytes <= HV_CAPSULE_TOTAL ? NULL : "capsules are over 64 KiB together";
}

static const char *check_rings(const struct hv_system *s)
{
	unsigned screens = 0, rings = 0;

	for (unsigned i = 0; i < s->dom_count; i++)
		screens += (s->dom[i].flags & HV_DOM_SCREEN) != 0;
	for (unsigned i = 0; i < s->chan_count; i++)
		rings += s->chan[i].to == HV_DOM_FOCUSED ? screens : 1;
	return rings <= HV_SYS_RING_MAX ? NULL
					: "too many rings: channels to the focus times screens";
}

enum hv_err system_check(const struct hv_system *s, const char **what)
{
	const char *wrong = check_header(s);

	for (unsigned i = 0; wrong == NULL && i < s->dom_count; i++)
		wrong = check_dom(s, i);
	for (unsigned i = 0; wrong == NULL && i < s->chan_count; i++)
		wrong = check_chan(s, i);
	for (unsigned i = 0; wrong == NULL && i < s->dev_count; i++)
		wrong = check_dev(s, i);
	if (wrong == NULL)
		wrong = check_rings(s);
	if (wrong == NULL)
		wrong = check_capsules(s);
	if (wrong == NULL)
		return HV_OK;
	*what = wrong;
	return HV_EBAD;
}
