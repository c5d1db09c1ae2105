/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: a header that needs another one first. */
#ifndef SAMPLE_HEADER_H
#define SAMPLE_HEADER_H
uint32_t sample(void);
#endif
