/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: an exit handler that calls into code the class table says is for booting. */
#include "good.c"
int sample_exit(int x);
int sample_irq(int x);

__attribute__((noinline)) static int early(int x)
{
	__asm__ volatile("" : "+r"(x));
	return sample_low(x) * 2;
}

int sample_exit(int x)
{
	return early(x) + 1;
}

int sample_irq(int x)
{
	return sample_low(x) + 3;
}
