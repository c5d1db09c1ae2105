/* SPDX-License-Identifier: Apache-2.0 */
/* Hypercalls as abi/hv_hypercall.h tells them: rights before arguments, errors that change nothing, results where documented. */
#include "check.h"
#include "entropy.h"
#include "exit.h"
#include "hv_event.h"
#include "life.h"
#include "lock.h"
#include "tests/fakes/device_fake.h"
#include "tests/fakes/machine.h"

#define BUF	   0x20000ull
#define ACROSS	   (BUF + PAGE_SIZE - 8) /* eight bytes of one page, the rest in the next */
#define LAST_BYTES (MACHINE_RAM - 8)	 /* eight bytes of RAM, then nothing */
#define IN_SERVICE 0x812u		 /* MSR: vectors 0x40 to 0x5f */
#define POISON	   0xa5a5a5a5a5a5a5a5ull

static struct domain *admin, *user;

static void fresh(void)
{
	machine_start(3);
	admin = dom_at(0);
	user = dom_at(1);
	memset(machine_ram(0, BUF), 0x77, 0x4000);
	memset(machine_ram(1, BUF), 0x77, 0x4000);
}

/* Makes the call with every register poisoned; what is no result must come back as it was. */
static enum hv_err call(struct domain *d, uint32_t number, uint64_t a0, uint64_t a1)
{
	uint64_t *gpr = d->vcpu.gpr;

	for (unsigned i = 0; i < GPR_COUNT; i++)
		gpr[i] = POISON + i;
	gpr[RAX] = 0xffffffff00000000 | (HV_CALL_BASE + number);
	gpr[RDI] = a0;
	gpr[RSI] = a1;
	entropy_fill(d); /* as before each entry of the guest */
	hcall_handle(d);
	hw_windows_close();
	if (d->state != HV_VM_RUNNING)
		return HV_OK;
	for (unsigned i = 0; i < GPR_COUNT; i++)
		if (i != RAX && i != RDX && i != R10 && i != RDI && i != RSI)
			CHECK_EQ(gpr[i], POISON + i);
	CHECK_EQ(gpr[RDI], a0);
	CHECK_EQ(gpr[RSI], a1);
	return (enum hv_err)gpr[RAX];
}

static bool no_results(const struct domain *d)
{
	return d->vcpu.gpr[RDX] == POISON + RDX && d->vcpu.gpr[R10] == POISON + R10;
}

static bool untouched(unsigned dom)
{
	const uint8_t *p = machine_ram(dom, BUF);

	return p[0] == 0x77 && memcmp(p, p + 1, 0x3fff) == 0;
}

static void info_tells_who_one_is(void)
{
	struct hv_info info;

	fresh();
	CHECK_EQ(call(user, HV_CALL_INFO, ACROSS, 0), HV_OK);
	CHECK_TRUE(no_results(user));
	memcpy(&info, machine_ram(1, ACROSS), sizeof info);
	CHECK_EQ(info.abi_version, HV_ABI_VERSION);
	CHECK_EQ(info.dom_id, 1);
	CHECK_STR((const char *)info.name, "vm1");
	CHECK_EQ(info.role, HV_ROLE_TEST);
	CHECK_EQ(info.rights, 0);
	CHECK_EQ(info.ram_bytes, MACHINE_RAM);
	CHECK_EQ(info.life, 1);
	CHECK_EQ(info.tsc_khz, MACHINE_KHZ);
	CHECK_EQ(info.flags, HV_DOM_ENABLED | HV_DOM_CONSOLE);
	CHECK_EQ(info.core_version, HV_CORE_VERSION);
	CHECK_EQ(info.core_bytes, machine_handoff->core_bytes);
	CHECK_EQ(*machine_ram(1, ACROSS - 1), 0x77);
	CHECK_EQ(*machine_ram(1, ACROSS + sizeof info), 0x77);
	CHECK_TRUE(untouched(0));
	CHECK_EQ(call(admin, HV_CALL_INFO, BUF, 0), HV_OK);
	memcpy(&info, machine_ram(0, BUF), sizeof info);
	CHECK_EQ(info.rights, HV_RIGHT_ADMIN);
}

