/* SPDX-License-Identifier: Apache-2.0 */
/* MSR allow-list. The rows of MSR_DIRECT are switched by VMLOAD and VMSAVE; the hardware lets guests at them without an exit. */
#include "policy.h"

const struct msr_rule msr_rules[] = {
	/* APIC_BASE: boot processor, x2APIC on; moving it is refused. Microcode level. SYSENTER */
	{0x1b,       0x1b,	     MSR_CONST,	MSR_GP,	0xfee00d00},
	{0x8b,       0x8b,	     MSR_CONST,	MSR_IGNORE,   0x01000065},
	{0x174,	0x176,      MSR_DIRECT,   MSR_DIRECT,   0		},
	{0x277,	0x277,      MSR_PAT,	MSR_PAT,	 0	  },
	{0x6e0,	0x6e0,      MSR_DEADLINE, MSR_DEADLINE, 0	    },
	{0x800,	0x83f,      MSR_X2APIC,   MSR_X2APIC,   0		},
	{0xc0000080, 0xc0000080, MSR_EFER,	   MSR_EFER,     0	      },
 /* STAR, LSTAR, CSTAR, SFMASK; FS, GS, kernel GS base */
	{0xc0000081, 0xc0000084, MSR_DIRECT,   MSR_DIRECT,	 0	  },
	{0xc0000100, 0xc0000102, MSR_DIRECT,   MSR_DIRECT,	 0	  },
	{0xc0000103, 0xc0000103, MSR_TSC_AUX,  MSR_TSC_AUX,  0	    },
 /* HWCR: TSC frequency is constant; interrupt pending message: Linux reads it; DE_CFG: LFENCE is serialising */
	{0xc0010015, 0xc0010015, MSR_CONST,    MSR_IGNORE,	0x01000000},
	{0xc0010055, 0xc0010055, MSR_CONST,    MSR_IGNORE,	0	 },
	{0xc0011029, 0xc0011029, MSR_CONST,    MSR_IGNORE,	2	 },
};
const unsigned msr_rule_count = ARRAY_LEN(msr_rules);

const struct msr_rule *msr_rule_find(uint32_t msr)
{
	for (unsigned i = 0; i < msr_rule_count; i++) {
		if (msr >= msr_rules[i].first && msr <= msr_rules[i].last)
			return &msr_rules[i];
	}
	return NULL;
}
