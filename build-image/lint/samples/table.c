/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: a switch the compiler turns into a jump table when it is allowed to. */
#include "good.c"
int sample_table(int x);

int sample_table(int x)
{
	switch (x) {
	case 0:
		return sample_low(7);
	case 1:
		return sample_low(1) + 4;
	case 2:
		return sample_low(9) * 3;
	case 3:
		return sample_low(2) - 1;
	case 4:
		return sample_low(5) ^ 6;
	case 5:
		return sample_low(8) | 1;
	}
	return 0;
}
