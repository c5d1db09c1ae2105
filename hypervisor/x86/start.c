/* SPDX-License-Identifier: Apache-2.0 */
/* Boot of the first processor and of the others. Gone from the path once the scheduler runs. */
#include <stdatomic.h>
#include "iommu.h"
#include "lock.h"
#include "log.h"
#include "main.h"
#include "percpu.h"
#include "sched.h"
#include "vcpu.h"

#define ICR_INIT    0x4500u
#define ICR_STARTUP 0x4600u
#define INIT_US	    10000u
#define STARTUP_US  200u
#define ALIVE_US    1000000u
#define LOW_CR3	    0xfe0u
#define LOW_STACK   0xfe8u
#define LOW_ENTRY   0xff0u
#define LOW_CPU	    0xff8u

extern const uint8_t x86_ap_start[], x86_ap_start_end[];

static const struct handoff *handoff;
static _Atomic uint32_t alive; /* processors that have arrived */

/* Intel SDM vol 3, 9.4.4: INIT, then two start-up IPIs. Start code and its data are in the low page. */
static bool start_one(unsigned cpu)
{
	uint8_t *low = hw_window(WIN_WORK, (hpa_t){handoff->low_page_hpa}, true);
	uint32_t before = atomic_load(&alive), apic = handoff->cpu[cpu].apic_id;
	uint64_t entry = (uint64_t)x86_ap_main, number = cpu;

	memcpy(low, x86_ap_start, (uintptr_t)x86_ap_start_end - (uintptr_t)x86_ap_start);
	memcpy(low + LOW_CR3, &handoff->host_cr3, 8);
	memcpy(low + LOW_STACK, &handoff->cpu[cpu].stack_top, 8);
	memcpy(low + LOW_ENTRY, &entry, 8);
	memcpy(low + LOW_CPU, &number, 8);
	hw_windows_close();
	apic_ipi(apic, ICR_INIT);
	hw_wait_us(INIT_US);
	for (unsigned i = 0; i < 2 && atomic_load(&alive) == before; i++) {
		apic_ipi(apic, ICR_STARTUP | (uint32_t)(handoff->low_page_hpa >> 12));
		hw_wait_us(STARTUP_US);
	}
	for (unsigned i = 0; i < ALIVE_US / STARTUP_US && atomic_load(&alive) == before; i++)
		hw_wait_us(STARTUP_US);
	return atomic_load(&alive) != before;
}

void x86_smp_start(const struct handoff *h)
{
	handoff = h;
	for (unsigned cpu = 1; cpu < h->cpu_count; cpu++) {
		if (!start_one(cpu)) {
			core_refuse("a processor does not start",
				    "cpu: found processor %u (APIC id %u) that does not start; "
				    "needed: every processor the firmware lists",
				    cpu, h->cpu[cpu].apic_id);
		}
	}
}

static void cpu_virtualization(void)
{
	if (vcpu_boot_cpu() == HV_OK)
		return;
	core_refuse("a processor has no AMD-V with nested paging",
		    "cpu: found no AMD-V on processor %u; needed: AMD-V with nested paging on each",
		    hw_cpu());
}

void x86_ap_main(unsigned cpu)
{
	x86_cpu_init(cpu, handoff);
	cpu_virtualization();
	atomic_fetch_add(&alive, 1);
	sched_loop();
}

static void iommu_start(const struct handoff *h)
{
	enum hv_err err;

	lock_core();
	err = iommu_init(h, HW_VECTOR_IOMMU, h->cpu[0].apic_id);
	unlock_core();
	if (err == HV_OK)
		return;
	core_refuse("the IOMMU cannot be switched on",
		    "iommu: found one that cannot be switched on (error %u); needed: one that can",
		    (uint32_t)err);
}

__attribute__((no_stack_protector)) void x86_start(const struct handoff *h)
{
	__stack_chk_guard = h->canary;
	x86_port_init(h);
	x86_apic_init(h);
	x86_cpu_init(0, h);
	core_main(h);
	cpu_virtualization();
	iommu_start(h);
	x86_smp_start(h);
	sched_loop();
}
