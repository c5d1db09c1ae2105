/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of abi/GUEST.md against the tables the core answers from: a change in one without the other is an error. */
#include <stdlib.h>
#include "check.h"
#include "policy.h"
#include "tests/fakes/hw_fake.h"

#define DOCUMENT "hypervisor/abi/GUEST.md"
#define DOC_MAX	 65536u
#define ROW_MAX	 256u

static char doc[DOC_MAX];

static void load(void)
{
	FILE *f = fopen(DOCUMENT, "r");
	size_t n = 0;

	if (f != NULL) {
		n = fread(doc, 1, sizeof doc - 1, f);
		(void)fclose(f);
	}
	doc[n] = 0;
	CHECK_TRUE(n > 0 && n < sizeof doc - 1);
}

/* Row N of the table under the heading: after the two lines of its head; NULL when there are fewer. */
static const char *row_of(const char *heading, unsigned n)
{
	const char *at = strstr(doc, heading);

	for (; at != NULL && *at != '|'; at = strchr(at, '\n'), at += at != NULL)
		if (strncmp(at, "## ", 3) == 0 && strncmp(at, heading, strlen(heading)) != 0)
			return NULL;
	for (unsigned i = 0; at != NULL && i < n + 2; i++) {
		at = strchr(at, '\n');
		at += at != NULL;
	}
	return at != NULL && *at == '|' ? at : NULL;
}

/* The row must begin like this and go on with a word of explanation. */
static void expect(const char *heading, unsigned n, const char *want)
{
	const char *row = row_of(heading, n);
	size_t len = strlen(want);

	if (row == NULL || strncmp(row, want, len) != 0 || row[len] != ' ' ||
	    strchr("|\n", row[len + 1]) != NULL) {
		printf("# the table says: %s\n# the document:   %.*s\n", want,
		       row == NULL ? 0 : (int)strcspn(row, "\n"), row == NULL ? "" : row);
		check_fail(__FILE__, __LINE__, heading);
	}
}

static void no_more(const char *heading, unsigned n)
{
	const char *row = row_of(heading, n);

	if (row != NULL) {
		printf("# more than the table: %.*s\n", (int)strcspn(row, "\n"), row);
		check_fail(__FILE__, __LINE__, heading);
	}
}

static void put_range(char *to, size_t size, uint32_t first, uint32_t last, const char *format)
{
	int n = snprintf(to, size, format, first);

	if (last != first)
		(void)snprintf(to + n, size - (size_t)n, "-%x", last);
}

static void put_registers(char *to, size_t size, struct cpuid_regs regs)
{
	const uint32_t r[] = {regs.eax, regs.ebx, regs.ecx, regs.edx};
	int n = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (r[i] == 0)
			n += snprintf(to + n, size - (size_t)n, "%s-", i == 0 ? "" : " ");
		else if (r[i] == 0xffffffff)
			n += snprintf(to + n, size - (size_t)n, "%sall", i == 0 ? "" : " ");
		else
			n += snprintf(to + n, size - (size_t)n, "%s%x", i == 0 ? "" : " ", r[i]);
	}
}

static void cpuid_table_is_the_cores(void)
{
	char row[ROW_MAX], sub[32], keep[64], set[64];

	load();
	for (unsigned i = 0; i < cpuid_rule_count; i++) {
		const struct cpuid_rule *r = &cpuid_rules[i];

		(void)snprintf(sub, sizeof sub, "any");
		if (r->sub_last != 0xffffffff)
			put_range(sub, sizeof sub, r->sub_first, r->sub_last, "%x");
		put_registers(keep, sizeof keep, r->keep);
		put_registers(set, sizeof set, r->set);
		(void)snprintf(row, sizeof row, "| %x | %s | %s | %s |", r->leaf, sub, keep, set);
		expect("## CPUID", i, row);
	}
	no_more("## CPUID", cpuid_rule_count);
}

static const char *msr_word(enum msr_action a, uint64_t value)
{
	static char constant[32];

	switch (a) {
	case MSR_GP:
		return "#GP";
	case MSR_CONST:
		(void)snprintf(constant, sizeof constant, "%llx", (unsigned long long)value);
		return constant;
	case MSR_IGNORE:
		return "ignored";
	case MSR_DIRECT:
		return "own register";
	case MSR_EFER:
	case MSR_PAT:
	case MSR_TSC_AUX:
		return "own, checked";
	case MSR_X2APIC:
		return "x2APIC";
	case MSR_DEADLINE:
		return "timer";
	}
	return "?";
}

static void msr_table_is_the_cores(void)
{
	char row[ROW_MAX], range[32];

	load();
	for (unsigned i = 0; i < msr_rule_count; i++) {
		const struct msr_rule *r = &msr_rules[i];

		put_range(range, sizeof range, r->first, r->last, "%x");
		(void)snprintf(row, sizeof row, "| %s | %s |", range, msr_word(r->read, r->value));
		(void)snprintf(row + strlen(row), sizeof row - strlen(row), " %s |",
			       msr_word(r->write, r->value));
		expect("## MSRs", i, row);
	}
	no_more("## MSRs", msr_rule_count);
}

static const char *port_word(enum port_action a, uint8_t value)
{
	static char constant[32];

	switch (a) {
	case PORT_ONES:
		return "ones";
	case PORT_CONST:
		(void)snprintf(constant, sizeof constant, "%x", value);
		return constant;
	case PORT_IGNORE:
		return "ignored";
	case PORT_PCI_ADDRESS:
		return "PCI address";
	case PORT_PCI_DATA:
		return "PCI data";
	case PORT_CONSOLE:
		return "console";
	case PORT_RESET:
		return "reset";
	}
	return "?";
}

static void port_table_is_the_cores(void)
{
	char row[ROW_MAX], range[32];

	load();
	for (unsigned i = 0; i < port_rule_count; i++) {
		const struct port_rule *r = &port_rules[i];

		put_range(range, sizeof range, r->first, r->last, "%x");
		(void)snprintf(row, sizeof row, "| %s | %s |", range, port_word(r->read, r->value));
		(void)snprintf(row + strlen(row), sizeof row - strlen(row), " %s |",
			       port_word(r->write, r->value));
		expect("## Ports", i, row);
	}
	no_more("## Ports", port_rule_count);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(cpuid_table_is_the_cores);
	RUN(msr_table_is_the_cores);
	RUN(port_table_is_the_cores);
	return check_end();
}
