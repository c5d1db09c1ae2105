/* SPDX-License-Identifier: Apache-2.0 */
/* Each way a guest leaves: what it gets, what it does not, and when it stops. */
#include "check.h"
#include "entropy.h"
#include "exit.h"
#include "tests/fakes/machine.h"

static struct domain *d;
static struct vcpu_fake *cpu;
static uint64_t *gpr;

static void fresh(void)
{
	machine_start(2);
	d = dom_at(0);
	cpu = vcpu_fake_of(&d->vcpu);
	gpr = d->vcpu.gpr;
}

static void leave(const struct vcpu_exit *x)
{
	cpu->skips = cpu->injections = 0;
	entropy_fill(d); /* as before each entry of the guest */
	exit_handle(d, x);
	hw_windows_close();
}

static void leave_as(enum vcpu_exit_kind kind)
{
	leave(&(struct vcpu_exit){.kind = kind, .code = 0x72});
}

/* Exactly one of the two: the guest goes on behind the instruction, or has a fault there. */
static bool stepped(void)
{
	return cpu->skips == 1 && cpu->injections == 0;
}

static bool faulted(uint32_t vector)
{
	return cpu->skips == 0 && cpu->injections == 1 && cpu->vector == vector &&
	       cpu->has_error == (vector == 13) && cpu->error == 0;
}

static void cpuid(uint32_t leaf, uint32_t sub)
{
	for (unsigned i = 0; i < GPR_COUNT; i++)
		gpr[i] = 0xa5a5a5a5a5a5a5a5;
	gpr[RAX] = 0xffffffff00000000 | leaf;
	gpr[RCX] = 0xffffffff00000000 | sub;
	leave_as(VEXIT_CPUID);
	CHECK_TRUE(stepped());
}

static void cpuid_answers_in_the_low_halves(void)
{
	fresh();
	fake.cpuid_fill = 0xffffffff;
	cpuid(0x80000007, 0);
	CHECK_EQ(gpr[RAX], 0);
	CHECK_EQ(gpr[RBX], 0);
	CHECK_EQ(gpr[RCX], 0);
	CHECK_EQ(gpr[RDX], 0x100);
	CHECK_EQ(gpr[RSI], 0xa5a5a5a5a5a5a5a5);
	CHECK_EQ(gpr[R10], 0xa5a5a5a5a5a5a5a5);
	cpuid(0x8000000a, 0);
	CHECK_EQ(gpr[RAX] | gpr[RBX] | gpr[RCX] | gpr[RDX], 0);
	cpuid(7, 1); /* the sub-leaf counts */
	CHECK_EQ(gpr[RBX], 0);
}

static void cpuid_adds_what_depends_on_the_vm(void)
{
	fresh();
	fake.cpuid_fill = 0xffffffff;
	cpuid(1, 0);
	CHECK_EQ(gpr[RCX] & BIT(27), 0);
	cpu->osxsave = true;
	cpuid(1, 0);
	CHECK_EQ(gpr[RCX] & BIT(27), BIT(27));
	cpuid(0x40000010, 0);
	CHECK_EQ(gpr[RAX], MACHINE_KHZ);
	CHECK_EQ(gpr[RBX], 1000000);
	CHECK_EQ(gpr[RCX], 1);
}

static void rdmsr(uint32_t msr)
{
	gpr[RCX] = 0xffffffff00000000 | msr;
	gpr[RAX] = gpr[RDX] = 0xa5a5a5a5a5a5a5a5;
	leave_as(VEXIT_RDMSR);
}

static void wrmsr(uint32_t msr, uint64_t value)
{
	gpr[RCX] = 0xffffffff00000000 | msr;
	gpr[RAX] = 0xffffffff00000000 | (uint32_t)value;
	gpr[RDX] = 0xffffffff00000000 | value >> 32;
	leave_as(VEXIT_WRMSR);
}

static void msr_is(uint32_t msr, uint64_t value)
{
	rdmsr(msr);
	CHECK_TRUE(stepped());
	CHECK_EQ(gpr[RAX], (uint32_t)value);
	CHECK_EQ(gpr[RDX], value >> 32);
}

