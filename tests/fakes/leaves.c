/* SPDX-License-Identifier: Apache-2.0 */
/* See leaves.h. */
#include "hw_fake.h"
#include "leaves.h"
#include "machine.h"

#define ADDRESS 0x000ffffffffff000ull
#define LARGE	0x80ull

struct leaf leaves[LEAVES_MAX];
static unsigned count;

static uint64_t entry_of(uint64_t table, unsigned i)
{
	uint64_t pool = machine_handoff->ptpool_hpa;
	uint64_t bytes = machine_handoff->ptpool_pages * PAGE_SIZE;
	uint64_t value;

	if (table < pool || table >= pool + bytes || (table & PAGE_MASK) != 0)
		fake_broken("a translation table that is no page of the pool");
	memcpy(&value, fake.mem + table + 8ull * i, sizeof value);
	return value;
}

static void leaf_add(uint64_t ia, uint64_t e, uint64_t bytes)
{
	uint64_t hpa = e & ADDRESS & ~(bytes - 1);

	if (count == LEAVES_MAX)
		fake_broken("too many leaves");
	leaves[count++] = (struct leaf){ia, hpa, bytes, e & ~(ADDRESS & ~(bytes - 1))};
}

/* Three levels of tables above the last; a large leaf is known on the third. */
static void walk(uint64_t root)
{
	for (unsigned a = 0; a < 512; a++) {
		uint64_t ea = entry_of(root, a);

		for (unsigned b = 0; (ea & 3) && b < 512; b++) {
			uint64_t eb = entry_of(ea & ADDRESS, b);

			for (unsigned c = 0; (eb & 3) && c < 512; c++) {
				uint64_t ec = entry_of(eb & ADDRESS, c);
				uint64_t ia =
					(uint64_t)a << 39 | (uint64_t)b << 30 | (uint64_t)c << 21;

				if ((ec & 3) && (ec & LARGE)) {
					leaf_add(ia, ec, LARGE_PAGE);
					continue;
				}
				for (unsigned d = 0; (ec & 3) && d < 512; d++) {
					uint64_t ed = entry_of(ec & ADDRESS, d);

					if (ed & 3)
						leaf_add(ia | (uint64_t)d << 12, ed, PAGE_SIZE);
				}
			}
		}
	}
}

unsigned leaves_of(const struct ptab *pt)
{
	count = 0;
	walk(pt->root.v);
	return count;
}

uint64_t leaves_reach(const struct ptab *pt, uint64_t hpa, uint64_t bytes)
{
	uint64_t sum = 0;
	unsigned n = leaves_of(pt);

	for (unsigned i = 0; i < n; i++) {
		uint64_t from = leaves[i].hpa > hpa ? leaves[i].hpa : hpa;
		uint64_t end = leaves[i].hpa + leaves[i].bytes;

		if (end > hpa + bytes)
			end = hpa + bytes;
		sum += end > from ? end - from : 0;
	}
	return sum;
}
