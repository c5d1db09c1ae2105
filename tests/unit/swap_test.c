/* SPDX-License-Identifier: Apache-2.0 */
/* Another image for a VM: written by an administrator alone, hashed before it is believed, tried, and the way back. */
#include "check.h"
#include "hv_event.h"
#include "life.h"
#include "sha256.h"
#include "swap.h"
#include "tests/fakes/machine.h"

#define BUF	    0x40000ull /* in the administrator's memory */
#define TRIAL_MS    5000u
#define SPARE_ROOM  (1ull << 20)
#define RESTART_NOW ((enum life_request)(LIFE_RESTART | LIFE_NOW))

static struct domain *admin, *d;
static const struct hv_image_range ranges[] = {
	{0x1000,	 1},
	     {0x30000, 9}
};
static uint8_t other[SPARE_ROOM]; /* the file of the other image */
static uint64_t other_bytes;
static uint8_t other_digest[32];

static uint8_t *spare(void)
{
	return fake.mem + machine_handoff->dom[1].spare.hpa;
}

static void hash(const void *bytes, size_t len, uint8_t out[32])
{
	struct sha256 sha;

	sha256_init(&sha);
	sha256_update(&sha, bytes, len);
	sha256_final(&sha, out);
}

/* Made where VM 1 has its boot image, which is put back. */
static void make_other(void)
{
	struct hv_image *file = machine_header(1);
	static uint8_t before[64 << 10];
	uint8_t digest[32];

	memcpy(before, file, sizeof before);
	memcpy(digest, machine_system->dom[1].image_digest, 32);
	machine_image(1, ranges, 2);
	file->rip = 0x30008;
	other_bytes = file->file_bytes;
	memcpy(other, file, other_bytes);
	hash(other, other_bytes, other_digest);
	memcpy(file, before, sizeof before);
	memcpy(machine_system->dom[1].image_digest, digest, 32);
}

/* VM 0 is the administrator; VM 1 has a spare and, with MARK, the developer's mark; VM 2 has neither. */
static void fresh(bool mark)
{
	machine_make(3);
	make_other();
	machine_spare(1);
	machine_system->dom[1].flags |= HV_DOM_AUTORESTART | (mark ? HV_DOM_DEVELOPER : 0);
	machine_system->dom[1].restart_count = 2;
	machine_system->dom[1].restart_window_s = 60;
	machine_boot();
	for (unsigned i = 0; i < 3; i++)
		(void)machine_settle(i);
	fake_serial_clear();
	admin = dom_at(0);
	d = dom_at(1);
}

static enum hv_err put(uint64_t offset, uint64_t gpa)
{
	return machine_call(admin, HV_CALL_IMAGE_WRITE, 1, offset, gpa, 0);
}

/* What is asked for is carried out by the VM's processor before its next turn. */
static enum hv_err answer(enum hv_err taken)
{
	if (taken != HV_OK)
		return taken;
	CHECK_EQ(d->swap.spare.answer, HV_EAGAIN);
	swap_serve(d);
	return (enum hv_err)d->swap.spare.answer;
}

static enum hv_err seal(uint64_t bytes)
{
	return answer(machine_call(admin, HV_CALL_IMAGE_SEAL, 1, bytes, 0, 0));
}

static enum hv_err swap(uint64_t which, uint64_t how)
{
	return answer(machine_call(admin, HV_CALL_VM_SWAP, 1, which, how, 0));
}

static struct hv_vm_status status(void)
{
	struct hv_vm_status s;

	CHECK_EQ(machine_call(admin, HV_CALL_VM_STATUS, 1, BUF, 0, 0), HV_OK);
	memcpy(&s, machine_ram(0, BUF), sizeof s);
	return s;
}

static void write_all(const uint8_t *file, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += PAGE_SIZE) {
		memcpy(machine_ram(0, BUF), file + at, PAGE_SIZE);
		CHECK_EQ(put(at, BUF), HV_OK);
	}
}

static void hash_all(void)
{
	for (unsigned i = 0; i < 100 && d->swap.spare.state == HV_SPARE_SEALING; i++)
		swap_step(d);
	CHECK_EQ(d->swap.spare.state, HV_SPARE_SEALED);
}

static void sealed(bool mark)
{
	fresh(mark);
	write_all(other, other_bytes);
	CHECK_EQ(seal(other_bytes), HV_OK);
	hash_all();
}

