/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: the same with a deviation, which the shape lint accepts and the deviation lint looks up. */
/* deviation: D-99 */
#ifdef CONFIG_SAMPLE
int sample; /* #else, in a comment, is none */
/* deviation: D-99 */
#endif
