/* SPDX-License-Identifier: Apache-2.0 */
/* check, build and diff of a bundle; what it writes has passed the hypervisor's own check. */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

#include "build-image/tools/fileio.h"
#include "compile.h"
#include "image.h"
#include "json.h"
#include "report.h"
#include "sha256.h"
#include "site.h"
#include "system.h"

const char bundle_usage[] =
	"usage: bhctl bundle check [--site] DIR [--vmdir DIR] [--json]\n"
	"       bhctl bundle build [--site] DIR --vmdir DIR -o FILE [--json]\n"
	"       bhctl bundle diff  [--site] DIR [--vmdir DIR] --against FILE [--json]\n"
	"       bhctl bundle list FILE [--json]\n"
	"check says whether the site is valid; with --vmdir the images too. build writes the\n"
	"description. diff says what building it would change in the description FILE. list says\n"
	"which files the VMs of the description FILE need, by SHA-256.\n"
	"Exit: 0 done, 1 the site or FILE is invalid, 2 wrong usage, 3 a file cannot be read or "
	"written\n";

struct options {
	const char *verb, *site, *vmdir, *out, *against;
	bool json;
};

/* Everything of one run; too large for the stack. */
static struct work {
	struct site site;
	struct diags diags;
	struct image image[HV_DOM_MAX];
	struct hv_system system, old;
	struct changes changes;
	uint8_t digest[SHA256_BYTES];
	char path[1024];
} work;

static int fail(const struct options *o, int status, const char *what, const char *why)
{
	struct json j = {stdout, false};

	if (!o->json) {
		(void)fprintf(stderr, "bhctl: %s: %s\n", what, why);
		return status;
	}
	json_open(&j, NULL, '{');
	json_text(&j, "command", o->verb);
	json_bool(&j, "ok", false);
	json_text(&j, "file", what);
	json_text(&j, "error", why);
	json_close(&j, '}');
	(void)fputc('\n', stdout);
	return status;
}

static const char **slot(struct options *o, const char *word)
{
	if (strcmp(word, "--site") == 0)
		return &o->site;
	if (strcmp(word, "--vmdir") == 0)
		return &o->vmdir;
	if (strcmp(word, "--against") == 0)
		return &o->against;
	if (strcmp(word, "-o") == 0)
		return &o->out;
	return NULL;
}

/* NULL, or what is wrong. */
static const char *parse(int argc, char **argv, struct options *o)
{
	o->verb = argv[0];
	for (int i = 1; i < argc; i++) {
		const char **to = argv[i][0] == '-' ? slot(o, argv[i]) : &o->site;
		bool named = argv[i][0] == '-';

		if (strcmp(argv[i], "--json") == 0) {
			o->json = true;
			continue;
		}
		if (to == NULL)
			return "there is an option it does not know";
		if (*to != NULL)
			return "an option or the site is given twice";
		if (named && ++i == argc)
			return "the last option has no value";
		*to = argv[i];
	}
	if (o->site == NULL)
		return "the site or the file is missing";
	if (strcmp(o->verb, "list") == 0)
		return o->out == NULL && o->against == NULL && o->vmdir == NULL
			       ? NULL
			       : "list has no other option than --json";
	if (strcmp(o->verb, "check") == 0)
		return o->out == NULL && o->against == NULL ? NULL
							    : "check has no -o and no --against";
	if (strcmp(o->verb, "build") == 0)
		return o->out != NULL && o->vmdir != NULL && o->against == NULL
			       ? NULL
			       : "build needs --vmdir and -o";
	if (strcmp(o->verb, "diff") == 0)
		return o->against != NULL && o->out == NULL ? NULL : "diff needs --against";
	return "the word after bundle is none of check, build, diff, list";
}

