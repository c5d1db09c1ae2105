/* SPDX-License-Identifier: Apache-2.0 */
/* The file `edges`: one line for each edge, and what an edge may join. What is not named here is no channel. */
#include <stdio.h>
#include <string.h>

#include "site.h"
#include "text.h"

#define BIT(role) (1u << (role))
#define ROLE_TEST BIT(HV_ROLE_TEST)
#define ROLE_NET  (BIT(HV_ROLE_PVM) | BIT(HV_ROLE_NETVM) | BIT(HV_ROLE_VPNVM) | ROLE_TEST)
#define ROLE_RAW  (ROLE_NET | BIT(HV_ROLE_ADMINVM))
#define ROLE_IN	  (BIT(HV_ROLE_INPUTVM) | ROLE_TEST)
#define ROLE_SVC  (ROLE_IN | BIT(HV_ROLE_NETVM) | BIT(HV_ROLE_USBVM) | BIT(HV_ROLE_VPNVM))
#define KIB	  1024u

const struct value_word site_kinds[] = {
	{"raw",	HV_KIND_RAW  },
	  {"net",	  HV_KIND_NET  },
	    {"urb",   HV_KIND_URB  },
	{"input", HV_KIND_INPUT},
	  {"admin", HV_KIND_ADMIN},
	    VALUE_END
};

static const struct kind {
	uint32_t from, to; /* roles the ends may have */
	bool both_ways;
	uint32_t ring_bytes, msg_max;
	const char *right;
} kinds[HV_KIND_MAX] = {
	[HV_KIND_RAW] = {ROLE_RAW,			   ROLE_RAW, false, 64 * KIB,  4 * KIB,
			 "raw A B, between VMs of role pvm netvm vpnvm adminvm test"   },
	[HV_KIND_NET] = {ROLE_NET,			   ROLE_NET, true,  256 * KIB, HV_CHAN_MSG_MAX,
			 "net A B, between VMs of role pvm netvm vpnvm test"	    },
	[HV_KIND_URB] = {BIT(HV_ROLE_USBVM) | ROLE_TEST,	 ROLE_IN,  true,	128 * KIB, 16 * KIB,
			 "urb A B, A of role usbvm or test, B of role inputvm or test" },
	[HV_KIND_INPUT] = {ROLE_IN,			    0,	       false, 16 * KIB,	KIB,
			   "input A @focused, A of role inputvm or test"			},
	[HV_KIND_ADMIN] = {BIT(HV_ROLE_ADMINVM) | ROLE_TEST, ROLE_SVC, true,  64 * KIB,  8 * KIB,
			   "admin A B, A of role adminvm or test, B a service VM or test"},
};

#define EDGE_RIGHT "KIND FROM TO [property=value ...] with KIND raw net urb input or admin"

static struct place at_line(const struct site_edge *e)
{
	return (struct place){SITE_EDGES, e->line};
}

static bool take_bytes(const char *value, uint64_t min, uint64_t max, uint32_t *to)
{
	uint64_t v;

	if (!value_bytes(value, &v) || v < min || v > max)
		return false;
	*to = (uint32_t)v;
	return true;
}

/* One property=value. Returns NULL or what would be right. */
static const char *take_property(struct site_edge *e, const char *key, const char *value)
{
	static const struct value_word filters[] = {
		{"esp", 1},
		    {"ike", 2},
		VALUE_END
	 };
	uint32_t v;

	if (strcmp(key, "only") == 0) {
		if (e->kind != HV_KIND_NET || !value_words(value, filters, &v) || v != 3)
			return "only=esp,ike, on a net edge";
		e->only = HV_EDGE_ONLY_ESP_IKE;
	} else if (strcmp(key, "name") == 0) {
		if (!value_name(value, HV_NAME_LEN - 1))
			return "1 to 15 characters a-z 0-9 -";
		(void)strcpy(e->name, value);
	} else if (strcmp(key, "ring") == 0) {
		if (!take_bytes(value, 4 * KIB, 1024 * KIB, &v) || (v & (v - 1)) != 0)
			return "a power of two from 4K to 1M";
		e->ring_bytes = v;
	} else if (strcmp(key, "msg") == 0) {
		if (!take_bytes(value, 1, HV_CHAN_MSG_MAX, &e->msg_max))
			return "1 to 68K bytes";
	} else if (strcmp(key, "credit") == 0) {
		if (!take_bytes(value, KIB, 1u << 30, &v) || v % KIB != 0)
			return "1K to 1G for each period of the sender";
		e->credit_kib = v / KIB;
	} else {
		return "only= name= ring= msg= or credit=";
	}
	return NULL;
}