static void listed_msrs_answer(void)
{
	fresh();
	msr_is(0x1b, 0xfee00d00);
	msr_is(0x8b, 0x01000065);
	msr_is(0xc0010015, 0x01000000);
	msr_is(0xc0010055, 0);
	msr_is(0xc0011029, 2);
	msr_is(0xc0000080, 0xd00);
	msr_is(0x277, 0x0007040600070406);
	msr_is(0x803, 0x50014);
	wrmsr(0x8b, 5);
	CHECK_TRUE(stepped());
	msr_is(0x8b, 0x01000065);
	wrmsr(0xc0000080, 0x501);
	CHECK_TRUE(stepped());
	CHECK_EQ(cpu->efer, 0x501);
	wrmsr(0x277, 0x0606060606060606);
	CHECK_TRUE(stepped());
	CHECK_EQ(cpu->pat, 0x0606060606060606);
	wrmsr(0xc0000103, 0xffffffff);
	CHECK_TRUE(stepped());
	msr_is(0xc0000103, 0xffffffff);
}

static void the_deadline_is_the_lapics(void)
{
	fresh();
	wrmsr(0x832, 0x400ec);
	CHECK_TRUE(stepped());
	wrmsr(0x6e0, 0x123456789abc);
	CHECK_TRUE(stepped());
	msr_is(0x6e0, 0x123456789abc);
	CHECK_EQ(d->vcpu.lapic.deadline, 0x123456789abc);
}

static void msr_denied(void)
{
	CHECK_TRUE(faulted(13));
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

static void other_msrs_fault(void)
{
	fresh();
	rdmsr(0xc0010114); /* VM_CR */
	CHECK_EQ(gpr[RAX], 0xa5a5a5a5a5a5a5a5);
	CHECK_EQ(gpr[RDX], 0xa5a5a5a5a5a5a5a5);
	msr_denied();
	wrmsr(0xc0010117, 0x1000); /* VM_HSAVE_PA */
	msr_denied();
	wrmsr(0x1b, 0xfee00900); /* APIC base: leaving x2APIC mode */
	msr_denied();
	rdmsr(0x80b); /* EOI is write-only */
	msr_denied();
	wrmsr(0x802, 1);
	msr_denied();
	wrmsr(0xc0000103, 0x100000000);
	msr_denied();
	CHECK_EQ(d->vcpu.tsc_aux, 0);
	cpu->refuse_write = true;
	wrmsr(0xc0000080, 0x1000);
	msr_denied();
	wrmsr(0x277, 0x02);
	msr_denied();
	rdmsr(0xc0000102); /* never exits: had it, the answer would still be no */
	msr_denied();
	wrmsr(0xc0000102, 1);
	msr_denied();
}

static void in(uint16_t port, uint8_t bytes)
{
	gpr[RAX] = 0x1122334455667788;
	leave(&(struct vcpu_exit){.kind = VEXIT_IO, .port = port, .bytes = bytes, .in = true});
	CHECK_TRUE(stepped());
}

static void out(uint16_t port, uint8_t bytes, uint32_t value)
{
	gpr[RAX] = 0xaaaaaaaa00000000 | value;
	leave(&(struct vcpu_exit){.kind = VEXIT_IO, .port = port, .bytes = bytes});
}

static void in_merges_as_the_processor_does(void)
{
	fresh();
	in(0x3fd, 1);
	CHECK_EQ(gpr[RAX], 0x1122334455667760); /* AL alone */
	in(0x3fd, 2);
	CHECK_EQ(gpr[RAX], 0x1122334455666060); /* AX alone */
	in(0x3fd, 4);
	CHECK_EQ(gpr[RAX], 0x60606060); /* the upper half becomes 0 */
	in(0x80, 1);
	CHECK_EQ(gpr[RAX], 0x11223344556677ff);
	in(0x80, 2);
	CHECK_EQ(gpr[RAX], 0x112233445566ffff);
	in(0x80, 4);
	CHECK_EQ(gpr[RAX], 0xffffffff);
}

static void listed_ports_read_zero(void)
{
	static const uint16_t ports[] = {0x40, 0x41, 0x42, 0x43, 0x61, 0x64, 0x70, 0x71, 0x3f8};

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(ports); i++) {
		in(ports[i], 1);
		CHECK_EQ(gpr[RAX], 0x1122334455667700);
	}
}

static void unlisted_writes_are_ignored(void)
{
	fresh();
	out(0xcf9, 1, 6); /* within the address port of PCI: not obeyed */
	out(0xb2, 1, 1);
	out(0x604, 2, 0x2000);
	CHECK_TRUE(stepped());
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(fake.powers, 0);
}

