/* SPDX-License-Identifier: Apache-2.0 */
/* The screen moves with the focus: one table at a time, wiped in between, input only when it is there. */
#include "check.h"
#include "focus.h"
#include "hv_event.h"
#include "life.h"
#include "lock.h"
#include "tests/fakes/machine_device.h"

#define WIDTH  320u
#define HEIGHT 240u
#define PITCH  1300u /* rows and pages do not agree */

static struct domain *in; /* vm0 holds the right; vm1 and vm2 have screens, vm3 has none */

static void make(uint32_t width, uint32_t height, uint32_t pitch)
{
	machine_make(4);
	machine_system->dom[0].rights = HV_RIGHT_FOCUS;
	machine_screen(1, width, height, pitch);
	machine_screen(2, width, height, pitch);
}

static void boot(void)
{
	machine_boot();
	for (unsigned i = 0; i < 4; i++)
		(void)machine_settle(i);
	fake.cpu = 0;
	in = dom_at(0);
}

static void fresh(void)
{
	make(WIDTH, HEIGHT, PITCH);
	boot();
}

/* How many pages of the real screen this VM reaches; *own pages of its memory where pixels are. */
static unsigned real_pages(unsigned dom, unsigned *own)
{
	uint64_t first = machine_handoff->fb.hpa,
		 last = first + HANDOFF_SCREEN_BYTES(machine_handoff->fb);
	unsigned n = 0;

	*own = 0;
	for (uint64_t at = 0; at < 16ull << 20; at += PAGE_SIZE) {
		hpa_t hpa;
		uint32_t prot;

		if (ptab_lookup(&dom_at(dom)->npt, FOCUS_SCREEN_GPA + at, &hpa, &prot) != HV_OK)
			continue;
		CHECK_EQ(prot, PROT_R | PROT_W);
		if (hpa.v >= first && hpa.v < last)
			n++;
		else
			*own += frames_word(hpa) == FRAME_WORD(FRAME_RAM, dom);
	}
	return n;
}

static bool has_real(unsigned dom)
{
	unsigned own, real = real_pages(dom, &own);

	CHECK_TRUE(own == 0 || real == 0); /* all of it or nothing */
	CHECK_TRUE(own + real != 0 || dom_at(dom)->state != HV_VM_RUNNING);
	return real != 0;
}

static uint64_t focus(uint64_t id)
{
	CHECK_EQ(machine_call(in, HV_CALL_FOCUS_SET, id, 0, 0, 0), HV_OK);
	return in->vcpu.gpr[RDX];
}

static void serve(unsigned dom)
{
	fake.cpu = dom_at(dom)->cpu;
	focus_serve(dom_at(dom));
	fake.cpu = 0;
	CHECK_EQ(fake_open_windows(), 0);
	CHECK_FALSE(has_real(1) && has_real(2));
}

static enum hv_err holder(uint64_t generation, struct domain **who)
{
	enum hv_err err;

	*who = NULL;
	lock_core();
	err = focus_holder(generation, who);
	unlock_core();
	return err;
}

static uint64_t word1(unsigned dom)
{
	uint64_t w[2];

	event_take(dom_at(dom), &w[0], &w[1]);
	return w[1];
}

static void everybody_starts_with_own_pixels(void)
{
	unsigned own;

	fresh();
	CHECK_FALSE(has_real(1));
	CHECK_FALSE(has_real(2));
	CHECK_EQ(real_pages(0, &own) + own, 0);
	CHECK_EQ(real_pages(3, &own) + own, 0);
}

static void the_description_of_the_screen(void)
{
	struct hv_fb_info fb;
	uint64_t bar = (32 * PITCH + 4095) & ~4095ull;

	fresh();
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_FB_INFO, 0x20000, 0, 0, 0), HV_OK);
	memcpy(&fb, machine_ram(1, 0x20000), sizeof fb);
	CHECK_EQ(fb.width, WIDTH);
	CHECK_EQ(fb.pitch, PITCH);
	CHECK_EQ(fb.format, 1);
	CHECK_EQ(fb.bytes, (uint64_t)fb.height * PITCH);
	CHECK_EQ(fb.gpa % 4, 0);
	/* its first row is a row of the screen, the first whole one behind the bar's last page */
	CHECK_EQ((fb.gpa - FOCUS_SCREEN_GPA + bar) % PITCH, 0);
	CHECK_TRUE(fb.gpa >= FOCUS_SCREEN_GPA && fb.gpa < FOCUS_SCREEN_GPA + PITCH);
	CHECK_EQ(fb.gpa - FOCUS_SCREEN_GPA + bar + fb.bytes, (uint64_t)PITCH * HEIGHT);
	CHECK_EQ(machine_call(dom_at(3), HV_CALL_FB_INFO, 0x20000, 0, 0, 0), HV_EPERM);
	CHECK_EQ(machine_call(in, HV_CALL_FB_INFO, 0x20000, 0, 0, 0), HV_EPERM);
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_FB_INFO, MACHINE_RAM - 8, 0, 0, 0), HV_EFAULT);
	/* pixels are no place for answers: only RAM is */
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_FB_INFO, fb.gpa, 0, 0, 0), HV_EFAULT);
}

