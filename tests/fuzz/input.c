/* SPDX-License-Identifier: Apache-2.0 */
/* Input frames from a hostile inputvm: what is accepted must come out again as the same bytes, and carry no system key. */
#include <stdlib.h>
#include <string.h>

#include <linux/input-event-codes.h>

#include "codec_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct input_frame f;
	static uint8_t again[INPUT_MSG_MAX];

	if (!input_decode(data, len, &f))
		return 0;
	for (unsigned i = 0; i < f.count; i++) {
		if (f.item[i].type == EV_KEY && input_system_key(f.item[i].code))
			abort();
		if ((f.item[i].type == EV_SYN) != (i + 1u == f.count))
			abort();
	}
	if (input_encode(&f, again, sizeof again) != len || memcmp(data, again, len) != 0)
		abort();
	return 0;
}
