/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's secret file: in its memory alone, and refused when it is not what the description says. */
#include "check.h"
#include "life.h"
#include "tests/fakes/machine.h"

static struct domain *d;

/* It must end refused, clean, and not have run; the others run. */
static void is_refused(enum hv_stop_cause cause, const char *why)
{
	char line[120];

	memset(machine_ram(1, 0), 0xdd, MACHINE_RAM);
	machine_boot();
	d = machine_settle(1);
	CHECK_EQ(d->state, HV_VM_REFUSED);
	CHECK_EQ(d->cause, cause);
	CHECK_EQ(d->life, 0);
	CHECK_TRUE(machine_ram_zero(1));
	CHECK_TRUE(machine_ram_words(1, FRAME_WORD(FRAME_FREE, 1)));
	(void)snprintf(line, sizeof line, "hv: vm vm1 refused: %s", why);
	if (!fake_line(line))
		check_fail(__FILE__, __LINE__, why);
	CHECK_FALSE(fake_line_with("vm vm1 dom="));
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
}

#define LONG_SECRET (2 * 4096 + 100)

static void a_secret_lies_in_the_memory_of_its_vm_alone(void)
{
	struct hv_info info;

	machine_make(2);
	(void)machine_secret(1, LONG_SECRET);
	machine_boot();
	d = machine_settle(1);
	CHECK_EQ(d->state, HV_VM_RUNNING);
	for (uint64_t i = 0; i < 4 * PAGE_SIZE; i++)
		REQUIRE(*machine_ram(1, MACHINE_SECRET + i) ==
			(i < LONG_SECRET ? image_byte(8, i) : 0));
	CHECK_MEM(d->digest, machine_system->dom[1].image_digest, 32); /* the image's, as before */
	for (unsigned i = 0; i < sizeof d->work.sha; i++)
		REQUIRE(((const uint8_t *)&d->work.sha)[i] == 0);
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
	for (uint64_t i = 0; i < 4 * PAGE_SIZE; i++)
		REQUIRE(*machine_ram(0, MACHINE_SECRET + i) == 0);
	for (uint64_t at = 0; at < LONG_SECRET; at += PAGE_SIZE)
		CHECK_EQ(frames_word((hpa_t){machine_handoff->dom[1].secret.hpa + at}),
			 FRAME_WORD(FRAME_IMAGE, 0));
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(machine_call(dom_at(i), HV_CALL_INFO, 0x30000, 0, 0, 0), HV_OK);
		memcpy(&info, machine_ram(i, 0x30000), sizeof info);
		CHECK_EQ(info.secret_gpa, i == 0 ? 0 : MACHINE_SECRET);
		CHECK_EQ(info.secret_bytes, i == 0 ? 0 : LONG_SECRET);
	}
}

static void a_changed_secret_is_refused(void)
{
	static const uint32_t places[] = {0, 31, 4095, 4096, LONG_SECRET - 1};

	for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
		machine_make(2);
		machine_secret(1, LONG_SECRET)[places[i]] ^= 1;
		is_refused(HV_STOP_SECRET, "secret digest differs from the description");
	}
	machine_make(2);
	(void)machine_secret(1, 1);
	machine_system->dom[1].secret_digest[31] ^= 1;
	is_refused(HV_STOP_SECRET, "secret digest differs from the description");
}

#define NO_SECRET "secret file missing, or not as long as the description says"

static void a_missing_secret_is_refused(void)
{
	for (uint32_t status = IMAGE_NONE; status <= IMAGE_READ_ERROR; status++) {
		if (status == IMAGE_OK)
			continue;
		machine_make(2);
		(void)machine_secret(1, LONG_SECRET);
		machine_handoff->dom[1].secret_status = status;
		is_refused(HV_STOP_SECRET, NO_SECRET);
	}
}

static void a_secret_of_another_length_is_refused(void)
{
	machine_make(2);
	(void)machine_secret(1, LONG_SECRET);
	machine_handoff->dom[1].secret.bytes++;
	is_refused(HV_STOP_SECRET, NO_SECRET);
	machine_make(2);
	(void)machine_secret(1, LONG_SECRET);
	machine_handoff->dom[1].secret.bytes--;
	is_refused(HV_STOP_SECRET, NO_SECRET);
}

static void a_range_over_the_secret_is_refused(void)
{
	static const struct {
		uint64_t gpa, pages;
		bool over;
	} cases[] = {
		{MACHINE_SECRET - PAGE_SIZE,     1, false},
		{MACHINE_SECRET - PAGE_SIZE,     2, true },
		{MACHINE_SECRET + 2 * PAGE_SIZE, 1, true },
		{MACHINE_SECRET + 3 * PAGE_SIZE, 1, false},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		struct hv_image_range range = {cases[i].gpa, cases[i].pages};

		machine_make(2);
		machine_image(1, &range, 1);
		(void)machine_secret(1, LONG_SECRET);
		if (cases[i].over) {
			is_refused(HV_STOP_HEADER, "image header: range over the secret");
			continue;
		}
		machine_boot();
		CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
	}
}

/* It goes with the VM's memory, and the next life has it again from the core's copy. */
static void a_secret_goes_with_its_vm(void)
{
	machine_make(1);
	(void)machine_secret(0, LONG_SECRET);
	machine_boot();
	d = machine_settle(0);
	life_stop(d, HV_STOP_KILLED);
	(void)machine_settle(0);
	CHECK_TRUE(machine_ram_zero(0));
	machine_request(d, LIFE_ON);
	life_serve(d);
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
	CHECK_EQ(*machine_ram(0, MACHINE_SECRET), image_byte(7, 0));
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(a_secret_lies_in_the_memory_of_its_vm_alone);
	RUN(a_changed_secret_is_refused);
	RUN(a_missing_secret_is_refused);
	RUN(a_secret_of_another_length_is_refused);
	RUN(a_range_over_the_secret_is_refused);
	RUN(a_secret_goes_with_its_vm);
	return check_end();
}
