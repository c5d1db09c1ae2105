/* SPDX-License-Identifier: Apache-2.0 */
/* Which function a line of the description gets, and which functions nobody gets. */
#include "check.h"
#include "device_state.h"
#include "tests/fakes/machine_device.h"

static struct machine_device v, w;

static void fresh(void)
{
	machine_make(3);
	v = machine_device(0, 1);
	w = machine_device(1, 2);
}

/* Boots; vm1 must be refused for this reason and the others run. */
static void refuses(const char *why)
{
	char line[120];

	machine_boot();
	(void)snprintf(line, sizeof line, "hv: device dev0 for vm vm1: %s", why);
	if (!fake_line(line))
		printf("# wanted: %s\n# serial: %s", line, fake.serial);
	CHECK_TRUE(fake_line(line));
	CHECK_EQ(machine_settle(1)->state, HV_VM_REFUSED);
	CHECK_EQ(dom_at(1)->cause,
		 strcmp(why, "device not found") == 0 ? HV_STOP_DEVICE : HV_STOP_UNFIT);
	CHECK_TRUE(machine_ram_zero(1));
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
	CHECK_EQ(machine_settle(2)->state, HV_VM_RUNNING);
}

static void accepts(void)
{
	machine_boot();
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(machine_settle(i)->state, HV_VM_RUNNING);
	CHECK_TRUE(device_owner(v.pci->bdf) == dom_at(1));
	CHECK_TRUE(device_owner(w.pci->bdf) == dom_at(2));
}

static void finds_by_slot_id_and_class(void)
{
	fresh();
	accepts();
	CHECK_TRUE(device_owner(0x0010) == NULL);
	CHECK_TRUE(fake_line("hv: device dev0 bdf=100 vm=vm1 unit=0 irqs=5 msix=1"));
	fresh();
	v.sys->match = HV_MATCH_ID;
	v.sys->value = 0x808610d3;
	w.sys->match = HV_MATCH_CLASS;
	w.sys->value = 0x0200;
	w.sys->index = 1;
	accepts();
	fresh();
	v.sys->match = HV_MATCH_CLASS;
	v.sys->value = 0x0200;
	v.sys->index = 2;
	refuses("device not found");
}

static void a_missing_device_stops_its_vm_alone(void)
{
	fresh();
	v.sys->value = 0x0108;
	w.sys->value = 0x0100;
	v.sys->value = 0x01f8;
	refuses("device not found");
}

static void an_optional_device_may_be_missing(void)
{
	fresh();
	v.sys->value = 0x01f8;
	v.sys->flags = HV_DEV_OPTIONAL;
	machine_boot();
	CHECK_TRUE(fake_line("hv: device dev0 for vm vm1: device not found"));
	CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
}

static void a_bridge_is_not_given_away(void)
{
	fresh();
	v.pci->header_type = 1;
	refuses("device is a bridge");
}

/* The IOMMU would see the bridge's id, and so would what else is behind it. */
static void behind_a_conventional_bridge_nothing_is_given(void)
{
	fresh();
	v.pci->behind_pci = 1;
	refuses("device is behind a conventional PCI bridge");
}

static void without_an_iommu_nothing_is_given(void)
{
	fresh();
	v.pci->vtd = HANDOFF_VTD_NONE;
	refuses("no IOMMU unit translates the device");
	fresh();
	v.pci->vtd = 1; /* there is only unit 0 */
	refuses("no IOMMU unit translates the device");
}

static void configuration_space_must_be_mapped(void)
{
	fresh();
	v.pci->bdf = 0x0200; /* bus 2: behind the end of the mapping */
	v.sys->value = 0x0200;
	refuses("configuration space of the device is out of reach");
	fresh();
	machine_handoff->mmio[0].index = 2; /* its first bus is behind ours */
	machine_boot();
	CHECK_TRUE(fake_line_with("vm vm1: configuration space of the device is out of reach"));
	CHECK_TRUE(fake_line_with("vm vm2: configuration space of the device is out of reach"));
}

#define SHARES "a register range of the device shares a page"

static void registers_are_whole_pages(void)
{
	fresh();
	v.pci->bar[0].bytes = 0x800;
	refuses(SHARES);
	fresh();
	v.pci->bar[0].hpa += 0x800;
	refuses(SHARES);
	fresh();
	v.pci->bar[0].bytes = 2 * BIT(30);
	refuses(SHARES);
	fresh();
	v.pci->bar[0].bytes = 0; /* a device whose register takes no bit of ones */
	refuses(SHARES);
	fresh();
	v.pci->bar[0].bytes = 3 * PAGE_SIZE;
	refuses(SHARES);
}