/* Addresses that are not RAM of the caller, and one that is so only at its start. */
static const uint64_t bad_addresses[] = {LAST_BYTES, MACHINE_RAM,    0xfee00000,
					 1ull << 40, 1ull << 47,     1ull << 52,
					 UINT64_MAX, UINT64_MAX - 7, 0xffff8000ull << 32};

static void an_answer_to_a_bad_address_changes_nothing(void)
{
	static const uint8_t rest[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	fresh();
	memcpy(machine_ram(1, LAST_BYTES), rest, 8);
	memcpy(machine_ram(0, LAST_BYTES), rest, 8);
	for (unsigned i = 0; i < ARRAY_LEN(bad_addresses); i++) {
		CHECK_EQ(call(user, HV_CALL_INFO, bad_addresses[i], 0), HV_EFAULT);
		CHECK_EQ(call(user, HV_CALL_ENTROPY, bad_addresses[i], 64), HV_EFAULT);
		CHECK_EQ(call(admin, HV_CALL_VM_STATUS, 1, bad_addresses[i]), HV_EFAULT);
		CHECK_EQ(call(user, HV_CALL_CONSOLE, bad_addresses[i], 64), HV_EFAULT);
		CHECK_TRUE(no_results(user));
	}
	CHECK_MEM(machine_ram(1, LAST_BYTES), rest, 8);
	CHECK_MEM(machine_ram(0, LAST_BYTES), rest, 8);
	CHECK_STR(fake.serial, "");
	CHECK_EQ(user->console.used, 0);
}

static void console_prints_what_it_is_given(void)
{
	fresh();
	memcpy(machine_ram(1, ACROSS), "hello over a page\nand", 21);
	CHECK_EQ(call(user, HV_CALL_CONSOLE, ACROSS, 21), HV_OK);
	CHECK_STR(fake.serial, "[vm1] hello over a page\n");
	CHECK_EQ(call(user, HV_CALL_CONSOLE, ACROSS + 17, 1), HV_OK);
	CHECK_TRUE(fake_line("[vm1] and"));
	memset(machine_ram(1, BUF), 'x', HV_CONSOLE_MAX);
	*machine_ram(1, BUF + HV_CONSOLE_MAX - 1) = '\n';
	fake_serial_clear();
	CHECK_EQ(call(user, HV_CALL_CONSOLE, BUF, HV_CONSOLE_MAX), HV_OK);
	CHECK_EQ(fake.serial_len, HV_CONSOLE_MAX + 5 * 6 + 4); /* five lines of at most 240 */
}

static void take_core_lock(void)
{
	lock_core(); /* asserts when this processor holds it */
	unlock_core();
}

static void print_watched(void *unused)
{
	(void)unused;
	fake.serial_watch = take_core_lock;
	CHECK_EQ(call(user, HV_CALL_CONSOLE, BUF, HV_CONSOLE_MAX), HV_OK);
}

/* A serial line is slow: others must not wait for the core lock meanwhile. */
static void nobody_waits_while_it_prints(void)
{
	fresh();
	memset(machine_ram(1, BUF), 'x', HV_CONSOLE_MAX);
	CHECK_EQ(fake_try(print_watched, NULL), END_RETURNED);
	fake.serial_watch = NULL;
	CHECK_TRUE(fake_line_with("xxxx"));
}

static void console_refuses_bad_lengths(void)
{
	fresh();
	CHECK_EQ(call(user, HV_CALL_CONSOLE, BUF, 0), HV_EINVAL);
	CHECK_EQ(call(user, HV_CALL_CONSOLE, BUF, HV_CONSOLE_MAX + 1), HV_EINVAL);
	CHECK_EQ(call(user, HV_CALL_CONSOLE, BUF, UINT64_MAX), HV_EINVAL);
	CHECK_EQ(call(user, HV_CALL_CONSOLE, BUF, 0x100000001), HV_EINVAL);
	CHECK_STR(fake.serial, "");
}

static void a_silent_vm_stays_silent(void)
{
	fresh();
	machine_system->dom[1].flags &= ~HV_DOM_CONSOLE;
	CHECK_EQ(call(user, HV_CALL_CONSOLE, BUF, 100), HV_OK);
	CHECK_EQ(call(user, HV_CALL_CONSOLE, MACHINE_RAM, 100), HV_EFAULT);
	CHECK_STR(fake.serial, "");
	CHECK_EQ(user->console.used, 0);
}

static uint64_t time_at(uint64_t tsc)
{
	fake.tsc = tsc;
	CHECK_EQ(call(user, HV_CALL_TIME, 0, 0), HV_OK);
	CHECK_EQ(user->vcpu.gpr[R10], POISON + R10); /* one result */
	return user->vcpu.gpr[RDX];
}

static void time_goes_on_from_the_firmwares(void)
{
	const uint64_t start = 1700000000000000000;

	fresh();
	machine_handoff->time_ns = start;
	machine_handoff->tsc_at_time = 500;
	machine_handoff->tsc_khz = 2400000;
	CHECK_EQ(time_at(500), start);
	CHECK_EQ(time_at(500 + 2400), start + 1000);
	CHECK_EQ(time_at(500 + 2400000000), start + 1000000000);
	/* twenty years of a fast clock */
	machine_handoff->tsc_khz = 5000000;
	CHECK_EQ(time_at(500 + 630720000ull * 5000000000), start + 630720000ull * 1000000000);
}

static void entropy_gives_fresh_bytes(void)
{
	uint8_t first[64];

	fresh();
	CHECK_EQ(call(user, HV_CALL_ENTROPY, ACROSS, 64), HV_OK);
	CHECK_TRUE(no_results(user));
	memcpy(first, machine_ram(1, ACROSS), 64);
	CHECK_NE(memcmp(first, first + 32, 32), 0);
	CHECK_EQ(*machine_ram(1, ACROSS + 64), 0x77);
	CHECK_EQ(call(user, HV_CALL_ENTROPY, ACROSS, 64), HV_OK);
	CHECK_NE(memcmp(first, machine_ram(1, ACROSS), 32), 0);
	CHECK_NE(memcmp(first + 32, machine_ram(1, ACROSS + 32), 32), 0);
	CHECK_EQ(call(user, HV_CALL_ENTROPY, BUF, 1), HV_OK);
	CHECK_EQ(*machine_ram(1, BUF + 1), 0x77);
	CHECK_EQ(call(user, HV_CALL_ENTROPY, BUF, 0), HV_EINVAL);
	CHECK_EQ(call(user, HV_CALL_ENTROPY, BUF, 65), HV_EINVAL);
	CHECK_EQ(call(user, HV_CALL_ENTROPY, BUF, UINT64_MAX), HV_EINVAL);
}

static void ask_again(void *unused)
{
	(void)unused;
	user->vcpu.gpr[RAX] =
		HV_CALL_BASE + HV_CALL_ENTROPY; /* the arguments are those of the call before */
	hcall_handle(user);
}

/* Bytes that were handed out, or should have been, are not handed out again. */
static void entropy_is_given_once(void)
{
	uint8_t given[64];

	fresh();
	entropy_fill(user);
	memcpy(given, user->random, sizeof given);
	entropy_fill(user); /* nobody asked: they stay */
	CHECK_MEM(user->random, given, sizeof given);
	CHECK_EQ(call(user, HV_CALL_ENTROPY, BUF, 65), HV_EINVAL);
	CHECK_MEM(user->random, given, sizeof given);
	CHECK_EQ(call(user, HV_CALL_ENTROPY, MACHINE_RAM, 64), HV_EFAULT);
	CHECK_FALSE(user->random_fresh);
	for (unsigned i = 0; i < sizeof given; i++)
		REQUIRE(user->random[i] == 0);
	CHECK_EQ(fake_try(ask_again, NULL), END_ASSERT);
	unlock_core();
	CHECK_EQ(call(user, HV_CALL_ENTROPY, BUF, 64), HV_OK);
	CHECK_NE(memcmp(machine_ram(1, BUF), given, sizeof given), 0);
	CHECK_EQ(user->random[0] | user->random[63], 0);
}

static void event_take_returns_and_clears_both_words(void)
{
	fresh();
	dom_post(user, 0, 0x8000000000000001);
	dom_post(user, 1, 2);
	CHECK_EQ(call(user, HV_CALL_EVENT_TAKE, 0, 0), HV_OK);
	CHECK_EQ(user->vcpu.gpr[RDX], 0x8000000000000001);
	CHECK_EQ(user->vcpu.gpr[R10], 2);
	CHECK_EQ(call(user, HV_CALL_EVENT_TAKE, 0, 0), HV_OK);
	CHECK_EQ(user->vcpu.gpr[RDX] | user->vcpu.gpr[R10], 0);
}

static void event_take_ends_an_interrupt_only_when_asked(void)
{
	static const uint64_t others[] = {0, 2, UINT64_MAX};
	uint64_t in_service;

	fresh();
	vlapic_accept(&user->vcpu.lapic, 0x41);
	for (unsigned i = 0; i < ARRAY_LEN(others); i++) {
		CHECK_EQ(call(user, HV_CALL_EVENT_TAKE, others[i], 0), HV_OK);
		REQUIRE(vlapic_read(&user->vcpu.lapic, IN_SERVICE, &in_service));
		CHECK_EQ(in_service, 2);
	}
	dom_post(user, 0, 4);
	CHECK_EQ(call(user, HV_CALL_EVENT_TAKE, HV_EVENT_TAKE_EOI, 0), HV_OK);
	CHECK_EQ(user->vcpu.gpr[RDX], 4);
	REQUIRE(vlapic_read(&user->vcpu.lapic, IN_SERVICE, &in_service));
	CHECK_EQ(in_service, 0);
	CHECK_EQ(call(user, HV_CALL_EVENT_TAKE, HV_EVENT_TAKE_EOI, 0), HV_OK); /* none: no effect */
}

static void a_vm_is_ready_when_it_says_so(void)
{
	fresh();
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 0, 0), HV_OK); /* an answer, nothing more */
	CHECK_FALSE(user->ready);
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 1, 0), HV_OK);
	CHECK_TRUE(user->ready);
	CHECK_TRUE(no_results(user));
	CHECK_TRUE(fake_line("hv: vm vm1 ready"));
	CHECK_FALSE(fake_line_with("ready vms="));
	fake_serial_clear();
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 1, 0), HV_OK);
	CHECK_STR(fake.serial, "");
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 2, 0), HV_EINVAL);
	CHECK_EQ(call(admin, HV_CALL_HEARTBEAT, 1, 0), HV_OK);
	CHECK_FALSE(fake_line_with("ready vms="));
	CHECK_EQ(call(dom_at(2), HV_CALL_HEARTBEAT, 1, 0), HV_OK);
	CHECK_TRUE(fake_line("hv: ready vms=3"));
}

