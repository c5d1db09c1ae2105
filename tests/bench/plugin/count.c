/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of QEMU: how many instructions each processor of the machine has executed, whoever executed them. Waiting executes none, so it
 * counts as nothing.
 *
 *   out=FILE     8 bytes for each processor, its number so far up to its last block, which others may read while the machine runs
 * Of processors that take turns (one thread) only: one number counts them all, and who runs when it moves is whose it is. Must not know
 * what it counts.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "plugin_api.h"

#define CPUS_MAX 8

int qemu_plugin_version = 1;
static uint64_t all, given; /* given: so many of them are in one of `count` */
static uint64_t *count;
static unsigned running; /* whose those in between are */

static void block_begins(unsigned int cpu, void *data)
{
	(void)data;
	count[running] += all - given;
	given = all;
	running = cpu;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t instructions = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_begins, QEMU_PLUGIN_CB_NO_REGS, NULL);
	for (size_t i = 0; i < instructions; i++)
		qemu_plugin_register_vcpu_insn_exec_inline(qemu_plugin_tb_get_insn(tb, i),
							   QEMU_PLUGIN_INLINE_ADD_U64, &all, 1);
}

static uint64_t *shared(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *at;

	if (fd < 0)
		return NULL;
	at = ftruncate(fd, (off_t)size) == 0
		     ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
		     : MAP_FAILED;
	(void)close(fd);
	return at == MAP_FAILED ? NULL : at;
}

int qemu_plugin_install(uint64_t id, const struct plugin_machine *machine, int argc, char **argv)
{
	int cpus = machine->system_emulation ? machine->system.smp_vcpus : 0;

	if (cpus < 1 || cpus > CPUS_MAX || argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
		fprintf(stderr, "count: out=FILE, for machines with up to %d processors\n",
			CPUS_MAX);
		return 1;
	}
	count = shared(argv[0] + 4, (size_t)cpus * sizeof(uint64_t));
	if (count == NULL) {
		perror(argv[0]);
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
