/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow URB messages from a hostile peer: what is accepted must come out again as the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "codec_urb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void judge(const uint8_t *msg, size_t len, enum urb_dir dir)
{
	static uint8_t again[URB_MSG_MAX];
	struct urb_msg m;

	if (urb_decode(msg, len, dir, &m) != URB_OK)
		return;
	if (m.data_len > len || m.data + m.data_len != msg + len)
		abort();
	if (urb_encode(&m, dir, again, sizeof again) != len || memcmp(msg, again, len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	judge(data, len, URB_UP);
	judge(data, len, URB_DOWN);
	return 0;
}