static void a_dead_vm_is_not_waited_for(void)
{
	fresh();
	life_stop(dom_at(2), HV_STOP_TRIPLE_FAULT);
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 1, 0), HV_OK);
	CHECK_EQ(call(admin, HV_CALL_HEARTBEAT, 1, 0), HV_OK);
	CHECK_FALSE(fake_line_with("ready vms=")); /* still being scrubbed */
	(void)machine_settle(2);
	user->ready = false;
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 1, 0), HV_OK);
	CHECK_TRUE(fake_line("hv: ready vms=2"));
}

static void exit_stops_the_caller(void)
{
	fresh();
	(void)call(user, HV_CALL_EXIT, 42, 0);
	CHECK_EQ(user->state, HV_VM_SCRUBBING);
	CHECK_EQ(user->cause, HV_STOP_EXIT);
	CHECK_TRUE(fake_line_with("vm vm1 stopped: exit code=42"));
	for (unsigned i = 0; i < GPR_COUNT; i++)
		CHECK_EQ(user->vcpu.gpr[i], 0); /* nothing of it is kept, and no result written */
	machine_start(2);
	(void)machine_call(dom_at(1), HV_CALL_EXIT, HV_EXIT_PANIC, 0, 0, 0);
	CHECK_EQ(dom_at(1)->cause, HV_STOP_PANIC);
}

