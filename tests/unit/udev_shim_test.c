/* SPDX-License-Identifier: Apache-2.0 */
/* The udev shim: classes from capabilities, and devices from a sysfs made for the test. */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "check.h"
#include "codec_input.h"
#include "udev_shim/classify.h"
#include "udev_shim/libudev.h"
#include "udev_shim/shim.h"

static char root[64];
static struct caps caps;
static char lines[512];

/* The classes as one text: "KEY KEYBOARD ". */
static const char *classes(void)
{
	static char text[512];
	size_t len = caps_classify(&caps, lines, sizeof lines), at = 0;

	text[0] = '\0';
	CHECK_STR(lines, "ID_INPUT=1");
	for (at = strlen(lines) + 1; at < len; at += strlen(lines + at) + 1) {
		CHECK_TRUE(strncmp(lines + at, "ID_INPUT_", 9) == 0);
		(void)strncat(text, lines + at + 9, strlen(lines + at) - 9 - 2);
		(void)strcat(text, " ");
	}
	return text;
}

static void set(uint64_t bits[CAPS_WORDS], unsigned bit)
{
	bits[bit / 64] |= 1ull << bit % 64;
}

static void our_six_devices(void)
{
	static const char *const want[INPUT_KINDS] = {"KEY KEYBOARD ", "MOUSE ",       "MOUSE ",
						      "TOUCHPAD ",     "TOUCHSCREEN ", "TABLET "};

	for (unsigned kind = 0; kind < INPUT_KINDS; kind++) {
		const struct input_kind *k = input_kind(kind);

		memset(&caps, 0, sizeof caps);
		for (unsigned i = 0; i < k->count; i++)
			for (unsigned code = k->caps[i].first; code <= k->caps[i].last; code++)
				set(k->caps[i].type == EV_KEY	? caps.key
				    : k->caps[i].type == EV_REL ? caps.rel
								: caps.abs,
				    code);
		caps.props[0] = k->props;
		CHECK_STR(classes(), want[kind]);
	}
}

static void other_devices(void)
{
	memset(&caps, 0, sizeof caps);
	CHECK_STR(classes(), "");
	set(caps.key, KEY_POWER); /* a power button: keys, no keyboard */
	CHECK_STR(classes(), "KEY ");
	memset(&caps, 0, sizeof caps);
	set(caps.key, BTN_MOUSE);
	set(caps.rel, REL_X);
	CHECK_STR(classes(), "");
	set(caps.rel, REL_Y);
	set(caps.props, INPUT_PROP_POINTING_STICK);
	CHECK_STR(classes(), "MOUSE POINTINGSTICK ");
	memset(&caps, 0, sizeof caps);
	set(caps.key, BTN_DPAD_UP);
	set(caps.key, BTN_JOYSTICK);
	CHECK_STR(classes(), "");
	memset(&caps, 0, sizeof caps);
	set(caps.key, BTN_TOOL_FINGER); /* a screen that counts fingers is no pad */
	set(caps.key, BTN_TOUCH);
	set(caps.abs, ABS_X);
	set(caps.abs, ABS_Y);
	CHECK_STR(classes(), "TOUCHPAD ");
	set(caps.props, INPUT_PROP_DIRECT);
	CHECK_STR(classes(), "TOUCHSCREEN ");
	/* No room: whole lines or none. */
	memset(&caps, 0xff, sizeof caps);
	CHECK_EQ(caps_classify(&caps, lines, 12), 11);
	CHECK_EQ(caps_classify(&caps, lines, 10), 0);
}

static void bitmaps_of_sysfs(void)
{
	uint64_t bits[CAPS_WORDS];

	REQUIRE(caps_read("1 0 ffffffffffffffff 2\n", bits));
	CHECK_EQ(bits[0], 2);
	CHECK_EQ(bits[1], ~0ull);
	CHECK_EQ(bits[2], 0);
	CHECK_EQ(bits[3], 1);
	CHECK_EQ(bits[4], 0);
	CHECK_TRUE(caps_read("0 1 2 3 4 5 6 7 8 9 a b", bits));
	CHECK_EQ(bits[0], 11);
	CHECK_EQ(bits[10], 1);
	CHECK_FALSE(caps_read("0 1 2 3 4 5 6 7 8 9 a b c", bits));
	CHECK_FALSE(caps_read("", bits));
	CHECK_FALSE(caps_read("1 ", bits));
	CHECK_FALSE(caps_read("1  2", bits));
	CHECK_FALSE(caps_read("G", bits));
	CHECK_FALSE(caps_read("11111111111111111", bits));
	CHECK_EQ(bits[0], 11);
}