static void the_bar_is_never_mapped(void)
{
	uint64_t bar = (32 * PITCH + 4095) & ~4095ull;
	hpa_t at;

	fresh();
	(void)focus(1);
	serve(1);
	CHECK_TRUE(has_real(1));
	CHECK_EQ(ptab_lookup(&dom_at(1)->npt, FOCUS_SCREEN_GPA, &at, NULL), HV_OK);
	CHECK_EQ(at.v, machine_handoff->fb.hpa + bar);
	CHECK_EQ(ptab_lookup(&dom_at(1)->npt, FOCUS_SCREEN_GPA - 1, &at, NULL), HV_EFAULT);
}

static void the_screen_follows_in_two_steps(void)
{
	struct domain *who;
	uint64_t g;

	make(WIDTH, HEIGHT, PITCH);
	machine_handoff->cpu_count = 2;
	machine_system->dom[2].cpu = 1;
	boot();
	g = focus(1);
	CHECK_EQ(holder(g, &who), HV_EAGAIN);
	serve(1);
	CHECK_TRUE(has_real(1));
	CHECK_EQ(holder(g, &who), HV_OK);
	CHECK_TRUE(who == dom_at(1));
	g = focus(2);
	CHECK_EQ(holder(g - 1, &who), HV_ESTALE); /* at once */
	CHECK_EQ(holder(g, &who), HV_EAGAIN);
	CHECK_EQ(word1(1), HV_EVENT_FOCUS_GAINED | HV_EVENT_FOCUS_LOST);
	serve(2); /* not before the old holder has given it back */
	CHECK_FALSE(has_real(2));
	CHECK_EQ(word1(2), 0);
	serve(1);
	CHECK_FALSE(has_real(1));
	CHECK_EQ(vcpu_fake_of(&dom_at(1)->vcpu)->flushes, 2);
	CHECK_EQ(holder(g, &who), HV_EAGAIN);
	serve(2);
	CHECK_TRUE(has_real(2));
	CHECK_EQ(vcpu_fake_of(&dom_at(2)->vcpu)->flushes, 1);
	CHECK_EQ(word1(2), HV_EVENT_FOCUS_GAINED);
	CHECK_EQ(holder(g, &who), HV_OK);
	serve(0);
	serve(3);
}

static void the_new_holder_sees_nothing_of_the_old(void)
{
	uint64_t bar = (32 * PITCH + 4095) & ~4095ull;

	fresh();
	(void)focus(1);
	serve(1);
	memset(machine_pixels() + bar, 0x5c, PITCH * HEIGHT - bar);
	(void)focus(2);
	serve(1);
	serve(2);
	for (uint64_t i = bar; i < PITCH * HEIGHT; i++)
		REQUIRE(machine_pixels()[i] == 0);
}

/* The home of both looks at the new holder first and then sleeps: nothing would make it look again. */
static void one_look_moves_it_between_vms_of_one_processor(void)
{
	fresh();
	(void)focus(2);
	serve(2);
	(void)focus(1);
	serve(1);
	serve(2);
	CHECK_TRUE(has_real(1));
	CHECK_EQ(word1(1), HV_EVENT_FOCUS_GAINED);
}

static unsigned pages_until_change;

static void change_while_wiping(void)
{
	uint64_t generation;

	lock_core(); /* asserts when the wiping processor holds it */
	if (pages_until_change != 0 && --pages_until_change == 0)
		CHECK_EQ(focus_set(2, &generation), HV_OK);
	unlock_core();
}

static void serve_watched(void *unused)
{
	(void)unused;
	serve(1);
}

/* A large screen takes long to wipe: the core lock is free meanwhile, and who lost the focus by then does not get it. */
static void others_go_on_while_it_is_wiped(void)
{
	for (unsigned when = 0; when < 20; when += 10) {
		fresh();
		(void)focus(1);
		pages_until_change = when;
		fake.window_watch = change_while_wiping;
		CHECK_EQ(fake_try(serve_watched, NULL), END_RETURNED);
		fake.window_watch = NULL;
		CHECK_EQ(has_real(1), when == 0);
		serve(2);
		CHECK_EQ(has_real(2), when != 0);
	}
}

