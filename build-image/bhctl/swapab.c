/* SPDX-License-Identifier: Apache-2.0 */
/* bhctl swap --ab: two images of a VM in turn, under whatever load there is, and what each of them did. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "json.h"
#include "swap.h"

#define COME_UP_MS  60000u
#define TRAFFIC_MS  60000u
#define LOOK_MS	    50u
#define TRIAL_SPARE 30000u /* beside what is waited for */

struct result {
	const char *image;
	uint8_t digest[32];
	uint64_t start_ms; /* from the order until it was ready */
	uint64_t
		outage_ms; /* from the order until somebody had an answer through it again; 0 = nobody within a minute */
	uint64_t sent_bytes, for_ms;
	uint64_t used_bytes;
};

/* The VM's next life after LIFE, ready. */
static bool come_up(int fd, uint32_t vm, uint64_t life, bool spare, struct hv_vm_status *v)
{
	uint64_t end = swap_now_ms() + COME_UP_MS;

	while (swap_vm(fd, vm, v) && swap_now_ms() < end) {
		if (v->life > life && v->ready && v->state == HV_VM_RUNNING)
			return (v->spare.used != 0) == spare;
		if (spare && !v->spare.used)
			break;
		swap_sleep(LOOK_MS);
	}
	(void)fprintf(stderr, "bhctl: %.16s did not get ready\n", (const char *)v->name);
	return false;
}

static uint64_t wait_traffic(int fd, uint32_t vm, uint64_t begin)
{
	static struct status s;
	uint64_t end = swap_now_ms() + TRAFFIC_MS;

	while (swap_now_ms() < end) {
		if (live_status(fd, &s) && (trial_gates(&s, vm) & GATE_PING))
			return swap_now_ms() - begin;
		swap_sleep(LOOK_MS);
	}
	return 0;
}

static bool measure(int fd, uint32_t vm, uint64_t for_ms, struct result *r)
{
	uint64_t trial = COME_UP_MS + TRAFFIC_MS + for_ms + TRIAL_SPARE, begin;
	struct hv_vm_status v, later;

	if (!swap_put(fd, vm, r->image) || !swap_vm(fd, vm, &v))
		return false;
	memcpy(r->digest, v.spare.digest, sizeof r->digest);
	begin = swap_now_ms();
	if (!swap_order(fd, HV_CALL_VM_SWAP, vm, HV_SWAP_SPARE, trial, (const char *)v.name) ||
	    !come_up(fd, vm, v.life, true, &v))
		return false;
	r->start_ms = swap_now_ms() - begin;
	r->used_bytes = v.used_bytes;
	r->outage_ms = wait_traffic(fd, vm, begin);
	begin = swap_now_ms();
	if (!swap_vm(fd, vm, &v))
		return false;
	swap_sleep((unsigned)for_ms);
	if (!swap_vm(fd, vm, &later))
		return false;
	r->for_ms = swap_now_ms() - begin;
	r->sent_bytes = later.life == v.life ? later.sent_bytes - v.sent_bytes : 0;
	return true;
}

static bool go_back(int fd, uint32_t vm)
{
	struct hv_vm_status v;

	if (!swap_vm(fd, vm, &v))
		return false;
	return !v.spare.used || (swap_order(fd, HV_CALL_VM_SWAP, vm, HV_SWAP_BOOT, HV_BACK_ASKED,
					    (const char *)v.name) &&
				 come_up(fd, vm, v.life, false, &v));
}

static uint64_t per_second(const struct result *r)
{
	return r->for_ms == 0 ? 0 : r->sent_bytes * 1000 / r->for_ms;
}

static void show_text(const struct result r[2])
{
	(void)printf("%-24s %-8s %9s %10s %16s %9s\n", "image", "SHA-256", "start-ms", "outage-ms",
		     "delivered-KiB/s", "used-MiB");
	for (unsigned i = 0; i < 2; i++) {
		(void)printf("%-24s %02x%02x%02x%02x %9" PRIu64, r[i].image, r[i].digest[0],
			     r[i].digest[1], r[i].digest[2], r[i].digest[3], r[i].start_ms);
		if (r[i].outage_ms != 0)
			(void)printf(" %10" PRIu64, r[i].outage_ms);
		else
			(void)printf(" %10s", "never");
		(void)printf(" %16.1f %9.1f\n", (double)per_second(&r[i]) / 1024,
			     (double)r[i].used_bytes / (1024.0 * 1024.0));
	}
}

static void show_json(const struct result r[2])
{
	struct json j = {.f = stdout};
	char hex[65];

	json_open(&j, NULL, '[');
	for (unsigned i = 0; i < 2; i++) {
		for (size_t k = 0; k < 32; k++)
			(void)snprintf(&hex[2 * k], 3, "%02x", r[i].digest[k]);
		json_open(&j, NULL, '{');
		json_text(&j, "image", r[i].image);
		json_text(&j, "digest", hex);
		json_uint(&j, "start_ms", r[i].start_ms);
		if (r[i].outage_ms != 0)
			json_uint(&j, "outage_ms", r[i].outage_ms);
		else
			json_text(&j, "outage_ms", NULL);
		json_uint(&j, "delivered_bytes_per_s", per_second(&r[i]));
		json_uint(&j, "measured_ms", r[i].for_ms);
		json_uint(&j, "used_bytes", r[i].used_bytes);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	(void)putchar('\n');
}

int swap_ab(int fd, uint32_t vm, char *const images[2], uint64_t for_ms, bool as_json)
{
	struct result r[2] = {{.image = images[0]}, {.image = images[1]}};
	bool good = true;

	for (unsigned i = 0; i < 2 && good; i++) {
		good = measure(fd, vm, for_ms, &r[i]);
		good = go_back(fd, vm) && good;
	}
	if (!good)
		return LIVE_REFUSED;
	if (as_json)
		show_json(r);
	else
		show_text(r);
	return fflush(stdout) == 0 ? BHCTL_OK : BHCTL_IO;
}
