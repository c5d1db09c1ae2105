/* SPDX-License-Identifier: Apache-2.0 */
/* The bar, read back dot by dot: what it says is what is, and it never draws outside its rows. */
#include "check.h"
#include "bar.h"
#include "font.h"
#include "life.h"
#include "lock.h"
#include "sched.h"
#include "tests/fakes/machine_device.h"

#define WIDTH  800u
#define NARROW 301u /* ends within a character */
#define HEIGHT 200u
#define PITCH  (WIDTH * 4 + 64)
#define WHITE  0xffffffu
#define GREEN  0x60d060u
#define YELLOW 0xe0c040u
#define RED    0xff5050u
#define GREY   0x808080u
#define BLACK  0x101010u

static void fresh_of_width(uint32_t width)
{
	machine_make(3);
	machine_screen(0, width, HEIGHT, PITCH);
	machine_system->dom[0].colour = 0x123456;
	machine_system->dom[2].role = HV_ROLE_VPNVM;
	memset(machine_pixels(), 0xee, PITCH * HEIGHT);
	machine_boot();
	for (unsigned i = 0; i < 3; i++)
		(void)machine_settle(i);
	fake.cpu = 0;
}

static void fresh(void)
{
	fresh_of_width(WIDTH);
}

static void draw(void)
{
	lock_core();
	bar_draw();
	unlock_core();
}

/* Time goes on to the next period of every VM, and the scheduler looks. */
static void next_period(void)
{
	uint64_t until;

	fake.tsc += 20 * MACHINE_MS;
	(void)sched_pick(0, fake.tsc, &until);
}

static uint32_t pixel(uint32_t x, uint32_t y)
{
	uint32_t p;

	memcpy(&p, machine_pixels() + y * PITCH + x * 4, sizeof p);
	return p;
}

/* Is this character drawn here, every dot doubled, in this ink? */
static bool is_glyph(uint32_t x, uint32_t y, char c, uint32_t ink)
{
	for (uint32_t i = 0; i < 2 * FONT_WIDTH; i++) {
		for (uint32_t j = 0; j < 2 * FONT_HEIGHT; j++) {
			bool dot = (font_columns[c - FONT_FIRST][i / 2] >> (j / 2) & 1) != 0;

			if (dot != (pixel(x + i, y + 1 + j) == ink))
				return false;
		}
	}
	return true;
}

static bool is_text(uint32_t x, uint32_t y, const char *s, uint32_t ink)
{
	for (; *s != 0; s++, x += 12) {
		char c = (char)(*s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s);

		if (!is_glyph(x, y, c, ink))
			return false;
	}
	return true;
}

static bool somewhere(uint32_t y, const char *s, uint32_t ink)
{
	for (uint32_t x = 0; x + 12 * strlen(s) <= WIDTH; x++)
		if (is_text(x, y, s, ink))
			return true;
	return false;
}

static void characters_differ(void)
{
	for (unsigned a = 0; a <= FONT_LAST - FONT_FIRST; a++)
		for (unsigned b = 0; b < a; b++)
			if (memcmp(font_columns[a], font_columns[b], FONT_WIDTH) == 0 &&
			    font_columns[a][2] != 0)
				printf("# %c and %c\n", FONT_FIRST + a, FONT_FIRST + b);
	for (char c = 'A'; c <= 'Z'; c++)
		for (char e = (char)(c + 1); e <= 'Z'; e++)
			CHECK_NE(memcmp(font_columns[c - FONT_FIRST], font_columns[e - FONT_FIRST],
					FONT_WIDTH),
				 0);
	for (char c = '0'; c <= '9'; c++)
		for (char e = (char)(c + 1); e <= '9'; e++)
			CHECK_NE(memcmp(font_columns[c - FONT_FIRST], font_columns[e - FONT_FIRST],
					FONT_WIDTH),
				 0);
}

static void says_who_has_the_focus(void)
{
	fresh();
	draw();
	CHECK_TRUE(somewhere(0, "focus:", WHITE));
	CHECK_TRUE(somewhere(0, "nobody", BLACK));
	CHECK_TRUE(somewhere(0, "ctrl+alt+1..9", WHITE)); /* how to change that */
	machine_system->dom[1].rights = HV_RIGHT_FOCUS;
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_FOCUS_SET, 0, 0, 0, 0), HV_OK);
	CHECK_TRUE(somewhere(0, "vm0", BLACK)); /* at once, without being asked */
	CHECK_FALSE(somewhere(0, "nobody", BLACK));
	CHECK_FALSE(somewhere(0, "ctrl+alt+1..9", WHITE));
	CHECK_EQ(pixel(4 + 7 * 12, 0), 0x123456); /* on the colour of the description */
}