static void a_dead_holders_picture_is_wiped_too(void)
{
	uint64_t bar = (32 * PITCH + 4095) & ~4095ull;
	struct domain *who;
	uint64_t g;

	fresh();
	g = focus(1);
	serve(1);
	memset(machine_pixels() + bar, 0x5c, PITCH * HEIGHT - bar);
	life_stop(dom_at(1), HV_STOP_TRIPLE_FAULT);
	CHECK_EQ(holder(g, &who), HV_ESTALE);
	CHECK_EQ(holder(g + 1, &who), HV_ESTALE);
	g = focus(2);
	serve(1); /* it is being scrubbed: nothing to take from it */
	serve(2);
	CHECK_EQ(holder(g, &who), HV_OK);
	CHECK_TRUE(who == dom_at(2));
	for (uint64_t i = bar; i < PITCH * HEIGHT; i++)
		REQUIRE(machine_pixels()[i] == 0);
	(void)machine_settle(1);
	machine_request(dom_at(1), LIFE_ON);
	life_serve(dom_at(1));
	(void)machine_settle(1);
	CHECK_FALSE(has_real(1)); /* back, with its own pixels */
}

static void changing_ones_mind_is_cheap(void)
{
	struct domain *who;
	uint64_t g;

	fresh();
	(void)focus(1);
	serve(1);
	(void)focus(2);
	g = focus(1); /* before anybody looked */
	serve(1);
	serve(2);
	CHECK_TRUE(has_real(1));
	CHECK_EQ(holder(g, &who), HV_OK);
	(void)focus(HV_DOM_NONE);
	serve(2);
	serve(1);
	CHECK_FALSE(has_real(1));
}

/* HV_EAGAIN promises an event to the sender, FOCUS_LOST one to the VM that has the focus again. */
static void a_change_that_comes_to_nothing_is_told_too(void)
{
	uint64_t words[2];

	make(WIDTH, HEIGHT, PITCH);
	(void)machine_channel(0, HV_DOM_FOCUSED, 4096, 64);
	boot();
	CHECK_EQ(machine_call(in, HV_CALL_CHAN_ATTACH, 0, 0, 0, 0), HV_OK);
	(void)focus(1);
	serve(1);
	event_take(in, &words[0], &words[1]);
	CHECK_EQ(words[0], 1);
	CHECK_EQ(word1(1), HV_EVENT_FOCUS_GAINED);
	(void)focus(2);
	CHECK_EQ(word1(1), HV_EVENT_FOCUS_LOST);
	event_take(in, &words[0], &words[1]);
	CHECK_EQ(words[0], 0); /* under way */
	(void)focus(1);
	CHECK_EQ(word1(1), HV_EVENT_FOCUS_GAINED); /* it may paint again */
	event_take(in, &words[0], &words[1]);
	CHECK_EQ(words[0], 1);
	(void)focus(2);
	event_take(in, &words[0], &words[1]);
	life_stop(dom_at(2), HV_STOP_EXIT); /* before it had the screen */
	event_take(in, &words[0], &words[1]);
	CHECK_EQ(words[0], 1);
}

static void both_home_processors_are_told(void)
{
	make(WIDTH, HEIGHT, PITCH);
	machine_handoff->cpu_count = 3;
	machine_system->dom[1].cpu = 1;
	machine_system->dom[2].cpu = 2;
	boot();
	(void)focus(1);
	CHECK_TRUE(fake.kicks[1] > 0);
	fake.cpu = 1;
	serve(1);
	fake.cpu = 0;
	fake.kicks[1] = fake.kicks[2] = 0;
	(void)focus(2);
	CHECK_TRUE(fake.kicks[1] > 0 && fake.kicks[2] > 0);
	fake.cpu = 1;
	fake.kicks[2] = 0;
	serve(1);
	CHECK_TRUE(fake.kicks[2] > 0); /* now it is its turn */
	fake.cpu = 0;
}

/* vm2 has looked once, in vain, and sleeps: nobody but the dying vm1 can tell it that the screen is free. */
static void the_death_of_the_old_owner_wakes_the_new_one(void)
{
	make(WIDTH, HEIGHT, PITCH);
	machine_handoff->cpu_count = 2;
	machine_system->dom[2].cpu = 1;
	boot();
	(void)focus(1);
	serve(1);
	(void)focus(2);
	fake.cpu = 1;
	serve(2);
	CHECK_FALSE(has_real(2));
	fake.cpu = 0;
	fake.kicks[1] = 0;
	life_stop(dom_at(1), HV_STOP_TRIPLE_FAULT);
	CHECK_TRUE(fake.kicks[1] > 0);
	fake.cpu = 1;
	serve(2);
	CHECK_TRUE(has_real(2));
	fake.cpu = 0;
}