/* What its processor does in its next turns. */
static void turns(void)
{
	for (unsigned i = 0; i < 2; i++) {
		swap_serve(d);
		life_serve(d);
	}
	(void)machine_settle(1);
	fake.cpu = 0;
}

/* The VM has stopped by itself, as it was asked to. */
static void stops_and_starts(void)
{
	turns();
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_TRUE(d->stop_by != 0);
	life_stop(d, HV_STOP_EXIT);
	turns();
}

static void gets_ready(void)
{
	CHECK_EQ(machine_call(d, HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
}

static void on_trial(void)
{
	sealed(true);
	CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_OK);
	stops_and_starts();
	CHECK_TRUE(d->swap.runs);
	CHECK_MEM(d->digest, other_digest, 32);
}

static void runs_its_boot_image(enum hv_back why)
{
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_FALSE(d->swap.runs);
	CHECK_EQ(d->swap.spare.used, 0);
	CHECK_EQ(d->swap.spare.back, why);
	CHECK_EQ(d->swap.trial_end, 0);
	CHECK_MEM(d->digest, machine_system->dom[1].image_digest, 32);
	CHECK_EQ(vcpu_fake_of(&d->vcpu)->rip, IMAGE_ENTRY);
}

/* --- writing --- */

static void only_an_administrator_may(void)
{
	fresh(true);
	for (uint32_t n = HV_CALL_IMAGE_WRITE; n <= HV_CALL_VM_SWAP; n++) {
		CHECK_EQ(machine_call(d, n, 1, 0, 0, 0), HV_EPERM);
		CHECK_EQ(machine_call(d, n, 99, UINT64_MAX, UINT64_MAX, 0), HV_EPERM);
		CHECK_EQ(machine_call(admin, n, 3, 0, BUF, 0), HV_EPERM); /* no such VM */
	}
	CHECK_EQ(d->swap.spare.state, HV_SPARE_OPEN);
	CHECK_FALSE(d->swap.spare.used);
}

static void a_page_goes_where_it_is_to(void)
{
	fresh(false);
	memset(spare(), 0x11, SPARE_ROOM);
	memset(machine_ram(0, BUF), 0x77, PAGE_SIZE);
	CHECK_EQ(put(2 * PAGE_SIZE, BUF), HV_OK);
	CHECK_EQ(put(SPARE_ROOM - PAGE_SIZE, BUF), HV_OK);
	for (uint64_t at = 0; at < SPARE_ROOM; at++) {
		bool there = at / PAGE_SIZE == 2 || at / PAGE_SIZE == SPARE_ROOM / PAGE_SIZE - 1;

		REQUIRE(spare()[at] == (there ? 0x77 : 0x11));
	}
	CHECK_EQ(fake_open_windows(), 0);
}

static void nothing_goes_elsewhere(void)
{
	static const uint64_t bad_pages[] = {MACHINE_RAM, 0xfee00000, 1ull << 52};
	static const uint64_t bad_offsets[] = {SPARE_ROOM,    SPARE_ROOM + PAGE_SIZE,  1,
					       PAGE_SIZE / 2, UINT64_MAX & ~PAGE_MASK, 1ull << 63};
	static uint8_t before[SPARE_ROOM + 2 * PAGE_SIZE];

	fresh(false);
	memcpy(before, spare() - PAGE_SIZE, sizeof before);
	memset(machine_ram(0, BUF), 0x77, 2 * PAGE_SIZE);
	for (unsigned i = 0; i < ARRAY_LEN(bad_offsets); i++)
		CHECK_EQ(put(bad_offsets[i], BUF), HV_EINVAL);
	for (unsigned i = 0; i < ARRAY_LEN(bad_pages); i++)
		CHECK_EQ(put(0, bad_pages[i]), HV_EFAULT);
	CHECK_EQ(put(0, BUF + 8), HV_EINVAL);
	CHECK_EQ(machine_call(admin, HV_CALL_IMAGE_WRITE, 2, 0, BUF, 0), HV_EINVAL); /* no spare */
	CHECK_EQ(machine_call(admin, HV_CALL_IMAGE_SEAL, 2, PAGE_SIZE, 0, 0), HV_EINVAL);
	CHECK_MEM(spare() - PAGE_SIZE, before, sizeof before);
}

/* --- sealing --- */

static void what_was_written_is_hashed_in_steps(void)
{
	struct hv_vm_status s;
	unsigned steps = 0;

	fresh(false);
	write_all(other, other_bytes);
	CHECK_EQ(seal(other_bytes), HV_OK);
	s = status();
	CHECK_EQ(s.spare.state, HV_SPARE_SEALING);
	CHECK_EQ(s.spare.bytes, other_bytes);
	CHECK_EQ(s.spare.room, SPARE_ROOM);
	for (; d->swap.spare.state == HV_SPARE_SEALING && steps < 100; steps++) {
		fake.windows = 0;
		swap_step(d);
		CHECK_TRUE(fake.windows <= 8);
		CHECK_EQ(fake_open_windows(), 0);
	}
	CHECK_EQ(steps, 2); /* 11 pages */
	s = status();
	CHECK_EQ(s.spare.state, HV_SPARE_SEALED);
	CHECK_MEM(s.spare.digest, other_digest, 32);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	CHECK_EQ(d->life, 1);
}

static void the_guest_runs_meanwhile(void)
{
	unsigned hashed = 0, ran = 0;

	fresh(false);
	CHECK_FALSE(swap_turn(d));
	CHECK_EQ(seal(SPARE_ROOM), HV_OK);
	while (d->swap.spare.state == HV_SPARE_SEALING && ran < 1000) {
		if (swap_turn(d)) {
			swap_step(d);
			hashed++;
		} else {
			ran++;
		}
	}
	CHECK_EQ(hashed, SPARE_ROOM / PAGE_SIZE / 8);
	CHECK_TRUE(ran + 1 >= hashed);
	CHECK_FALSE(swap_turn(d));
	/* one that sleeps does not hold it up */
	CHECK_EQ(seal(0), HV_OK);
	CHECK_EQ(seal(SPARE_ROOM), HV_OK);
	d->vcpu.halted = true;
	CHECK_TRUE(swap_turn(d));
	CHECK_TRUE(swap_turn(d));
}

static void a_sealed_image_is_written_no_more(void)
{
	fresh(false);
	write_all(other, other_bytes);
	CHECK_EQ(seal(other_bytes), HV_OK);
	memset(machine_ram(0, BUF), 0x77, PAGE_SIZE);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(put(0, BUF), HV_EBUSY);
		CHECK_EQ(put(other_bytes, BUF), HV_EBUSY);
		CHECK_EQ(seal(PAGE_SIZE), HV_EBUSY);
		CHECK_MEM(spare(), other, other_bytes);
		if (i == 0)
			CHECK_EQ(seal(0), HV_EBUSY);
		hash_all();
	}
	CHECK_EQ(seal(0), HV_OK); /* not in use: it may be written anew */
	CHECK_EQ(put(0, BUF), HV_OK);
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_ESTATE);
	CHECK_EQ(status().spare.digest[0] | status().spare.digest[31], 0);
}