static void status_tells_of_a_vm(void)
{
	struct hv_vm_status s;

	fresh();
	user->exits = 9;
	user->sched.used = 5 * MACHINE_MS;
	user->iommu_faults = 8;
	user->status = HV_STATUS_VPN_UP;
	CHECK_EQ(call(admin, HV_CALL_VM_STATUS, 1, ACROSS), HV_OK);
	CHECK_TRUE(no_results(admin));
	memcpy(&s, machine_ram(0, ACROSS), sizeof s);
	CHECK_STR((const char *)s.name, "vm1");
	CHECK_EQ(s.state, HV_VM_RUNNING);
	CHECK_EQ(s.cause, HV_STOP_NONE);
	CHECK_EQ(s.life, 1);
	CHECK_EQ(s.restarts, 0);
	CHECK_EQ(s.role, HV_ROLE_TEST);
	CHECK_EQ(s.ram_bytes, MACHINE_RAM);
	CHECK_TRUE(user->npt.used > 0);
	CHECK_EQ(s.core_bytes, sizeof *user + (user->npt.used + 1) * PAGE_SIZE);
	CHECK_EQ(s.image_bytes, machine_handoff->dom[1].image.bytes);
	CHECK_EQ(s.cpu_ns, 5 * MACHINE_MS);
	CHECK_EQ(s.exits, 9);
	CHECK_MEM(s.digest, machine_system->dom[1].image_digest, 32);
	CHECK_EQ(s.ready, 0);
	CHECK_EQ(s.flags, HV_DOM_ENABLED | HV_DOM_CONSOLE);
	CHECK_EQ(s.used_bytes, 0);
	CHECK_EQ(s.iommu_faults, 8);
	CHECK_EQ(s.status, HV_STATUS_VPN_UP);
	CHECK_EQ(*machine_ram(0, ACROSS + sizeof s), 0x77);
	CHECK_EQ(call(admin, HV_CALL_VM_STATUS, 3, BUF), HV_EPERM);
	CHECK_EQ(call(admin, HV_CALL_VM_STATUS, UINT64_MAX, BUF), HV_EPERM);
	CHECK_EQ(call(admin, HV_CALL_VM_STATUS, 0x100000001, BUF), HV_EPERM);
}

