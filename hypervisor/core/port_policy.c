/* SPDX-License-Identifier: Apache-2.0 */
/* Port allow-list. Ports that read as 0 do so because all-ones sends stock kernels into loops of many thousand reads. */
#include "policy.h"

const struct port_rule port_rules[] = {
	/* PIT: quick calibration gives up at once */
	{0x40,  0x43,  PORT_CONST,	 PORT_IGNORE,      0   },
	{0x61,  0x61,  PORT_CONST,	 PORT_IGNORE,      0   },
 /* keyboard controller: idle; command 0xFE is a request for reset. CMOS: never busy */
	{0x64,  0x64,  PORT_CONST,	 PORT_RESET,	     0   },
	{0x70,  0x71,  PORT_CONST,	 PORT_IGNORE,      0   },
 /* early console of kernels: transmit register only, and its status: room for a byte */
	{0x3f8, 0x3f8, PORT_CONST,	   PORT_CONSOLE,	 0	  },
	{0x3fd, 0x3fd, PORT_CONST,	   PORT_IGNORE,	0x60},
	{0xcf8, 0xcfb, PORT_PCI_ADDRESS, PORT_PCI_ADDRESS, 0   },
	{0xcfc, 0xcff, PORT_PCI_DATA,    PORT_PCI_DATA,    0   },
};
const unsigned port_rule_count = ARRAY_LEN(port_rules);

static const struct port_rule rest = {0, 0xffff, PORT_ONES, PORT_IGNORE, 0};

const struct port_rule *port_rule_find(uint16_t port)
{
	for (unsigned i = 0; i < port_rule_count; i++) {
		if (port >= port_rules[i].first && port <= port_rules[i].last)
			return &port_rules[i];
	}
	return &rest;
}
