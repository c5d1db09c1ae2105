/* SPDX-License-Identifier: Apache-2.0 */
/* How an event flows: from usbvm's message to the focused VM. One of each, like the devices. */
#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* flow_start - CONTROL and the channel ends are open; INPUT_TX leads to @focused. */
void flow_start(int control, int urb_tx, int input_tx);

/* flow_message - one message of usbvm. */
void flow_message(const uint8_t *msg, size_t len);

/* flow_usb_gone - usbvm's way to us, or ours to it, has a new far end. */
void flow_usb_gone(void);
void flow_usb_unheard(void);

/* flow_keyboard - is there one? */
bool flow_keyboard(void);

/* flow_turn - send what can be sent; then what to wait for: room towards usbvm, room towards the VM, at most that long (-1: any). */
struct flow_wait {
	bool usb_room, input_room;
	int timeout_ms;
};
struct flow_wait flow_turn(void);

/* There may be room again. */
void flow_usb_room(void);
void flow_input_room(void);

/* flow_focus - the focus may have moved: ask who has it. */
void flow_focus(void);

/* Whatever libinput has to say by itself. */
void flow_listen(void);

#endif