static void a_length_must_fit(void)
{
	fresh(false);
	CHECK_EQ(seal(SPARE_ROOM + PAGE_SIZE), HV_EINVAL);
	CHECK_EQ(seal(PAGE_SIZE + 1), HV_EINVAL);
	CHECK_EQ(seal(UINT64_MAX & ~PAGE_MASK), HV_EINVAL);
	CHECK_EQ(d->swap.spare.state, HV_SPARE_OPEN);
	CHECK_EQ(seal(SPARE_ROOM), HV_OK);
}

/* --- what may be swapped in --- */

static void another_digest_needs_the_mark(void)
{
	sealed(false);
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_EPERM);
	CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_EPERM);
	turns();
	CHECK_EQ(d->life, 1);
	CHECK_FALSE(d->swap.spare.used);
	sealed(true);
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_OK);
}

static void the_digest_of_the_description_needs_none(void)
{
	uint64_t bytes;

	fresh(false);
	bytes = machine_header(1)->file_bytes;
	write_all((const uint8_t *)machine_header(1), bytes);
	CHECK_EQ(seal(bytes), HV_OK);
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_ESTATE); /* not hashed yet */
	hash_all();
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_OK);
	stops_and_starts();
	CHECK_TRUE(d->swap.runs);
	CHECK_EQ(d->life, 2);
}

