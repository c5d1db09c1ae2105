/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of QEMU: how many instructions the machine has executed, whoever executed them. Waiting executes none, so it counts as nothing.
 *
 *   out=FILE     8 bytes, the number so far, which others may read while the machine runs
 * One emulated processor only. Must not know what it counts.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "plugin_api.h"

int qemu_plugin_version = 1;
static uint64_t *count;

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t instructions = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < instructions; i++)
		qemu_plugin_register_vcpu_insn_exec_inline(qemu_plugin_tb_get_insn(tb, i),
							   QEMU_PLUGIN_INLINE_ADD_U64, count, 1);
}

static uint64_t *shared(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *at;

	if (fd < 0)
		return NULL;
	at = ftruncate(fd, sizeof(uint64_t)) == 0
		     ? mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
		     : MAP_FAILED;
	(void)close(fd);
	return at == MAP_FAILED ? NULL : at;
}

int qemu_plugin_install(uint64_t id, const struct plugin_machine *machine, int argc, char **argv)
{
	if (!machine->system_emulation || machine->system.smp_vcpus != 1 || argc != 1 ||
	    strncmp(argv[0], "out=", 4) != 0) {
		fprintf(stderr, "count: out=FILE, for machines with one processor\n");
		return 1;
	}
	count = shared(argv[0] + 4);
	if (count == NULL) {
		perror(argv[0]);
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
