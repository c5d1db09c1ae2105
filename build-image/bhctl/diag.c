/* SPDX-License-Identifier: Apache-2.0 */
/* Collects findings in the order they are made; must not print. */
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>

/* The next free entry, or a spare one that nobody reads. */
static struct diag *next(struct diags *d, struct place at)
{
	static struct diag beyond;
	struct diag *n = d->count < DIAG_MAX ? &d->diag[d->count++] : &beyond;

	n->note = false;
	n->line = at.line;
	n->right[0] = '\0';
	(void)snprintf(n->file, sizeof n->file, "%s", at.file);
	return n;
}

void diag_error(struct diags *d, struct place at, const char *right, const char *wrong, ...)
{
	struct diag *n = next(d, at);
	va_list ap;

	d->errors++;
	va_start(ap, wrong);
	(void)vsnprintf(n->wrong, sizeof n->wrong, wrong, ap);
	va_end(ap);
	if (right != NULL)
		(void)snprintf(n->right, sizeof n->right, "%s", right);
}

void diag_note(struct diags *d, struct place at, const char *text, ...)
{
	struct diag *n = next(d, at);
	va_list ap;

	d->notes++;
	n->note = true;
	va_start(ap, text);
	(void)vsnprintf(n->wrong, sizeof n->wrong, text, ap);
	va_end(ap);
}