/* Pixels of a VM that lie on a 2 MiB edge are mapped large, those of the screen never are: the tables must bear both. */
static void pixels_on_a_large_edge(void)
{
	make(1024, 1024, 4096);
	boot();
	CHECK_EQ(dom_at(1)->state, HV_VM_RUNNING);
	for (unsigned i = 0; i < 3; i++) {
		(void)focus(1);
		serve(2);
		serve(1);
		CHECK_TRUE(has_real(1));
		(void)focus(2);
		serve(1);
		serve(2);
		CHECK_TRUE(has_real(2));
	}
}

static void without_a_screen_the_focus_moves_at_once(void)
{
	struct domain *who;
	struct hv_fb_info fb;
	uint64_t g;

	machine_make(4);
	machine_system->dom[0].rights = HV_RIGHT_FOCUS;
	machine_system->dom[1].flags |= HV_DOM_SCREEN;
	boot();
	g = focus(1);
	CHECK_EQ(word1(1), HV_EVENT_FOCUS_GAINED);
	CHECK_EQ(holder(g, &who), HV_OK);
	focus_serve(dom_at(1));
	CHECK_EQ(focus_fb_info(dom_at(1), &fb), HV_EPERM);
	make(WIDTH, 64, PITCH); /* the bar would be half of it */
	boot();
	CHECK_EQ(focus_fb_info(dom_at(1), &fb), HV_EPERM);
}

static uint64_t who_has_it(void)
{
	CHECK_EQ(machine_call(in, HV_CALL_FOCUS_GET, 0, 0, 0, 0), HV_OK);
	return in->vcpu.gpr[R10];
}

static void a_chord_names_its_vm(void)
{
	make(WIDTH, HEIGHT, PITCH);
	machine_system->dom[2].chord = 1;
	machine_system->dom[1].chord = 9;
	machine_screen(0, WIDTH, HEIGHT, PITCH); /* and no chord */
	boot();
	(void)focus(HV_FOCUS_CHORD + 1);
	CHECK_EQ(who_has_it(), 2);
	(void)focus(HV_FOCUS_CHORD + 9);
	CHECK_EQ(who_has_it(), 1);
	/* Nobody has the others, and 0 is no chord. */
	for (uint64_t n = 0; n < 20; n++)
		if (n != 1 && n != 9)
			CHECK_EQ(machine_call(in, HV_CALL_FOCUS_SET, HV_FOCUS_CHORD + n, 0, 0, 0),
				 HV_EPERM);
	CHECK_EQ(machine_call(in, HV_CALL_FOCUS_SET, ~0ull, 0, 0, 0), HV_EPERM);
	CHECK_EQ(who_has_it(), 1);
}

static void the_description_names_the_first_holder(void)
{
	struct domain *who;

	make(WIDTH, HEIGHT, PITCH);
	machine_system->first_focus = 2;
	boot();
	CHECK_EQ(machine_call(in, HV_CALL_FOCUS_GET, 0, 0, 0, 0), HV_OK);
	CHECK_EQ(in->vcpu.gpr[R10], HV_DOM_NONE);
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	CHECK_FALSE(focus_is(dom_at(1)));
	CHECK_EQ(machine_call(dom_at(2), HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	CHECK_TRUE(focus_is(dom_at(2)));
	CHECK_EQ(machine_call(in, HV_CALL_FOCUS_GET, 0, 0, 0, 0), HV_OK);
	CHECK_EQ(in->vcpu.gpr[R10], 2);
	serve(2);
	CHECK_EQ(holder(in->vcpu.gpr[RDX], &who), HV_OK);
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_FOCUS_GET, 0, 0, 0, 0), HV_EPERM);
	(void)focus(1);
	serve(2);
	serve(1);
	dom_at(2)->ready = false;
	CHECK_EQ(machine_call(dom_at(2), HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	CHECK_TRUE(focus_is(dom_at(1))); /* only the first time */
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(everybody_starts_with_own_pixels);
	RUN(the_description_of_the_screen);
	RUN(the_bar_is_never_mapped);
	RUN(the_screen_follows_in_two_steps);
	RUN(the_new_holder_sees_nothing_of_the_old);
	RUN(one_look_moves_it_between_vms_of_one_processor);
	RUN(others_go_on_while_it_is_wiped);
	RUN(a_dead_holders_picture_is_wiped_too);
	RUN(changing_ones_mind_is_cheap);
	RUN(a_change_that_comes_to_nothing_is_told_too);
	RUN(both_home_processors_are_told);
	RUN(the_death_of_the_old_owner_wakes_the_new_one);
	RUN(pixels_on_a_large_edge);
	RUN(without_a_screen_the_focus_moves_at_once);
	RUN(a_chord_names_its_vm);
	RUN(the_description_names_the_first_holder);
	return check_end();
}
