/* SPDX-License-Identifier: Apache-2.0 */
/* What x86/ offers to main. Not for core/. */
#ifndef X86_H
#define X86_H

#include "handoff.h"
#include "insn.h"

/* Boot, once per processor: descriptor tables, control registers, local APIC. */
void x86_cpu_init(unsigned cpu, const struct handoff *h);
void x86_apic_init(const struct handoff *h);
void x86_port_init(const struct handoff *h);
void x86_smp_start(const struct handoff *h);

#endif
