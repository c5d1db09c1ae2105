/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: two functions that call each other. */
#include "good.c"
int sample_even(int x);
int sample_odd(int x);

__attribute__((noinline)) int sample_even(int x)
{
	return x == 0 ? 1 : sample_odd(x - 1) + sample_low(1);
}

__attribute__((noinline)) int sample_odd(int x)
{
	return x == 0 ? 0 : sample_even(x - 1) + sample_low(1);
}
