/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: assembly where the build machine must compile too. */
static inline void sample(void)
{
	__asm__ volatile("hlt");
}
