/* SPDX-License-Identifier: Apache-2.0 */
/* A hash generator with backtracking resistance. Must not hand out its state, nor hash what a guest chose. */
#include "entropy.h"
#include "hw.h"
#include "lock.h"
#include "sha256.h"

static uint8_t state[32];
static uint64_t counter;

static void mix(uint8_t label, const void *data, size_t bytes, uint8_t out[32])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, &label, 1);
	sha256_update(&s, state, sizeof state);
	sha256_update(&s, data, bytes);
	sha256_final(&s, out);
}

void entropy_init(const uint64_t *seed, size_t words)
{
	mix(0, seed, words * sizeof seed[0], state);
}

void entropy_get(uint8_t out[32])
{
	uint64_t fresh[3] = {0, hw_tsc(), ++counter};

	lock_assert_held();
	(void)hw_random(
		&fresh[0]); /* without a generator the clock and the firmware's seed have to do */
	mix(1, fresh, sizeof fresh, out);
	mix(2, fresh, sizeof fresh, state);
	hw_wipe(fresh, sizeof fresh); /* and on the stack the state they were mixed with */
}

void entropy_fill(struct domain *d)
{
	if (d->random_fresh)
		return;
	lock_core();
	for (unsigned i = 0; i < sizeof d->random; i += 32)
		entropy_get(d->random + i);
	d->random_fresh = true;
	unlock_core();
}
