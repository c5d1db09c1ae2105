/* SPDX-License-Identifier: Apache-2.0 */
/* Findings to stderr, results to stdout; must not let a site's text reach a terminal unfiltered. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "site.h"

static void print(FILE *f, const char *s)
{
	for (; *s != '\0'; s++)
		(void)fputc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, f);
}

static void print_hex(FILE *f, const uint8_t *p, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		(void)fprintf(f, "%02x", p[i]);
}

static void print_diag(const char *site, const struct diag *d)
{
	(void)fprintf(stderr, "%s/", site);
	print(stderr, d->file);
	if (d->line != 0)
		(void)fprintf(stderr, ":%u", d->line);
	(void)fputs(d->note ? ": note: " : ": error: ", stderr);
	print(stderr, d->wrong);
	if (d->right[0] != '\0') {
		(void)fputs("; right: ", stderr);
		print(stderr, d->right);
	}
	(void)fputc('\n', stderr);
}

static void print_change(const struct change *c)
{
	(void)printf("%c %s", c->mark, c->what);
	if (c->field[0] != '\0')
		(void)printf(": %s %s -> %s", c->field, c->old, c->now);
	(void)fputc('\n', stdout);
}

static unsigned enabled(const struct hv_system *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->dom_count; i++)
		n += (s->dom[i].flags & HV_DOM_ENABLED) != 0;
	return n;
}

void report_text(const struct report *r)
{
	const struct hv_system *s = r->system;

	for (unsigned i = 0; i < r->diags->count; i++)
		print_diag(r->site, &r->diags->diag[i]);
	if (s == NULL) {
		(void)fprintf(stderr, "%s: %u error%s\n", r->site, r->diags->errors,
			      r->diags->errors == 1 ? "" : "s");
		return;
	}
	if (r->changes != NULL) {
		for (unsigned i = 0; i < r->changes->count; i++)
			print_change(&r->changes->change[i]);
		(void)printf("%u change%s\n", r->changes->count, r->changes->count == 1 ? "" : "s");
		return;
	}
	(void)printf("%s serial %" PRIu32 ": %u VMs (%u on), %u channels, %u devices\n",
		     (const char *)s->name, s->serial, s->dom_count, enabled(s), s->chan_count,
		     s->dev_count);
	if (r->output == NULL)
		return;
	print_hex(stdout, r->digest, 32);
	(void)printf("  %s\n", r->output);
}

static void print_file(const struct hv_sys_domain *d, const char *what, const uint8_t digest[32])
{
	uint8_t any = 0;

	for (unsigned i = 0; i < 32; i++)
		any |= digest[i];
	if (any == 0) /* none */
		return;
	(void)printf("%s %s %s ", (const char *)d->name,
		     (d->flags & HV_DOM_ENABLED) != 0 ? "on" : "off", what);
	print_hex(stdout, digest, 32);
	(void)fputc('\n', stdout);
}

void report_files(const struct hv_system *s)
{
	for (unsigned i = 0; i < s->dom_count; i++) {
		print_file(&s->dom[i], "image", s->dom[i].image_digest);
		print_file(&s->dom[i], "secret", s->dom[i].secret_digest);
	}
}