static void says_whether_the_tunnel_is_up(void)
{
	fresh();
	draw();
	CHECK_TRUE(somewhere(0, "vpn down", RED));
	CHECK_EQ(machine_call(dom_at(2), HV_CALL_STATUS, HV_STATUS_VPN_UP, 0, 0, 0), HV_OK);
	next_period();
	CHECK_TRUE(somewhere(0, "vpn up", GREEN));
	CHECK_FALSE(somewhere(0, "vpn down", RED));
	CHECK_EQ(machine_call(dom_at(2), HV_CALL_STATUS, 0, 0, 0, 0), HV_OK);
	next_period();
	CHECK_TRUE(somewhere(0, "vpn down", RED));
	CHECK_EQ(machine_call(dom_at(2), HV_CALL_STATUS, HV_STATUS_KEYS, 0, 0, 0), HV_EINVAL);
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_STATUS, HV_STATUS_VPN_UP, 0, 0, 0), HV_EPERM);
	CHECK_TRUE(somewhere(0, "vpn down", RED));
	machine_system->dom[2].role = HV_ROLE_PVM;
	draw();
	CHECK_FALSE(somewhere(0, "vpn down", RED));
}

static void says_that_any_image_may_be_swapped_in(void)
{
	fresh();
	draw();
	CHECK_FALSE(somewhere(0, "developer", YELLOW));
	machine_system->dom[1].flags |= HV_DOM_DEVELOPER;
	draw();
	CHECK_TRUE(somewhere(0, "developer", YELLOW));
}

static bool drawn(void)
{
	bool yes = pixel(0, 0) != 0xeeeeeeee;

	memset(machine_pixels(), 0xee, PITCH * HEIGHT);
	return yes;
}

/* A hostile vpnvm says up, down, up, down: it must not keep the core drawing. */
static void a_status_is_drawn_once_in_a_period(void)
{
	uint64_t until;

	fresh();
	next_period();
	(void)drawn();
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ(machine_call(dom_at(2), HV_CALL_STATUS, i % 2, 0, 0, 0), HV_OK);
	CHECK_FALSE(drawn());
	(void)sched_pick(0, fake.tsc, &until);
	CHECK_FALSE(drawn());
	CHECK_TRUE(until <=
		   dom_at(2)->sched.period_end); /* nobody else may want the processor by then */
	next_period();
	CHECK_TRUE(drawn());
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ(machine_call(dom_at(2), HV_CALL_STATUS, HV_STATUS_VPN_UP, 0, 0, 0), HV_OK);
	next_period();
	CHECK_FALSE(drawn()); /* nothing changed */
}

static void a_dead_vpnvm_has_no_tunnel(void)
{
	fresh();
	CHECK_EQ(machine_call(dom_at(2), HV_CALL_STATUS, HV_STATUS_VPN_UP, 0, 0, 0), HV_OK);
	next_period();
	CHECK_TRUE(somewhere(0, "vpn up", GREEN));
	life_stop(dom_at(2), HV_STOP_TRIPLE_FAULT);
	CHECK_TRUE(somewhere(0, "vpn down", RED));
}

static void says_why_the_machine_halts(void)
{
	fresh();
	bar_refused("the IOMMU cannot be switched on, and this is long");
	CHECK_TRUE(somewhere(0, "refused:", RED));
	CHECK_TRUE(somewhere(16, "the IOMMU cannot be switched on, and this is long", RED));
}

static void says_what_was_not_verified(void)
{
	fresh();
	draw();
	CHECK_TRUE(somewhere(0, "unverified", YELLOW));
	machine_handoff->flags |= HANDOFF_VERIFIED;
	draw();
	CHECK_FALSE(somewhere(0, "unverified", YELLOW));
}

static void says_how_each_vm_is(void)
{
	static const struct {
		enum hv_vm_state state;
		bool ready;
		uint32_t ink;
	} rows[] = {
		{HV_VM_OFF,	    false, GREY  },
		  {HV_VM_LOADING,	  false, YELLOW},
		{HV_VM_SCRUBBING,	  false, YELLOW},
		  {HV_VM_RUNNING,	  false, YELLOW},
		{HV_VM_RUNNING,	true,  GREEN },
		  {HV_VM_DEAD,	       false, RED	 },
		{HV_VM_REFUSED,	false, RED	  },
		  {(enum hv_vm_state)17, false, RED   }
	    };

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		dom_at(1)->state = rows[i].state;
		dom_at(1)->ready = rows[i].ready;
		draw();
		CHECK_TRUE(somewhere(16, "vm1", rows[i].ink));
	}
	dom_at(1)->state = HV_VM_RUNNING;
}

