/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow URBs: what usbvm tells inputvm about HID devices, and what inputvm may ask of them. Layout only; PROTO.md says what it means. */
#ifndef USB_XFER_H
#define USB_XFER_H

#include <stddef.h>
#include <stdint.h>

/* One message of the channel is one of the structs below, followed by its data. Little-endian; reserved fields are 0. */
#define URB_MAGIC      0x31425255u /* "URB1" */
#define URB_VERSION    1u
#define URB_CONFIG_MAX 4096u /* bytes of a configuration descriptor */
#define URB_REPORT_MAX 4096u /* bytes of a HID report descriptor */
#define URB_DATA_MAX                                                                               \
	3072u /* bytes of one transfer: what a high-bandwidth endpoint moves in one interval */
#define URB_OUT_MAX	  256u	/* bytes of one output request */
#define URB_MSG_MAX	  4144u /* bytes of the longest message */
#define URB_INTERFACE_MAX 8u	/* HID interfaces of one device */
#define URB_PORT_MAX	  7u	/* hops from the controller to the device */

/* Types: 1.. go from usbvm to inputvm, 33.. the other way; HELLO goes both ways. */
#define URB_HELLO     1u
#define URB_DEVICE    2u
#define URB_INTERFACE 3u
#define URB_READY     4u
#define URB_TRANSFER  5u
#define URB_OVERRUN   6u
#define URB_GONE      7u
#define URB_DONE      8u
#define URB_OUT	      33u

struct urb_head {
	uint16_t type;
	uint16_t reserved;
	uint32_t len; /* bytes of the whole message, this header included */
};
_Static_assert(sizeof(struct urb_head) == 8, "urb_head");
_Static_assert(offsetof(struct urb_head, len) == 4, "urb_head");

struct urb_hello {
	struct urb_head head;
	uint32_t magic;
	uint16_t version;
	uint16_t reserved;
};
_Static_assert(sizeof(struct urb_hello) == 16, "urb_hello");
_Static_assert(offsetof(struct urb_hello, magic) == 8, "urb_hello");
_Static_assert(offsetof(struct urb_hello, version) == 12, "urb_hello");

/* Followed by config_len bytes of configuration descriptor. */
struct urb_device {
	struct urb_head head;
	uint32_t device;    /* generation: never 0, never used twice in one life of the channel */
	uint8_t speed;	    /* URB_SPEED_* */
	uint8_t interfaces; /* INTERFACE messages that follow, 1 .. URB_INTERFACE_MAX */
	uint8_t bus;
	uint8_t ports; /* entries of port[] that count, 1 .. URB_PORT_MAX */
	uint8_t port[8];
	uint8_t descriptor[18]; /* device descriptor */
	uint16_t config_len;	/* 9 .. URB_CONFIG_MAX */
	uint32_t reserved;
};
_Static_assert(sizeof(struct urb_device) == 48, "urb_device");
_Static_assert(offsetof(struct urb_device, device) == 8, "urb_device");
_Static_assert(offsetof(struct urb_device, speed) == 12, "urb_device");
_Static_assert(offsetof(struct urb_device, interfaces) == 13, "urb_device");
_Static_assert(offsetof(struct urb_device, bus) == 14, "urb_device");
_Static_assert(offsetof(struct urb_device, ports) == 15, "urb_device");
_Static_assert(offsetof(struct urb_device, port) == 16, "urb_device");
_Static_assert(offsetof(struct urb_device, descriptor) == 24, "urb_device");
_Static_assert(offsetof(struct urb_device, config_len) == 42, "urb_device");

#define URB_SPEED_UNKNOWN    0u
#define URB_SPEED_LOW	     1u
#define URB_SPEED_FULL	     2u
#define URB_SPEED_HIGH	     3u
#define URB_SPEED_SUPER	     4u
#define URB_SPEED_SUPER_PLUS 5u

/* Followed by report_len bytes of HID report descriptor. */
struct urb_interface {
	struct urb_head head;
	uint32_t device;
	uint8_t interface; /* bInterfaceNumber; each once per device */
	uint8_t alternate;
	uint8_t subclass;    /* 1 = can speak the boot protocol */
	uint8_t protocol;    /* with subclass 1: 1 keyboard, 2 mouse */
	uint8_t endpoint;    /* interrupt IN, with bit 7 */
	uint8_t interval;    /* bInterval */
	uint16_t packet;     /* most bytes of one transfer, 1 .. URB_DATA_MAX */
	uint16_t report_len; /* 0 .. URB_REPORT_MAX; 0 = the device would not give it */
	uint16_t reserved0;
	uint32_t reserved1;
};
_Static_assert(sizeof(struct urb_interface) == 28, "urb_interface");
_Static_assert(offsetof(struct urb_interface, device) == 8, "urb_interface");
_Static_assert(offsetof(struct urb_interface, interface) == 12, "urb_interface");
_Static_assert(offsetof(struct urb_interface, alternate) == 13, "urb_interface");
_Static_assert(offsetof(struct urb_interface, subclass) == 14, "urb_interface");
_Static_assert(offsetof(struct urb_interface, protocol) == 15, "urb_interface");
_Static_assert(offsetof(struct urb_interface, endpoint) == 16, "urb_interface");
_Static_assert(offsetof(struct urb_interface, interval) == 17, "urb_interface");
_Static_assert(offsetof(struct urb_interface, packet) == 18, "urb_interface");
_Static_assert(offsetof(struct urb_interface, report_len) == 20, "urb_interface");

