/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and words of a site's files. Pure: text in, pieces out; knows no key. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_LINE_MAX 256u /* bytes of a line with its final NUL */
#define TEXT_WORD_MAX 16u

struct text {
	const char *at, *end;
	unsigned line; /* of the piece given last; the first is 1 */
};

enum text_kind { TEXT_END, TEXT_SECTION, TEXT_PAIR, TEXT_BAD };

struct text_line {
	char buf[TEXT_LINE_MAX];
	char *key;   /* section name, or what is before '=' */
	char *value; /* what is after '=', blanks around it removed; empty for a section */
};

/* The next line that is not empty and not a comment (first character # or ;). TEXT_BAD: key says what is wrong with it. */
enum text_kind text_next_pair(struct text *t, struct text_line *out);

/* The same for lines of words: a word that begins with # ends the line. Returns the words, 0 at the end of the text, -1 for a bad line. */
int text_next_words(struct text *t, struct text_line *out, char *word[TEXT_WORD_MAX]);

#endif
