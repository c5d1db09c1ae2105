/* SPDX-License-Identifier: Apache-2.0 */
/* The files /etc/modules and /etc/daemon. Must not read a file itself. */
#include "config.h"

#include <stddef.h>
#include <string.h>

/* The next line of *text without comment and end, or NULL at the end of the text. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (line == NULL || *line == '\0')
		return NULL;
	end = strchr(line, '\n');
	*text = end != NULL ? end + 1 : NULL;
	if (end != NULL)
		*end = '\0';
	line[strcspn(line, "#")] = '\0';
	return line;
}

/* Cuts the next word off *line; NULL when there is none. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t");
	size_t len = strcspn(word, " \t");

	if (len == 0)
		return NULL;
	*line = word + len;
	if (**line != '\0')
		*(*line)++ = '\0';
	return word;
}

static const char *take_exec(char *line, struct daemon_config *out)
{
	unsigned n = 0;
	char *word;

	if (out->argv[0] != NULL)
		return "a second exec";
	while ((word = next_word(&line)) != NULL) {
		if (n == CONFIG_ARGS)
			return "too many arguments";
		out->argv[n++] = word;
	}
	if (n == 0 || out->argv[0][0] != '/')
		return "exec needs a path from the root";
	return NULL;
}

static const char *take_line(const char *word, char *line, struct daemon_config *out)
{
	if (strcmp(word, "exec") == 0)
		return take_exec(line, out);
	if (next_word(&line) != NULL)
		return "a word too many";
	if (strcmp(word, "ready") == 0)
		out->ready = true;
	else if (strcmp(word, "heartbeat") == 0)
		out->heartbeat = true;
	else if (strcmp(word, "respawn") == 0)
		out->respawn = true;
	else if (strcmp(word, "screen") == 0)
		out->screen = true;
	else
		return "a line that is none of exec, ready, heartbeat, respawn, screen";
	return NULL;
}

const char *config_daemon(char *text, struct daemon_config *out)
{
	char *line, *word;

	memset(out, 0, sizeof *out);
	while ((line = next_line(&text)) != NULL) {
		const char *wrong;

		word = next_word(&line);
		if (word == NULL)
			continue;
		wrong = take_line(word, line, out);
		if (wrong != NULL)
			return wrong;
	}
	return out->argv[0] != NULL ? NULL : "no exec";
}

const char *config_modules(char *text, struct module_list *out)
{
	char *line, *word;

	memset(out, 0, sizeof *out);
	while ((line = next_line(&text)) != NULL) {
		word = next_word(&line);
		if (word == NULL)
			continue;
		if (strcmp(word, "checkpoint") == 0) {
			if (out->checkpoint)
				return "a second checkpoint";
			if (next_word(&line) != NULL)
				return "a word too many";
			out->checkpoint = true;
			out->before = out->count;
			continue;
		}
		if (strchr(word, '/') != NULL)
			return "a module name with a slash";
		if (out->count == CONFIG_MODULES)
			return "too many modules";
		out->module[out->count].name = word;
		out->module[out->count].params = line + strspn(line, " \t");
		out->count++;
	}
	if (!out->checkpoint)
		out->before = out->count;
	return NULL;
}
