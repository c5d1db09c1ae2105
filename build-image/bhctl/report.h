/* SPDX-License-Identifier: Apache-2.0 */
/* What a bundle command found, as lines for people or as one JSON object. Prints only; the exit status is bundle.c's. */
#ifndef REPORT_H
#define REPORT_H

#include "diag.h"
#include "diff.h"
#include "hv_system.h"

struct report {
	const char *command; /* check, build, diff */
	const char *site;
	const struct diags *diags;
	const struct hv_system *system; /* NULL when the site is invalid */
	const uint8_t *digest;		/* of the description */
	const char *output;		/* file written, or NULL */
	const struct changes *changes;	/* or NULL */
};

void report_text(const struct report *r);
/* "VM on|off image|secret SHA256", a line for each file that a VM needs. */
void report_files(const struct hv_system *s);
void report_json(const struct report *r);

#endif
