/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader's refusals: a machine and a description that pass, then each fact wrong by itself. */
#include "check.h"

#include <stdarg.h>

#include "boot/check.h"
#include "boot/fmt.h"
#include "hv_image.h"

static struct cpu_facts good_cpu(void)
{
	return (struct cpu_facts){.ext_max = 0x8000000a,
				  .std_edx = 1u << 16,
				  .ext_ecx = 1u << 2,
				  .ext_edx = 1u << 20,
				  .svm_edx = 1,
				  .vm_cr = 0,
				  .cr4 = 0x668};
}

static bool says(const char *why, const char *found)
{
	return why != NULL && strstr(why, found) != NULL && strstr(why, "found ") != NULL &&
	       strstr(why, "; needed: ") != NULL;
}

static void takes_a_good_processor(void)
{
	struct cpu_facts f = good_cpu();

	CHECK_TRUE(check_cpu(&f) == NULL);
}

static void refuses_each_missing_processor_feature(void)
{
	struct cpu_facts f = good_cpu();

	f.ext_ecx = 0;
	CHECK_TRUE(says(check_cpu(&f), "no AMD-V"));
	f = good_cpu();
	f.ext_max = 0x80000008;
	CHECK_TRUE(says(check_cpu(&f), "no AMD-V"));
	f = good_cpu();
	f.vm_cr = 1u << 4;
	CHECK_TRUE(says(check_cpu(&f), "switched off by the firmware"));
	f = good_cpu();
	f.svm_edx = 0;
	CHECK_TRUE(says(check_cpu(&f), "no nested paging"));
	f = good_cpu();
	f.ext_edx = 0;
	CHECK_TRUE(says(check_cpu(&f), "no NX"));
	f = good_cpu();
	f.std_edx = 0;
	CHECK_TRUE(says(check_cpu(&f), "no PAT"));
	f = good_cpu();
	f.cr4 |= 1u << 12;
	CHECK_TRUE(says(check_cpu(&f), "5-level"));
}

#define CAP  0xd2008c222f0606ull
#define ECAP 0xf00f4aull

static void refuses_each_missing_iommu_feature(void)
{
	CHECK_TRUE(check_iommu(1, CAP, ECAP) == NULL);
	CHECK_TRUE(says(check_iommu(0, CAP, ECAP), "DMAR flags"));
	CHECK_TRUE(says(check_iommu(1, CAP, ECAP & ~8ull), "without interrupt remapping"));
	CHECK_TRUE(says(check_iommu(1, CAP, ECAP & ~2ull), "without queued invalidation"));
	CHECK_TRUE(says(check_iommu(1, 0xd2008c22260206ull, ECAP), "48-bit"));
	CHECK_TRUE(says(check_iommu(1, ~0ull, ECAP), "does not answer"));
	CHECK_TRUE(says(check_iommu(1, CAP, ~0ull), "does not answer"));
}

static void refuses_segments_that_nobody_looks_at(void)
{
	static struct acpi_dmar dmar;
	struct acpi_mcfg mcfg = {.hpa = 0xb0000000};

	memset(&dmar, 0, sizeof dmar);
	dmar.drhds = 3;
	CHECK_TRUE(check_segments(&dmar, &mcfg) == NULL);
	dmar.drhd[2].segment = 1;
	CHECK_TRUE(says(check_segments(&dmar, &mcfg), "DMAR"));
	dmar.drhds = 2;
	CHECK_TRUE(check_segments(&dmar, &mcfg) == NULL);
	mcfg.other_segments = true;
	CHECK_TRUE(says(check_segments(&dmar, &mcfg), "MCFG"));
}

static void refuses_too_little_entropy(void)
{
	CHECK_TRUE(check_entropy(256) == NULL);
	CHECK_TRUE(check_entropy(128) == NULL);
	CHECK_TRUE(says(check_entropy(127), "no RDRAND"));
	CHECK_TRUE(says(check_entropy(16), "no RDRAND"));
}

static struct hv_system sys;

static void good_system(void)
{
	memset(&sys, 0, sizeof sys);
	sys.magic = HV_SYS_MAGIC;
	sys.version = HV_SYS_VERSION;
	sys.bytes = sizeof sys;
	sys.dom_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		memcpy(sys.dom[i].name, i ? "work" : "net-vm0", i ? 5 : 8);
		sys.dom[i].ram_mib = 64;
	}
}

