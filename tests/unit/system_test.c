/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of a system description broken alone: the check must name that rule. It must not share code with the check. */
#include "check.h"
#include "fakes/good_system.h"
#include "hv_image.h"
#include "system.h"

static struct hv_system sys;

static void good(void)
{
	good_system(&sys);
}

static struct hv_sys_channel *channel(const char *text, unsigned from, unsigned to, uint32_t kind)
{
	return good_channel(&sys, text, from, to, kind);
}

static void name(uint8_t *to, const char *text)
{
	memcpy(to, text, strlen(text));
}

static void the_good_one_is_accepted(void)
{
	const char *what = NULL;

	good();
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	CHECK_STR(what == NULL ? "untouched" : what, "untouched");
	sys.first_focus = HV_DOM_NONE;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	sys.dev[0].match = HV_MATCH_ID;
	sys.dev[0].value = 0x808610d3;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	sys.dev[0].match = HV_MATCH_SLOT;
	sys.dev[0].value = 0xffff;
	sys.dev[0].index = 0;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	sys.dev[0].match =
		HV_MATCH_CLASS; /* a protected domain may own other devices than network ones */
	sys.dev[0].dom = WORK;
	sys.dev[0].value = 0x0300;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	sys.chan_count = 0;
	memset(sys.chan, 0, sizeof sys.chan);
	CHECK_EQ(system_check(&sys, &what), HV_OK);
}

static void refused(const char *change, const char *rule)
{
	const char *what = "nothing";

	if (system_check(&sys, &what) == HV_EBAD && strcmp(what, rule) == 0)
		return;
	printf("# %s\n", change);
	CHECK_STR(what, rule);
}