static uint64_t used_of_user(void)
{
	struct hv_vm_status s;

	CHECK_EQ(call(admin, HV_CALL_VM_STATUS, 1, BUF), HV_OK);
	memcpy(&s, machine_ram(0, BUF), sizeof s);
	return s.used_bytes;
}

static void a_vm_says_once_what_it_uses_of_its_own_memory(void)
{
	fresh();
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 1, MACHINE_RAM + 1), HV_EINVAL);
	CHECK_EQ(user->ready, false);
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 0, 0x3000), HV_OK);
	CHECK_EQ(used_of_user(), 0);
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 1, MACHINE_RAM), HV_OK);
	CHECK_EQ(used_of_user(), MACHINE_RAM);
	CHECK_EQ(call(user, HV_CALL_HEARTBEAT, 1, 0x3000), HV_OK);
	CHECK_EQ(used_of_user(), MACHINE_RAM);
	machine_request(user, LIFE_KILL);
	life_serve(user);
	CHECK_EQ(used_of_user(), 0); /* not of a life before */
}

static void device_status_is_for_devices_of_the_description(void)
{
	fresh();
	CHECK_EQ(call(admin, HV_CALL_DEVICE_STATUS, 0, BUF), HV_EPERM);
	CHECK_EQ(call(admin, HV_CALL_DEVICE_STATUS, UINT64_MAX, BUF), HV_EPERM);
	CHECK_TRUE(untouched(0));
}

