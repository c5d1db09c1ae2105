/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a daemon. Must not let anybody who causes lines fill the console. */
#include "logline.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 200u
#define PER_SECOND     20u

static const char *program = "?";
static time_t second;
static unsigned said, missing;

void log_name(const char *name)
{
	program = name;
}

static void put(const char *text)
{
	char line[LINE_MAX_BYTES + 64];
	int len = snprintf(line, sizeof line, "%s: %s\n", program, text);

	if (len > 0)
		(void)!write(STDERR_FILENO, line, (size_t)len);
}

/* False: this second has had its lines. */
static int may_speak(void)
{
	struct timespec now;
	char text[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != second) {
		second = now.tv_sec;
		said = 0;
		if (missing != 0) {
			(void)snprintf(text, sizeof text, "%u lines left out", missing);
			put(text);
		}
		missing = 0;
	}
	if (said == PER_SECOND) {
		missing++;
		return 0;
	}
	said++;
	return 1;
}

void log_line(const char *format, ...)
{
	char text[LINE_MAX_BYTES + 1];
	va_list ap;

	if (!may_speak())
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	put(text);
}
