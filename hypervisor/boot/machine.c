/* SPDX-License-Identifier: Apache-2.0 */
/* Asks processor and firmware; all parsing is elsewhere. Must copy what it needs: the tables are not kept. */
#include "machine.h"

#include "bytes.h"
#include "check.h"
#include "hw.h"
#include "out.h"

#define MAP_BYTES  65536u
#define EXIT_TRIES 8u

static uint8_t map_buffer[MAP_BYTES] __attribute__((aligned(16)));

void machine_check_cpu(void)
{
	struct cpu_facts f = {
		.ext_max = hw_cpuid(0x80000000).eax, .std_edx = hw_cpuid(1).edx, .cr4 = hw_cr4()};

	if (f.ext_max >= 0x80000001) {
		f.ext_ecx = hw_cpuid(0x80000001).ecx;
		f.ext_edx = hw_cpuid(0x80000001).edx;
	}
	if (f.ext_max >= 0x8000000a && f.ext_ecx & 1u << 2) {
		f.svm_edx = hw_cpuid(0x8000000a).edx;
		f.vm_cr = hw_rdmsr(0xc0010114);
	}
	const char *why = check_cpu(&f);
	if (why)
		refuse("%s", why);
}

static const uint8_t *find_rsdp(const struct efi_system_table *st)
{
	static const struct efi_guid guid = EFI_GUID_ACPI20;

	for (uint64_t i = 0; i < st->config_count; i++)
		if (memcmp(&st->config[i].guid, &guid, sizeof guid) == 0)
			return st->config[i].table;
	return NULL;
}

/* The bytes at HPA as far as their own header goes; the parsers check the rest. */
static const uint8_t *table_at(uint64_t hpa, size_t *len)
{
	const uint8_t *p = (const uint8_t *)hpa;

	*len = le32(p + 4) <= ACPI_TABLE_MAX ? le32(p + 4) : 0;
	return p;
}

static void read_dsdt(struct machine *m)
{
	size_t len;

	if (m->fadt.dsdt_hpa == 0)
		return;
	const uint8_t *p = table_at(m->fadt.dsdt_hpa, &len);
	len = acpi_table_len(p, len, "DSDT");
	m->has_s5 = acpi_s5(p, len, &m->s5_a, &m->s5_b);
}

void machine_read_acpi(const struct efi_system_table *st, struct machine *m)
{
	static struct acpi_xsdt xsdt;
	bool madt = false, dmar = false, fadt = false, dmar_seen = false;
	const uint8_t *p = find_rsdp(st);
	uint64_t hpa = 0;
	size_t len = 0;

	if (p && acpi_rsdp(p, 36, &hpa))
		p = table_at(hpa, &len);
	if (!p || hpa == 0 || !acpi_xsdt(p, len, &xsdt))
		refuse("acpi: found no tables (RSDP or XSDT missing or damaged); "
		       "needed: ACPI 2.0 or later");
	for (unsigned i = 0; i < xsdt.count; i++) {
		if (xsdt.table[i] == 0)
			continue;
		p = table_at(xsdt.table[i], &len);
		madt = madt || acpi_madt(p, len, &m->madt);
		dmar_seen = dmar_seen || memcmp(p, "DMAR", 4) == 0;
		dmar = dmar || acpi_dmar(p, len, &m->dmar);
		fadt = fadt || acpi_fadt(p, len, &m->fadt);
		if (m->mcfg.hpa == 0 && !acpi_mcfg(p, len, &m->mcfg))
			m->mcfg.hpa = 0;
	}
	if (!dmar_seen)
		refuse("iommu: found none (no DMAR table); "
		       "needed: VT-d with interrupt remapping, switched on");
	if (!dmar || !madt || !fadt)
		refuse("acpi: found table %s damaged or too large; needed: DMAR, APIC and FACP",
		       !dmar   ? "DMAR"
		       : !madt ? "APIC"
			       : "FACP");
	read_dsdt(m);
}

static efi_status get_map(struct efi_system_table *st, uint64_t *bytes, uint64_t *entry,
			  uint64_t *key)
{
	uint32_t version;

	*bytes = sizeof map_buffer;
	return st->boot->get_memory_map(bytes, (void *)map_buffer, key, entry, &version);
}

void machine_memory(struct efi_system_table *st, struct mem_map *map)
{
	uint64_t bytes, entry, key;

	if (get_map(st, &bytes, &entry, &key) != EFI_SUCCESS ||
	    entry < sizeof(struct efi_memory_descriptor))
		refuse("memory: found no usable map; needed: at most 64 KiB of memory map");
	for (uint64_t off = 0; off + entry <= bytes; off += entry) {
		const struct efi_memory_descriptor *d = (const void *)(map_buffer + off);
		uint64_t lo = d->physical < PAGE ? PAGE : d->physical;
		uint64_t hi = d->physical + d->pages * PAGE;
		if (d->type == EFI_CONVENTIONAL && hi > lo)
			(void)mem_add(map, lo, hi); /* a list that is full only hides memory */
	}
}

void machine_leave(struct efi_system_table *st, efi_handle image)
{
	uint64_t bytes, entry, key;

	for (unsigned i = 0; i < EXIT_TRIES; i++) {
		if (get_map(st, &bytes, &entry, &key) == EFI_SUCCESS &&
		    st->boot->exit_boot_services(image, key) == EFI_SUCCESS) {
			out_leave_firmware();
			hw_interrupts_off();
			return;
		}
		out_leave_firmware(); /* after a failed try only the map may be asked again */
	}
	refuse("firmware: found boot services that do not end; needed: ExitBootServices");
}

void machine_screen(struct efi_system_table *st, struct handoff_fb *fb)
{
	static const struct efi_guid guid = EFI_GUID_GOP;
	void *p = NULL;

	if (st->boot->locate_protocol(&guid, NULL, &p) != EFI_SUCCESS) {
		say("screen: none");
		return;
	}
	const struct efi_gop_mode *mode = ((struct efi_gop *)p)->mode;
	const struct efi_gop_info *info = mode->info;
	uint64_t pitch = info->pixels_per_line * 4ull;
	if (info->format != EFI_FORMAT_BGRX || mode->base == 0 || mode->base % PAGE != 0 ||
	    info->pixels_per_line < info->width || info->pixels_per_line > HANDOFF_SCREEN_MAX ||
	    info->height > HANDOFF_SCREEN_MAX || info->width < HANDOFF_SCREEN_MIN ||
	    info->height < HANDOFF_SCREEN_MIN || mode->bytes < pitch * info->height) {
		say("screen: found a format other than 32 bits blue-green-red; none is used");
		return;
	}
	fb->hpa = mode->base;
	fb->bytes = pitch * info->height;
	fb->width = info->width;
	fb->height = info->height;
	fb->pitch_bytes = (uint32_t)pitch;
	fb->format = 1;
	say("screen: %u x %u at 0x%llx", fb->width, fb->height, (unsigned long long)fb->hpa);
}

uint32_t machine_secure_flags(struct efi_system_table *st)
{
	static const struct efi_guid guid = EFI_GUID_GLOBAL;
	uint8_t on = 0;
	uint64_t bytes = 1;

	if (st->runtime->get_variable(u"SecureBoot", &guid, NULL, &bytes, &on) != EFI_SUCCESS)
		return 0;
	return bytes == 1 && on == 1 ? HANDOFF_SECURE : 0;
}
