/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a site: never a crash, and what has no error must be a description that the hypervisor takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-image/bhctl/compile.h"
#include "build-image/bhctl/site.h"
#include "system.h"

#define PROMISE(c)                                                                                 \
	do {                                                                                       \
		if (!(c))                                                                          \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct site site;
static struct diags diags;

/* One file of the input: its name is the first line, its text the rest. */
static void take_file(const char *at, const char *end)
{
	const char *nl = memchr(at, '\n', (size_t)(end - at));
	char name[SITE_FILE_MAX];
	size_t n;

	if (nl == NULL || (size_t)(nl - at) >= sizeof name)
		return;
	n = (size_t)(nl - at);
	memcpy(name, at, n);
	name[n] = '\0';
	nl++;
	if (strcmp(name, SITE_BUNDLE) == 0)
		site_parse_bundle(&site, &diags, nl, (size_t)(end - nl));
	else if (strcmp(name, SITE_EDGES) == 0)
		site_parse_edges(&site, &diags, nl, (size_t)(end - nl));
	else if (n > 3 && strcmp(name + n - 3, ".vm") == 0 &&
		 (n - 3 >= HV_NAME_LEN ||
		  (name[n - 3] = '\0', site_find_vm(&site, name)) == site.vms)) {
		name[n - 3] = '.'; /* a folder has a name once */
		site_parse_vm(&site, &diags, name, nl, (size_t)(end - nl));
	}
}

/* Files stand one after the other, each behind a byte '%'. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct image none[HV_DOM_MAX];
	static struct hv_system sys;
	const char *what = "", *at = (const char *)data, *end = at + len;

	memset(&site, 0, sizeof site);
	memset(&diags, 0, sizeof diags);
	while (at != end) {
		const char *next = memchr(at, '%', (size_t)(end - at));

		if (next == NULL)
			next = end;
		take_file(at, next);
		at = next == end ? end : next + 1;
	}
	if (diags.errors == 0)
		site_resolve(&site, &diags);
	PROMISE(diags.count <= DIAG_MAX && diags.count <= diags.errors + diags.notes);
	if (diags.errors != 0 || site.bundle_line[BUNDLE_NAME] == 0)
		return 0;
	compile_system(&site, none, &sys);
	if (system_check(&sys, &what) != HV_OK) {
		(void)fprintf(stderr, "refused: %s\n", what);
		abort();
	}
	return 0;
}
