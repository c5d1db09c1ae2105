/* SPDX-License-Identifier: Apache-2.0 */
/* Device and configuration descriptors of a hostile device: what is taken can be told to inputvm. */
#include <stdlib.h>
#include <string.h>

#include "usbvm/usbvmd/describe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool keep_none(void *ctx, const uint8_t *msg, size_t len)
{
	struct urb_msg m;

	(void)ctx;
	if (urb_decode(msg, len, URB_UP, &m) != URB_OK)
		abort();
	return true;
}

/* Input: the number of the active configuration, then the descriptors. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct stream s;
	struct stream_device *d = &s.device[0];

	if (len == 0)
		return 0;
	stream_init(&s, keep_none, NULL);
	if (!stream_take_place(&s, 0) || !describe(data + 1, len - 1, data[0], d))
		return 0;
	if (d->interfaces == 0 || d->interfaces > URB_INTERFACE_MAX)
		abort();
	d->ports = 1;
	d->live = true;
	stream_pump(&s);
	/* Nothing was left out because the codec would not have it. */
	if (d->said != d->interfaces + 2)
		abort();
	for (unsigned i = 0; i < d->interfaces; i++) {
		struct urb_msg m = {
			.interface = {.head = {.type = URB_INTERFACE},
				      .device = 1,
				      .interface = d->interface[i].number,
				      .endpoint = d->interface[i].endpoint,
				      .packet = d->interface[i].packet},
			.data = d->interface[i].report,
			.data_len = d->interface[i].report_len,
		};

		if (urb_encode(&m, URB_UP, s.msg, sizeof s.msg) == 0)
			abort();
	}
	return 0;
}
