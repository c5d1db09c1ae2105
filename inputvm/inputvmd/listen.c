/* SPDX-License-Identifier: Apache-2.0 */
/* libinput on the canonical devices. Keys count when libinput has seen them: what it does not see reaches nobody. */
#include "canon.h"

#include <errno.h>
#include <fcntl.h>
#include <libinput.h>
#include <linux/input.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "logline.h"

static struct libinput *library;

/* Grabbed, so that the kernel's own console does not act on what is typed. */
static int open_restricted(const char *path, int flags, void *user)
{
	int fd = open(path, flags | O_CLOEXEC);

	(void)user;
	if (fd < 0)
		return -errno;
	if (ioctl(fd, (int)EVIOCGRAB, 1) != 0)
		log_line("%s: cannot be grabbed: %s", path, strerror(errno));
	return fd;
}

static void close_restricted(int fd, void *user)
{
	(void)user;
	(void)close(fd);
}

__attribute__((format(printf, 3, 0))) static void
on_log(struct libinput *li, enum libinput_log_priority priority, const char *format, va_list args)
{
	char text[160];

	(void)li;
	(void)priority;
	(void)vsnprintf(text, sizeof text, format, args);
	text[strcspn(text, "\n")] = '\0';
	log_line("libinput: %s", text);
}

/* What libinput must take each device for. */
static bool is_right(unsigned kind, struct libinput_device *d)
{
	static const enum libinput_device_capability want[INPUT_KINDS] = {
		[INPUT_KEYBOARD] = LIBINPUT_DEVICE_CAP_KEYBOARD,
		[INPUT_POINTER] = LIBINPUT_DEVICE_CAP_POINTER,
		[INPUT_ABSOLUTE] = LIBINPUT_DEVICE_CAP_POINTER,
		[INPUT_TOUCHPAD] = LIBINPUT_DEVICE_CAP_GESTURE,
		[INPUT_TOUCHSCREEN] = LIBINPUT_DEVICE_CAP_TOUCH,
		[INPUT_PEN] = LIBINPUT_DEVICE_CAP_TABLET_TOOL,
	};

	return d != NULL && libinput_device_has_capability(d, want[kind]);
}

bool listen_start(void)
{
	static const struct libinput_interface interface = {open_restricted, close_restricted};

	library = libinput_path_create_context(&interface, NULL);
	if (library == NULL) {
		log_line("libinput: no context");
		return false;
	}
	libinput_log_set_handler(library, on_log);
	libinput_log_set_priority(library, LIBINPUT_LOG_PRIORITY_ERROR);
	for (unsigned kind = 0; kind < INPUT_KINDS; kind++) {
		struct libinput_device *d = libinput_path_add_device(library, canon_node(kind));

		if (is_right(kind, d))
			continue;
		log_line("libinput: %s (%s) is not taken for one", input_kind(kind)->name,
			 canon_node(kind));
		return false;
	}
	return true;
}

int listen_fd(void)
{
	return libinput_get_fd(library);
}

void listen_turn(listen_key *key)
{
	struct libinput_event *e;

	(void)libinput_dispatch(library);
	while ((e = libinput_get_event(library)) != NULL) { /* bound: what one frame can cause */
		if (libinput_event_get_type(e) == LIBINPUT_EVENT_KEYBOARD_KEY) {
			struct libinput_event_keyboard *k = libinput_event_get_keyboard_event(e);

			key(libinput_event_keyboard_get_key(k),
			    libinput_event_keyboard_get_key_state(k) == LIBINPUT_KEY_STATE_PRESSED);
		}
		libinput_event_destroy(e);
	}
}
