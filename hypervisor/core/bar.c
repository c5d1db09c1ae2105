/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the bar. Must not draw a byte that a guest chose: names come from the description, the rest is ours. */
#include "bar.h"
#include "domain.h"
#include "focus.h"
#include "font.h"
#include "life.h"
#include "lock.h"

#define ROWS   HANDOFF_BAR_ROWS
#define LINE   16u /* rows of one line of text; the dots are doubled */
#define CELL   12u
#define BLACK  0x00101010u
#define WHITE  0x00ffffffu
#define GREEN  0x0060d060u
#define YELLOW 0x00e0c040u
#define RED    0x00ff5050u
#define GREY   0x00808080u

static uint32_t *pixels;
static uint32_t width, stride;

void bar_init(const struct handoff *h)
{
	pixels = NULL;
	for (uint32_t i = 0; i < h->mmio_count; i++) {
		if (h->mmio[i].kind == MMIO_BAR_ROWS)
			pixels = (uint32_t *)h->mmio[i].va;
	}
	width = h->fb.width;
	stride = h->fb.pitch_bytes / 4;
}

static void fill(uint32_t x, uint32_t y, uint32_t w, uint32_t h, uint32_t colour)
{
	for (uint32_t j = y; j < y + h && j < ROWS; j++) {
		for (uint32_t i = x; i < x + w && i < width; i++)
			pixels[j * stride + i] = colour;
	}
}

static void glyph(uint32_t x, uint32_t y, char c, uint32_t ink)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c < FONT_FIRST || c > FONT_LAST)
		c = '?';
	for (uint32_t i = 0; i < FONT_WIDTH; i++) {
		for (uint32_t j = 0; j < FONT_HEIGHT; j++) {
			if (font_columns[c - FONT_FIRST][i] >> j & 1)
				fill(x + 2 * i, y + 1 + 2 * j, 2, 2, ink);
		}
	}
}

/* Up to the right edge. Returns where the next text goes. */
static uint32_t text(uint32_t x, uint32_t y, const char *s, uint32_t ink)
{
	for (unsigned i = 0; x < width && s[i] != 0; i++, x += CELL)
		glyph(x, y, s[i], ink);
	return x + CELL;
}

static uint32_t state_colour(const struct domain *d)
{
	switch (d->state) {
	case HV_VM_OFF:
		return GREY;
	case HV_VM_LOADING:
	case HV_VM_SCRUBBING:
	case HV_VM_SAVING:
	case HV_VM_RESTORING:
		return YELLOW;
	case HV_VM_RUNNING:
		return d->ready ? GREEN : YELLOW;
	case HV_VM_DEAD:
	case HV_VM_REFUSED:
		return RED;
	}
	return RED;
}

static void draw_focus(void)
{
	uint32_t x = text(4, 0, "focus:", WHITE), vpn = 0, vpns = 0, marks = 0;
	const struct domain *who = NULL;

	for (uint32_t i = 0; i < dom_count(); i++) {
		const struct domain *d = dom_at(i);

		if (focus_is(d))
			who = d;
		vpns += d->sys->role == HV_ROLE_VPNVM;
		marks |= d->sys->flags & HV_DOM_DEVELOPER;
		vpn += d->sys->role == HV_ROLE_VPNVM && (d->status & HV_STATUS_VPN_UP);
	}
	fill(x, 0, HV_NAME_LEN * CELL, LINE, who != NULL ? who->sys->colour : GREY);
	(void)text(x + CELL, 0, who != NULL ? (const char *)who->sys->name : "nobody", BLACK);
	x += HV_NAME_LEN * CELL + 2 * CELL;
	if (vpns != 0)
		x = text(x, 0, vpn != 0 ? "vpn up" : "vpn down", vpn != 0 ? GREEN : RED);
	if (!(dom_handoff()->flags & HANDOFF_VERIFIED))
		x = text(x + CELL, 0, "unverified", YELLOW);
	if (marks != 0)
		x = text(x + CELL, 0, "developer", YELLOW);
	if (who == NULL)
		(void)text(x + CELL, 0, "ctrl+alt+1..9", WHITE);
}

/* One more word about the VM. */
static uint32_t behind(uint32_t x, const char *word, uint32_t ink)
{
	glyph(x - CELL, LINE, ':', ink);
	return text(x, LINE, word, ink);
}

void bar_draw(void)
{
	uint32_t x = 4;

	lock_assert_held();
	if (pixels == NULL)
		return;
	fill(0, 0, width, ROWS, BLACK);
	draw_focus();
	for (uint32_t i = 0; i < dom_count(); i++) {
		const struct domain *d = dom_at(i);

		x = text(x, LINE, (const char *)d->sys->name, state_colour(d));
		if (d->state == HV_VM_DEAD || d->state == HV_VM_REFUSED) {
			if (d->restart.stage == RESTART_QUARANTINE)
				x = behind(x, "quarantine", RED);
			x = behind(x, life_cause_name(d->cause), RED);
		} else if (d->restart.coming && !d->ready) {
			x = behind(x, life_cause_name(d->cause), YELLOW);
		}
	}
}

void bar_refused(const char *what)
{
	if (pixels == NULL)
		return;
	fill(0, 0, width, ROWS, BLACK);
	(void)text(4, 0, "refused:", RED);
	(void)text(4, LINE, what, RED);
}
