/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a site: file, line, what is wrong, what would be right. Collects; bundle.c prints. */
#ifndef DIAG_H
#define DIAG_H

#include <stdbool.h>

#define DIAG_MAX 64u /* more are counted only */

struct diag {
	bool note; /* worth saying, but not an error */
	char file[40];
	unsigned line; /* 0 = the file as a whole */
	char wrong[200];
	char right[160]; /* may be empty */
};

struct diags {
	unsigned count, errors, notes; /* count: of diag[] */
	struct diag diag[DIAG_MAX];
};

struct place {
	const char *file;
	unsigned line;
};

/* RIGHT may be NULL. */
void diag_error(struct diags *d, struct place at, const char *right, const char *wrong, ...)
	__attribute__((format(printf, 4, 5)));
void diag_note(struct diags *d, struct place at, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

#endif
