/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's story from start to hand-off, in order. Must leave nothing of the firmware in the core's reach. */
#include "bytes.h"
#include "check.h"
#include "clock.h"
#include "cpus.h"
#include "efi.h"
#include "files.h"
#include "hw.h"
#include "layout.h"
#include "machine.h"
#include "out.h"
#include "pci.h"

#define MSR_EFER     0xc0000080u
#define EFER_NXE     (1ull << 11)
#define CORE_PAT     0x0007010600070106ull
#define PLAN_TRIES   4u
#define RANDOM_WORDS 12u

efi_status efi_main(efi_handle image, struct efi_system_table *st);

static struct machine machine;
static struct pci_list pci;
static struct elf_image core;
static struct hv_system sys;
static struct plan plan;
static struct handoff draft;	       /* filled here, copied to its place at the end */
static uint64_t entropy[RANDOM_WORDS]; /* the core's, then what places and guards it */
static struct file image_file[HV_DOM_MAX], secret_file[HV_DOM_MAX];

static void read_system(struct efi_system_table *st, efi_handle image)
{
	static uint8_t bytes[sizeof sys];

	if (!files_init(image, st))
		refuse("files: found no file system where the loader came from; "
		       "needed: \\bulkhead\\system.bin beside it");
	struct file f = file_system_bin(sizeof bytes);
	uint64_t len = f.bytes;
	file_read(&f, bytes);
	if (f.status != IMAGE_OK)
		refuse("description: found \\bulkhead\\system.bin %s; needed: the one built with "
		       "this loader",
		       f.status == IMAGE_MISSING   ? "missing"
		       : f.status == IMAGE_TOO_BIG ? "too long"
						   : "unreadable");
	const char *why = check_system(bytes, len);
	if (why)
		refuse("%s", why);
	memcpy(&sys, bytes, sizeof sys);
	measure(st, "bulkhead system.bin", bytes, len);
	say("description: serial %u, %u VMs, %u channels, %u devices", sys.serial, sys.dom_count,
	    sys.chan_count, sys.dev_count);
}

static int is_zero(const uint8_t digest[32])
{
	static const uint8_t zero[32];

	return memcmp(digest, zero, 32) == 0;
}

static void find_images(struct plan_want *want)
{
	for (unsigned i = 0; i < sys.dom_count; i++) {
		const struct hv_sys_domain *d = &sys.dom[i];
		if (!is_zero(d->image_digest))
			image_file[i] = file_by_digest(d->image_digest, d->ram_mib * MIB + PAGE);
		if (!is_zero(d->secret_digest))
			secret_file[i] = file_by_digest(d->secret_digest, d->secret_bytes);
		want->image_bytes[i] = image_file[i].bytes;
		want->secret_bytes[i] = secret_file[i].bytes;
	}
}

/* Memory behind the RAM of each domain: see handoff.h. */
static void count_extra(struct plan_want *want)
{
	for (unsigned i = 0; i < sys.dev_count; i++)
		if (sys.dev[i].dom < sys.dom_count)
			want->extra_bytes[sys.dev[i].dom] += PAGE;
	for (unsigned i = 0; i < sys.dom_count; i++)
		if (sys.dom[i].flags & HV_DOM_SCREEN)
			want->extra_bytes[i] += HANDOFF_SCREEN_BYTES(draft.fb);
}

static bool claim(struct efi_system_table *st, uint32_t type, const struct handoff_extent *e)
{
	uint64_t at = e->hpa;

	return e->bytes == 0 || st->boot->allocate_pages(EFI_ALLOCATE_ADDRESS, type,
							 e->bytes / PAGE, &at) == EFI_SUCCESS;
}

static bool claim_all(struct efi_system_table *st)
{
	const struct handoff_extent low = {plan.low_page, PAGE};
	bool ok = claim(st, EFI_LOADER_CODE, &low) && claim(st, EFI_LOADER_DATA, &plan.core) &&
		  claim(st, EFI_LOADER_DATA, &plan.tables) &&
		  claim(st, EFI_LOADER_DATA, &plan.handoff) &&
		  claim(st, EFI_LOADER_DATA, &plan.system) &&
		  claim(st, EFI_LOADER_DATA, &plan.ptpool) &&
		  claim(st, EFI_LOADER_DATA, &plan.frames);

	for (unsigned i = 0; i < sys.dom_count && ok; i++)
		ok = claim(st, EFI_LOADER_DATA, &plan.ram[i]) &&
		     claim(st, EFI_LOADER_DATA, &plan.image[i]) &&
		     claim(st, EFI_LOADER_DATA, &plan.secret[i]) &&
		     claim(st, EFI_LOADER_DATA, &plan.kept[i]) &&
		     claim(st, EFI_LOADER_DATA, &plan.spare[i]);
	return ok;
}

