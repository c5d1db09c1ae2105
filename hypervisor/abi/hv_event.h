/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Events and the doorbell function that carries them. */
#ifndef HV_EVENT_H
#define HV_EVENT_H

/*
 * Events are state: event_take returns and clears two words. Word 0 has bit i set when channel end i wants a look (message,
 * space, far end came or went). Word 1 has the bits below. While either word is not 0 the doorbell's MSI is pending.
 */
#define HV_EVENT_FOCUS_LOST   (1ull << 0) /* release all keys */
#define HV_EVENT_FOCUS_GAINED (1ull << 1) /* repaint the screen */
#define HV_EVENT_ASK	      (1ull << 2) /* say with heartbeat that your work goes on */
#define HV_EVENT_STOP	      (1ull << 3) /* please stop by yourself (exit) within HV_STOP_MS */
#define HV_EVENT_DEVICE	      (1ull << 4) /* legacy device interrupt */
/* Trouble on the administrator's order, to be obeyed by service VMs: stop answering for ever; fill every channel with junk for 2 s. */
#define HV_EVENT_CHAOS_HANG  (1ull << 16)
#define HV_EVENT_CHAOS_FLOOD (1ull << 17)
#define HV_EVENT_CHAOS	     (HV_EVENT_CHAOS_HANG | HV_EVENT_CHAOS_FLOOD)

#define HV_STOP_MS 3000u /* after which a VM that was asked to stop is stopped */

/* The doorbell: a PCI function at 00:01.0 with configuration space only, no BAR, one MSI. */
#define HV_DOORBELL_VENDOR 0x1b36u
#define HV_DOORBELL_DEVICE 0xb801u
#define HV_DOORBELL_DEVFN  0x08u
#define HV_HOSTBRIDGE_ID   0x00011b36u

#endif
