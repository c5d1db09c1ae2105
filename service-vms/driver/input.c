// SPDX-License-Identifier: GPL-2.0-only
/* Input devices fed by frames of inputvm: one fixed device of each kind. Must not pass on an event that its kind does not have. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/input.h>
#include <linux/input/mt.h>
#include <linux/slab.h>

#include "bulkhead.h"
#include "codec_input.h"
#include "hv_system.h"

#define VENDOR	0xb801
#define VERSION 1
/* A machine that is busy for the kernel's 250 ms must not double a letter. */
#define REPEAT_DELAY_MS	 500
#define REPEAT_PERIOD_MS 33

/* A channel end that brings frames. All ends feed the same devices. */
struct source {
	struct bh_end *end;
	bool live; /* attached */
};

static DEFINE_SPINLOCK(
	input_lock); /* guards everything here once the devices are there; taken in the interrupt */
static struct input_dev *devices[INPUT_KINDS];
static struct source sources[HV_DOM_CHAN_MAX];
static unsigned int source_count;
static struct input_frame frame;
static u8 message[INPUT_MSG_MAX];
static unsigned long bad;

/* Keys, buttons and contacts of one device, as it believes them to be. */
static void release_device(struct input_dev *dev)
{
	unsigned int code;
	int slot;

	for_each_set_bit(code, dev->key, KEY_CNT) input_event(dev, EV_KEY, code, 0);
	for (slot = 0; dev->mt && slot < dev->mt->num_slots; slot++) {
		if (!input_mt_is_active(&dev->mt->slots[slot]))
			continue;
		input_event(dev, EV_ABS, ABS_MT_SLOT, slot);
		input_event(dev, EV_ABS, ABS_MT_TRACKING_ID, -1);
	}
	input_sync(dev);
}

static void release_all(void)
{
	unsigned int kind;

	for (kind = 0; kind < INPUT_KINDS; kind++)
		if (devices[kind])
			release_device(devices[kind]);
}

static void play(const struct input_frame *f)
{
	struct input_dev *dev = devices[f->kind];
	unsigned int i;

	for (i = 0; dev && i < f->count; i++)
		input_event(dev, f->item[i].type, f->item[i].code, f->item[i].value);
}

static void take_message(const u8 *msg, u32 len)
{
	if (!input_decode(msg, len, &frame)) {
		if (bad++ == 0)
			pr_warn("input: a frame breaks the rules; it and further ones are "
				"dropped\n");
		return;
	}
	if (frame.type == INPUT_RELEASE_ALL)
		release_all();
	else
		play(&frame);
}

/* Copied out, given back, then used: a death between the first two takes it away. */
static int take_one(struct bh_end *end)
{
	struct ring_msg msg;
	int ret = bh_end_peek(end, &msg);

	if (ret)
		return ret;
	if (msg.len <= sizeof(message)) {
		const u8 *data = bh_end_data(end);

		memcpy(message, data + msg.off[0], msg.bytes[0]);
		memcpy(message + msg.bytes[0], data + msg.off[1], msg.bytes[1]);
	}
	ret = bh_end_consume(end, &msg);
	if (ret == 0)
		take_message(message, msg.len <= sizeof(message) ? msg.len : 0);
	return ret;
}

/* Everything there is. With the lock held, interrupts off. */
static void drain(struct source *s)
{
	struct hv_chan_info before, after;
	int ret;

	do { /* bound: a ring of messages, then deaths, of which the hypervisor allows a few a second */
		ret = take_one(s->end);
		if (ret == -EPIPE) {
			release_all();
			ret = bh_end_ack_alone(s->end, &before, &after);
		}
	} while (ret == 0);
}

/* From interrupt context. */
static void source_event(void *owner)
{
	struct source *s = owner;
	unsigned long flags;

	spin_lock_irqsave(&input_lock, flags);
	if (s->live)
		drain(s);
	spin_unlock_irqrestore(&input_lock, flags);
}

/* From interrupt context, after the frames that came with it: what they pressed is released, never the other way round. */
void bh_input_release(void)
{
	unsigned long flags;

	spin_lock_irqsave(&input_lock, flags);
	release_all();
	spin_unlock_irqrestore(&input_lock, flags);
}

static int add_cap(struct input_dev *dev, const struct input_cap *cap)
{
	unsigned int code;

	if (cap->type == EV_ABS && cap->first == ABS_MT_SLOT)
		return input_mt_init_slots(dev, cap->max + 1, 0);
	if (cap->type == EV_ABS && cap->first == ABS_MT_TRACKING_ID)
		return 0; /* came with the slots */
	for (code = cap->first; code <= cap->last; code++) {
		if (cap->type != EV_ABS) {
			input_set_capability(dev, cap->type, code);
			continue;
		}
		input_set_abs_params(dev, code, cap->min, cap->max, 0, 0);
		input_abs_set_res(dev, code, cap->resolution);
	}
	return 0;
}

static int device_start(unsigned int number)
{
	const struct input_kind *kind = input_kind(number);
	struct input_dev *dev = input_allocate_device();
	unsigned int i;
	int ret = 0;

	if (!dev)
		return -ENOMEM;
	dev->name = kind->name;
	dev->phys = "bulkhead";
	dev->id.bustype = BUS_VIRTUAL;
	dev->id.vendor = VENDOR;
	dev->id.product = number + 1;
	dev->id.version = VERSION;
	dev->propbit[0] = kind->props;
	for (i = 0; ret == 0 && i < kind->count; i++)
		ret = add_cap(dev, &kind->caps[i]);
	if (number == INPUT_KEYBOARD) {
		__set_bit(EV_REP, dev->evbit); /* no repeat ever arrives: it is made here */
		input_enable_softrepeat(dev, REPEAT_DELAY_MS, REPEAT_PERIOD_MS);
	}
	if (ret == 0)
		ret = input_register_device(dev);
	if (ret)
		input_free_device(dev);
	else
		devices[number] = dev;
	return ret;
}

/* Only a VM that can get input has the devices. */
static int devices_start(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < INPUT_KINDS; i++)
		ret = device_start(i);
	return ret;
}

void bh_input_start(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < bh_chan_count(); i++) {
		struct bh_end *end = bh_chan_end(i);

		if (end->kind != HV_KIND_INPUT || end->dir != HV_CHAN_RX)
			continue;
		sources[source_count].end = end;
		end->owner = &sources[source_count++];
		end->event = source_event;
	}
	if (source_count)
		ret = devices_start();
	if (ret)
		pr_err("no input devices: error %d\n", ret);
}

/* The doorbell works from here on. */
void bh_input_attach(void)
{
	unsigned long flags;
	unsigned int i;
	int ret;

	for (i = 0; i < source_count; i++) {
		ret = bh_end_attach(sources[i].end);
		if (ret) {
			pr_err("no input by %s: error %d\n", sources[i].end->name, ret);
			continue;
		}
		spin_lock_irqsave(&input_lock, flags);
		sources[i].live = true;
		drain(&sources[i]);
		spin_unlock_irqrestore(&input_lock, flags);
	}
}