static void take_properties(struct site_edge *e, struct diags *d, char **word, unsigned words)
{
	for (unsigned i = 0; i < words; i++) {
		char *eq = strchr(word[i], '=');
		const char *right;

		for (unsigned k = 0; eq != NULL && k < i; k++) {
			if (strncmp(word[k], word[i], (size_t)(eq - word[i])) == 0 &&
			    word[k][eq - word[i]] == '\0') {
				*eq = '\0';
				diag_error(d, at_line(e), NULL, "%s is given twice", word[i]);
				return;
			}
		}
		if (eq == NULL) {
			diag_error(d, at_line(e), EDGE_RIGHT, "%s is no property", word[i]);
			return;
		}
		*eq = '\0';
		right = take_property(e, word[i], eq + 1);
		if (right != NULL)
			diag_error(d, at_line(e), right, "%s=%s is not possible", word[i], eq + 1);
	}
}

static void parse_edge(struct site *s, struct diags *d, unsigned line, char **word, unsigned words)
{
	struct place at = {SITE_EDGES, line};
	struct site_edge *e = &s->edge[s->edges];
	struct site_edge fresh = {.line = line};

	if (words < 3 || !value_word(word[0], site_kinds, &fresh.kind)) {
		diag_error(d, at, EDGE_RIGHT, words < 3 ? "%s: too few words" : "unknown kind %s",
			   word[0]);
		return;
	}
	if (s->edges == HV_SYS_CHAN_MAX) {
		diag_error(d, at, "64 or fewer", "one edge too many");
		return;
	}
	fresh.focused = strcmp(word[2], "@focused") == 0;
	if (!value_name(word[1], HV_NAME_LEN - 1) ||
	    (!fresh.focused && !value_name(word[2], HV_NAME_LEN - 1))) {
		diag_error(d, at, "names of VMs, or @focused behind input FROM",
			   "%s %s: not two ends", word[1], word[2]);
		return;
	}
	*e = fresh;
	e->both_ways = kinds[e->kind].both_ways;
	e->ring_bytes = kinds[e->kind].ring_bytes;
	e->msg_max = kinds[e->kind].msg_max;
	(void)strcpy(e->from_name, word[1]);
	if (!e->focused)
		(void)strcpy(e->to_name, word[2]);
	s->edges++;
	take_properties(e, d, word + 3, words - 3);
}

void site_parse_edges(struct site *s, struct diags *d, const char *text, size_t len)
{
	struct text t = {text, text + len, 0};
	struct text_line l;
	char *word[TEXT_WORD_MAX];
	int words;

	while ((words = text_next_words(&t, &l, word)) != 0) {
		if (words < 0)
			diag_error(d, (struct place){SITE_EDGES, t.line}, NULL, "%s", l.key);
		else
			parse_edge(s, d, t.line, word, (unsigned)words);
	}
}

/* Names to VMs, and whether the roles go together. */
static bool find_ends(struct site *s, struct diags *d, struct site_edge *e)
{
	const struct kind *k = &kinds[e->kind];

	e->from = site_find_vm(s, e->from_name);
	e->to = e->focused ? HV_DOM_FOCUSED : site_find_vm(s, e->to_name);
	if (e->from == s->vms || e->to == s->vms) {
		const char *name = e->from == s->vms ? e->from_name : e->to_name;

		diag_error(d, at_line(e), "the name of a .vm file", "there is no %s.vm", name);
		return false;
	}
	if (e->from == e->to) {
		diag_error(d, at_line(e), "two VMs", "both ends are %s", e->from_name);
		return false;
	}
	if ((k->from >> s->vm[e->from].role & 1) == 0 || e->focused != (k->to == 0) ||
	    (!e->focused && (k->to >> s->vm[e->to].role & 1) == 0)) {
		diag_error(d, at_line(e), k->right, "%s cannot join %s (role %s) and %s%s%s%s",
			   value_name_of(site_kinds, e->kind), e->from_name,
			   value_name_of(site_roles, s->vm[e->from].role),
			   e->focused ? "@focused" : e->to_name, e->focused ? "" : " (role ",
			   e->focused ? "" : value_name_of(site_roles, s->vm[e->to].role),
			   e->focused ? "" : ")");
		return false;
	}
	return true;
}

