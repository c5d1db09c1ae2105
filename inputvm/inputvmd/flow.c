/* SPDX-License-Identifier: Apache-2.0 */
/* devices -> merge -> uinput and libinput -> router -> outbox -> @focused. Must let nothing past the router. */
#include "flow.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/input-event-codes.h>

#include "../devices.h"
#include "../merge.h"
#include "../outbox.h"
#include "../router.h"
#include "canon.h"
#include "chan.h"
#include "codec_urb.h"
#include "logline.h"
#include "vm.h"

_Static_assert(ROUTER_NOBODY == HV_DOM_NONE, "one word for nobody");
_Static_assert(ROUTER_VMS >= HV_DOM_MAX, "lamps for every VM");

static struct devices devices;
static struct merge merge;
static struct router router;
static struct outbox outbox;
static int control, urb_tx, input_tx;
static bool hello_due = true, usb_blocked, input_blocked;
static unsigned leds;

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void show_leds(void)
{
	unsigned now = router_leds(&router);

	if (now != leds)
		devices_leds(&devices, now);
	leds = now;
}

/* Something could not be delivered: the VM is to let go of everything, before anything else. */
static void lose(void)
{
	struct input_frame release = {.type = INPUT_RELEASE_ALL};
	uint8_t msg[INPUT_MSG_MAX];
	size_t len = input_encode(&release, msg, sizeof msg);

	outbox_clear(&outbox);
	router_loss(&router);
	(void)outbox_put(&outbox, msg, len, now_ms());
}

void flow_focus(void)
{
	uint64_t generation;
	uint32_t vm;

	if (vm_focus_get(control, &vm, &generation) != 0) {
		log_line("focus: %s", strerror(errno));
		return;
	}
	if (generation == router.generation && vm == router.vm)
		return;
	outbox_clear(&outbox); /* it was for somebody else */
	input_blocked = false;
	if (chan_focus(input_tx, generation) != 0)
		log_line("focus: %s", strerror(errno));
	router_focus(&router, vm, generation);
	show_leds();
}

static void post(const struct input_frame *f)
{
	uint8_t msg[INPUT_MSG_MAX];
	size_t len = input_encode(f, msg, sizeof msg);

	if (len != 0 && !outbox_put(&outbox, msg, len, now_ms()))
		lose();
}

static void change_focus(int chord)
{
	uint32_t whom = chord == CHORD_ATTENTION ? HV_DOM_NONE : HV_FOCUS_CHORD + (uint32_t)chord;
	uint64_t generation;

	if (vm_focus_set(control, whom, &generation) != 0)
		log_line("chord %d: %s", chord, strerror(errno));
	flow_focus();
}

/* What the router wants said of the keyboard. */
static void post_keys(const struct router_keys *keys)
{
	for (unsigned i = 0; i < keys->count; i++) {
		struct input_frame f = {.type = INPUT_FRAME, .kind = INPUT_KEYBOARD, .count = 2};

		f.item[0] = (struct input_item){EV_KEY, keys->key[i].code, keys->key[i].value};
		f.item[1] = (struct input_item){EV_SYN, SYN_REPORT, 0};
		post(&f);
	}
	if (keys->chord != CHORD_NONE)
		change_focus(keys->chord);
}

static void on_key(unsigned code, bool down)
{
	struct router_keys keys;

	/* Nobody had the focus when last asked; the hypervisor may have given it to a VM since. */
	if (router.vm == ROUTER_NOBODY)
		flow_focus();
	router_key(&router, code, down, &keys);
	post_keys(&keys);
	show_leds();
}

void flow_listen(void)
{
	listen_turn(on_key);
}

static void on_frame(void *ctx, const struct input_frame *frame)
{
	static struct input_frame out;
	struct router_keys keys;

	(void)ctx;
	canon_write(frame);
	listen_turn(on_key);
	if (frame->kind == INPUT_KEYBOARD)
		return;
	if (router.vm == ROUTER_NOBODY)
		flow_focus();
	router_frame(&router, frame, &keys, &out);
	post_keys(&keys);
	if (out.count != 0)
		post(&out);
}

static void on_events(void *ctx, unsigned source, const struct hid_events *events)
{
	(void)ctx;
	merge_events(&merge, source, events, on_frame, NULL);
}

static bool write_usb(const struct urb_msg *m)
{
	static uint8_t msg[URB_MSG_MAX];
	size_t len = urb_encode(m, URB_DOWN, msg, sizeof msg);

	if (usb_blocked)
		return false;
	usb_blocked = write(urb_tx, msg, len) != (ssize_t)len;
	return !usb_blocked;
}

static bool on_request(void *ctx, const struct urb_msg *out)
{
	(void)ctx;
	return !hello_due && write_usb(out);
}

static void on_say(void *ctx, const char *line)
{
	(void)ctx;
	log_line("%s", line);
}

void flow_start(int control_fd, int urb_fd, int input_fd)
{
	static const struct devices_sink sink = {on_events, on_request, on_say, NULL};

	control = control_fd;
	urb_tx = urb_fd;
	input_tx = input_fd;
	devices_init(&devices, &sink);
	router_init(&router);
	flow_focus();
}

void flow_message(const uint8_t *msg, size_t len)
{
	devices_message(&devices, msg, len);
}

bool flow_keyboard(void)
{
	return devices_keyboard(&devices);
}

void flow_usb_gone(void)
{
	devices_reset(&devices);
}

void flow_usb_unheard(void)
{
	hello_due = true;
	usb_blocked = false;
	devices_unasked(&devices);
}

void flow_usb_room(void)
{
	usb_blocked = false;
}

void flow_input_room(void)
{
	input_blocked = false;
}

static void pump_usb(void)
{
	struct urb_msg hello = urb_hello();

	if (hello_due && write_usb(&hello))
		hello_due = false;
	if (!hello_due)
		devices_ask(&devices);
}

/* False: no room now. */
static bool send_head(void)
{
	size_t len = 0;
	const uint8_t *msg = outbox_head(&outbox, &len);

	if (write(input_tx, msg, len) == (ssize_t)len) {
		outbox_pop(&outbox);
		return true;
	}
	if (errno == ESTALE) { /* the focus has moved without us: what waits is for nobody */
		outbox_clear(&outbox);
		router_loss(&router);
		flow_focus();
		return true;
	}
	input_blocked = true;
	return false;
}

static void pump_input(void)
{
	for (unsigned i = 0; i < OUTBOX_SLOTS && outbox.count != 0 && !input_blocked; i++)
		(void)send_head();
	if (outbox_stale(&outbox, now_ms()))
		lose();
}

struct flow_wait flow_turn(void)
{
	struct flow_wait w = {.timeout_ms = -1};

	pump_usb();
	pump_input();
	w.usb_room = usb_blocked;
	w.input_room = input_blocked;
	if (outbox.count > 1) /* a lone RELEASE_ALL may wait for ever */
		w.timeout_ms = (int)OUTBOX_AGE_MS;
	return w;
}