/*
 * The firmware may take a page between our look at the map and our claim; then everything is planned again. What the
 * failed try got stays taken: nobody uses it, and the map no longer lists it.
 */
static void place_all(struct efi_system_table *st, const struct plan_want *want)
{
	static struct mem_map map;

	for (unsigned t = 0; t < PLAN_TRIES; t++) {
		map.count = 0;
		machine_memory(st, &map);
		uint64_t have = mem_total(&map);
		if (t == 0)
			draft.ram_mib = (uint32_t)(have / MIB);
		if (!mem_plan(&map, &sys, want, &plan))
			refuse("memory: found %u MiB free; needed: %u MiB for the VMs that are on "
			       "(the largest: %u MiB in one piece)",
			       (uint32_t)(have / MIB), (uint32_t)((plan.needed + MIB - 1) / MIB),
			       plan.largest_mib);
		if (claim_all(st))
			return;
	}
	refuse("memory: found a map that changes all the time; needed: one that holds still");
}

static void read_images(struct efi_system_table *st)
{
	static const char *const word[] = {"none", "read", "MISSING", "TOO BIG", "UNREADABLE"};

	for (unsigned i = 0; i < sys.dom_count; i++) {
		struct handoff_dom *d = &draft.dom[i];
		const char *name = (const char *)sys.dom[i].name;
		if (plan.ram[i].bytes == 0) {
			say("vm %s: off, and %u MiB for it are not there", name,
			    sys.dom[i].ram_mib);
		} else {
			file_read(&image_file[i], (uint8_t *)plan.image[i].hpa);
			file_read(&secret_file[i], (uint8_t *)plan.secret[i].hpa);
			measure(st, name, (const uint8_t *)plan.image[i].hpa, image_file[i].bytes);
			measure(st, name, (const uint8_t *)plan.secret[i].hpa,
				secret_file[i].bytes);
			say("vm %s: %u MiB, image %s (%u KiB), secret %s", name, sys.dom[i].ram_mib,
			    word[image_file[i].status], (uint32_t)(image_file[i].bytes / 1024),
			    word[secret_file[i].status]);
		}
		d->ram = plan.ram[i];
		d->kept = plan.kept[i];
		d->spare = plan.spare[i];
		d->image = (struct handoff_extent){plan.image[i].hpa, image_file[i].bytes};
		d->secret = (struct handoff_extent){plan.secret[i].hpa, secret_file[i].bytes};
		d->image_status = (uint32_t)image_file[i].status;
		d->secret_status = (uint32_t)secret_file[i].status;
	}
}

static void add_mmio(uint64_t hpa, uint64_t bytes, uint32_t kind, uint32_t index)
{
	if (draft.mmio_count == HANDOFF_MMIO_MAX)
		refuse("machine: found more register pages than the core can hold; "
		       "needed: at most 24");
	draft.mmio[draft.mmio_count++] = (struct handoff_mmio){
		.hpa = hpa, .bytes = (uint32_t)bytes, .kind = kind, .index = index};
}

/* Register pages of a unit: fault records and IOTLB registers lie where CAP and ECAP say. */
static uint64_t vtd_bytes(uint64_t cap, uint64_t ecap)
{
	uint64_t faults = (cap >> 24 & 0x3ff) * 16 + ((cap >> 40 & 0xff) + 1) * 16;
	uint64_t iotlb = (ecap >> 8 & 0x3ff) * 16 + 16;
	uint64_t end = faults > iotlb ? faults : iotlb;

	return round_up(end > PAGE ? end : PAGE, PAGE);
}

static void check_units(void)
{
	const char *why = check_segments(&machine.dmar, &machine.mcfg);

	if (why)
		refuse("%s", why);
	why = pci_iommu(&pci, &machine.dmar, &draft);
	if (why)
		refuse("iommu: found %s; needed: a smaller machine", why);
	for (unsigned i = 0; i < draft.vtd_count; i++) {
		uint64_t cap = hw_mmio_read64(draft.vtd[i].reg_hpa + 8);
		uint64_t ecap = hw_mmio_read64(draft.vtd[i].reg_hpa + 16);
		why = check_iommu(machine.dmar.flags, cap, ecap);
		if (why)
			refuse("%s", why);
		add_mmio(draft.vtd[i].reg_hpa, vtd_bytes(cap, ecap), MMIO_VTD, i);
	}
}