/* Makes one change to the good description; RULE is the only answer that counts. */
#define BREAK(change, rule)                                                                        \
	do {                                                                                       \
		good();                                                                            \
		change;                                                                            \
		refused(#change, rule);                                                            \
	} while (0)

static void header(void)
{
	BREAK(sys.magic ^= 1, "magic, version or size is not this version's");
	BREAK(sys.version++, "magic, version or size is not this version's");
	BREAK(sys.bytes--, "magic, version or size is not this version's");
	BREAK(sys.name[0] = 'A', "system name is not 1 to 31 of a-z 0-9 -");
	BREAK(sys.name[31] = 'a', "system name is not 1 to 31 of a-z 0-9 -");
	BREAK(sys.dom_count = 0, "count is out of range");
	BREAK(sys.dom_count = HV_DOM_MAX + 1, "count is out of range");
	BREAK(sys.chan_count = HV_SYS_CHAN_MAX + 1, "count is out of range");
	BREAK(sys.dev_count = HV_SYS_DEV_MAX + 1, "count is out of range");
	BREAK(sys.flags = 1, "reserved field or unused entry is not zero");
	BREAK(sys.reserved[55] = 1, "reserved field or unused entry is not zero");
	BREAK(sys.dom[7].reserved[0] = 1, "reserved field or unused entry is not zero");
	BREAK(sys.dom[15].reserved[7] = 1, "reserved field or unused entry is not zero");
	BREAK(sys.chan[8].name[0] = 'a', "reserved field or unused entry is not zero");
	BREAK(sys.chan[63].reserved[23] = 1, "reserved field or unused entry is not zero");
	BREAK(sys.dev[2].name[0] = 'a', "reserved field or unused entry is not zero");
	BREAK(sys.dev[15].reserved[11] = 1, "reserved field or unused entry is not zero");
	BREAK(sys.first_focus = 7, "first focus is not a domain with a screen");
	BREAK(sys.first_focus = HV_DOM_FOCUSED, "first focus is not a domain with a screen");
	BREAK(sys.first_focus = VPN, "first focus is not a domain with a screen");
}

static void names(void)
{
	static const char bad[] = {'\0', '`', '{', '/', ':', '.', ',', 'Z', ' ', '\x80'};
	const char *rule = "name is not 1 to 15 of a-z 0-9 -";

	for (unsigned i = 0; i < sizeof bad; i++) {
		BREAK(sys.dom[0].name[0] = (uint8_t)bad[i], rule);
		BREAK(sys.chan[6].name[0] = (uint8_t)bad[i], rule);
		BREAK(sys.dev[1].name[0] = (uint8_t)bad[i], rule);
	}
	BREAK(sys.dom[HOME].name[15] = 'p', rule);
	BREAK(memset(sys.dom[NET].name, 0, 16), rule);
	BREAK(sys.dom[NET].name[2] = 0, rule); /* something after the end */
	BREAK(sys.chan[6].name[15] = 'a', rule);
	BREAK(sys.dev[1].name[15] = 'a', rule);
	BREAK(memcpy(sys.dom[USB].name, sys.dom[NET].name, 16),
	      "two domains have one name or one chord");
	BREAK(memcpy(sys.dom[HOME].name, sys.dom[NET].name, 16),
	      "two domains have one name or one chord");
	BREAK(sys.dom[WORK].chord = 9, "two domains have one name or one chord");
	good();
	name(sys.dom[NET].name, "az-09"); /* the ends of what is allowed */
	CHECK_EQ(system_check(&sys, &rule), HV_OK);
}

static void domain_fields(void)
{
	struct hv_sys_domain *d = &sys.dom[HOME];

	BREAK(d->role = HV_ROLE_TEST + 1, "role of a domain is unknown");
	BREAK(d->flags |= 128, "domain has an unknown flag");
	BREAK(d->flags |= 1u << 31, "domain has an unknown flag");
	BREAK(d->rights = 4, "domain has an unknown right");
	BREAK(d->ram_mib = 0, "RAM is not even, or not 2 to 2048 MiB");
	BREAK(d->ram_mib = 33, "RAM is not even, or not 2 to 2048 MiB");
	BREAK(d->ram_mib = 2050, "RAM is not even, or not 2 to 2048 MiB");
	BREAK(d->priority = 8, "priority is not 0 to 7");
	BREAK(d->period_us = 1999, "period is not 2000 to 1000000 us");
	BREAK(d->period_us = 1000001, "period is not 2000 to 1000000 us");
	BREAK(d->budget_us = 999, "budget is not 1000 us or more");
	BREAK((d->period_us = 2000, d->budget_us = 2001), "budget is over the period");
	BREAK(d->colour = 0x1000000, "colour is not 0x00rrggbb");
	BREAK(d->chord = 10, "chord is not 0 to 9");
	BREAK(sys.dom[NET].chord = 2, "chord of a domain without a screen");
	BREAK(d->spare_mib = 2049, "spare is over 2048 MiB");
	BREAK((d->spare_mib = 0, d->swap_digest[31] = 1), "image to swap in, but no spare");
	BREAK(d->reserved[0] = 1, "reserved field is not zero");
	BREAK(d->reserved[7] = 1, "reserved field is not zero");
	BREAK(d->restart_window_s = 0, "restarts need both a number and a window");
	BREAK(d->restart_count = 0, "restarts need both a number and a window");
	BREAK((d->restart_count = 0, d->restart_window_s = 0),
	      "restarts need both a number and a window");
}

static void capsule(void)
{
	struct hv_sys_domain *d = &sys.dom[USB];
	const char *much = "capsules are over 64 KiB together", *what = NULL;

	BREAK(d->capsule_bytes = HV_CAPSULE_MAX + 1024, "capsule is not 0 to 16 KiB");
	BREAK(d->capsule_bytes = 1000, "capsule is not 0 to 16 KiB");
	BREAK(d->capsule_bytes = 1u << 31, "capsule is not 0 to 16 KiB");
	good();
	for (unsigned i = 0; i < 4; i++)
		sys.dom[i].capsule_bytes = HV_CAPSULE_MAX;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	sys.dom[4].capsule_bytes = 1024;
	refused("fifth capsule", much);
}

static void progress(void)
{
	struct hv_sys_domain *d = &sys.dom[USB];
	const char *both = "progress needs both a time and a number", *what = NULL;

	BREAK(d->progress_ms = 60001, "progress is not judged every 10 to 60000 ms");
	BREAK(d->progress_missed = 101, "answers missed are not 1 to 100");
	BREAK(d->progress_ms = 10, both);
	BREAK(d->progress_missed = 1, both);
	BREAK((d->progress_ms = 9, d->progress_missed = 1), both);
	BREAK(d->start_ms = 1, both);
	BREAK(d->start_ms = 3600001, "a start is waited for longer than an hour");
	good();
	d->progress_ms = 10;
	d->progress_missed = 1;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	d->progress_ms = 60000;
	d->progress_missed = 100;
	d->start_ms = 3600000;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
}

static void give_secret(struct hv_sys_domain *d)
{
	d->secret_gpa = 4096;
	d->secret_bytes = 1;
	d->secret_digest[31] = sys.dom[VPN].secret_digest[31];
}

static void secret(void)
{
	const char *outside = "secret without a place or a digest, or outside RAM", *what = NULL;
	const char *max = "secret is over 32 KiB";
	struct hv_sys_domain *d = &sys.dom[VPN];

	BREAK(d->secret_gpa += 1, "secret is not page-aligned");
	BREAK(d->secret_gpa += 4096, outside);
	BREAK(d->secret_gpa += 8192, outside);
	BREAK(d->secret_gpa |= 1ull << 32, outside);
	BREAK(d->secret_bytes++, outside);
	BREAK(d->secret_bytes = 0, outside);
	BREAK(d->secret_gpa = 0, outside);
	BREAK((d->secret_gpa = 0, d->secret_bytes = 0), outside); /* the digest is left */
	BREAK(d->secret_digest[31] = 0, outside);
	BREAK((d->secret_gpa = 4096, d->secret_bytes = HV_SECRET_MAX + 1), max);
	BREAK(d->secret_bytes = UINT32_MAX, max);
	BREAK(give_secret(&sys.dom[NET]), "two domains have one secret");
	BREAK(give_secret(&sys.dom[WORK]), "two domains have one secret");
	good();
	give_secret(&sys.dom[WORK]);
	sys.dom[WORK].secret_digest[0] = 1; /* another one */
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	good();
	d->secret_gpa = 4096;
	d->secret_bytes = HV_SECRET_MAX;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	memset(d->secret_digest, 0, sizeof d->secret_digest);
	d->secret_gpa = d->secret_bytes = 0;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	d->flags &= ~HV_DOM_AUTORESTART;
	d->restart_count = d->restart_window_s = 0;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
}

static void channel_fields(void)
{
	struct hv_sys_channel *c = &sys.chan[5]; /* urb */
	const char *ends = "end of a channel is no domain, or both are one";
	const char *ring = "ring is no power of two, or too small for a message";

	BREAK(c->from = 7, ends);
	BREAK(c->from = HV_DOM_FOCUSED, ends);
	BREAK(c->to = 7, ends);
	BREAK(c->to = HV_DOM_NONE, ends);
	BREAK(c->to = c->from, ends);
	BREAK(c->kind = HV_KIND_MAX, "kind of a channel is unknown");
	BREAK(c->to = HV_DOM_FOCUSED, "channel to the focus is not input, or a filter not on net");
	BREAK(c->flags = HV_EDGE_ONLY_ESP_IKE,
	      "channel to the focus is not input, or a filter not on net");
	BREAK(sys.chan[6].flags = HV_EDGE_ONLY_ESP_IKE,
	      "channel to the focus is not input, or a filter not on net");
	BREAK(c->flags = 2, "channel has an unknown flag");
	BREAK(c->ring_bytes = 2048, "ring is not 4 KiB to 1 MiB");
	BREAK(c->ring_bytes = 2u << 20, "ring is not 4 KiB to 1 MiB");
	BREAK(c->ring_bytes = 3 * 4096, ring);
	BREAK(c->msg_max = 4081, ring);
	BREAK(c->msg_max = 0, "largest message is out of range");
	BREAK(sys.chan[0].msg_max++, "largest message is out of range");
	BREAK((c->credit_kib = 1, c->msg_max = 1009), "credit is less than one largest message");
	BREAK((sys.chan[0].credit_kib = 68), "credit is less than one largest message");
	BREAK(c->reserved[0] = 1, "reserved field is not zero");
	BREAK(c->reserved[23] = 1, "reserved field is not zero");
	BREAK(name(c->name, "input"), "two edges have one name");
	BREAK(name(sys.chan[4].name, "vpnvm-netvm"), "two edges have one name");
	BREAK(sys.chan[1].kind = HV_KIND_RAW, "two edges have one name");
	BREAK(sys.chan[1] = sys.chan[0], "two edges have one name");
	BREAK(sys.chan[1].to = HOME, "two edges have one name");
	BREAK(sys.chan[1].from = HOME, "two edges have one name");
}

/* P3: nothing but vpnvm is beside a protected domain, and vpnvm lets only ESP and IKE out. Both directions each. */
static void network_paths(void)
{
	const char *beside = "protected domain has a network path beside its VPN";
	const char *open = "edge of VPNVM and NETVM is not limited to ESP and IKE";

	BREAK(channel("x", WORK, NET, HV_KIND_NET), beside);
	BREAK(channel("x", NET, WORK, HV_KIND_NET), beside);
	BREAK(channel("x", WORK, NET, HV_KIND_RAW), beside);
	BREAK(channel("x", NET, WORK, HV_KIND_INPUT), beside);
	BREAK(channel("x", WORK, HOME, HV_KIND_NET), beside);
	BREAK(channel("x", HOME, WORK, HV_KIND_NET), beside);
	BREAK(sys.dom[VPN].role = HV_ROLE_PVM, beside);
	BREAK(sys.chan[2].flags = 0, open);
	BREAK(sys.chan[3].flags = 0, open);
	BREAK(channel("x", VPN, NET, HV_KIND_RAW), open);
	BREAK(channel("x", NET, VPN, HV_KIND_RAW), open);
	BREAK(sys.dev[0].dom = WORK, "protected domain owns a network device");
	BREAK((sys.dev[0].dom = WORK, sys.dev[0].value = 0x0280),
	      "protected domain owns a network device");
}

/* A VM with a screen that sends to the focus receives too: 16 such channels are 32 ends of it, 17 are 34. */
static void a_sender_to_the_focus_with_a_screen_has_two_ends(void)
{
	const char *what = NULL;

	good();
	memset(sys.chan, 0, sizeof sys.chan);
	sys.chan_count = 0;
	for (unsigned i = 0; i < HV_DOM_CHAN_MAX / 2; i++) {
		char text[4] = {'c', (char)('a' + i / 8), (char)('a' + i % 8), 0};

		(void)channel(text, HOME, HV_DOM_FOCUSED, HV_KIND_INPUT);
	}
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	(void)channel("one-more", HOME, HV_DOM_FOCUSED, HV_KIND_INPUT);
	refused("a 17th channel to the focus from a screen", "domain has too many channel ends");
}

/* 32 ends are allowed, 33 are not; a channel to the focus is an end of every domain with a screen. */
static void channel_ends(void)
{
	const char *what = NULL;

	good();
	memset(sys.chan, 0, sizeof sys.chan);
	sys.chan_count = 0;
	for (unsigned i = 0; i < HV_DOM_CHAN_MAX; i++) {
		char text[4] = {'c', (char)('a' + i / 8), (char)('a' + i % 8), 0};

		(void)channel(text, i % 2 ? HOME : ADMIN, i % 2 ? ADMIN : HOME, HV_KIND_RAW);
	}
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	(void)channel("input", INPUT, HV_DOM_FOCUSED, HV_KIND_INPUT);
	refused("a channel to the focus", "domain has too many channel ends");
	sys.dom[HOME].flags &= ~HV_DOM_SCREEN;
	sys.dom[HOME].chord = 0;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	memset(&sys.chan[--sys.chan_count], 0, sizeof sys.chan[0]);
	(void)channel("last", ADMIN, USB, HV_KIND_RAW);
	refused("a 33rd end that sends", "domain has too many channel ends");
	sys.chan[32].from = USB;
	sys.chan[32].to = ADMIN;
	refused("a 33rd end that receives", "domain has too many channel ends");
}

/* A channel to the focus is one ring for each domain with a screen: 128 rings are allowed, 129 are not. */
static void rings(void)
{
	const char *what = NULL;

	good();
	memset(sys.chan, 0, sizeof sys.chan);
	sys.chan_count = 0;
	for (unsigned i = sys.dom_count; i < HV_DOM_MAX; i++) {
		sys.dom[i] = sys.dom[NET];
		sys.dom[i].name[0] = (uint8_t)('0' + i % 10);
	}
	sys.dom_count = HV_DOM_MAX;
	for (unsigned i = 0; i < HV_DOM_MAX; i++)
		if (i != INPUT)
			sys.dom[i].flags |= HV_DOM_SCREEN;
	for (unsigned i = 0; i < 9; i++) {
		char text[4] = {'c', (char)('a' + i), 0};

		(void)channel(text, INPUT, i < 8 ? HV_DOM_FOCUSED : NET,
			      i < 8 ? HV_KIND_INPUT : HV_KIND_RAW);
	}
	for (unsigned i = 0; i < 7; i++) {
		char text[4] = {'d', (char)('a' + i), 0};

		(void)channel(text, USB, NET, HV_KIND_RAW);
	}
	CHECK_EQ(system_check(&sys, &what), HV_OK); /* 8 * 15 + 8 */
	(void)channel("last", USB, NET, HV_KIND_RAW);
	refused("a 129th ring", "too many rings: channels to the focus times screens");
}

/* Every table full to its last entry. */
static void full_tables_are_accepted(void)
{
	const char *what = NULL;
	struct hv_sys_domain *last = &sys.dom[HV_DOM_MAX - 1];

	good();
	for (unsigned i = sys.dom_count; i < HV_DOM_MAX; i++) {
		sys.dom[i] = sys.dom[NET];
		sys.dom[i].name[0] = (uint8_t)('0' + i % 10);
		sys.dom[i].budget_us = sys.dom[i].period_us;
	}
	last->flags |= HV_DOM_SCREEN;
	sys.dom_count = HV_DOM_MAX;
	sys.first_focus = HV_DOM_MAX - 1;
	for (unsigned i = sys.chan_count; i < HV_SYS_CHAN_MAX; i++) {
		char text[4] = {'c', (char)('a' + i / 8), (char)('a' + i % 8), 0};

		(void)channel(text, i % 8 + 8, (i + 1) % 8 + 8, HV_KIND_ADMIN);
	}
	for (unsigned i = sys.dev_count; i < HV_SYS_DEV_MAX; i++) {
		sys.dev[i] = sys.dev[1];
		sys.dev[i].name[0] = (uint8_t)('a' + i);
		sys.dev[i].dom = i;
		sys.dev[i].value = i;
	}
	sys.dev_count = HV_SYS_DEV_MAX;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	CHECK_STR(what == NULL ? "" : what, "");
	sys.first_focus = HV_DOM_MAX;
	refused("focus beyond a full table", "first focus is not a domain with a screen");
}

static void device_fields(void)
{
	struct hv_sys_device *v = &sys.dev[1];
	const char *value = "value or index of a device is out of range";
	const char *twice = "two devices have one name, or one device two owners";
	const char *share = "two devices share a guest slot or addresses";

	BREAK(v->dom = 7, "device of no domain, or guest BARs above 4 GiB");
	BREAK(v->match = 0, "match of a device is unknown");
	BREAK(v->match = HV_MATCH_SLOT + 1, "match of a device is unknown");
	BREAK(v->value = 0x10000, value);
	BREAK((v->match = HV_MATCH_SLOT, v->value = 0x10000), value);
	BREAK((v->match = HV_MATCH_SLOT, v->index = 1), value);
	BREAK(v->guest_devfn = 0x08, "guest slot is not 2 to 31, function 0");
	BREAK(v->guest_devfn = 0x100, "guest slot is not 2 to 31, function 0");
	BREAK(v->guest_devfn = 0x11, "guest slot is not 2 to 31, function 0");
	BREAK(v->reset = 8, "reset is unknown");
	BREAK(v->bar_gpa = 0x7fe00000, "guest BARs misplaced");
	BREAK(v->bar_gpa = 0xe0000000, "guest BARs misplaced");
	BREAK(v->bar_gpa += 0x100000, "guest BARs misplaced");
	BREAK(v->bar_gpa |= 1ull << 32, "device of no domain, or guest BARs above 4 GiB");
	BREAK(v->flags = 2, "device has an unknown flag");
	BREAK(v->reserved[0] = 1, "reserved field is not zero");
	BREAK(v->reserved[11] = 1, "reserved field is not zero");
	BREAK(memcpy(v->name, sys.dev[0].name, 16), twice);
	BREAK((v->value = 0x0200, v->index = 3), twice);
	BREAK((v->dom = NET, v->guest_devfn = 0x10), share);
	BREAK((v->dom = NET, v->bar_gpa = 0x80000000), share);
}

/* The smallest and the largest that a field may hold. */
static void limits_are_accepted(void)
{
	struct hv_sys_domain *d = &sys.dom[ADMIN];
	const char *what = NULL;

	good();
	d->flags = 0;
	d->ram_mib = 2;
	d->priority = 0;
	d->colour = 0;
	d->period_us = 2000;
	sys.dev[0].reset = 0;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	d->flags = HV_DOM_FLAGS;
	d->rights = HV_RIGHTS;
	d->ram_mib = 2048;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
}

/* What looks like a conflict and is none. */
static void near_misses_are_accepted(void)
{
	struct hv_sys_device *v = &sys.dev[1];
	const char *what = NULL;

	good();
	v->guest_devfn = 0x10; /* of another domain */
	v->bar_gpa = 0x80000000;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	v->value = 0x0200; /* another of the same class */
	v->index = 2;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	v->dom = NET; /* of the same, at another slot */
	v->guest_devfn = 0x18;
	v->bar_gpa += 0x200000;
	CHECK_EQ(system_check(&sys, &what), HV_OK);
	v->index = 3;
	v->match = HV_MATCH_ID; /* same number, other meaning */
	CHECK_EQ(system_check(&sys, &what), HV_OK);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(the_good_one_is_accepted);
	RUN(header);
	RUN(names);
	RUN(domain_fields);
	RUN(capsule);
	RUN(progress);
	RUN(secret);
	RUN(channel_fields);
	RUN(network_paths);
	RUN(a_sender_to_the_focus_with_a_screen_has_two_ends);
	RUN(channel_ends);
	RUN(rings);
	RUN(full_tables_are_accepted);
	RUN(device_fields);
	RUN(limits_are_accepted);
	RUN(near_misses_are_accepted);
	return check_end();
}