/* Site to description. False: an I/O error that is reported in *STATUS; errors of the site are in work.diags. */
static bool compile(const struct options *o, int *status)
{
	const char *what = NULL;
	int err = site_load(&work.site, &work.diags, o->site, work.path, sizeof work.path);

	if (err == 0 && work.diags.errors == 0)
		site_resolve(&work.site, &work.diags);
	if (err == 0 && work.diags.errors == 0 && o->vmdir != NULL)
		err = image_read_all(&work.site, &work.diags, o->vmdir, work.image, work.path,
				     sizeof work.path);
	if (err != 0) {
		*status = fail(o, BHCTL_IO, work.path, strerror(err));
		return false;
	}
	if (work.diags.errors != 0)
		return true;
	compile_system(&work.site, work.image, &work.system);
	if (system_check(&work.system, &what) != HV_OK)
		diag_error(&work.diags, (struct place){".", 0}, NULL,
			   "the hypervisor would refuse the result: %s", what);
	return true;
}

static void hash_system(void)
{
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, &work.system, sizeof work.system);
	sha256_final(&s, work.digest);
}

/* A description from a file, checked. Returns the exit status. */
static int read_system(const struct options *o, const char *path, struct hv_system *out)
{
	struct blob b;
	const char *what = "not a description of this version";
	int err = file_read(path, 1u << 20, &b);
	bool ok;

	if (err != 0)
		return fail(o, BHCTL_IO, path, strerror(err));
	ok = b.len == sizeof *out;
	if (ok)
		memcpy(out, b.data, sizeof *out);
	free(b.data);
	if (!ok || system_check(out, &what) != HV_OK)
		return fail(o, BHCTL_INVALID, path, what);
	return BHCTL_OK;
}

static void keep_files(struct hv_sys_domain *d, const struct hv_sys_domain *old)
{
	memcpy(d->image_digest, old->image_digest, sizeof d->image_digest);
	memcpy(d->secret_digest, old->secret_digest, sizeof d->secret_digest);
	d->secret_gpa = old->secret_gpa;
	d->secret_bytes = old->secret_bytes;
}

static int diff_against(const struct options *o)
{
	int status = read_system(o, o->against, &work.old);

	if (status != BHCTL_OK)
		return status;
	/* Without images nothing is known of digests: take those of the old one for VMs that are in both. */
	for (unsigned i = 0; o->vmdir == NULL && i < work.system.dom_count; i++)
		for (unsigned k = 0; k < work.old.dom_count; k++)
			if (memcmp(work.system.dom[i].name, work.old.dom[k].name, HV_NAME_LEN) == 0)
				keep_files(&work.system.dom[i], &work.old.dom[k]);
	diff_systems(&work.old, &work.system, &work.changes);
	return BHCTL_OK;
}

static int list(const struct options *o)
{
	struct report r = {.command = o->verb,
			   .site = o->site,
			   .diags = &work.diags,
			   .system = &work.system,
			   .digest = work.digest};
	int status = read_system(o, o->site, &work.system);

	if (status != BHCTL_OK)
		return status;
	hash_system();
	if (o->json)
		report_json(&r);
	else
		report_files(&work.system);
	return fflush(stdout) == 0 ? BHCTL_OK : BHCTL_IO;
}

int bundle_main(int argc, char **argv)
{
	struct options o = {0};
	const char *wrong = argc == 0 ? "the word after bundle is missing" : parse(argc, argv, &o);
	struct report r = {0};
	int status = BHCTL_OK;

	if (wrong != NULL) {
		(void)fprintf(stderr, "bhctl: %s\n%s", wrong, bundle_usage);
		return BHCTL_USAGE;
	}
	if (strcmp(o.verb, "list") == 0)
		return list(&o);
	if (!compile(&o, &status))
		return status;
	r = (struct report){.command = o.verb, .site = o.site, .diags = &work.diags};
	if (work.diags.errors == 0) {
		r.system = &work.system;
		r.digest = work.digest;
		if (o.against != NULL && (status = diff_against(&o)) != BHCTL_OK)
			return status;
		r.changes = o.against != NULL ? &work.changes : NULL;
		hash_system();
		if (o.out != NULL) {
			int err = file_write(o.out, &work.system, sizeof work.system);

			if (err != 0)
				return fail(&o, BHCTL_IO, o.out, strerror(err));
			r.output = o.out;
		}
	}
	if (o.json)
		report_json(&r);
	else
		report_text(&r);
	if (fflush(stdout) != 0)
		return BHCTL_IO;
	return work.diags.errors == 0 ? BHCTL_OK : BHCTL_INVALID;
}