static void the_description_may_name_one_more(void)
{
	sealed(false);
	memcpy(machine_system->dom[1].swap_digest, d->swap.spare.digest, 32);
	machine_system->dom[1].swap_digest[31] ^= 1;
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_EPERM);
	machine_system->dom[1].swap_digest[31] ^= 1;
	CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_OK);
	stops_and_starts();
	CHECK_TRUE(d->swap.runs);
}

static void the_next_start_is_of_the_spare(void)
{
	on_trial();
	CHECK_EQ(d->life, 2);
	CHECK_EQ(vcpu_fake_of(&d->vcpu)->rip, 0x30008);
	for (uint64_t gpa = 0; gpa < MACHINE_RAM; gpa++) {
		bool loaded = (gpa >= 0x1000 && gpa < 0x2000) || (gpa >= 0x30000 && gpa < 0x39000);

		REQUIRE(*machine_ram(1, gpa) == (loaded ? image_byte(1, gpa) : 0));
	}
	CHECK_TRUE(fake_line("hv: vm vm1 takes its spare image, trial 5000 ms"));
	CHECK_EQ(status().spare.used, 1);
	fake.tsc = d->swap.trial_end - 1500 * MACHINE_MS - 1;
	swap_serve(d);
	CHECK_EQ(status().spare.trial_ms, 1501); /* rounded up: 0 would mean none */
}

static void a_spare_in_use_cannot_be_overwritten(void)
{
	sealed(true);
	CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_OK);
	CHECK_EQ(seal(0), HV_EBUSY); /* nothing runs of it yet */
	on_trial();
	CHECK_EQ(put(0, BUF), HV_EBUSY);
	CHECK_EQ(seal(0), HV_EBUSY);
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_ESTATE);
	CHECK_EQ(swap(HV_SWAP_BOOT, HV_BACK_ASKED), HV_OK);
	CHECK_EQ(seal(0), HV_EBUSY); /* what runs is still of it */
	stops_and_starts();
	CHECK_EQ(seal(0), HV_OK);
}

/* Not by a call: as if memory had failed. */
static void a_spare_that_changed_is_refused(void)
{
	sealed(true);
	spare()[5 * PAGE_SIZE + 9] ^= 1;
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_OK);
	stops_and_starts();
	CHECK_TRUE(fake_line("hv: vm vm1 refused: image digest differs from the sealed one"));
	runs_its_boot_image(HV_BACK_REFUSED);
	CHECK_EQ(d->life, 2);
}

static void a_malformed_spare_is_refused(void)
{
	fresh(true);
	((struct hv_image *)(void *)other)->range[1].gpa = MACHINE_RAM;
	write_all(other, other_bytes);
	CHECK_EQ(seal(other_bytes), HV_OK);
	hash_all();
	CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_OK);
	stops_and_starts();
	CHECK_TRUE(fake_line("hv: vm vm1 refused: image header: range outside memory"));
	runs_its_boot_image(HV_BACK_REFUSED);
}

/* The header says more than was sealed: what lies behind was never hashed. */
static void a_spare_longer_than_sealed_is_refused(void)
{
	fresh(true);
	write_all(other, other_bytes);
	CHECK_EQ(seal(other_bytes - PAGE_SIZE), HV_OK);
	hash_all();
	CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_OK);
	stops_and_starts();
	CHECK_TRUE(fake_line("hv: vm vm1 refused: image header: length"));
	runs_its_boot_image(HV_BACK_REFUSED);
}

/* --- the trial --- */

static void nobody_confirms_in_time(void)
{
	on_trial();
	gets_ready();
	fake.tsc = d->swap.trial_end - 1;
	turns();
	CHECK_TRUE(d->swap.runs);
	fake.tsc++;
	turns(); /* it is not asked */
	runs_its_boot_image(HV_BACK_TIME);
	CHECK_EQ(d->life, 3);
}

static void confirmed_it_stays(void)
{
	on_trial();
	CHECK_EQ(swap(HV_SWAP_CONFIRM, 0), HV_ESTATE); /* not ready */
	gets_ready();
	CHECK_EQ(swap(HV_SWAP_CONFIRM, 0), HV_OK);
	CHECK_EQ(swap(HV_SWAP_CONFIRM, 0), HV_ESTATE);
	fake.tsc += TRIAL_MS * MACHINE_MS;
	turns();
	CHECK_EQ(d->life, 2);
	machine_request(d, LIFE_KILL);
	turns();
	CHECK_EQ(d->state, HV_VM_DEAD);
	machine_request(d, LIFE_ON);
	turns();
	CHECK_TRUE(d->swap.runs);
	CHECK_MEM(d->digest, other_digest, 32);
	life_stop(d, HV_STOP_TRIPLE_FAULT);
	turns();
	CHECK_TRUE(d->swap.runs);
	CHECK_EQ(status().spare.trial_ms, 0);
}

