/* SPDX-License-Identifier: Apache-2.0 */
/* The refusals: one rule, one text each. Must stay pure, so that every rule has a host test. */
#include "check.h"

#include "bytes.h"
#include "hv_image.h"

#define ENTROPY_BITS 128u

const char *check_cpu(const struct cpu_facts *f)
{
	if (f->ext_max < 0x8000000a || !(f->ext_ecx & 1u << 2))
		return "cpu: found no AMD-V (CPUID 0x80000001 ECX bit 2 is 0); "
		       "needed: an AMD processor with AMD-V";
	if (f->vm_cr & 1u << 4)
		return "cpu: found AMD-V switched off by the firmware (VM_CR bit 4 is 1); "
		       "needed: SVM mode enabled in the firmware's set-up";
	if (!(f->svm_edx & 1))
		return "cpu: found no nested paging (CPUID 0x8000000A EDX bit 0 is 0); "
		       "needed: AMD-V with nested paging";
	if (!(f->ext_edx & 1u << 20))
		return "cpu: found no NX bit (CPUID 0x80000001 EDX bit 20 is 0); "
		       "needed: no-execute page protection switched on";
	if (!(f->std_edx & 1u << 16))
		return "cpu: found no PAT (CPUID 1 EDX bit 16 is 0); needed: page attribute table";
	if (f->cr4 & 1u << 12)
		return "cpu: found 5-level paging in use by the firmware (CR4.LA57 is 1); "
		       "needed: 4-level paging";
	return NULL;
}

const char *check_iommu(uint8_t dmar_flags, uint64_t cap, uint64_t ecap)
{
	if (cap == ~0ull || ecap == ~0ull)
		return "iommu: found a unit that does not answer (its registers read all ones); "
		       "needed: VT-d switched on in the firmware's set-up";
	if (!(dmar_flags & 1))
		return "iommu: found no interrupt remapping (DMAR flags bit 0 is 0); "
		       "needed: VT-d with interrupt remapping";
	if (!(ecap & 1u << 3))
		return "iommu: found a unit without interrupt remapping (ECAP bit 3 is 0); "
		       "needed: VT-d with interrupt remapping";
	if (!(ecap & 1u << 1))
		return "iommu: found a unit without queued invalidation (ECAP bit 1 is 0); "
		       "needed: VT-d with queued invalidation";
	if (!(cap >> 8 & 1u << 2))
		return "iommu: found a unit without 48-bit addresses (CAP.SAGAW bit 2 is 0); "
		       "needed: VT-d with 4-level tables";
	return NULL;
}

const char *check_segments(const struct acpi_dmar *dmar, const struct acpi_mcfg *mcfg)
{
	for (unsigned i = 0; i < dmar->drhds; i++)
		if (dmar->drhd[i].segment != 0)
			return "iommu: found a unit for another PCI segment than 0 (DMAR); "
			       "needed: a machine with segment 0 alone";
	if (mcfg->other_segments)
		return "pci: found another segment than 0 (MCFG); "
		       "needed: a machine with segment 0 alone";
	return NULL;
}

const char *check_entropy(uint32_t bits)
{
	if (bits < ENTROPY_BITS)
		return "entropy: found 16 bits (no RDRAND that works, no generator of the "
		       "firmware); "
		       "needed: 128 bits for the keys of every VM";
	return NULL;
}

static int name_ok(const uint8_t name[HV_NAME_LEN])
{
	unsigned n = 0;

	while (n < HV_NAME_LEN && ((name[n] >= 'a' && name[n] <= 'z') ||
				   (name[n] >= '0' && name[n] <= '9') || name[n] == '-'))
		n++;
	if (n == 0 || n == HV_NAME_LEN)
		return 0;
	while (n < HV_NAME_LEN && name[n] == 0)
		n++;
	return n == HV_NAME_LEN;
}

static const char *check_domain(const struct hv_sys_domain *d)
{
	if (!name_ok(d->name))
		return "description: found a domain without a proper name; "
		       "needed: 1 to 15 characters a-z 0-9 -";
	if (d->ram_mib < 2 || d->ram_mib > 2048 || d->ram_mib % 2)
		return "description: found a domain with odd, no or too much memory; "
		       "needed: 2 to 2048 MiB, even";
	if (d->secret_bytes > HV_SECRET_MAX)
		return "description: found a secret above 32 KiB; needed: at most 32 KiB";
	return NULL;
}

const char *check_system(const uint8_t *bytes, size_t len)
{
	static struct hv_system s;
	const char *why = NULL;

	if (len != sizeof s)
		return "description: found a file of another length; "
		       "needed: the one built with this loader";
	memcpy(&s, bytes, sizeof s);
	if (s.magic != HV_SYS_MAGIC || s.version != HV_SYS_VERSION || s.bytes != sizeof s)
		return "description: found another format or version; "
		       "needed: the one built with this loader";
	if (s.dom_count == 0 || s.dom_count > HV_DOM_MAX || s.chan_count > HV_SYS_CHAN_MAX ||
	    s.dev_count > HV_SYS_DEV_MAX)
		return "description: found counts out of range; "
		       "needed: 1 to 16 domains, at most 64 channels and 16 devices";
	for (unsigned i = 0; i < s.dom_count && !why; i++)
		why = check_domain(&s.dom[i]);
	return why;
}
