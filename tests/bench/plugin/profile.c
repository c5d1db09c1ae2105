/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of QEMU: where the core's instructions go, by exit and by address. Must not assume anything of a guest.
 *
 * A turn is what the processor executes from the instruction after VMRUN up to the next VMRUN. Its kind is the guest's last
 * instruction and, if the turn came by one of the places in mark=, the name of that place. Arguments:
 *   out=FILE                 written when QEMU ends
 *   mark=NAME:OFFSET         from the address of VMRUN, decimal, may be negative; up to MARKS of them, with the phases
 *   phase=NAME:ADDRESS       of an instruction of a guest, decimal: the turn after it has that name instead of a mark's
 *   scope=NAME:OFFSET        first instruction of a function, as for marks: what is executed until it returns counts for NAME, and
 *                            for the innermost of several; up to SCOPES of them. All other instructions count for the scope "-".
 * Of the first SAMPLES turns that were named by a phase the scopes of each are written. One emulated processor only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plugin_api.h"

#define SITES	65536u /* a power of two; different instructions of guests and core */
#define MARKS	32u
#define SCOPES	4u
#define DEPTH	32u /* scopes inside each other */
#define SAMPLES 1024u
#define KINDS	(LAST_COUNT * (MARKS + 1))
#define UPPER	0xffff800000000000ull /* the core is above, firmware and loader are below */

enum last {
	LAST_OTHER,
	LAST_CPUID,
	LAST_VMMCALL,
	LAST_RDMSR,
	LAST_WRMSR,
	LAST_HLT,
	LAST_IO,
	LAST_COUNT
};
static const char *const last_names[LAST_COUNT] = {"interrupt", "cpuid", "vmmcall", "rdmsr",
						   "wrmsr",	"hlt",	 "io"};

struct site {
	uint64_t at;
	bool used, vmrun, after_vmrun, call, ret;
	enum last last;
	unsigned phase;	 /* a number of marks[]; 0 = none */
	uint64_t turn;	 /* executions in this turn */
	uint64_t *total; /* by kind of turn */
};

static struct site sites[SITES];
static struct site *touched[SITES];
static unsigned touched_count;
struct named {
	char name[32];
	int64_t offset; /* of a phase: the address */
	bool phase;
};
static struct named marks[MARKS + 1], scopes[SCOPES + 1];
static unsigned mark_count, scope_count, phase_seen;
static const char *out_path;
static uint64_t vmrun_at, turns[KINDS], fewest[KINDS];
/* Where this turn is: scopes it is in, each with the calls that it made and that have not returned. */
static struct {
	unsigned scope, calls;
} inside[DEPTH];
static unsigned depth;
static uint64_t scoped[SCOPES + 1], samples[MARKS + 1][SAMPLES][SCOPES + 1];
static unsigned sample_count[MARKS + 1];
static bool in_guest, started;
static enum last last_seen;

int qemu_plugin_version = 1;

static enum last last_of(const uint8_t *code, size_t size)
{
	if (size >= 2 && code[0] == 0x0f && code[1] == 0xa2)
		return LAST_CPUID;
	if (size >= 3 && code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xd9)
		return LAST_VMMCALL;
	if (size >= 2 && code[0] == 0x0f && (code[1] == 0x32 || code[1] == 0x30))
		return code[1] == 0x32 ? LAST_RDMSR : LAST_WRMSR;
	if (size == 1 && code[0] == 0xf4)
		return LAST_HLT;
	if ((code[0] >= 0xe4 && code[0] <= 0xe7) || (code[0] >= 0xec && code[0] <= 0xef))
		return LAST_IO;
	return LAST_OTHER;
}

static struct site *site_find(uint64_t at, enum last last)
{
	uint64_t hash = (at ^ (uint64_t)last << 60) * 0x9e3779b97f4a7c15ull >> 48;

	for (unsigned i = 0; i < SITES; i++) {
		struct site *s = &sites[(hash + i) % SITES];

		if (s->used && s->at == at && s->last == last)
			return s;
		if (!s->used) {
			s->used = true;
			s->at = at;
			s->last = last;
			return s;
		}
	}
	fprintf(stderr, "profile: more than %u different instructions\n", SITES);
	exit(1);
}

/* What this turn is named by: the guest's phase, or the first of the marks that it came by; 0 = none. */
static unsigned mark_seen(void)
{
	unsigned first = 0;

	if (phase_seen != 0)
		return phase_seen;

	for (unsigned i = 0; i < touched_count; i++) {
		for (unsigned m = 1; m <= mark_count && (first == 0 || m < first); m++) {
			if (!marks[m].phase &&
			    touched[i]->at == vmrun_at + (uint64_t)marks[m].offset)
				first = m;
		}
	}
	return first;
}

/* COUNTS: not so the first one, in which the core starts. */
static void turn_ends(bool counts)
{
	unsigned kind = (unsigned)last_seen * (MARKS + 1) + mark_seen();
	uint64_t sum = 0;

	for (unsigned i = 0; i < touched_count; i++) {
		struct site *s = touched[i];

		if (s->total == NULL)
			s->total = calloc(KINDS, sizeof s->total[0]);
		if (s->total == NULL)
			abort();
		s->total[kind] += counts ? s->turn : 0;
		sum += s->turn;
		s->turn = 0;
	}
	touched_count = 0;
	turns[kind] += counts;
	if (counts && (fewest[kind] == 0 || sum < fewest[kind]))
		fewest[kind] = sum;
	if (phase_seen != 0 && last_seen == LAST_VMMCALL && sample_count[phase_seen] < SAMPLES)
		memcpy(samples[phase_seen][sample_count[phase_seen]++], scoped, sizeof scoped);
	memset(scoped, 0, sizeof scoped);
	depth = 0;
	phase_seen = 0;
}

