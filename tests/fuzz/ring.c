/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's reader of a ring whose writer changes it between any two looks: each look traps, the writer acts, the look goes on. The
 * length is looked at once, and what the reader makes of that one value lies inside the ring. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "bytes.h"
#include "service-vms/driver/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define RING	  8192u
#define STEPS_MAX 64u
#define TRAP_FLAG 0x100

static uint8_t *looked_at, *written; /* the same memory: the reader's view, and the writer's */
static struct bytes input;
static unsigned looks;
static uint32_t shown; /* what the last look finds */

static void require(int condition)
{
	if (!condition)
		abort();
}

static uint32_t pick_length(struct bytes *b)
{
	static const uint32_t often[] = {0,	     1,		 15,	     16,	17,
					 4080,	     4096,	 RING - 16,  RING - 15, RING,
					 0x7fffffff, 0xfffffff0, 0xfffffff1, 0xffffffff};
	uint8_t pick = take8(b);

	return pick < sizeof often / sizeof *often ? often[pick]
	       : pick < 0xc0			   ? pick
						   : (uint32_t)take64(b);
}

/* The reader is about to look at AT: the writer is faster. */
static void on_look(int sig, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	uint64_t at = (uint64_t)info->si_addr - (uint64_t)looked_at;
	uint32_t value = pick_length(&input);

	if (at > RING - sizeof value) { /* not the ring: a fault like any other */
		(void)signal(sig, SIG_DFL);
		return;
	}
	looks++;
	memcpy(written + at, &value, sizeof value);
	shown = value;
	require(mprotect(looked_at, RING, PROT_READ) == 0);
	c->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

/* It has looked. */
static void after_look(int sig, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)sig;
	(void)info;
	require(mprotect(looked_at, RING, PROT_NONE) == 0);
	c->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static void make(void)
{
	struct sigaction look = {.sa_sigaction = on_look, .sa_flags = SA_SIGINFO};
	struct sigaction step = {.sa_sigaction = after_look, .sa_flags = SA_SIGINFO};
	int fd = memfd_create("ring", 0);

	require(fd >= 0 && ftruncate(fd, RING) == 0);
	written = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	looked_at = mmap(NULL, RING, PROT_NONE, MAP_SHARED, fd, 0);
	require(written != MAP_FAILED && looked_at != MAP_FAILED && close(fd) == 0);
	require(sigaction(SIGSEGV, &look, NULL) == 0 && sigaction(SIGTRAP, &step, NULL) == 0);
}

static void judge(const struct ring_msg *m, uint32_t head, uint32_t tail, uint32_t msg_max)
{
	require(looks == 1 && m->len == shown);
	require(m->len > 0 && m->len <= msg_max);
	require(m->off[0] < RING && m->bytes[0] <= RING - m->off[0]);
	require(m->off[1] == 0 && m->bytes[1] <= RING && m->bytes[0] + m->bytes[1] == m->len);
	require(m->off[0] == ((head + 16) & (RING - 1)));
	require(m->next - head >= m->len + 16 && m->next - head <= tail - head);
	require(m->next % HV_MSG_ALIGN == 0);
}

/* Input, again and again: head, tail and largest message, then what each look finds. Head goes on where the reader left it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint32_t head = 0;

	if (written == NULL)
		make();
	input = (struct bytes){data, len};
	for (unsigned i = 0; i < STEPS_MAX && input.left > 0; i++) {
		uint8_t how = take8(&input);
		uint32_t tail = head + (how & 1 ? pick_length(&input) : take8(&input) * 16u);
		uint32_t msg_max = how & 2 ? pick_length(&input) : RING - 16;
		struct ring_msg m;
		enum ring_state got;

		if (how & 4)
			head = (uint32_t)take64(&input);
		looks = 0;
		got = ring_peek(looked_at, RING, msg_max, head, tail, &m);
		require(looks <= 1 && (got != RING_EMPTY || looks == 0));
		if (got != RING_MSG)
			continue;
		judge(&m, head, tail, msg_max);
		head = m.next;
	}
	return 0;
}
