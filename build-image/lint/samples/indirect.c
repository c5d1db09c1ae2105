/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: a call through a pointer. */
#include "good.c"
int sample_indirect(int (*fn)(int));

int sample_indirect(int (*fn)(int))
{
	return fn(3) + 1;
}
