/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: a frame above the limit, and one of a size nobody knows. */
#include "good.c"
void sample_fill(char *p, int n);
int sample_frame(void);
int sample_vla(int n);

int sample_frame(void)
{
	char big[1500];

	sample_fill(big, sizeof big);
	return big[7];
}

int sample_vla(int n)
{
	char some[n];

	sample_fill(some, n);
	return some[0];
}

__attribute__((noinline)) void sample_fill(char *p, int n)
{
	for (int i = 0; i < n; i++)
		((volatile char *)p)[i] = 1;
}