static const char *check_sys(void)
{
	return check_system((const uint8_t *)&sys, sizeof sys);
}

static void takes_a_good_description(void)
{
	good_system();
	CHECK_TRUE(check_sys() == NULL);
	sys.dom_count = HV_DOM_MAX;
	for (unsigned i = 2; i < HV_DOM_MAX; i++)
		sys.dom[i] = sys.dom[0];
	CHECK_TRUE(check_sys() == NULL);
	memcpy(sys.dom[3].name, "fifteen-letters", 16);
	CHECK_TRUE(check_sys() == NULL);
}

static void refuses_another_format(void)
{
	good_system();
	CHECK_TRUE(says(check_system((const uint8_t *)&sys, sizeof sys - 1), "another length"));
	CHECK_TRUE(says(check_system((const uint8_t *)&sys, 0), "another length"));
	sys.magic++;
	CHECK_TRUE(says(check_sys(), "another format"));
	good_system();
	sys.version++;
	CHECK_TRUE(says(check_sys(), "another format"));
	good_system();
	sys.bytes--;
	CHECK_TRUE(says(check_sys(), "another format"));
}

static void refuses_counts_out_of_range(void)
{
	good_system();
	sys.dom_count = 0;
	CHECK_TRUE(says(check_sys(), "counts"));
	sys.dom_count = HV_DOM_MAX + 1;
	CHECK_TRUE(says(check_sys(), "counts"));
	good_system();
	sys.chan_count = HV_SYS_CHAN_MAX + 1;
	CHECK_TRUE(says(check_sys(), "counts"));
	good_system();
	sys.dev_count = HV_SYS_DEV_MAX + 1;
	CHECK_TRUE(says(check_sys(), "counts"));
}

static void refuses_names_that_are_none(void)
{
	const char *const bad[] = {"", "Net", "a b", "a\nb", "a\033[", "sixteen-letters-"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		good_system();
		memset(sys.dom[1].name, 0, HV_NAME_LEN);
		memcpy(sys.dom[1].name, bad[i], strlen(bad[i]));
		CHECK_TRUE(says(check_sys(), "proper name"));
	}
	good_system();
	sys.dom[1].name[9] = 'x'; /* after the end */
	CHECK_TRUE(says(check_sys(), "proper name"));
}

static void refuses_memory_out_of_range(void)
{
	const uint32_t bad[] = {0, 1, 3, 2050, 4096, 0x80000040};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		good_system();
		sys.dom[1].ram_mib = bad[i];
		CHECK_TRUE(says(check_sys(), "memory"));
	}
	good_system();
	sys.dom[0].secret_bytes = HV_SECRET_MAX + 1;
	CHECK_TRUE(says(check_sys(), "secret"));
}

static size_t format(char *to, size_t cap, const char *f, ...)
{
	va_list args;

	va_start(args, f);
	size_t n = fmt_line(to, cap, f, args);
	va_end(args);
	return n;
}

static void formats_a_line(void)
{
	char b[64];
	size_t n = format(b, sizeof b, "%s: %u/%u 0x%x %llu %llx %c%%", "a", 0u, 42u, 0xbeefu,
			  18446744073709551615ull, 1ull << 63, 'z');

	CHECK_EQ(n, strlen(b));
	CHECK_STR(b, "a: 0/42 0xbeef 18446744073709551615 8000000000000000 z%");
}

static void cuts_a_line_that_is_too_long(void)
{
	char b[8] = "xxxxxxx";

	CHECK_EQ(format(b, 5, "%u", 1234567u), 4);
	CHECK_STR(b, "1234");
	CHECK_EQ(b[5], 'x');
	CHECK_EQ(format(b, 5, "ab%"), 2);
	CHECK_STR(b, "ab");
	CHECK_EQ(format(b, 1, "ab"), 0);
	CHECK_STR(b, "");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(takes_a_good_processor);
	RUN(refuses_each_missing_processor_feature);
	RUN(refuses_each_missing_iommu_feature);
	RUN(refuses_segments_that_nobody_looks_at);
	RUN(refuses_too_little_entropy);
	RUN(takes_a_good_description);
	RUN(refuses_another_format);
	RUN(refuses_counts_out_of_range);
	RUN(refuses_names_that_are_none);
	RUN(refuses_memory_out_of_range);
	RUN(formats_a_line);
	RUN(cuts_a_line_that_is_too_long);
	return check_end();
}