static void one_that_stops_on_trial_goes_back(void)
{
	on_trial();
	d->restart.count = 99; /* it needs no budget */
	d->restart.since = fake.tsc;
	life_stop(d, HV_STOP_TRIPLE_FAULT);
	turns();
	runs_its_boot_image(HV_BACK_STOPPED);
	life_stop(d, HV_STOP_TRIPLE_FAULT); /* the boot image has a budget of its own */
	turns();
	CHECK_EQ(d->state, HV_VM_RUNNING);
}

static void a_restart_on_trial_goes_back(void)
{
	on_trial();
	machine_request(d, RESTART_NOW);
	turns();
	runs_its_boot_image(HV_BACK_STOPPED);
}

static void switched_off_on_trial_it_stays_off(void)
{
	on_trial();
	machine_request(d, LIFE_KILL);
	turns();
	CHECK_EQ(d->state, HV_VM_DEAD);
	machine_request(d, LIFE_ON);
	turns();
	runs_its_boot_image(HV_BACK_STOPPED);
}

static void the_old_life_may_end_as_it_likes(void)
{
	sealed(true);
	CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_OK);
	turns();
	life_stop(d, HV_STOP_TRIPLE_FAULT);
	turns();
	CHECK_TRUE(d->swap.runs);
}

static void a_budget_used_up_leads_back(void)
{
	on_trial();
	gets_ready();
	CHECK_EQ(swap(HV_SWAP_CONFIRM, 0), HV_OK);
	for (unsigned i = 0; i < 2; i++) {
		life_stop(d, HV_STOP_RESET);
		turns();
		CHECK_TRUE(d->swap.runs);
	}
	life_stop(d, HV_STOP_RESET);
	turns();
	runs_its_boot_image(HV_BACK_BUDGET);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(d->state, HV_VM_RUNNING);
		life_stop(d, HV_STOP_RESET);
		turns();
	}
	CHECK_EQ(d->state, HV_VM_DEAD);
}

static void the_administrator_goes_back(void)
{
	static const uint64_t bad[] = {HV_BACK_NONE, HV_BACK_BUDGET, HV_BACK_KEYS + 1};

	on_trial();
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_EQ(swap(HV_SWAP_BOOT, bad[i]), HV_EINVAL);
	CHECK_EQ(swap(HV_SWAP_BOOT, HV_BACK_LEASE), HV_OK);
	CHECK_EQ(swap(HV_SWAP_CONFIRM, 0), HV_ESTATE);
	stops_and_starts();
	runs_its_boot_image(HV_BACK_LEASE);
	CHECK_EQ(status().spare.back, HV_BACK_LEASE);
	CHECK_EQ(swap(HV_SWAP_BOOT, HV_BACK_ASKED), HV_ESTATE);
	CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_OK); /* it is still there */
	stops_and_starts();
	CHECK_TRUE(d->swap.runs);
	CHECK_EQ(status().spare.back, HV_BACK_NONE);
}

static void keeps_a_checkpoint(void)
{
	CHECK_EQ(machine_call(d, HV_CALL_CHECKPOINT, 0, 0, 0, 0), HV_OK);
	turns();
	CHECK_TRUE(d->kept);
	gets_ready();
}