static void configuration_ports_reach_the_virtual_bus(void)
{
	fresh();
	out(0xcf8, 4, 0x80000000);
	in(0xcf8, 4);
	CHECK_EQ(gpr[RAX], 0x80000000);
	in(0xcfb, 1);
	CHECK_EQ(gpr[RAX] & 0xff, 0x80);
	in(0xcfa, 2);
	CHECK_EQ(gpr[RAX] & 0xffff, 0x8000);
	in(0xcfc, 4);
	CHECK_EQ(gpr[RAX], 0x00011b36);
	in(0xcfe, 2);
	CHECK_EQ(gpr[RAX] & 0xffff, 1);
	out(0xcfb, 1, 1); /* a probe for mechanism 1: not the address */
	out(0xcf9, 4, 0x12345678);
	in(0xcf8, 4);
	CHECK_EQ(gpr[RAX], 0x80000000);
	out(0xcf8, 4, 0x8000084c);
	out(0xcfc, 2, 0xffff0041); /* only as many bytes as the instruction has */
	CHECK_EQ(d->pci.msi_data, 0x41);
	in(0xcff, 2);
	CHECK_EQ(gpr[RAX] & 0xffff, 0xffff);
}

static void string_io_faults(void)
{
	fresh();
	leave(&(struct vcpu_exit){.kind = VEXIT_IO, .port = 0x3f8, .bytes = 1, .string = true});
	CHECK_TRUE(faulted(13));
	leave(&(struct vcpu_exit){
		.kind = VEXIT_IO, .port = 0x3f8, .bytes = 1, .string = true, .in = true});
	CHECK_TRUE(faulted(13));
	CHECK_EQ(d->console.used, 0);
}

static void the_early_console_is_the_vms_log(void)
{
	fresh();
	out(0x3f8, 1, 'h');
	out(0x3f8, 1, 'i');
	out(0x3f8, 1, '\n');
	CHECK_TRUE(fake_line("[vm0] hi"));
	fake_serial_clear();
	machine_system->dom[0].flags &= ~HV_DOM_CONSOLE;
	out(0x3f8, 1, 'x');
	out(0x3f8, 1, '\n');
	CHECK_STR(fake.serial, "");
	CHECK_EQ(d->console.used, 0);
}

static void stops_with(enum hv_stop_cause cause)
{
	CHECK_EQ(d->state, HV_VM_SCRUBBING);
	CHECK_EQ(d->after_scrub, HV_VM_DEAD);
	CHECK_EQ(d->cause, cause);
	CHECK_EQ(dom_at(1)->state, HV_VM_RUNNING);
}

static void reset_by_the_keyboard_controller(void)
{
	fresh();
	out(0x64, 1, 0xff);
	out(0x60, 1, 0xfe);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	out(0x64, 1, 0xfe);
	stops_with(HV_STOP_RESET);
}

static void halting_with_interrupts_off_is_the_end(void)
{
	fresh();
	cpu->interrupts = true;
	leave_as(VEXIT_HLT);
	CHECK_TRUE(stepped());
	CHECK_TRUE(d->vcpu.halted);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	cpu->interrupts = false;
	leave_as(VEXIT_HLT);
	stops_with(HV_STOP_HALTED);
}

static void vmware(uint32_t command)
{
	gpr[RAX] = 0x564d5868;
	gpr[RBX] = gpr[RDX] = 77;
	gpr[RCX] = 0xabcd0000 | command;
	leave_as(VEXIT_HCALL);
	CHECK_TRUE(stepped());
}

static void answers_three_vmware_calls(void)
{
	fresh();
	machine_handoff->tsc_khz = 5000000; /* 5 GHz: the high half counts */
	vmware(45);
	CHECK_EQ(gpr[RAX], 5000000000 & 0xffffffff);
	CHECK_EQ(gpr[RBX], 5000000000 >> 32);
	CHECK_EQ(gpr[RCX], 1000000000);
	vmware(68);
	CHECK_EQ(gpr[RAX], 8);
	vmware(91);
	CHECK_EQ(gpr[RAX], 0xffffffff);
	vmware(10);
	CHECK_EQ(gpr[RAX], 0xffffffff);
	CHECK_EQ(gpr[RDX], 77);
}

