/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: compiles, and clears the size of a pointer instead of the object. */
#include <string.h>

void sample_clear(char *text);

void sample_clear(char *text)
{
	(void)memset(text, 0, sizeof text);
	if (text[0] == text[0])
		text[1] = 0;
}