/* Which scope this instruction of the core counts for. A call outside all scopes is not followed, nor is how it returns. */
static void count_scope(const struct site *s)
{
	for (unsigned i = 1; i <= scope_count; i++) {
		if (s->at != vmrun_at + (uint64_t)scopes[i].offset)
			continue;
		/* A scope that ends by a jump to this one: they return together. */
		if (depth > 0 && inside[depth - 1].calls == 0)
			depth--;
		if (depth == DEPTH) {
			fprintf(stderr, "profile: more than %u scopes inside each other\n", DEPTH);
			exit(1);
		}
		/* The call that led here returns with this scope's own RET. */
		if (depth > 0 && inside[depth - 1].calls > 0)
			inside[depth - 1].calls--;
		inside[depth].scope = i;
		inside[depth++].calls = 0;
	}
	scoped[depth == 0 ? 0 : inside[depth - 1].scope]++;
	if (depth == 0)
		return;
	if (s->call)
		inside[depth - 1].calls++;
	else if (s->ret && inside[depth - 1].calls > 0)
		inside[depth - 1].calls--;
	else if (s->ret)
		depth--;
}

/* Before each instruction of core and guests. */
static void executed(unsigned int cpu, void *data)
{
	struct site *s = data;

	(void)cpu;
	if (in_guest && s->after_vmrun)
		in_guest = false;
	if (in_guest) {
		last_seen = s->last;
		if (s->phase != 0)
			phase_seen = s->phase;
		return;
	}
	if (s->turn++ == 0)
		touched[touched_count++] = s;
	count_scope(s);
	if (s->vmrun) {
		turn_ends(started);
		started = in_guest = true;
	}
}

static unsigned phase_at(uint64_t at)
{
	for (unsigned m = 1; m <= mark_count; m++) {
		if (marks[m].phase && at == (uint64_t)marks[m].offset)
			return m;
	}
	return 0;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *code = qemu_plugin_insn_data(insn);
		size_t size = qemu_plugin_insn_size(insn);
		uint64_t at = qemu_plugin_insn_vaddr(insn);
		bool vmrun = size == 3 && code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xd8;
		struct site *s;

		if (vmrun)
			vmrun_at = at;
		if (vmrun_at == 0 && at < UPPER)
			continue;
		s = site_find(at, last_of(code, size));
		s->vmrun = vmrun;
		s->call = code[0] == 0xe8;
		s->ret = code[0] == 0xc3;
		s->phase = phase_at(at);
		s->after_vmrun = vmrun_at != 0 && at == vmrun_at + 3;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, QEMU_PLUGIN_CB_NO_REGS, s);
	}
}

static void write_samples(FILE *f, unsigned phase)
{
	for (unsigned n = 0; n < sample_count[phase]; n++) {
		fprintf(f, "sample -:%lu", samples[phase][n][0]);
		for (unsigned i = 1; i <= scope_count; i++)
			fprintf(f, " %s:%lu", scopes[i].name, samples[phase][n][i]);
		fprintf(f, "\n");
	}
}

static void write_out(uint64_t id, void *data)
{
	FILE *f = fopen(out_path, "w");

	(void)id;
	(void)data;
	if (f == NULL)
		return;
	fprintf(f, "vmrun %lx\n", vmrun_at);
	for (unsigned k = 0; k < KINDS; k++) {
		if (turns[k] == 0)
			continue;
		fprintf(f, "kind %u %s %s turns %lu fewest %lu\n", k, last_names[k / (MARKS + 1)],
			k % (MARKS + 1) == 0 ? "-" : marks[k % (MARKS + 1)].name, turns[k],
			fewest[k]);
		if (k / (MARKS + 1) == LAST_VMMCALL)
			write_samples(f, k % (MARKS + 1));
		for (unsigned i = 0; i < SITES; i++) {
			if (sites[i].total != NULL && sites[i].total[k] != 0)
				fprintf(f, "at %lx %lu\n", sites[i].at, sites[i].total[k]);
		}
	}
	fclose(f);
}

/* TEXT is NAME:NUMBER, to be one more of LIST. */
static bool named(struct named *list, unsigned *count, unsigned most, const char *text)
{
	const char *colon = strchr(text, ':');
	struct named *n;

	if (colon == NULL || *count == most)
		return false;
	n = &list[++*count];
	snprintf(n->name, sizeof n->name, "%.*s", (int)(colon - text), text);
	n->offset = strtoll(colon + 1, NULL, 10);
	return true;
}

static bool argument(const char *text)
{
	if (strncmp(text, "out=", 4) == 0) {
		out_path = strdup(text + 4);
		return out_path != NULL;
	}
	if (strncmp(text, "scope=", 6) == 0)
		return named(scopes, &scope_count, SCOPES, text + 6);
	if (strncmp(text, "phase=", 6) == 0) {
		if (!named(marks, &mark_count, MARKS, text + 6))
			return false;
		marks[mark_count].phase = true;
		return true;
	}
	return strncmp(text, "mark=", 5) == 0 && named(marks, &mark_count, MARKS, text + 5);
}

int qemu_plugin_install(uint64_t id, const struct plugin_machine *machine, int argc, char **argv)
{
	if (!machine->system_emulation || machine->system.smp_vcpus != 1) {
		fprintf(stderr, "profile: for machines with one processor\n");
		return 1;
	}
	for (int i = 0; i < argc; i++) {
		if (!argument(argv[i])) {
			fprintf(stderr, "profile: argument %s\n", argv[i]);
			return 1;
		}
	}
	if (out_path == NULL)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, write_out, NULL);
	return 0;
}