/* What is neither of our base nor one of those three is refused, whatever its low half names. */
static void calls_of_no_base_do_not_exist(void)
{
	fresh();
	for (uint64_t rax = 0; rax < 0x100000000; rax += 0x01234567) {
		gpr[RAX] = (rax & ~0xffffull) | HV_CALL_EXIT;
		gpr[RDI] = 1;
		leave_as(VEXIT_HCALL);
		CHECK_TRUE(stepped());
		CHECK_EQ(gpr[RAX], HV_ENOSYS);
		CHECK_EQ(d->state, HV_VM_RUNNING);
	}
}

static void calls_from_ring_3_are_undefined(void)
{
	fresh();
	for (cpu->cpl = 1; cpu->cpl < 4; cpu->cpl++) {
		gpr[RAX] = HV_CALL_BASE + HV_CALL_EXIT;
		leave_as(VEXIT_HCALL);
		CHECK_TRUE(faulted(6));
		CHECK_EQ(gpr[RAX], HV_CALL_BASE + HV_CALL_EXIT);
		gpr[RAX] = 0x564d5868;
		leave_as(VEXIT_HCALL);
		CHECK_TRUE(faulted(6));
		gpr[RAX] = 3;
		gpr[RDX] = gpr[RCX] = 0;
		leave_as(VEXIT_XSETBV);
		CHECK_TRUE(faulted(13));
	}
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(d->vcpu.xcr0, 1);
}

static bool xsetbv(uint32_t index, uint64_t value)
{
	d->vcpu.xcr0 = 1;
	gpr[RCX] = 0xffffffff00000000 | index;
	gpr[RAX] = 0xffffffff00000000 | (uint32_t)value;
	gpr[RDX] = 0xffffffff00000000 | value >> 32;
	leave_as(VEXIT_XSETBV);
	if (stepped()) {
		CHECK_EQ(d->vcpu.xcr0, value);
		return true;
	}
	CHECK_TRUE(faulted(13));
	CHECK_EQ(d->vcpu.xcr0, 1);
	return false;
}

static void xcr0_takes_what_is_offered(void)
{
	fresh();
	fake.cpuid_fill = 0xffffffff;
	for (uint64_t value = 0; value < 8; value++)
		CHECK_EQ(xsetbv(0, value), value == 1 || value == 3 || value == 7);
	for (unsigned bit = 3; bit < 64; bit++)
		CHECK_FALSE(xsetbv(0, 7 | BIT(bit)));
	CHECK_FALSE(xsetbv(1, 1));
	CHECK_FALSE(xsetbv(0xffffffff, 1));
}

/* On a processor without AVX the real instruction faults in the core: the guest must get the fault. */
static void xcr0_takes_nothing_the_processor_lacks(void)
{
	fresh();
	fake.cpuid_fill = 0xffffffff;
	fake.cpuid_count = 1;
	fake.cpuid[0] = (struct fake_cpuid){
		0xd, 0, {3, 576, 576, 0}
	};
	CHECK_TRUE(xsetbv(0, 1));
	CHECK_TRUE(xsetbv(0, 3));
	CHECK_FALSE(xsetbv(0, 7));
}

static void simple_exits(void)
{
	fresh();
	leave_as(VEXIT_HOST);
	CHECK_EQ(cpu->skips + cpu->injections, 0);
	leave_as(VEXIT_EXCEPTION);
	CHECK_EQ(cpu->skips + cpu->injections, 0);
	leave_as(VEXIT_SKIP);
	CHECK_TRUE(stepped());
	leave_as(VEXIT_UD);
	CHECK_TRUE(faulted(6));
	leave_as((enum vcpu_exit_kind)99);
	CHECK_EQ(cpu->skips + cpu->injections, 0);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(d->exits, 5);
}

static void fatal(enum vcpu_exit_kind kind, enum hv_stop_cause cause)
{
	fresh();
	leave(&(struct vcpu_exit){.kind = kind, .code = 0x400, .gpa = {0xfee00000}});
	stops_with(cause);
	CHECK_EQ(d->last_gpa, kind == VEXIT_FAULT ? 0xfee00000 : 0);
	CHECK_TRUE(machine_ram_words(0, FRAME_WORD(FRAME_SCRUB, 0)));
}

