/* SPDX-License-Identifier: Apache-2.0 */
/* The payload whose device interrupts without end. */
#include "storm.h"

void payload_main(void)
{
	storm_begin();
	for (;;)
		storm_turn();
}