#define OWNED "a register range of the device lies on something else"

/* An address register holds what the device says: it must not open memory or other devices to a guest. */
static void registers_lie_on_nothing_else(void)
{
	fresh();
	v.pci->bar[0].hpa = machine_handoff->core_hpa;
	refuses(OWNED);
	fresh();
	v.pci->bar[0].hpa = machine_handoff->core_hpa - 0x1000; /* only its last pages do */
	refuses(OWNED);
	fresh();
	v.pci->bar[2].hpa = machine_handoff->dom[0].ram.hpa;
	refuses(OWNED);
	fresh();
	v.pci->bar[0].hpa = machine_handoff->mmio[0].hpa; /* configuration space */
	refuses(OWNED);
	fresh();
	v.pci->bar[0].hpa = UINT64_MAX & ~0x1ffffull; /* wraps */
	refuses(OWNED);
}

/* Guest addresses for registers end where the screen begins. */
static void registers_fit_below_the_screen(void)
{
	fresh();
	v.sys->bar_gpa = 0xdfe00000;
	v.pci->bar[0].bytes = 0x200000; /* all there is */
	v.pci->bar[2].hpa = 0;
	v.pci->msix_flags = 0;
	w.pci->bar[0].hpa = v.pci->bar[0].hpa + 0x200000;
	w.pci->bar[2].hpa = w.pci->bar[0].hpa + 0x200000;
	accepts();
	fresh();
	machine_screen(1, 320, 240, 1300);
	v.sys->bar_gpa = 0xdfe00000;
	v.pci->bar[0].bytes = 0x200000; /* BAR 2 would begin behind it */
	w.pci->bar[0].hpa = v.pci->bar[0].hpa + 0x400000;
	w.pci->bar[2].hpa = v.pci->bar[0].hpa + 0x500000;
	v.pci->bar[2].hpa = v.pci->bar[0].hpa + 0x600000;
	refuses("guest addresses of the device do not fit");
	fresh();
	v.sys->bar_gpa = 0xdfe00000;
	v.pci->bar[0].bytes = 0x40000000;
	v.pci->bar[0].hpa = 0x40000000;
	refuses("guest addresses of the device do not fit");
}

static void two_devices_share_no_registers(void)
{
	fresh();
	w.pci->bar[0].hpa = v.pci->bar[0].hpa;
	machine_boot();
	CHECK_TRUE(fake_line_with("device dev1 for vm vm2: " OWNED));
}

static void reserved_memory_of_the_firmware_is_for_usb_only(void)
{
	fresh();
	machine_handoff->rmrr_count = 1;
	machine_handoff->rmrr[0] = (struct handoff_rmrr){.bdf = v.pci->bdf, .bytes = PAGE_SIZE};
	refuses("the firmware reserves memory for the device");
	fresh();
	machine_handoff->rmrr_count = 1;
	machine_handoff->rmrr[0] = (struct handoff_rmrr){.bdf = v.pci->bdf, .bytes = PAGE_SIZE};
	v.pci->class_rev = 0x0c033000;
	accepts();
}

static void one_function_has_one_owner(void)
{
	fresh();
	v.sys->match = HV_MATCH_ID;
	v.sys->value = 0x808610d3;
	w.sys->value = v.pci->bdf;
	machine_boot();
	CHECK_TRUE(fake_line("hv: device dev1 for vm vm2: device is already given to a VM"));
	CHECK_TRUE(device_owner(v.pci->bdf) == dom_at(1));
}

static void one_group_has_one_owner(void)
{
	fresh();
	w.pci->group = v.pci->group;
	machine_boot();
	CHECK_TRUE(fake_line(
		"hv: device dev1 for vm vm2: device cannot be isolated from one of another VM"));
	CHECK_EQ(machine_settle(2)->state, HV_VM_REFUSED);
	fresh();
	w.pci->group = v.pci->group;
	w.sys->dom = 1;
	machine_handoff->dom[1].ram.bytes += PAGE_SIZE;
	machine_handoff->dom[2].ram.bytes -= PAGE_SIZE;
	machine_boot();
	CHECK_TRUE(device_owner(w.pci->bdf) == dom_at(1));
	CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
}