static void hw_status_says_what_the_machine_is(void)
{
	struct hv_hw_status s;

	fresh();
	iommu_fake.state = (struct iommu_state){4, 3, 2, 1};
	machine_handoff->flags = HANDOFF_SECURE;
	machine_handoff->ram_mib = 1003;
	CHECK_EQ(call(admin, HV_CALL_HW_STATUS, BUF, 0), HV_OK);
	memcpy(&s, machine_ram(0, BUF), sizeof s);
	CHECK_EQ(s.flags, HV_HW_SECURE);
	CHECK_EQ(s.cpus, machine_handoff->cpu_count);
	CHECK_EQ(s.ram_mib, 1003);
	CHECK_EQ(s.functions, machine_handoff->pci_count);
	CHECK_EQ(s.iommus, 4);
	CHECK_EQ(s.translating, 3);
	CHECK_EQ(s.remapping, 2);
	CHECK_EQ(s.silent, 1);
	CHECK_EQ(call(admin, HV_CALL_HW_STATUS, MACHINE_RAM - 16, 0), HV_EFAULT);
}

static void status_tells_why_a_vm_was_not_started(void)
{
	struct hv_vm_status s;

	machine_make(2);
	machine_system->dom[1].image_digest[0] ^= 1;
	machine_boot();
	admin = machine_settle(0);
	(void)machine_settle(1);
	CHECK_EQ(call(admin, HV_CALL_VM_STATUS, 1, BUF), HV_OK);
	memcpy(&s, machine_ram(0, BUF), sizeof s);
	CHECK_EQ(s.state, HV_VM_REFUSED);
	CHECK_EQ(s.cause, HV_STOP_DIGEST);
	CHECK_EQ(s.life, 0);
}

static void administrator_calls_need_the_right(void)
{
	fresh();
	for (uint32_t n = HV_CALL_VM_STATUS; n <= HV_CALL_HW_STATUS; n++) {
		/* an argument that would be refused otherwise, and one that would be obeyed */
		CHECK_EQ(call(user, n, 99, MACHINE_RAM), HV_EPERM);
		CHECK_EQ(call(user, n, 0, BUF), HV_EPERM);
		CHECK_TRUE(no_results(user));
	}
	CHECK_EQ(fake.powers, 0);
	CHECK_EQ(fake.windows == 0 || untouched(1), true);
	CHECK_TRUE(untouched(1));
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(dom_at(i)->request, LIFE_NONE);
	CHECK_STR(fake.serial, "");
}

static void administrator_calls_post_requests(void)
{
	static const struct {
		uint32_t call;
		enum life_request request;
	} rows[] = {
		{HV_CALL_VM_KILL,	  LIFE_KILL   },
		{HV_CALL_VM_RESTART, LIFE_RESTART},
		{HV_CALL_VM_ON,	LIFE_ON     },
		{HV_CALL_VM_OFF,	 LIFE_OFF	 }
	  };
	static const unsigned at_once[] = {LIFE_KILL, LIFE_RESTART | LIFE_NOW, LIFE_ON,
					   LIFE_OFF | LIFE_NOW};

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_EQ(call(admin, rows[i].call, 1, 0), HV_OK);
		CHECK_EQ(user->request, rows[i].request);
		user->request = LIFE_NONE;
		CHECK_EQ(call(admin, rows[i].call, 1, 1), HV_OK);
		CHECK_EQ(user->request, at_once[i]);
		user->request = LIFE_NONE;
		CHECK_EQ(call(admin, rows[i].call, 1, 2), HV_EINVAL);
		CHECK_EQ(call(admin, rows[i].call, 1, 1ull << 32), HV_EINVAL);
		CHECK_EQ(user->request, LIFE_NONE);
		CHECK_EQ(call(admin, rows[i].call, 3, 0), HV_EPERM);
		CHECK_EQ(call(admin, rows[i].call, 1ull << 32, 0), HV_EPERM);
		CHECK_EQ(admin->request, LIFE_NONE);
	}
}