static void list_registers(void)
{
	add_mmio(machine.madt.lapic_hpa, PAGE, MMIO_LAPIC, 0);
	for (unsigned i = 0; i < machine.madt.ioapics; i++)
		add_mmio(machine.madt.ioapic[i].hpa, 0x20, MMIO_IOAPIC,
			 machine.madt.ioapic[i].gsi_base);
	uint32_t last_bus = pci.count ? pci.f[pci.count - 1].bdf >> 8 : 0;
	if (machine.mcfg.hpa && machine.mcfg.bus_last >= last_bus)
		add_mmio(machine.mcfg.hpa + machine.mcfg.bus_first * MIB,
			 (last_bus - machine.mcfg.bus_first + 1) * MIB, MMIO_ECAM,
			 machine.mcfg.bus_first);
	for (unsigned i = 0; i < pci.count; i++) {
		const struct handoff_pci *f = &pci.f[i];
		if (!(f->msix_flags & 1) || !pci_named(&sys, f))
			continue;
		uint64_t first = f->bar[f->msix_bir].hpa + f->msix_offset;
		uint64_t bytes = f->msix_entries * 16ull;
		add_mmio(first & ~(PAGE - 1), round_up(first % PAGE + bytes, PAGE), MMIO_MSIX_TABLE,
			 i);
	}
	if (draft.fb.hpa)
		add_mmio(draft.fb.hpa, round_up(HANDOFF_BAR_ROWS * draft.fb.pitch_bytes, PAGE),
			 MMIO_BAR_ROWS, 0);
}

static void list_cpus(void)
{
	struct cpus c;

	cpus_choose(&machine.madt, cpus_boot_id(), cpus_thread_bits(), &c);
	draft.cpu_count = c.count;
	for (unsigned i = 0; i < c.count; i++)
		draft.cpu[i].apic_id = c.apic_id[i];
	say("%u of %u processors%s", c.count, machine.madt.cpus,
	    c.siblings ? " (SMT siblings parked)" : "");
}

static void find_pci(struct efi_system_table *st)
{
	hw_pci_ecam(machine.mcfg.hpa, machine.mcfg.bus_first, machine.mcfg.bus_last);
	/* No driver of the firmware may run while decoding is off. */
	uint64_t level = st->boot->raise_tpl(EFI_TPL_HIGH);
	bool ok = pci_scan(&pci);
	st->boot->restore_tpl(level);
	if (!ok)
		refuse("pci: found more than %u functions; needed: at most that many",
		       HANDOFF_PCI_MAX);
	say("pci: %u functions", pci.count);
}

static void take_time(struct efi_system_table *st)
{
	static struct efi_time t;

	if (st->runtime->get_time(&t, NULL) == EFI_SUCCESS)
		draft.time_ns = clock_ns(&t);
	draft.tsc_at_time = hw_tsc();
}

static void take_entropy(struct efi_system_table *st)
{
	draft.entropy_bits = clock_entropy(st, entropy, RANDOM_WORDS);
	const char *why = check_entropy(draft.entropy_bits);
	if (why)
		refuse("%s", why);
}

static void fill_fixed(void)
{
	draft.magic = HANDOFF_MAGIC;
	draft.version = HANDOFF_VERSION;
	draft.bytes = sizeof draft;
	draft.core_hpa = plan.core.hpa;
	draft.core_bytes = plan.core.bytes;
	draft.handoff_hpa = plan.handoff.hpa;
	draft.system_hpa = plan.system.hpa;
	draft.frames_hpa = plan.frames.hpa;
	draft.frames_count = plan.frames_count;
	draft.ptpool_hpa = plan.ptpool.hpa;
	draft.ptpool_pages = (uint32_t)(plan.ptpool.bytes / PAGE);
	draft.tables = plan.tables;
	draft.low_page_hpa = plan.low_page;
	if (machine.has_s5) {
		draft.pm1a_cnt = machine.fadt.pm1a_cnt;
		draft.pm1b_cnt = machine.fadt.pm1b_cnt;
		draft.slp_typ_a = (uint16_t)(machine.s5_a << 10);
		draft.slp_typ_b = (uint16_t)(machine.s5_b << 10);
	}
	draft.reset_port = machine.fadt.reset_port;
	draft.reset_value = machine.fadt.reset_value;
	draft.pci_count = pci.count;
	memcpy(draft.pci, pci.f, sizeof draft.pci);
}

