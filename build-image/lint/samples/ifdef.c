/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: a feature chosen by the preprocessor. */
#ifdef CONFIG_SAMPLE
int sample;
#endif