static void fatal_exits_stop_that_vm_alone(void)
{
	fatal(VEXIT_FAULT, HV_STOP_NESTED_FAULT);
	fatal(VEXIT_TRIPLE, HV_STOP_TRIPLE_FAULT);
	fatal(VEXIT_BAD, HV_STOP_BAD_STATE);
	fatal(VEXIT_UNKNOWN, HV_STOP_UNEXPECTED);
}

static void a_stop_tells_the_last_exits(void)
{
	fresh();
	for (unsigned i = 0; i < 20; i++) {
		cpu->rip = 0x1000 + i;
		leave(&(struct vcpu_exit){.kind = VEXIT_HOST, .code = 0x60 + i});
	}
	cpu->rip = 0xabc;
	cpu->cr2 = 0xdef;
	cpu->cr3 = 0x123;
	cpu->efer = 0xd00;
	leave(&(struct vcpu_exit){.kind = VEXIT_FAULT, .code = 0x400, .gpa = {0x9999000}});
	CHECK_TRUE(fake_line(
		"hv: vm vm0 stopped: nested-fault code=0 rip=abc cr2=def cr3=123 efer=d00 "
		"gpa=9999000 exits=21"));
	CHECK_TRUE(
		fake_line("hv: vm vm0 exits: cpuid=0 rdmsr=0 wrmsr=0 io=0 hlt=0 hcall=0 xsetbv=0 "
			  "skip=0 ud=0 exception=0"));
	CHECK_FALSE(fake_line_with("exit 64 at rip 1004"));
	CHECK_TRUE(fake_line("hv: vm vm0   exit 65 at rip 1005"));
	CHECK_TRUE(fake_line("hv: vm vm0   exit 73 at rip 1013"));
	CHECK_TRUE(fake_line("hv: vm vm0   exit 400 at rip abc"));
	CHECK_EQ(d->last_rip, 0xabc);
}

/* Each kind has its own place in the line: a witness of what a guest did that is not the guest. */
static void a_stop_tells_the_exits_by_kind(void)
{
	static const enum vcpu_exit_kind kinds[] = {
		VEXIT_CPUID, VEXIT_RDMSR,  VEXIT_WRMSR, VEXIT_IO, VEXIT_HLT,
		VEXIT_HCALL, VEXIT_XSETBV, VEXIT_SKIP,	VEXIT_UD, VEXIT_EXCEPTION};

	fresh();
	cpu->interrupts = true;
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
		for (unsigned n = 0; n <= i; n++) {
			gpr[RAX] = 0xffff; /* no call of ours, a leaf that is zero */
			leave(&(struct vcpu_exit){
				.kind = kinds[i], .code = 0x72, .port = 0x80, .bytes = 1});
		}
	}
	leave_as(VEXIT_TRIPLE);
	CHECK_TRUE(
		fake_line("hv: vm vm0 exits: cpuid=1 rdmsr=2 wrmsr=3 io=4 hlt=5 hcall=6 xsetbv=7 "
			  "skip=8 ud=9 exception=10"));
}

static void table_entry(uint64_t at, uint64_t value)
{
	memcpy(machine_ram(0, at), &value, sizeof value);
}

/* A kernel's descriptor table is high in the address space: entries 508, 0, 3 and 511 of its four tables. */
static void triple_fault_at(uint64_t cr3)
{
	cpu->rip = 0x5678;
	cpu->cr2 = 0xfffffe00007ff080;
	cpu->cr3 = cr3;
	cpu->efer = 0xd01;
	leave(&(struct vcpu_exit){.kind = VEXIT_TRIPLE, .code = 0x7f});
	CHECK_TRUE(fake_line_with(
		"vm0 stopped: triple-fault code=0 rip=5678 cr2=fffffe00007ff080 cr3="));
	CHECK_TRUE(fake_line_with(" efer=d01 gpa=0 exits=1"));
}

static void a_triple_fault_tells_what_the_tables_hold(void)
{
	fresh();
	table_entry(0x3000 + 508 * 8, 0x4067);
	table_entry(0x4000, 0x8000000000005003);
	table_entry(0x5000 + 3 * 8, 0x6003);
	table_entry(0x6000 + 511 * 8, 0x7062);
	triple_fault_at(0x3018); /* low bits of CR3 are no address */
	CHECK_TRUE(fake_line("hv: vm vm0   table 4 at cr2: 4067"));
	CHECK_TRUE(fake_line("hv: vm vm0   table 3 at cr2: 8000000000005003"));
	CHECK_TRUE(fake_line("hv: vm vm0   table 2 at cr2: 6003"));
	CHECK_TRUE(fake_line("hv: vm vm0   table 1 at cr2: 7062"));
}

