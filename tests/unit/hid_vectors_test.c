/* SPDX-License-Identifier: Apache-2.0 */
/* HID devices as data files, tests/interop/hid/: descriptor, reports, and the events they must become. README.md there has the format. */
#include <dirent.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>

#include "check.h"
#include "codec_input.h"
#include "inputvm/hid/hid.h"

#define FOLDER "tests/interop/hid"

static const struct {
	const char *name;
	uint16_t type, code;
} codes[] = {
#define CODE(type, code)                                                                           \
	{                                                                                          \
#code, type, code                                                                  \
	}
	CODE(EV_KEY, KEY_A),
	CODE(EV_KEY, KEY_B),
	CODE(EV_KEY, KEY_C),
	CODE(EV_KEY, KEY_D),
	CODE(EV_KEY, KEY_E),
	CODE(EV_KEY, KEY_F),
	CODE(EV_KEY, KEY_G),
	CODE(EV_KEY, KEY_H),
	CODE(EV_KEY, KEY_1),
	CODE(EV_KEY, KEY_2),
	CODE(EV_KEY, KEY_ENTER),
	CODE(EV_KEY, KEY_ESC),
	CODE(EV_KEY, KEY_SYSRQ),
	CODE(EV_KEY, KEY_PAUSE),
	CODE(EV_KEY, KEY_102ND),
	CODE(EV_KEY, KEY_KPENTER),
	CODE(EV_KEY, KEY_F24),
	CODE(EV_KEY, KEY_LEFTCTRL),
	CODE(EV_KEY, KEY_LEFTSHIFT),
	CODE(EV_KEY, KEY_LEFTALT),
	CODE(EV_KEY, KEY_RIGHTCTRL),
	CODE(EV_KEY, KEY_RIGHTALT),
	CODE(EV_KEY, KEY_RIGHTMETA),
	CODE(EV_KEY, KEY_MUTE),
	CODE(EV_KEY, KEY_VOLUMEUP),
	CODE(EV_KEY, KEY_VOLUMEDOWN),
	CODE(EV_KEY, KEY_PLAYPAUSE),
	CODE(EV_KEY, KEY_NEXTSONG),
	CODE(EV_KEY, KEY_CALC),
	CODE(EV_KEY, KEY_BACK),
	CODE(EV_KEY, KEY_POWER),
	CODE(EV_KEY, KEY_SLEEP),
	CODE(EV_KEY, KEY_WAKEUP),
	CODE(EV_KEY, BTN_LEFT),
	CODE(EV_KEY, BTN_RIGHT),
	CODE(EV_KEY, BTN_MIDDLE),
	CODE(EV_KEY, BTN_SIDE),
	CODE(EV_KEY, BTN_EXTRA),
	CODE(EV_KEY, BTN_TOUCH),
	CODE(EV_KEY, BTN_TOOL_FINGER),
	CODE(EV_KEY, BTN_TOOL_DOUBLETAP),
	CODE(EV_KEY, BTN_TOOL_TRIPLETAP),
	CODE(EV_KEY, BTN_TOOL_PEN),
	CODE(EV_KEY, BTN_TOOL_RUBBER),
	CODE(EV_KEY, BTN_STYLUS),
	CODE(EV_KEY, BTN_STYLUS2),
	CODE(EV_REL, REL_X),
	CODE(EV_REL, REL_Y),
	CODE(EV_REL, REL_WHEEL),
	CODE(EV_REL, REL_HWHEEL),
	CODE(EV_ABS, ABS_X),
	CODE(EV_ABS, ABS_Y),
	CODE(EV_ABS, ABS_PRESSURE),
	CODE(EV_ABS, ABS_TILT_X),
	CODE(EV_ABS, ABS_TILT_Y),
	CODE(EV_ABS, ABS_MT_SLOT),
	CODE(EV_ABS, ABS_MT_TRACKING_ID),
	CODE(EV_ABS, ABS_MT_POSITION_X),
	CODE(EV_ABS, ABS_MT_POSITION_Y),
};

static const char *const kinds[] = {"keyboard", "pointer",     "absolute",
				    "touchpad", "touchscreen", "pen"};

static char path[512];
static struct hid_desc desc;
static struct hid_state state;
static struct hid_events events;
static unsigned compared, line_number, steps;
static uint8_t bytes[HID_DESC_MAX];
static size_t bytes_len;
static bool parsed;

static bool wrong(const char *what)
{
	printf("# %s:%u: %s\n", path, line_number, what);
	check.case_failed = true;
	return false;
}

static int kind_of(const char *word)
{
	for (unsigned i = 0; i < INPUT_KINDS; i++)
		if (strcmp(word, kinds[i]) == 0)
			return (int)i;
	wrong("no such kind");
	return -1;
}

/* Hexadecimal bytes up to the end of TEXT, behind the OFFSET that are there. */
static bool read_bytes(const char *text, size_t offset)
{
	char *end;

	bytes_len = offset;
	for (; *text != '\0'; text = end) {
		unsigned long v = strtoul(text, &end, 16);

		if (end == text)
			return text[strspn(text, " \t\n")] == '\0' || wrong("not a byte");
		if (v > 255 || bytes_len == sizeof bytes)
			return wrong("not a byte");
		bytes[bytes_len++] = (uint8_t)v;
	}
	return true;
}

/* The parser sees the descriptor at its first use, when all its lines are there. */
static bool parse(void)
{
	const char *why;

	if (parsed)
		return true;
	why = hid_parse(bytes, bytes_len, &desc);
	parsed = true;
	return why == NULL || wrong(why);
}