static void make(const char *path, const char *text)
{
	char full[256];
	FILE *f;

	(void)snprintf(full, sizeof full, "%s/%s", root, path);
	if (text == NULL) {
		CHECK_TRUE(mkdir(full, 0700) == 0);
		return;
	}
	f = fopen(full, "w");
	REQUIRE(f != NULL);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void make_tree(void)
{
	static const char *const folders[] = {"devices",
					      "devices/virtual",
					      "devices/virtual/input",
					      "devices/virtual/input/input5",
					      "devices/virtual/input/input5/capabilities",
					      "devices/virtual/input/input5/event3",
					      "dev",
					      "dev/char"};
	char link[256];

	(void)strcpy(root, "/tmp/udev-shim-XXXXXX");
	REQUIRE(mkdtemp(root) != NULL);
	for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++)
		make(folders[i], NULL);
	make("devices/virtual/input/input5/uevent",
	     "PRODUCT=3/b8/1/1\nNAME=\"Bulkhead pointer\"\nPROP=1");
	make("devices/virtual/input/input5/properties", "1\n");
	make("devices/virtual/input/input5/capabilities/ev", "7\n");
	make("devices/virtual/input/input5/capabilities/key", "ff0000 0 0 0 0\n");
	make("devices/virtual/input/input5/capabilities/rel", "143\n");
	make("devices/virtual/input/input5/capabilities/abs", "0\n");
	make("devices/virtual/input/input5/event3/uevent",
	     "MAJOR=13\nMINOR=67\nDEVNAME=input/event3\n");
	(void)snprintf(link, sizeof link, "%s/dev/char/13:67", root);
	CHECK_TRUE(symlink("../../devices/virtual/input/input5/event3", link) == 0);
	udev_shim_sys = root;
}

static void remove_tree(void)
{
	char command[128];

	(void)snprintf(command, sizeof command, "rm -r %s", root);
	CHECK_EQ(system(command), 0);
}

static void a_device_and_its_parent(void)
{
	struct udev *u = udev_new();
	struct udev_device *d, *same, *parent;
	char path[256];

	REQUIRE(u != NULL);
	d = udev_device_new_from_devnum(u, 'c', makedev(13, 67));
	REQUIRE(d != NULL);
	(void)snprintf(path, sizeof path, "%s/devices/virtual/input/input5/../input5/event3", root);
	same = udev_device_new_from_syspath(u, path);
	REQUIRE(same != NULL);
	CHECK_STR(udev_device_get_syspath(d), udev_device_get_syspath(same));
	CHECK_STR(udev_device_get_sysname(d), "event3");
	CHECK_STR(udev_device_get_devnode(d), "/dev/input/event3");
	CHECK_TRUE(udev_device_get_udev(d) == u);
	CHECK_EQ(udev_device_get_is_initialized(d), 1);
	CHECK_STR(udev_device_get_property_value(d, "MINOR"), "67");
	CHECK_STR(udev_device_get_property_value(d, "ID_INPUT"), "1");
	CHECK_STR(udev_device_get_property_value(d, "ID_INPUT_MOUSE"), "1");
	CHECK_TRUE(udev_device_get_property_value(d, "ID_INPUT_KEYBOARD") == NULL);
	CHECK_TRUE(udev_device_get_property_value(d, "ID_INPUT_MOU") == NULL);
	CHECK_TRUE(udev_device_get_property_value(d, "LIBINPUT_IGNORE_DEVICE") == NULL);
	parent = udev_device_get_parent(d);
	REQUIRE(parent != NULL);
	CHECK_TRUE(udev_device_get_parent(d) == parent);
	CHECK_STR(udev_device_get_sysname(parent), "input5");
	CHECK_STR(udev_device_get_property_value(parent, "NAME"), "\"Bulkhead pointer\"");
	CHECK_STR(udev_device_get_property_value(parent, "PROP"), "1");
	CHECK_STR(udev_device_get_property_value(parent, "ID_INPUT_MOUSE"), "1");
	CHECK_TRUE(udev_device_get_devnode(parent) == NULL);
	CHECK_TRUE(udev_device_get_parent(parent) == NULL);
	/* A reference to the parent outlives the child; ASan sees what is kept too long or not long enough. */
	(void)udev_device_ref(parent);
	CHECK_TRUE(udev_device_unref(d) == NULL);
	CHECK_STR(udev_device_get_sysname(parent), "input5");
	(void)udev_device_unref(parent);
	(void)udev_device_unref(same);
	(void)udev_unref(u);
}

static void what_is_not_there(void)
{
	struct udev *u = udev_new();
	char path[256];

	REQUIRE(u != NULL);
	CHECK_TRUE(udev_device_new_from_devnum(u, 'c', makedev(13, 68)) == NULL);
	CHECK_EQ(errno, ENODEV);
	CHECK_TRUE(udev_device_new_from_devnum(u, 'b', makedev(13, 67)) == NULL);
	CHECK_EQ(errno, EINVAL);
	(void)snprintf(path, sizeof path, "%s/devices/virtual", root); /* a folder, no device */
	CHECK_TRUE(udev_device_new_from_syspath(u, path) == NULL);
	(void)udev_device_unref(NULL);
	(void)udev_unref(u);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	make_tree();
	RUN(our_six_devices);
	RUN(other_devices);
	RUN(bitmaps_of_sysfs);
	RUN(a_device_and_its_parent);
	RUN(what_is_not_there);
	remove_tree();
	return check_end();
}