static void json_hex(struct json *j, const char *key, const uint8_t digest[32])
{
	static const char digits[] = "0123456789abcdef";
	char hex[65];

	for (unsigned i = 0; i < 32; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[64] = '\0';
	json_text(j, key, hex);
}

/* Null: none. */
static void json_digest(struct json *j, const char *key, const uint8_t digest[32])
{
	static const uint8_t none[32];

	if (memcmp(digest, none, sizeof none) == 0)
		json_text(j, key, NULL);
	else
		json_hex(j, key, digest);
}

static void json_vms(struct json *j, const struct hv_system *s)
{
	json_open(j, "vms", '[');
	for (unsigned i = 0; i < s->dom_count; i++) {
		const struct hv_sys_domain *d = &s->dom[i];

		json_open(j, NULL, '{');
		json_text(j, "name", (const char *)d->name);
		json_text(j, "role", value_name_of(site_roles, d->role));
		json_bool(j, "enabled", (d->flags & HV_DOM_ENABLED) != 0);
		json_bool(j, "protected", (d->flags & HV_DOM_PROTECTED) != 0);
		json_uint(j, "ram_mib", d->ram_mib);
		json_hex(j, "image_sha256", d->image_digest);
		json_digest(j, "secret_sha256", d->secret_digest);
		json_digest(j, "swap_sha256", d->swap_digest);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_channels(struct json *j, const struct hv_system *s)
{
	json_open(j, "channels", '[');
	for (unsigned i = 0; i < s->chan_count; i++) {
		const struct hv_sys_channel *c = &s->chan[i];

		json_open(j, NULL, '{');
		json_text(j, "name", (const char *)c->name);
		json_text(j, "kind", value_name_of(site_kinds, c->kind));
		json_text(j, "from", (const char *)s->dom[c->from].name);
		json_text(j, "to",
			  c->to == HV_DOM_FOCUSED ? "@focused" : (const char *)s->dom[c->to].name);
		json_bool(j, "only_esp_ike", (c->flags & HV_EDGE_ONLY_ESP_IKE) != 0);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_devices(struct json *j, const struct hv_system *s)
{
	json_open(j, "devices", '[');
	for (unsigned i = 0; i < s->dev_count; i++) {
		json_open(j, NULL, '{');
		json_text(j, "name", (const char *)s->dev[i].name);
		json_text(j, "vm", (const char *)s->dom[s->dev[i].dom].name);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_system(struct json *j, const struct report *r)
{
	const struct hv_system *s = r->system;

	json_open(j, "system", '{');
	json_text(j, "name", (const char *)s->name);
	json_uint(j, "serial", s->serial);
	json_hex(j, "sha256", r->digest);
	json_text(j, "focus",
		  s->first_focus == HV_DOM_NONE ? NULL : (const char *)s->dom[s->first_focus].name);
	json_vms(j, s);
	json_channels(j, s);
	json_devices(j, s);
	json_close(j, '}');
}

static void json_findings(struct json *j, const struct diags *d)
{
	json_open(j, "findings", '[');
	for (unsigned i = 0; i < d->count; i++) {
		const struct diag *f = &d->diag[i];

		json_open(j, NULL, '{');
		json_text(j, "severity", f->note ? "note" : "error");
		json_text(j, "file", f->file);
		json_uint(j, "line", f->line);
		json_text(j, "wrong", f->wrong);
		json_text(j, "right", f->right[0] != '\0' ? f->right : NULL);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_changes(struct json *j, const struct changes *c)
{
	json_open(j, "changes", '[');
	for (unsigned i = 0; i < c->count; i++) {
		const struct change *e = &c->change[i];
		char mark[2] = {e->mark, '\0'};

		json_open(j, NULL, '{');
		json_text(j, "mark", mark);
		json_text(j, "what", e->what);
		json_text(j, "field", e->field[0] != '\0' ? e->field : NULL);
		json_text(j, "old", e->field[0] != '\0' ? e->old : NULL);
		json_text(j, "new", e->field[0] != '\0' ? e->now : NULL);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void report_json(const struct report *r)
{
	struct json j = {stdout, false};

	json_open(&j, NULL, '{');
	json_text(&j, "command", r->command);
	json_bool(&j, "ok", r->system != NULL);
	json_text(&j, "site", r->site);
	json_uint(&j, "errors", r->diags->errors);
	json_findings(&j, r->diags);
	if (r->system != NULL)
		json_system(&j, r);
	if (r->changes != NULL)
		json_changes(&j, r->changes);
	if (r->output != NULL)
		json_text(&j, "output", r->output);
	json_close(&j, '}');
	(void)fputc('\n', stdout);
}