static void the_tale_ends_where_the_tables_do(void)
{
	fresh();
	table_entry(0x3000 + 508 * 8, 0x4066); /* not present */
	table_entry(0x4000, 0x5003);
	triple_fault_at(0x3000);
	CHECK_TRUE(fake_line("hv: vm vm0   table 4 at cr2: 4066"));
	CHECK_FALSE(fake_line_with("table 3 at cr2"));
	fresh();
	table_entry(0x3000 + 508 * 8, 0x4003);
	table_entry(0x4000, 0x5003);
	table_entry(0x5000 + 3 * 8, 0x600083); /* a large page */
	triple_fault_at(0x3000);
	CHECK_TRUE(fake_line("hv: vm vm0   table 2 at cr2: 600083"));
	CHECK_FALSE(fake_line_with("table 1 at cr2"));
	fresh();
	table_entry(0x3000 + 508 * 8, MACHINE_RAM | 3); /* outside its memory */
	triple_fault_at(0x3000);
	CHECK_TRUE(fake_line_with("table 4 at cr2"));
	CHECK_FALSE(fake_line_with("table 3 at cr2"));
	fresh();
	triple_fault_at(~0ull);
	CHECK_FALSE(fake_line_with("at cr2"));
	fresh();
	leave(&(struct vcpu_exit){.kind = VEXIT_FAULT, .code = 0x400});
	CHECK_FALSE(fake_line_with("at cr2"));
}

/* After which exits the scheduler need not look at the others. */
static void a_turn_goes_on_after_exits_that_change_nothing_else(void)
{
	static const enum vcpu_exit_kind others[] = {VEXIT_HOST, VEXIT_HLT, VEXIT_IO, VEXIT_SKIP,
						     VEXIT_EXCEPTION};

	fresh();
	cpu->interrupts = true;
	cpuid(0, 0);
	CHECK_TRUE(d->goes_on);
	gpr[RCX] = 0x80b; /* end of interrupt */
	gpr[RAX] = gpr[RDX] = 0;
	leave_as(VEXIT_WRMSR);
	CHECK_TRUE(d->goes_on);
	gpr[RCX] = 0x6e0; /* the timer: the turn may have to end earlier */
	leave_as(VEXIT_WRMSR);
	CHECK_TRUE(!d->goes_on);
	gpr[RCX] = 0xc0000010; /* no such register */
	leave_as(VEXIT_RDMSR);
	CHECK_TRUE(!d->goes_on);
	for (unsigned i = 0; i < ARRAY_LEN(others); i++) {
		d->goes_on = true;
		leave_as(others[i]);
		CHECK_TRUE(!d->goes_on);
	}
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(cpuid_answers_in_the_low_halves);
	RUN(cpuid_adds_what_depends_on_the_vm);
	RUN(listed_msrs_answer);
	RUN(the_deadline_is_the_lapics);
	RUN(other_msrs_fault);
	RUN(in_merges_as_the_processor_does);
	RUN(listed_ports_read_zero);
	RUN(unlisted_writes_are_ignored);
	RUN(configuration_ports_reach_the_virtual_bus);
	RUN(string_io_faults);
	RUN(the_early_console_is_the_vms_log);
	RUN(reset_by_the_keyboard_controller);
	RUN(halting_with_interrupts_off_is_the_end);
	RUN(answers_three_vmware_calls);
	RUN(calls_of_no_base_do_not_exist);
	RUN(calls_from_ring_3_are_undefined);
	RUN(xcr0_takes_what_is_offered);
	RUN(xcr0_takes_nothing_the_processor_lacks);
	RUN(simple_exits);
	RUN(fatal_exits_stop_that_vm_alone);
	RUN(a_stop_tells_the_last_exits);
	RUN(a_stop_tells_the_exits_by_kind);
	RUN(a_triple_fault_tells_what_the_tables_hold);
	RUN(the_tale_ends_where_the_tables_do);
	RUN(a_turn_goes_on_after_exits_that_change_nothing_else);
	return check_end();
}
