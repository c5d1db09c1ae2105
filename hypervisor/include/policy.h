/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest sees of CPUID, MSRs and ports: constant allow-list tables, everything else is absent. Documented in abi/GUEST.md. */
#ifndef POLICY_H
#define POLICY_H

#include "hw.h"

/* --- CPUID: answer = (host & keep) | set; a leaf without a row is all zero --- */
struct cpuid_rule {
	uint32_t leaf, sub_first, sub_last;
	struct cpuid_regs keep, set;
};
extern const struct cpuid_rule cpuid_rules[];
extern const unsigned cpuid_rule_count;

/* cpuid_answer - rows only: the parts that depend on the VM (OSXSAVE, clock rates) are added by the exit handler. */
struct cpuid_regs cpuid_answer(uint32_t leaf, uint32_t sub);

/* --- MSRs: an MSR without a row gives #GP for both directions --- */
enum msr_action {
	MSR_GP,
	MSR_CONST,
	MSR_IGNORE,
	MSR_DIRECT,
	MSR_EFER,
	MSR_PAT,
	MSR_X2APIC,
	MSR_DEADLINE,
	MSR_TSC_AUX
};
struct msr_rule {
	uint32_t first, last;
	enum msr_action read, write;
	uint64_t value; /* of MSR_CONST */
};
extern const struct msr_rule msr_rules[];
extern const unsigned msr_rule_count;
const struct msr_rule *msr_rule_find(uint32_t msr); /* NULL = #GP */

/* --- ports: a port without a row reads as ones and ignores writes --- */
enum port_action {
	PORT_ONES,
	PORT_CONST,
	PORT_IGNORE,
	PORT_PCI_ADDRESS,
	PORT_PCI_DATA,
	PORT_CONSOLE,
	PORT_RESET
};
struct port_rule {
	uint16_t first, last;
	enum port_action read, write;
	uint8_t value; /* of PORT_CONST, in each byte */
};
extern const struct port_rule port_rules[];
extern const unsigned port_rule_count;
const struct port_rule *port_rule_find(uint16_t port); /* never NULL: a rule of ones for the rest */

#endif
