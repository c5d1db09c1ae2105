/* SPDX-License-Identifier: Apache-2.0 */
/* The letters of the bar. */
#ifndef FONT_H
#define FONT_H

#include <stdint.h>

#define FONT_FIRST  ' '
#define FONT_LAST   'Z'
#define FONT_WIDTH  5u
#define FONT_HEIGHT 7u
extern const uint8_t font_columns[FONT_LAST - FONT_FIRST + 1][FONT_WIDTH];

#endif