static void the_administrator_posts_events_of_chaos_alone(void)
{
	fresh();
	user->events[1] = 0;
	CHECK_EQ(call(admin, HV_CALL_VM_EVENT, 1, HV_EVENT_CHAOS_HANG), HV_OK);
	CHECK_EQ(user->events[1], HV_EVENT_CHAOS_HANG);
	CHECK_EQ(call(admin, HV_CALL_VM_EVENT, 1, HV_EVENT_CHAOS_FLOOD), HV_OK);
	CHECK_EQ(user->events[1], HV_EVENT_CHAOS);
	user->events[1] = 0;
	CHECK_TRUE(no_results(admin));
	for (unsigned i = 0; i < 64; i++) {
		if (!(BIT(i) & HV_EVENT_CHAOS))
			CHECK_EQ(call(admin, HV_CALL_VM_EVENT, 1, BIT(i) | HV_EVENT_CHAOS_HANG),
				 HV_EINVAL);
	}
	CHECK_EQ(call(admin, HV_CALL_VM_EVENT, 3, HV_EVENT_CHAOS_HANG), HV_EPERM);
	CHECK_EQ(call(admin, HV_CALL_VM_EVENT, 1ull << 32, HV_EVENT_CHAOS_HANG), HV_EPERM);
	CHECK_EQ(user->events[1], 0);
}

static void machine_switches_off_and_reboots(void)
{
	fresh();
	CHECK_EQ(call(admin, HV_CALL_MACHINE, 2, 0), HV_EINVAL);
	CHECK_EQ(call(admin, HV_CALL_MACHINE, 0x100000000, 0), HV_EINVAL);
	CHECK_EQ(fake.powers, 0);
	CHECK_EQ(call(admin, HV_CALL_MACHINE, HV_MACHINE_OFF, 0), HV_ETIMEOUT);
	CHECK_EQ(fake.powers, 1);
	CHECK_FALSE(fake.reboot);
	CHECK_EQ(call(admin, HV_CALL_MACHINE, HV_MACHINE_REBOOT, 0), HV_ETIMEOUT);
	CHECK_EQ(fake.powers, 2);
	CHECK_TRUE(fake.reboot);
}

static void the_administrator_reads_the_serial_line(void)
{
	fresh();
	fake.typed = "0123456789";
	CHECK_EQ(call(admin, HV_CALL_CONSOLE_READ, 0, 0), HV_OK);
	CHECK_EQ(admin->vcpu.gpr[RDX], 0x3736353433323130);
	CHECK_EQ(admin->vcpu.gpr[R10], 8);
	CHECK_EQ(call(admin, HV_CALL_CONSOLE_READ, 0, 0), HV_OK);
	CHECK_EQ(admin->vcpu.gpr[RDX], 0x3938);
	CHECK_EQ(admin->vcpu.gpr[R10], 2);
	CHECK_EQ(call(admin, HV_CALL_CONSOLE_READ, 0, 0), HV_OK);
	CHECK_EQ(admin->vcpu.gpr[R10], 0);
}

/* Each role may say what it knows, and nothing else. */
static void a_vm_says_what_its_role_may(void)
{
	static const struct {
		uint32_t role, may;
	} says[] = {
		{HV_ROLE_PVM,     HV_STATUS_LEASE | HV_STATUS_TRAFFIC			 },
		{HV_ROLE_VPNVM,	HV_STATUS_VPN_UP | HV_STATUS_LEASE | HV_STATUS_TRAFFIC},
		{HV_ROLE_INPUTVM, HV_STATUS_KEYS					},
		{HV_ROLE_NETVM,	0						     },
		{HV_ROLE_USBVM,	0						     },
		{HV_ROLE_ADMINVM, 0						     },
		{HV_ROLE_TEST,    0						     },
	};

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(says); i++) {
		machine_system->dom[1].role = says[i].role;
		user->status = 0x80;
		for (uint64_t bit = 1; bit != 0; bit <<= 1) {
			enum hv_err wanted = says[i].may == 0	 ? HV_EPERM
					     : says[i].may & bit ? HV_OK
								 : HV_EINVAL;
			uint32_t before = user->status;

			CHECK_EQ(call(user, HV_CALL_STATUS, bit, 0), wanted);
			CHECK_EQ(user->status, wanted == HV_OK ? bit : before);
		}
	}
}

static void unknown_calls_do_not_exist(void)
{
	static const uint32_t unknown[] = {15, 21, 31, 45, 64, 255, 0x1000, 0xffff};

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(unknown); i++) {
		CHECK_EQ(call(admin, unknown[i], BUF, BUF), HV_ENOSYS);
		CHECK_TRUE(no_results(admin));
	}
	CHECK_TRUE(untouched(0));
}

