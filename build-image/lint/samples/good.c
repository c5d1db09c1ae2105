/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: what every image lint must accept. */
int sample_low(int x);
int sample_entry(int x);

__attribute__((noinline)) int sample_low(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

int sample_entry(int x)
{
	return sample_low(x) + sample_low(2);
}
