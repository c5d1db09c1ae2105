/* SPDX-License-Identifier: Apache-2.0 */
/* The last words of the machine. Must not call anything that can fail an assertion or take a lock. */
#include <stdatomic.h>
#include "percpu.h"

static _Atomic bool halting;

uint64_t __stack_chk_guard;

static void text(const char *s)
{
	for (; *s != 0; s++)
		hw_serial_put((uint8_t)*s);
}

static void hex(const char *name, uint64_t v)
{
	text(name);
	for (int shift = 60; shift >= 0; shift -= 4)
		hw_serial_put((uint8_t) "0123456789abcdef"[v >> shift & 15]);
}

bool x86_halting(void)
{
	return atomic_load_explicit(&halting, memory_order_relaxed);
}

void x86_stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void stop_others(void)
{
	const struct handoff *h = x86_handoff();

	for (unsigned cpu = 0; cpu < CPU_MAX && cpu < h->cpu_count; cpu++) {
		if (cpu != hw_cpu())
			apic_stop(h->cpu[cpu].apic_id, percpu_at(cpu)->self != NULL);
	}
}

void hw_halt_machine(void)
{
	if (!atomic_exchange_explicit(&halting, true, memory_order_relaxed)) {
		text("hv: halt\n");
		stop_others();
	}
	x86_stop();
}

void crash_trap(const struct trap_frame *f)
{
	uint64_t cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	hex("\nhv: CRASH exception ", f->vector);
	hex(" error=", f->error);
	hex(" core+", f->rip - x86_core_base());
	hex(" address=", cr2);
	hex(" cpu=", hw_cpu());
	hex("\nhv: CRASH rsp=", f->rsp);
	hex(" rax=", f->rax);
	hex(" rbx=", f->rbx);
	hex(" rcx=", f->rcx);
	hex(" rdx=", f->rdx);
	hex(" rsi=", f->rsi);
	hex(" rdi=", f->rdi);
	text("\n");
	hw_halt_machine();
}

void assert_failed(const char *file, unsigned line, const char *what)
{
	text("\nhv: CRASH assertion ");
	text(file);
	hex(" line ", line);
	text(": ");
	text(what);
	text("\n");
	hw_halt_machine();
}

NO_RETURN void __stack_chk_fail(void)
{
	hex("\nhv: CRASH stack smashed, seen at core+",
	    (uint64_t)__builtin_return_address(0) - x86_core_base());
	text("\n");
	hw_halt_machine();
}