/* The rule that keeps a protected VM's packets inside its VPN; A and B in both orders. */
static void check_path(struct diags *d, const struct site_edge *e, const struct site_vm *a,
		       const struct site_vm *b)
{
	const char *kind = value_name_of(site_kinds, e->kind);
	char right[96];

	if (a->protect && b->role != HV_ROLE_VPNVM &&
	    (e->kind == HV_KIND_NET || b->role == HV_ROLE_NETVM)) {
		(void)snprintf(right, sizeof right,
			       "net %s V with V of role vpnvm, or Protected=no in %s", a->name,
			       a->file);
		diag_error(d, at_line(e), right,
			   "%s %s %s gives %s, which is protected (%s:%u), a path beside its VPN",
			   kind, e->from_name, e->to_name, a->name, a->file, a->line[VM_PROTECTED]);
	}
	if (a->role == HV_ROLE_VPNVM && b->role == HV_ROLE_NETVM && e->only == 0) {
		(void)snprintf(right, sizeof right, "net %s %s only=esp,ike", a->name, b->name);
		diag_error(d, at_line(e), right,
			   "%s %s %s lets more than ESP and IKE out of a vpnvm", kind, e->from_name,
			   e->to_name);
	}
}

/* The edge's name, FROM-TO unless it was given; a name is one edge. */
static void name_edge(struct site *s, struct diags *d, struct site_edge *e)
{
	char name[2 * HV_NAME_LEN];

	if (e->name[0] == '\0') {
		(void)snprintf(name, sizeof name, "%s-%s", e->from_name,
			       e->focused ? "focused" : e->to_name);
		if (strlen(name) >= HV_NAME_LEN) {
			diag_error(d, at_line(e), "name=SHORTER",
				   "the name %s is over 15 characters", name);
			return;
		}
		(void)strcpy(e->name, name);
	}
	for (const struct site_edge *o = s->edge; o < e; o++) {
		if (strcmp(o->name, e->name) == 0)
			diag_error(d, at_line(e), "name=OTHER", "the name %s is taken by line %u",
				   e->name, o->line);
		else if (o->kind == e->kind && e->both_ways &&
			 ((o->from == e->from && o->to == e->to) ||
			  (o->from == e->to && o->to == e->from)))
			diag_error(d, at_line(e), "one edge of a kind between two VMs",
				   "line %u joins the same VMs", o->line);
	}
}

static void check_sizes(struct diags *d, const struct site_edge *e)
{
	char right[64];

	if (e->credit_kib != 0 && (uint64_t)e->credit_kib * KIB < (e->msg_max + 31) / 16 * 16) {
		(void)snprintf(right, sizeof right, "credit=%uK or more, or a smaller msg=",
			       ((e->msg_max + 31) / 16 * 16 + KIB - 1) / KIB);
		diag_error(d, at_line(e), right,
			   "a message of %u bytes can never be sent with a credit of %uK",
			   e->msg_max, e->credit_kib);
	}
	if (e->msg_max + 16 <= e->ring_bytes)
		return;
	(void)snprintf(right, sizeof right,
		       "msg=%u or less, or a larger ring=", e->ring_bytes - 16);
	diag_error(d, at_line(e), right, "messages of %u bytes do not fit a ring of %u", e->msg_max,
		   e->ring_bytes);
}

/* Channel ends of a VM, @focused one of each VM with a screen; says so once, where the first too many is. */
static void count_ends(const struct site *s, struct diags *d, const struct site_vm *vm)
{
	unsigned at = (unsigned)(vm - s->vm), ends = 0;

	for (const struct site_edge *e = s->edge; e < s->edge + s->edges; e++) {
		bool focus = e->focused && vm->screen;

		if (e->off || (e->from != at && e->to != at && !focus))
			continue;
		ends += e->both_ways ? 2 : 1;
		if (ends > HV_DOM_CHAN_MAX) {
			diag_error(d, at_line(e), "32 or fewer (net urb and admin are two)",
				   "too many channel ends for %s", vm->name);
			return;
		}
	}
}

void site_resolve_edges(struct site *s, struct diags *d)
{
	unsigned channels = 0;

	for (struct site_edge *e = s->edge; e < s->edge + s->edges; e++) {
		const struct site_vm *from, *to = NULL;

		if (!find_ends(s, d, e))
			continue;
		from = &s->vm[e->from];
		if (!e->focused) {
			to = &s->vm[e->to];
			check_path(d, e, from, to);
			check_path(d, e, to, from);
		}
		name_edge(s, d, e);
		check_sizes(d, e);
		e->off = !from->enabled || (to != NULL && !to->enabled);
		if (e->off)
			diag_note(d, at_line(e), "%s left out: %s is switched off", e->name,
				  !from->enabled ? from->name : to->name);
		else
			channels += e->both_ways ? 2 : 1;
	}
	for (unsigned i = 0; i < s->vms; i++)
		count_ends(s, d, &s->vm[i]);
	if (channels > HV_SYS_CHAN_MAX)
		diag_error(d, (struct place){SITE_EDGES, 0},
			   "64 or fewer (net urb and admin are two)", "%u channels", channels);
}