/* After which calls the scheduler need not look at the others. */
static void a_turn_goes_on_after_calls_of_ones_own(void)
{
	static const uint32_t own[] = {HV_CALL_INFO, HV_CALL_EVENT_TAKE, HV_CALL_TIME,
				       HV_CALL_HEARTBEAT};
	static const uint32_t others[] = {HV_CALL_ENTROPY, HV_CALL_CONSOLE, HV_CALL_VM_STATUS,
					  HV_CALL_DEVICE_INFO};

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(own); i++) {
		admin->goes_on = false;
		CHECK_EQ(call(admin, own[i], own[i] == HV_CALL_INFO ? BUF : 0, 0), HV_OK);
		CHECK_TRUE(admin->goes_on);
	}
	for (unsigned i = 0; i < ARRAY_LEN(others); i++) {
		(void)call(admin, others[i], 1, BUF);
		CHECK_TRUE(!admin->goes_on);
	}
	CHECK_EQ(call(admin, HV_CALL_INFO, MACHINE_RAM, 0), HV_EFAULT);
	CHECK_TRUE(!admin->goes_on); /* a call that is refused may wait for something */
	CHECK_EQ(call(admin, HV_CALL_HEARTBEAT, 1, 0), HV_OK);
	CHECK_TRUE(!admin->goes_on);
}

/* A VM of the same processor got an event: does it go before the one that goes on? */
static bool goes_on_after_post(uint32_t priority, uint64_t left)
{
	machine_system->dom[1].priority = priority;
	user->cpu = admin->cpu;
	atomic_store(&user->events[0], 0);
	admin->sched.left = left;
	dom_post(user, 0, 1);
	CHECK_EQ(call(admin, HV_CALL_EVENT_TAKE, 0, 0), HV_OK);
	return admin->goes_on;
}

static void a_turn_ends_when_another_may_go_first(void)
{
	fresh();
	machine_system->dom[0].priority = 5;
	CHECK_TRUE(goes_on_after_post(4, 1000));
	CHECK_TRUE(!goes_on_after_post(5, 1000));
	CHECK_TRUE(!goes_on_after_post(6, 1000));
	CHECK_TRUE(!goes_on_after_post(4, 0)); /* without budget priority counts for nothing */
	CHECK_EQ(call(admin, HV_CALL_EVENT_TAKE, 0, 0), HV_OK);
	CHECK_TRUE(admin->goes_on); /* told once */
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(info_tells_who_one_is);
	RUN(an_answer_to_a_bad_address_changes_nothing);
	RUN(console_prints_what_it_is_given);
	RUN(nobody_waits_while_it_prints);
	RUN(console_refuses_bad_lengths);
	RUN(a_silent_vm_stays_silent);
	RUN(time_goes_on_from_the_firmwares);
	RUN(entropy_gives_fresh_bytes);
	RUN(entropy_is_given_once);
	RUN(event_take_returns_and_clears_both_words);
	RUN(event_take_ends_an_interrupt_only_when_asked);
	RUN(a_vm_is_ready_when_it_says_so);
	RUN(a_dead_vm_is_not_waited_for);
	RUN(exit_stops_the_caller);
	RUN(status_tells_of_a_vm);
	RUN(a_vm_says_once_what_it_uses_of_its_own_memory);
	RUN(device_status_is_for_devices_of_the_description);
	RUN(hw_status_says_what_the_machine_is);
	RUN(status_tells_why_a_vm_was_not_started);
	RUN(administrator_calls_need_the_right);
	RUN(administrator_calls_post_requests);
	RUN(the_administrator_posts_events_of_chaos_alone);
	RUN(machine_switches_off_and_reboots);
	RUN(a_vm_says_what_its_role_may);
	RUN(unknown_calls_do_not_exist);
	RUN(the_administrator_reads_the_serial_line);
	RUN(a_turn_goes_on_after_calls_of_ones_own);
	RUN(a_turn_ends_when_another_may_go_first);
	return check_end();
}