static void all_compared(void)
{
	if (compared < events.count) {
		const struct hid_event *e = &events.event[compared];

		printf("# not expected: %s %u %u %d\n", kinds[e->kind], e->item.type, e->item.code,
		       e->item.value);
		wrong("more events before this line");
	}
	events.count = compared = 0;
}

/* "> keyboard KEY_A 1" */
static bool expect(const char *text)
{
	const struct hid_event *e = &events.event[compared];
	char kind[32], code[32];
	int value;

	if (sscanf(text, "%31s %31s %d", kind, code, &value) != 3)
		return wrong("not an event");
	if (compared == events.count)
		return wrong("no such event came");
	compared++;
	for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
		if (strcmp(code, codes[i].name) != 0)
			continue;
		if (kind_of(kind) == e->kind && codes[i].type == e->item.type &&
		    codes[i].code == e->item.code && value == e->item.value)
			return true;
		printf("# got %s %u %u %d\n", kinds[e->kind], e->item.type, e->item.code,
		       e->item.value);
		return wrong("another event came");
	}
	return wrong("no such code");
}

static bool expect_kinds(char *text)
{
	unsigned want = 0;

	for (char *word = strtok(text, " \n"); word != NULL; word = strtok(NULL, " \n")) {
		int k = kind_of(word);

		if (k < 0)
			return false;
		want |= 1u << k;
	}
	return parse() && (desc.kinds == want || wrong("other kinds"));
}

/* "leds 2 = 2 0 02": the report for lamps 2 has type 2, id 0 and the byte 02. "mode = none": no such report. */
static bool expect_report(const char *text, bool got, const struct hid_report *r)
{
	unsigned type, id;
	int used;

	text = strchr(text, '=');
	if (text == NULL)
		return wrong("no =");
	text++;
	if (strstr(text, "none") != NULL)
		return !got || wrong("there is one");
	if (sscanf(text, "%u %u%n", &type, &id, &used) != 2 || !read_bytes(text + used, 0))
		return wrong("not a report");
	if (!got || r->type != type || r->id != id || r->len != bytes_len ||
	    memcmp(r->bytes, bytes, bytes_len) != 0)
		return wrong("another report");
	return true;
}

static bool expect_refusal(char *text)
{
	const char *why = hid_parse(bytes, bytes_len, &desc);

	text[strcspn(text, "\n")] = '\0';
	if (why == NULL)
		return wrong("accepted");
	return strcmp(why, text) == 0 || wrong(why);
}

/* Nothing an event carries may be more than its fixed device can say. */
static bool within_limits(void)
{
	for (unsigned i = 0; i < events.count; i++) {
		struct input_frame f = {
			.type = INPUT_FRAME, .kind = events.event[i].kind, .count = 2};
		uint8_t message[64];

		f.item[0] = events.event[i].item;
		if (f.item[0].type == EV_KEY && input_system_key(f.item[0].code))
			continue;
		if (input_encode(&f, message, sizeof message) == 0)
			return wrong("an event that no frame can carry");
	}
	return true;
}

static bool feed(const char *text)
{
	uint8_t *exact;

	if (!parse() || !read_bytes(text, 0))
		return false;
	exact = malloc(bytes_len != 0 ? bytes_len : 1); /* a read behind the report is seen */
	if (exact == NULL)
		return wrong("no memory");
	memcpy(exact, bytes, bytes_len);
	hid_decode(&desc, &state, exact, bytes_len, &events);
	free(exact);
	return within_limits();
}

static bool start(void)
{
	memset(&state, 0, sizeof state);
	memset(&desc, 0, sizeof desc);
	bytes_len = 0;
	parsed = false;
	return true;
}

static bool step(const char *word, char *rest)
{
	struct hid_report r;

	if (strcmp(word, ">") == 0)
		return expect(rest);
	all_compared();
	if (strcmp(word, "device") == 0)
		return start();
	if (strcmp(word, "descriptor") == 0)
		return read_bytes(rest, bytes_len);
	if (strcmp(word, "boot") == 0)
		return parsed = hid_boot((unsigned)atoi(rest), &desc);
	if (strcmp(word, "refused") == 0)
		return expect_refusal(rest);
	if (strcmp(word, "kinds") == 0)
		return expect_kinds(rest);
	if (strcmp(word, "report") == 0)
		return feed(rest);
	if (strcmp(word, "release") == 0) {
		hid_release(&desc, &state, &events);
		return within_limits();
	}
	if (strcmp(word, "leds") == 0)
		return parse() &&
		       expect_report(rest, hid_leds(&desc, (unsigned)atoi(rest), &r), &r);
	if (strcmp(word, "mode") == 0)
		return parse() && expect_report(rest, hid_touch_mode(&desc, &r), &r);
	return wrong("no such word");
}

static void run_file(void)
{
	FILE *f = fopen(path, "r");
	char line[8192], word[32];
	int used;

	REQUIRE(f != NULL);
	(void)start();
	events.count = compared = line_number = steps = 0;
	while (fgets(line, sizeof line, f) != NULL) {
		line_number++;
		line[strcspn(line, "#")] = '\0';
		if (sscanf(line, "%31s %n", word, &used) != 1)
			continue;
		steps++;
		if (!step(word, line + used))
			break;
	}
	all_compared();
	CHECK_TRUE(steps > 2);
	(void)fclose(f);
}

int main(int argc, char **argv)
{
	struct dirent **names;
	int n = scandir(FOLDER, &names, NULL, alphasort);

	check_begin(argc, argv);
	for (int i = 0; i < n; i++) {
		if (strstr(names[i]->d_name, ".txt") != NULL) {
			(void)snprintf(path, sizeof path, FOLDER "/%s", names[i]->d_name);
			check_run(names[i]->d_name, run_file);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return check_end();
}
