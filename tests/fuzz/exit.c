/* SPDX-License-Identifier: Apache-2.0 */
/* Exits of a VM with a device, in any order and with any registers: it gets an answer or a fault or stops, and nobody else does. */
#include "bytes.h"
#include "entropy.h"
#include "exit.h"
#include "life.h"
#include "tests/fakes/machine_device.h"
#include "tests/fakes/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define STEPS_MAX 400u
#define MASTER	  4u

static struct machine_device dev;
static struct domain *d;
static struct vcpu_fake *cpu;

static void make(bool msix)
{
	machine_make(2);
	dev = machine_device(0, 0);
	dev.pci->msix_flags = msix;
	fake.plain_windows = true; /* for scrubbing and loading */
	machine_boot();
	d = machine_settle(0);
	(void)machine_settle(1);
	fake.plain_windows = false;
	fake.cpuid_fill = 0xffffffff;
}

/* Registers that are read and written in the order of their names: values that lead somewhere, or any. */
static void set_registers(struct bytes *b)
{
	static const uint64_t often[] = {
		0,	    1,		3,	    7,		0x20,	    0x1b,
		0x277,	    0x6e0,	0x800,	    0x808,	0x80f,	    0x830,
		0x832,	    0x83f,	0xc0000080, 0xc0000103, 0xc0010015, 0x40000000,
		0x40000010, 0x80000001, 0x80000008, 0x8000000a, 0x564d5868, 0x42480000,
		0x80000000, 0x80000800, 0x80000840, 0x80000850, 0x80001004, 0x80001010,
		0x80001018, 0x800010a0, 0x8000105c, 0xffffffff, 0x400ec,    UINT64_MAX};
	static const unsigned which[] = {RAX, RCX, RDX, RDI, RSI};

	for (unsigned i = 0; i < ARRAY_LEN(which); i++) {
		uint8_t pick = take8(b);

		d->vcpu.gpr[which[i]] = pick < ARRAY_LEN(often) ? often[pick]
					: pick < 0xf0		? pick
								: take64(b);
	}
}

static void set_exit(struct bytes *b, struct vcpu_exit *x)
{
	static const uint16_t ports[] = {0x3f8, 0x3fd, 0x64,  0x70,  0x61,  0x40,  0xcf8, 0xcf9,
					 0xcfa, 0xcfb, 0xcfc, 0xcfd, 0xcfe, 0xcff, 0x80,  0xb2};
	uint8_t bits = take8(b), port = take8(b);

	*x = (struct vcpu_exit){.kind = (enum vcpu_exit_kind)(bits % (VEXIT_UNKNOWN + 2)),
				.code = bits,
				.port = port < ARRAY_LEN(ports) ? ports[port]
								: (uint16_t)(port * 257),
				.bytes = (uint8_t)(1u << (bits >> 4) % 3)};
	bits = take8(b);
	x->in = bits & 1;
	x->string = (bits & 0x1e) == 0x1e;
	cpu->cpl = (bits & 0x60) == 0x60 ? 3 : 0;
	cpu->interrupts = (bits & 0x80) != 0;
}

/* The device hears of master, MSI and MSI-X enable bits and of nothing else. */
static void check_device(unsigned from)
{
	for (unsigned i = from; i < iommu_fake.logged && d->state == HV_VM_RUNNING; i++) {
		uint32_t at = iommu_fake.log[i].a, value = iommu_fake.log[i].b;
		bool fine = iommu_fake.log[i].what == EV_CONFIG;

		if (at == 4)
			fine = fine && (value & ~MASTER) == 0x402;
		else if (at == DEV_MSIX_CAP && dev.pci->msix_flags != 0)
			fine = fine && (value & ~0xc0000000) == 0;
		else if (at == DEV_MSI_CAP && dev.pci->msix_flags == 0)
			fine = fine && (value & ~0x10000u) == 0x00800005;
		else
			fine = false;
		if (!fine)
			fake_broken("a guest's write reached the device");
	}
	if (d->state == HV_VM_RUNNING &&
	    (dev.config[4] != dev.pci->bar[0].hpa || dev.config[6] != dev.pci->bar[2].hpa))
		fake_broken("an address register of the device has moved");
}

static void check_answer(const struct vcpu_exit *x)
{
	uint64_t xcr0 = d->vcpu.xcr0;

	if (cpu->skips + cpu->injections > 1)
		fake_broken("an instruction is both stepped over and faulted");
	if (cpu->injections != 0 && cpu->vector != 6 && cpu->vector != 13)
		fake_broken("a fault that no instruction of ours gives");
	if (xcr0 != 1 && xcr0 != 3 && xcr0 != 7)
		fake_broken("XCR0 holds what no processor takes");
	if (x->kind == VEXIT_IO && x->string && cpu->skips != 0)
		fake_broken("string I/O was stepped over");
	if (d->vcpu.gpr[RAX] >> 32 != 0 && x->kind == VEXIT_CPUID)
		fake_broken("CPUID left an upper half");
}

static void one_exit(struct bytes *b)
{
	unsigned logged = iommu_fake.logged;
	struct vcpu_exit x;

	set_exit(b, &x);
	set_registers(b);
	cpu->skips = cpu->injections = 0;
	entropy_fill(d); /* as before each entry of the guest */
	exit_handle(d, &x);
	hw_windows_close();
	if (d->state == HV_VM_RUNNING) {
		check_answer(&x);
		check_device(logged);
	}
	if (iommu_fake.logged > FAKE_LOG / 2)
		iommu_fake.logged = 0;
	if (fake.serial_len > FAKE_SERIAL / 2)
		fake_serial_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes b = {data, len};

	make(take8(&b) & 1);
	for (unsigned i = 0; i < STEPS_MAX && b.left > 0; i++) {
		if (d->state != HV_VM_RUNNING) {
			iommu_fake.logged = 0;
			(void)machine_settle(0);
			witness_check();
			fake.tsc += 200 * MACHINE_MS;
			machine_request(d, LIFE_ON);
			life_serve(d);
			(void)machine_settle(0);
		}
		cpu = vcpu_fake_of(&d->vcpu);
		one_exit(&b);
		witness_check();
		if (dom_at(1)->state != HV_VM_RUNNING)
			fake_broken("an exit of one VM stopped another");
	}
	return 0;
}
