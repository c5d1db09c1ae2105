/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: compiles, and reads behind the end of an array. */
int sample_end(void);

int sample_end(void)
{
	int list[4] = {1, 2, 3, 4};

	for (int i = 0; i <= 4; i++)
		list[0] += list[i];
	return list[0];
}