static void says_why_a_vm_does_not_run(void)
{
	static const struct {
		enum hv_vm_state state;
		enum hv_stop_cause cause;
		const char *what;
	} rows[] = {
		{HV_VM_REFUSED, HV_STOP_DIGEST,	"vm1:wrong-digest vm2"},
		{HV_VM_REFUSED, HV_STOP_IMAGE,	       "vm1:no-image vm2"	 },
		{HV_VM_REFUSED, HV_STOP_DEVICE,	"vm1:no-device vm2"   },
		{HV_VM_DEAD,    HV_STOP_TRIPLE_FAULT, "vm1:triple-fault vm2"},
	};

	fresh();
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		dom_at(1)->state = dom_at(2)->state = rows[i].state;
		dom_at(1)->cause = dom_at(2)->cause = rows[i].cause;
		draw();
		CHECK_TRUE(somewhere(16, rows[i].what, RED));
	}
	dom_at(1)->state = dom_at(2)->state =
		HV_VM_RUNNING; /* what came before is of no interest */
	draw();
	CHECK_FALSE(somewhere(16, ":", RED));
	CHECK_TRUE(somewhere(16, "vm1 vm2", YELLOW));
}

/* One that died by itself and comes back: why, until it is ready. One that does not come back any more: that as well. */
static void says_what_comes_after_a_death(void)
{
	fresh();
	machine_system->dom[1].flags |= HV_DOM_AUTORESTART;
	machine_system->dom[1].restart_count = 1;
	machine_system->dom[1].restart_window_s = 60;
	life_stop(dom_at(1), HV_STOP_RESET);
	CHECK_TRUE(somewhere(16, "vm1:reset vm2", YELLOW));
	CHECK_EQ(machine_settle(1)->state, HV_VM_RUNNING);
	CHECK_TRUE(somewhere(16, "vm1:reset vm2", YELLOW));
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	CHECK_TRUE(somewhere(16, "vm1", GREEN));
	CHECK_FALSE(somewhere(16, "reset", YELLOW));
	life_stop(dom_at(1), HV_STOP_PROGRESS);
	CHECK_EQ(machine_settle(1)->state, HV_VM_DEAD);
	CHECK_TRUE(somewhere(16, "vm1:quarantine:no-progress", RED));
	machine_request(dom_at(1), LIFE_ON);
	life_serve(dom_at(1));
	CHECK_TRUE(somewhere(16, "vm1 vm2", YELLOW)); /* as asked: no reason to be given */
}

static void is_drawn_when_a_state_changes(void)
{
	fresh();
	CHECK_TRUE(somewhere(16, "vm1", YELLOW));
	CHECK_EQ(machine_call(dom_at(1), HV_CALL_HEARTBEAT, 1, 0, 0, 0), HV_OK);
	CHECK_TRUE(somewhere(16, "vm1", GREEN));
}

/* Long names run over the right edge: not a dot may come out elsewhere. */
static void stays_in_its_rows(void)
{
	fresh_of_width(NARROW);
	for (unsigned i = 0; i < 3; i++)
		memcpy(machine_system->dom[i].name, "mmmmmmmmmmmmmmm", 16); /* as wide as can be */
	memset(machine_pixels(), 0xee, PITCH * HEIGHT);
	draw();
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < PITCH / 4; x++)
			REQUIRE((pixel(x, y) == 0xeeeeeeee) == (y >= 32 || x >= NARROW));
}

static void a_byte_that_is_no_character_is_a_question_mark(void)
{
	fresh();
	machine_system->dom[1].name[1] = 0x01;
	machine_system->dom[1].name[2] = 0xff;
	draw();
	CHECK_TRUE(somewhere(16, "v??", YELLOW));
}

static void without_a_screen_nothing_is_drawn(void)
{
	machine_make(1);
	machine_boot();
	CHECK_EQ(machine_settle(0)->state, HV_VM_RUNNING);
	draw();
}

static void draw_unlocked(void *unused)
{
	(void)unused;
	bar_draw();
}

static void needs_the_core_lock(void)
{
	fresh();
	CHECK_EQ(fake_try(draw_unlocked, NULL), END_ASSERT);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(characters_differ);
	RUN(says_who_has_the_focus);
	RUN(says_whether_the_tunnel_is_up);
	RUN(says_that_any_image_may_be_swapped_in);
	RUN(a_status_is_drawn_once_in_a_period);
	RUN(a_dead_vpnvm_has_no_tunnel);
	RUN(says_why_the_machine_halts);
	RUN(says_what_was_not_verified);
	RUN(says_how_each_vm_is);
	RUN(says_why_a_vm_does_not_run);
	RUN(says_what_comes_after_a_death);
	RUN(is_drawn_when_a_state_changes);
	RUN(stays_in_its_rows);
	RUN(a_byte_that_is_no_character_is_a_question_mark);
	RUN(without_a_screen_nothing_is_drawn);
	RUN(needs_the_core_lock);
	return check_end();
}