/* A checkpoint is of the image that made it. */
static void a_checkpoint_is_no_way_around(void)
{
	machine_make(3);
	make_other();
	machine_spare(1);
	machine_kept(1);
	machine_system->dom[1].flags |= HV_DOM_AUTORESTART | HV_DOM_DEVELOPER;
	machine_system->dom[1].restart_count = 9;
	machine_system->dom[1].restart_window_s = 60;
	machine_boot();
	for (unsigned i = 0; i < 3; i++)
		(void)machine_settle(i);
	admin = dom_at(0);
	d = dom_at(1);
	keeps_a_checkpoint();
	write_all(other, other_bytes);
	CHECK_EQ(seal(other_bytes), HV_OK);
	hash_all();
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(swap(HV_SWAP_SPARE, TRIAL_MS), HV_OK);
		stops_and_starts(); /* of the spare, not of the checkpoint */
		CHECK_MEM(d->digest, other_digest, 32);
		CHECK_FALSE(d->kept);
		keeps_a_checkpoint();
		if (i == 0) { /* on trial it does not come again, though it has a checkpoint */
			life_stop(d, HV_STOP_TRIPLE_FAULT);
			turns();
			runs_its_boot_image(HV_BACK_STOPPED);
			keeps_a_checkpoint();
		}
	}
	CHECK_EQ(swap(HV_SWAP_CONFIRM, 0), HV_OK);
	fake_serial_clear();
	life_stop(d, HV_STOP_TRIPLE_FAULT);
	CHECK_EQ(d->state, HV_VM_RESTORING);
	turns();
	CHECK_FALSE(fake_line_with("loading"));
	CHECK_TRUE(d->swap.runs);
	gets_ready();
	CHECK_EQ(swap(HV_SWAP_BOOT, HV_BACK_ASKED), HV_OK);
	stops_and_starts();
	runs_its_boot_image(HV_BACK_ASKED);
	keeps_a_checkpoint();
	CHECK_EQ(swap(HV_SWAP_SPARE, 0), HV_OK); /* for good */
	stops_and_starts();
	CHECK_MEM(d->digest, other_digest, 32);
}

static void one_order_at_a_time(void)
{
	fresh(true);
	CHECK_EQ(machine_call(admin, HV_CALL_IMAGE_SEAL, 1, PAGE_SIZE, 0, 0), HV_OK);
	CHECK_EQ(machine_call(admin, HV_CALL_IMAGE_SEAL, 1, 0, 0, 0), HV_EBUSY);
	CHECK_EQ(machine_call(admin, HV_CALL_VM_SWAP, 1, HV_SWAP_CONFIRM, 0, 0), HV_EBUSY);
	CHECK_EQ(status().spare.answer, HV_EAGAIN);
	swap_serve(d);
	CHECK_EQ(status().spare.answer, HV_OK);
	CHECK_EQ(status().spare.bytes, PAGE_SIZE);
}

/* The VM's processor sleeps: it is woken for the order. */
static void another_processor_is_woken(void)
{
	fresh(true);
	d->cpu = 1;
	fake.kicks[1] = 0;
	CHECK_EQ(machine_call(admin, HV_CALL_IMAGE_SEAL, 1, PAGE_SIZE, 0, 0), HV_OK);
	CHECK_EQ(fake.kicks[1], 1);
}

static void what_is_asked_must_be_known(void)
{
	sealed(true);
	CHECK_EQ(swap(HV_SWAP_CONFIRM + 1, 0), HV_EINVAL);
	CHECK_EQ(swap(HV_SWAP_SPARE, HV_SWAP_TRIAL_MAX + 1), HV_EINVAL);
	CHECK_EQ(swap(HV_SWAP_CONFIRM, 0), HV_ESTATE);
	turns();
	CHECK_EQ(d->life, 1);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(only_an_administrator_may);
	RUN(a_page_goes_where_it_is_to);
	RUN(nothing_goes_elsewhere);
	RUN(what_was_written_is_hashed_in_steps);
	RUN(the_guest_runs_meanwhile);
	RUN(a_sealed_image_is_written_no_more);
	RUN(a_length_must_fit);
	RUN(another_digest_needs_the_mark);
	RUN(the_digest_of_the_description_needs_none);
	RUN(the_description_may_name_one_more);
	RUN(the_next_start_is_of_the_spare);
	RUN(a_spare_in_use_cannot_be_overwritten);
	RUN(a_spare_that_changed_is_refused);
	RUN(a_malformed_spare_is_refused);
	RUN(a_spare_longer_than_sealed_is_refused);
	RUN(nobody_confirms_in_time);
	RUN(confirmed_it_stays);
	RUN(one_that_stops_on_trial_goes_back);
	RUN(a_restart_on_trial_goes_back);
	RUN(switched_off_on_trial_it_stays_off);
	RUN(the_old_life_may_end_as_it_likes);
	RUN(a_budget_used_up_leads_back);
	RUN(the_administrator_goes_back);
	RUN(a_checkpoint_is_no_way_around);
	RUN(one_order_at_a_time);
	RUN(another_processor_is_woken);
	RUN(what_is_asked_must_be_known);
	return check_end();
}