/* Loads the core, builds its address space, and copies description and low page to their places. */
static void build(void)
{
	struct pt_arena arena = {(uint8_t *)plan.tables.hpa, plan.tables.hpa, TABLES_ARENA_PAGES,
				 0};

	memcpy(draft.entropy, entropy, sizeof draft.entropy);
	draft.canary = entropy[8] & ~0xffull; /* a string that runs over ends at the zero byte */
	draft.core_va = layout_core_va(entropy[9]);
	const char *why = elf_load(core_elf, (uintptr_t)core_elf_end - (uintptr_t)core_elf, &core,
				   (uint8_t *)plan.core.hpa, draft.core_va);
	if (why)
		refuse("core: found %s; needed: the core built with this loader", why);
	memset((void *)plan.tables.hpa, 0, plan.tables.bytes);
	memset((void *)plan.ptpool.hpa, 0, plan.ptpool.bytes);
	memset((void *)plan.frames.hpa, 0, plan.frames.bytes);
	memcpy((void *)plan.system.hpa, &sys, sizeof sys);
	memcpy((void *)plan.low_page, enter_code,
	       (uintptr_t)enter_code_end - (uintptr_t)enter_code);
	pt_init(&arena);
	if (!layout_map(&draft, &arena, &core, &plan, entropy[10]))
		refuse("memory: found more register space than the tables can map; "
		       "needed: a smaller machine");
}

static void quiet_devices(void)
{
	pci_quiet(&pci);
	for (unsigned i = 0; i < pci.count; i++)
		if (!pci_usb_take(&pci.f[i], clock_wait_1ms))
			say("usb: controller %x is not given up by the firmware; taken",
			    pci.f[i].bdf);
}

static _Noreturn void enter(void)
{
	struct hw_enter e = {draft.host_cr3, draft.cpu[0].stack_top, draft.core_va + core.entry,
			     draft.handoff_va, CORE_PAT};
	void (*low)(const struct hw_enter *) =
		(void (*)(const struct hw_enter *))draft.low_page_hpa;

	memcpy((void *)plan.handoff.hpa, &draft, sizeof draft);
	hw_wrmsr(MSR_EFER, hw_rdmsr(MSR_EFER) | EFER_NXE);
	low(&e);
	hw_stop();
}

efi_status efi_main(efi_handle image, struct efi_system_table *st)
{
	static struct plan_want want;
	const size_t core_len = (uintptr_t)core_elf_end - (uintptr_t)core_elf;

	out_init(st);
	st->boot->set_watchdog(0, 0, 0, NULL);
	say("loader started");
	machine_check_cpu();
	machine_read_acpi(st, &machine);
	const char *why = elf_parse(core_elf, core_len, &core);
	if (why)
		refuse("core: found %s; needed: the core built with this loader", why);
	measure(st, "bulkhead core", core_elf, core_len);
	find_pci(st);
	check_units();
	read_system(st, image);
	find_images(&want);
	machine_screen(st, &draft.fb);
	count_extra(&want);
	list_cpus();
	want.core_bytes = core.span;
	want.cpus = draft.cpu_count;
	place_all(st, &want);
	read_images(st);
	list_registers();
	if (!clock_init(&machine.fadt))
		refuse("clock: found no ACPI PM timer that counts; needed: one");
	draft.flags = machine_secure_flags(st);
	say("secure boot: %s", draft.flags & HANDOFF_SECURE ? "on" : "off, UNVERIFIED");
	take_time(st);
	take_entropy(st);
	fill_fixed();
	build();
	say("leaving the firmware");
	machine_leave(st, image);
	if (!cpus_park(machine.madt.lapic_hpa))
		refuse("cpu: found a local APIC that does not send; needed: the other processors "
		       "stopped by INIT");
	quiet_devices();
	if (!clock_rates(machine.madt.lapic_hpa, &draft.tsc_khz, &draft.lapic_khz))
		refuse("clock: found timers that do not count; needed: PM timer and local APIC "
		       "timer");
	if (draft.fb.hpa)
		memset((void *)draft.fb.hpa, 0, draft.fb.bytes);
	say("TSC %u kHz, APIC timer %u kHz; entering the core", (uint32_t)draft.tsc_khz,
	    (uint32_t)draft.lapic_khz);
	enter();
}
