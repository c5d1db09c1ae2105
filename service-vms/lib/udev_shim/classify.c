/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities to ID_INPUT_* properties. Must not look at names or ids of devices. */
#include "classify.h"

#include <linux/input-event-codes.h>
#include <string.h>

static bool has(const uint64_t bits[CAPS_WORDS], unsigned bit)
{
	return bits[bit / 64] >> bit % 64 & 1;
}

/* Value of a hexadecimal digit; 16 = it is none. */
static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return 16;
}

bool caps_read(const char *text, uint64_t bits[CAPS_WORDS])
{
	uint64_t out[CAPS_WORDS] = {0};
	unsigned words = 0;

	for (;;) { /* bound: the text shrinks */
		uint64_t v = 0;
		unsigned digits = 0;

		while (digit(*text) < 16 && digits < 16) {
			v = v << 4 | digit(*text++);
			digits++;
		}
		if (digits == 0 || words == CAPS_WORDS)
			return false;
		memmove(out + 1, out, sizeof out - sizeof out[0]); /* what came before is higher */
		out[0] = v;
		words++;
		if (*text != ' ')
			break;
		text++;
	}
	if (*text != '\n' && *text != '\0')
		return false;
	memcpy(bits, out, sizeof out);
	return true;
}

static size_t add(char *out, size_t size, size_t used, bool is, const char *line)
{
	size_t len = strlen(line) + 1;

	if (!is || len > size - used)
		return used;
	memcpy(out + used, line, len);
	return used + len;
}

/* A key that is none of a pointer's or joystick's buttons. */
static bool has_keys(const struct caps *c)
{
	for (unsigned code = KEY_ESC; code < BTN_TRIGGER_HAPPY; code++)
		if (has(c->key, code) &&
		    (code < BTN_MISC || (code >= KEY_OK && code < BTN_DPAD_UP)))
			return true;
	return false;
}

size_t caps_classify(const struct caps *c, char *out, size_t size)
{
	bool coords = has(c->abs, ABS_X) && has(c->abs, ABS_Y);
	bool contacts = has(c->abs, ABS_MT_POSITION_X) && has(c->abs, ABS_MT_POSITION_Y);
	bool direct = has(c->props, INPUT_PROP_DIRECT);
	bool mouse = has(c->key, BTN_MOUSE);
	bool pen = coords && (has(c->key, BTN_TOOL_PEN) || has(c->key, BTN_STYLUS));
	bool finger = has(c->key, BTN_TOOL_FINGER) && !pen && !direct;
	bool pad = (coords || contacts) && finger;
	bool screen = !pen && !pad && (coords || contacts) &&
		      (direct || (has(c->key, BTN_TOUCH) && !mouse));
	bool absolute = coords && mouse && !pen && !pad && !screen;
	bool relative = has(c->rel, REL_X) && has(c->rel, REL_Y) && mouse;
	bool stick = has(c->props, INPUT_PROP_POINTING_STICK);
	size_t used = add(out, size, 0, true, "ID_INPUT=1");

	/* A keyboard has all of Esc, the digits, the letters' first rows: codes 1 to 31. */
	used = add(out, size, used, has_keys(c), "ID_INPUT_KEY=1");
	used = add(out, size, used, (c->key[0] & 0xfffffffe) == 0xfffffffe, "ID_INPUT_KEYBOARD=1");
	used = add(out, size, used, relative || absolute, "ID_INPUT_MOUSE=1");
	used = add(out, size, used, relative && stick, "ID_INPUT_POINTINGSTICK=1");
	used = add(out, size, used, pad, "ID_INPUT_TOUCHPAD=1");
	used = add(out, size, used, screen, "ID_INPUT_TOUCHSCREEN=1");
	return add(out, size, used, pen, "ID_INPUT_TABLET=1");
}