/* A table page that could hold other registers, or that is not mapped as one page: the device uses MSI. */
static void a_table_that_is_not_alone_is_not_used(void)
{
	fresh();
	v.pci->msix_flags = 0;
	accepts();
	CHECK_TRUE(fake_line("hv: device dev0 bdf=100 vm=vm1 unit=0 irqs=1 msix=0"));
	fresh();
	machine_handoff->mmio[1].bytes = 2 * PAGE_SIZE;
	accepts();
	CHECK_TRUE(fake_line("hv: device dev0 bdf=100 vm=vm1 unit=0 irqs=1 msix=0"));
	fresh();
	v.pci->msix_offset = DEV_MSIX_OFFSET + PAGE_SIZE - 4 * 16; /* the fifth entry is outside */
	accepts();
	CHECK_TRUE(fake_line("hv: device dev0 bdf=100 vm=vm1 unit=0 irqs=1 msix=0"));
	fresh();
	v.pci->msix_offset = (uint32_t)DEV_BAR2_BYTES; /* not in its range */
	accepts();
	CHECK_TRUE(fake_line("hv: device dev0 bdf=100 vm=vm1 unit=0 irqs=1 msix=0"));
	fresh();
	v.pci->msix_bir = 4;
	accepts();
	CHECK_TRUE(fake_line("hv: device dev0 bdf=100 vm=vm1 unit=0 irqs=1 msix=0"));
	fresh();
	v.pci->msix_flags = 0;
	v.pci->msi_cap = 0;
	accepts();
	CHECK_TRUE(fake_line("hv: device dev0 bdf=100 vm=vm1 unit=0 irqs=0 msix=0"));
}

static void more_than_sixteen_interrupts_are_not_shown(void)
{
	fresh();
	v.pci->msix_entries = 40;
	accepts();
	CHECK_TRUE(fake_line("hv: device dev0 bdf=100 vm=vm1 unit=0 irqs=16 msix=1"));
	for (unsigned i = 16; i < 40; i++)
		CHECK_EQ(v.table[4 * i + 3], 1);
}

/* The description's check sees a card only when it is named by class: here the machine says what the function is. */
static void a_protected_vm_gets_no_network_card(void)
{
	static const struct {
		uint32_t match, value;
	} names[] = {
		{HV_MATCH_SLOT, 0x100     },
		{HV_MATCH_ID,   0x808610d3}
	 };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		fresh();
		machine_system->dom[1].flags |= HV_DOM_PROTECTED;
		v.sys->match = names[i].match;
		v.sys->value = names[i].value;
		refuses("a protected VM gets no network card");
	}
	fresh();
	machine_system->dom[1].flags |= HV_DOM_PROTECTED;
	v.pci->class_rev = 0x0c033000;
	accepts();
}

#define MANY 14u

/* Function I of many, ENTRIES interrupts, given to vm1 or vm2. Its registers are plain memory: nobody resets it. */
static void one_of_many(unsigned i, unsigned dom, uint16_t entries)
{
	struct handoff_pci *p = &machine_handoff->pci[machine_handoff->pci_count];
	uint64_t bar = (200ull << 20) + i * PAGE_SIZE;

	*p = (struct handoff_pci){.bdf = (uint16_t)(0x100 + 8 * i),
				  .bridge_bdf = 0xffff,
				  .group = (uint8_t)(1 + i),
				  .msix_cap = entries == 0 ? 0 : DEV_MSIX_CAP,
				  .msix_entries = entries,
				  .msix_flags = entries != 0};
	p->bar[0] = (struct handoff_bar){.hpa = bar, .bytes = PAGE_SIZE};
	machine_handoff->mmio[machine_handoff->mmio_count++] =
		(struct handoff_mmio){.hpa = bar,
				      .va = (uint64_t)(fake.mem + (80ull << 20) + i * PAGE_SIZE),
				      .bytes = PAGE_SIZE,
				      .kind = MMIO_MSIX_TABLE,
				      .index = machine_handoff->pci_count++};
	machine_system->dev[i] = (struct hv_sys_device){.dom = dom,
							.match = HV_MATCH_SLOT,
							.value = p->bdf,
							.guest_devfn = 0x10 + 8 * i,
							.bar_gpa = 0x80000000 + 0x200000ull * i};
	(void)snprintf((char *)machine_system->dev[i].name, HV_NAME_LEN, "dev%u", i);
	machine_system->dev_count = (uint16_t)(i + 1);
	machine_handoff->dom[dom].ram.bytes += PAGE_SIZE;
}

