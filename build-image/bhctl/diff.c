/* SPDX-License-Identifier: Apache-2.0 */
/* Compares descriptions by tables of fields; a field that is in no table would be a change nobody sees. */
#include "diff.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum format { NUMBER, HEX, DIGEST, WIDE };

struct field {
	const char *name;
	size_t at;
	enum format format;
};

#define VM(field)   offsetof(struct hv_sys_domain, field)
#define CHAN(field) offsetof(struct hv_sys_channel, field)
#define DEV(field)  offsetof(struct hv_sys_device, field)
#define COUNT(a)    (unsigned)(sizeof(a) / sizeof((a)[0]))

static const struct field vm_fields[] = {
	{"role",		 VM(role),		   NUMBER},
	{"flags",		  VM(flags),	     HEX	},
	{"rights",	   VM(rights),	       HEX	  },
	{"ram_mib",	    VM(ram_mib),		 NUMBER},
	{"cpu",		VM(cpu),		 NUMBER},
	{"priority",	     VM(priority),	   NUMBER},
	{"budget_us",	      VM(budget_us),	     NUMBER},
	{"period_us",	      VM(period_us),	     NUMBER},
	{"colour",	   VM(colour),	       HEX	  },
	{"chord",		  VM(chord),	     NUMBER},
	{"restart_count",	  VM(restart_count),    NUMBER},
	{"restart_window_s", VM(restart_window_s), NUMBER},
	{"progress_ms",	VM(progress_ms),	 NUMBER},
	{"progress_missed",  VM(progress_missed),	 NUMBER},
	{"start_ms",	     VM(start_ms),	   NUMBER},
	{"spare_mib",	      VM(spare_mib),	     NUMBER},
	{"capsule_bytes",	  VM(capsule_bytes),    NUMBER},
	{"image",		  VM(image_digest),	    DIGEST},
	{"secret",	   VM(secret_digest),    DIGEST},
	{"swap",		 VM(swap_digest),	  DIGEST},
	{"secret_gpa",       VM(secret_gpa),       WIDE  },
	{"secret_bytes",	 VM(secret_bytes),	   NUMBER},
};
static const struct field chan_fields[] = {
	{"kind",	 CHAN(kind),	     NUMBER},
	    {"ring_bytes", CHAN(ring_bytes), NUMBER},
	{"msg_max",    CHAN(msg_max),	   NUMBER},
	    {"credit_kib", CHAN(credit_kib), NUMBER},
	{"flags",	  CHAN(flags),      HEX	  },
};
static const struct field dev_fields[] = {
	{"match",	  DEV(match),	      NUMBER},
	       {"value",	 DEV(value),	     HEX	},
	{"index",	  DEV(index),	      NUMBER},
	       {"guest_devfn", DEV(guest_devfn), HEX   },
	{"reset",	  DEV(reset),	      HEX	 },
	       {"bar_gpa",	   DEV(bar_gpa),	 WIDE  },
	{"flags",	  DEV(flags),	      HEX	 },
};

static size_t width(enum format f)
{
	return f == DIGEST ? 32 : f == WIDE ? 8 : 4;
}

static void show(const uint8_t *at, enum format f, char out[DIFF_TEXT])
{
	uint32_t v;
	uint64_t w;

	memcpy(&v, at, sizeof v);
	switch (f) {
	case NUMBER:
		(void)snprintf(out, DIFF_TEXT, "%" PRIu32, v);
		break;
	case HEX:
		(void)snprintf(out, DIFF_TEXT, "0x%" PRIx32, v);
		break;
	case WIDE:
		memcpy(&w, at, sizeof w);
		(void)snprintf(out, DIFF_TEXT, "0x%" PRIx64, w);
		break;
	case DIGEST:
		for (unsigned i = 0; i < 32; i++)
			(void)snprintf(out + 2 * i, 3, "%02x", at[i]);
		break;
	}
}

static struct change *add(struct changes *out, char mark, const char *what, const char *field)
{
	struct change *c = &out->change[out->count < DIFF_MAX ? out->count++ : DIFF_MAX - 1];

	memset(c, 0, sizeof *c);
	c->mark = mark;
	(void)snprintf(c->what, sizeof c->what, "%s", what);
	(void)snprintf(c->field, sizeof c->field, "%s", field);
	return c;
}

