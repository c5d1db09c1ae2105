/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: arithmetic in a vector register, and an x87 constant. */
#include "good.c"
double sample_vector(double x);
long double sample_x87(void);

double sample_vector(double x)
{
	return x * x;
}

long double sample_x87(void)
{
	return 1.0L;
}