/* 192 vectors: 10 and 11 times 16 are taken, 6 are left when vm1 asks for 16. The last function wants none. */
static void vectors_run_out(void)
{
	unsigned taken = 0;

	machine_make(3);
	machine_handoff->mmio[machine_handoff->mmio_count++] =
		(struct handoff_mmio){.hpa = (uint64_t)((uint8_t *)machine_config(0) - fake.mem),
				      .va = (uint64_t)machine_config(0),
				      .bytes = 2u << 20,
				      .kind = MMIO_ECAM};
	for (unsigned i = 0; i < MANY; i++)
		one_of_many(i, i == 12 ? 1 : 2, i == 0 ? 10 : i == 13 ? 0 : 16);
	machine_boot();
	CHECK_TRUE(fake_line("hv: device dev12 for vm vm1: no interrupt vector left"));
	CHECK_EQ(machine_settle(1)->state, HV_VM_REFUSED);
	CHECK_EQ(machine_settle(2)->state, HV_VM_RUNNING);
	CHECK_EQ(device_count, MANY - 1);
	for (unsigned vector = 0; vector < 256; vector++) {
		unsigned number = device_of_vector[vector], entry = entry_of_vector[vector];
		const struct device *owner;

		if (number == 0)
			continue;
		owner = &devices[number - 1];
		CHECK_TRUE(vector >= DEVICE_VECTOR_FIRST && vector <= DEVICE_VECTOR_LAST);
		CHECK_TRUE(entry < owner->irq_count && owner->vector[entry] == vector);
		taken++;
	}
	CHECK_EQ(taken, 10 + 11 * 16);
}

/* Every range in a 2 MiB region of its own uses a table: with 42 of them there is one page left for the screen's two. */
static void a_screen_needs_room_in_the_tables(void)
{
	for (unsigned height = 512; height <= 1024; height += 512) {
		machine_make(3);
		machine_handoff->mmio[machine_handoff->mmio_count++] = (struct handoff_mmio){
			.hpa = (uint64_t)((uint8_t *)machine_config(0) - fake.mem),
			.va = (uint64_t)machine_config(0),
			.bytes = 2u << 20,
			.kind = MMIO_ECAM};
		for (unsigned i = 0; i < MANY; i++) {
			uint64_t at = (256ull << 20) + (i * (16ull << 20));

			one_of_many(i, 1, 0);
			machine_system->dev[i].bar_gpa = 0x80000000 + i * (16ull << 20);
			for (unsigned bar = 0; bar < 6; bar++)
				machine_handoff->pci[i].bar[bar] = (struct handoff_bar){
					.hpa = at + bar * LARGE_PAGE,
					.bytes = bar % 2 == 0 ? PAGE_SIZE : LARGE_PAGE};
		}
		machine_handoff->mmio_count = 1;
		machine_screen(1, 1024, height, 4096);
		machine_boot();
		CHECK_EQ(machine_settle(1)->state, height == 512 ? HV_VM_RUNNING : HV_VM_REFUSED);
		CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
		CHECK_EQ(devices[0].assigned, height == 512);
	}
	CHECK_TRUE(machine_ram_zero(1));
	CHECK_TRUE(fake_line("hv: vm vm1 refused: its devices or its screen cannot be assigned"));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(finds_by_slot_id_and_class);
	RUN(a_missing_device_stops_its_vm_alone);
	RUN(an_optional_device_may_be_missing);
	RUN(a_bridge_is_not_given_away);
	RUN(behind_a_conventional_bridge_nothing_is_given);
	RUN(without_an_iommu_nothing_is_given);
	RUN(configuration_space_must_be_mapped);
	RUN(registers_are_whole_pages);
	RUN(registers_lie_on_nothing_else);
	RUN(registers_fit_below_the_screen);
	RUN(two_devices_share_no_registers);
	RUN(reserved_memory_of_the_firmware_is_for_usb_only);
	RUN(one_function_has_one_owner);
	RUN(one_group_has_one_owner);
	RUN(a_table_that_is_not_alone_is_not_used);
	RUN(more_than_sixteen_interrupts_are_not_shown);
	RUN(a_protected_vm_gets_no_network_card);
	RUN(vectors_run_out);
	RUN(a_screen_needs_room_in_the_tables);
	return check_end();
}
