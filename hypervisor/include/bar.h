/* SPDX-License-Identifier: Apache-2.0 */
/* The bar: the top rows of the screen, which no VM can draw on. */
#ifndef BAR_H
#define BAR_H

#include "types.h"

void bar_init(void);
/* bar_draw - focused VM, VPN, verification and the state of each VM, as they are now. Core lock held. */
void bar_draw(void);

#endif