/* READY (value 0), OVERRUN (value: transfers lost), GONE (value: URB_GONE_*). */
struct urb_note {
	struct urb_head head;
	uint32_t device;
	uint32_t value;
};
_Static_assert(sizeof(struct urb_note) == 16, "urb_note");
_Static_assert(offsetof(struct urb_note, device) == 8, "urb_note");
_Static_assert(offsetof(struct urb_note, value) == 12, "urb_note");

#define URB_GONE_UNPLUGGED 0u
#define URB_GONE_ERRORS	   1u /* the device does not answer any more */

/* Followed by `actual` bytes. */
struct urb_transfer {
	struct urb_head head;
	uint32_t device;
	uint8_t interface;
	uint8_t endpoint;
	uint8_t status; /* URB_STATUS_* */
	uint8_t reserved;
	uint32_t requested; /* 1 .. URB_DATA_MAX */
	uint32_t actual;    /* 0 .. requested */
	uint64_t time_ns;   /* monotonic clock of usbvm when the transfer was complete */
};
_Static_assert(sizeof(struct urb_transfer) == 32, "urb_transfer");
_Static_assert(offsetof(struct urb_transfer, device) == 8, "urb_transfer");
_Static_assert(offsetof(struct urb_transfer, interface) == 12, "urb_transfer");
_Static_assert(offsetof(struct urb_transfer, endpoint) == 13, "urb_transfer");
_Static_assert(offsetof(struct urb_transfer, status) == 14, "urb_transfer");
_Static_assert(offsetof(struct urb_transfer, requested) == 16, "urb_transfer");
_Static_assert(offsetof(struct urb_transfer, actual) == 20, "urb_transfer");
_Static_assert(offsetof(struct urb_transfer, time_ns) == 24, "urb_transfer");

#define URB_STATUS_OK	   0u
#define URB_STATUS_STALL   1u
#define URB_STATUS_ERROR   2u
#define URB_STATUS_BABBLE  3u /* the device sent more than was asked for */
#define URB_STATUS_REFUSED 4u /* DONE only: not allowed, or no such device or interface */
#define URB_STATUS_MAX	   4u

/* Followed by data_len bytes: a class request to one HID interface. */
struct urb_out {
	struct urb_head head;
	uint32_t device;
	uint32_t id; /* comes back in DONE */
	uint8_t interface;
	uint8_t request; /* URB_SET_* */
	uint16_t value;	 /* wValue of the request */
	uint16_t data_len;
	uint16_t reserved0;
	uint32_t reserved1;
};
_Static_assert(sizeof(struct urb_out) == 28, "urb_out");
_Static_assert(offsetof(struct urb_out, device) == 8, "urb_out");
_Static_assert(offsetof(struct urb_out, id) == 12, "urb_out");
_Static_assert(offsetof(struct urb_out, interface) == 16, "urb_out");
_Static_assert(offsetof(struct urb_out, request) == 17, "urb_out");
_Static_assert(offsetof(struct urb_out, value) == 18, "urb_out");
_Static_assert(offsetof(struct urb_out, data_len) == 20, "urb_out");

#define URB_SET_REPORT	   0x09u /* value: type << 8 | report id */
#define URB_SET_IDLE	   0x0au /* value: duration << 8 | report id; no data */
#define URB_SET_PROTOCOL   0x0bu /* value: 0 boot, 1 report; no data */
#define URB_REPORT_OUTPUT  2u
#define URB_REPORT_FEATURE 3u

struct urb_done {
	struct urb_head head;
	uint32_t device;
	uint32_t id;
	uint32_t status; /* URB_STATUS_* */
	uint32_t reserved;
};
_Static_assert(sizeof(struct urb_done) == 24, "urb_done");
_Static_assert(offsetof(struct urb_done, device) == 8, "urb_done");
_Static_assert(offsetof(struct urb_done, id) == 12, "urb_done");
_Static_assert(offsetof(struct urb_done, status) == 16, "urb_done");

_Static_assert(URB_MSG_MAX == sizeof(struct urb_device) + URB_CONFIG_MAX, "longest message");

#endif