static void add_text(struct changes *out, const char *what, const char *field, const char *old,
		     const char *now)
{
	struct change *c;

	if (strcmp(old, now) == 0)
		return;
	c = add(out, '~', what, field);
	(void)snprintf(c->old, sizeof c->old, "%s", old);
	(void)snprintf(c->now, sizeof c->now, "%s", now);
}

static void compare(struct changes *out, const char *what, const void *old, const void *now,
		    const struct field *field, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *a = (const uint8_t *)old + field[i].at;
		const uint8_t *b = (const uint8_t *)now + field[i].at;
		struct change *c;

		if (memcmp(a, b, width(field[i].format)) == 0)
			continue;
		c = add(out, '~', what, field[i].name);
		show(a, field[i].format, c->old);
		show(b, field[i].format, c->now);
	}
}

static const char *dom_name(const struct hv_system *s, unsigned dom)
{
	return dom == HV_DOM_FOCUSED ? "@focused"
	       : dom == HV_DOM_NONE  ? "none"
				     : (const char *)s->dom[dom].name;
}

/* The things of one kind: each has a text by which both sides are matched. */
enum thing { THING_VM, THING_CHANNEL, THING_DEVICE };

static unsigned things(const struct hv_system *s, enum thing t)
{
	return t == THING_VM ? s->dom_count : t == THING_CHANNEL ? s->chan_count : s->dev_count;
}

static void describe(const struct hv_system *s, enum thing t, unsigned i, char what[48])
{
	if (t == THING_VM)
		(void)snprintf(what, 48, "vm %s", (const char *)s->dom[i].name);
	else if (t == THING_DEVICE)
		(void)snprintf(what, 48, "device %s", (const char *)s->dev[i].name);
	else
		(void)snprintf(what, 48, "channel %s of %s", (const char *)s->chan[i].name,
			       dom_name(s, s->chan[i].from));
}

static unsigned find(const struct hv_system *s, enum thing t, const char *what)
{
	unsigned i;
	char other[48];

	for (i = 0; i < things(s, t); i++) {
		describe(s, t, i, other);
		if (strcmp(what, other) == 0)
			break;
	}
	return i;
}

static void compare_thing(struct changes *out, const char *what, const struct hv_system *old,
			  unsigned i, const struct hv_system *now, unsigned k, enum thing t)
{
	switch (t) {
	case THING_VM:
		compare(out, what, &old->dom[i], &now->dom[k], vm_fields, COUNT(vm_fields));
		break;
	case THING_CHANNEL:
		add_text(out, what, "to", dom_name(old, old->chan[i].to),
			 dom_name(now, now->chan[k].to));
		compare(out, what, &old->chan[i], &now->chan[k], chan_fields, COUNT(chan_fields));
		break;
	case THING_DEVICE:
		add_text(out, what, "vm", dom_name(old, old->dev[i].dom),
			 dom_name(now, now->dev[k].dom));
		compare(out, what, &old->dev[i], &now->dev[k], dev_fields, COUNT(dev_fields));
		break;
	}
}

static void compare_things(struct changes *out, const struct hv_system *old,
			   const struct hv_system *now, enum thing t)
{
	char what[48];

	for (unsigned i = 0; i < things(old, t); i++) {
		unsigned k;

		describe(old, t, i, what);
		k = find(now, t, what);
		if (k == things(now, t))
			(void)add(out, '-', what, "");
		else
			compare_thing(out, what, old, i, now, k, t);
	}
	for (unsigned i = 0; i < things(now, t); i++) {
		describe(now, t, i, what);
		if (find(old, t, what) == things(old, t))
			(void)add(out, '+', what, "");
	}
}

void diff_systems(const struct hv_system *old, const struct hv_system *now, struct changes *out)
{
	static const struct field serial[] = {
		{"serial", offsetof(struct hv_system, serial), NUMBER}
	      };

	out->count = 0;
	add_text(out, "bundle", "name", (const char *)old->name, (const char *)now->name);
	compare(out, "bundle", old, now, serial, 1);
	add_text(out, "bundle", "focus", dom_name(old, old->first_focus),
		 dom_name(now, now->first_focus));
	compare_things(out, old, now, THING_VM);
	compare_things(out, old, now, THING_CHANNEL);
	compare_things(out, old, now, THING_DEVICE);
}
