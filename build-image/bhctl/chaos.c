/* SPDX-License-Identifier: Apache-2.0 */
/* Gives one VM trouble, again and again, and looks whether it comes back and nobody else is touched. Keeps nothing. */
#include "chaos.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bundle.h"
#include "hv_system.h"
#include "live.h"

#define LOOK_MS	 50
#define FLOOD_MS 2500u /* the driver floods for 2 s */

struct run {
	int fd;
	const struct chaos *c;
	uint32_t vm;
	uint64_t begin;
	unsigned strikes, back, others;
	uint64_t slowest_ms;
	uint64_t life[HV_DOM_MAX]; /* before the strike */
};

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool status_of(const struct run *r, uint32_t vm, struct hv_vm_status *s)
{
	struct bh_admin a = {.call = HV_CALL_VM_STATUS, .arg = vm};

	if (live_ioctl(r->fd, BH_IOC_ADMIN, &a) != 0)
		return false;
	*s = a.status;
	return true;
}

static void say(const struct run *r, const char *vm, const char *what, uint64_t number)
{
	uint64_t ms = now_ms() - r->begin;

	(void)printf("chaos: %5.1f s: %.16s %s %lu\n", (double)ms / 1000, vm, what,
		     (unsigned long)number);
	(void)fflush(stdout);
}

/* Which life each VM is in. */
static void note_lives(struct run *r)
{
	struct hv_vm_status s;

	for (uint32_t i = 0; i < HV_DOM_MAX && status_of(r, i, &s); i++)
		r->life[i] = s.life;
}

static int strike(struct run *r)
{
	struct bh_admin a = {.call = HV_CALL_VM_EVENT, .arg = r->vm};

	switch (r->c->act) {
	case CHAOS_KILL:
		a.call = HV_CALL_VM_RESTART;
		a.now = 1;
		break;
	case CHAOS_HANG:
		a.now = HV_EVENT_CHAOS_HANG;
		break;
	case CHAOS_FLOOD:
		a.now = HV_EVENT_CHAOS_FLOOD;
		break;
	}
	note_lives(r);
	r->strikes++;
	say(r, r->c->vm, "gets its trouble in life", r->life[r->vm]);
	return live_ioctl(r->fd, BH_IOC_ADMIN, &a);
}

/* Is it over? A VM that floods is to live on. */
static bool is_back(const struct run *r, uint64_t since)
{
	struct hv_vm_status s;

	if (!status_of(r, r->vm, &s) || s.ready == 0)
		return false;
	if (r->c->act == CHAOS_FLOOD)
		return s.life == r->life[r->vm] && now_ms() - since >= FLOOD_MS;
	return s.life > r->life[r->vm];
}

/* Until UNTIL at most: what becomes of the VM. */
static void look(struct run *r, uint64_t since, uint64_t until)
{
	struct hv_vm_status s;

	while (!is_back(r, since) && now_ms() < until && !ended)
		(void)poll(NULL, 0, LOOK_MS);
	if (is_back(r, since)) {
		uint64_t took = now_ms() - since;

		r->back++;
		if (took > r->slowest_ms)
			r->slowest_ms = took;
		say(r, r->c->vm, "is well again, after ms", took);
	} else if (!ended) {
		say(r, r->c->vm, "is NOT well after ms", now_ms() - since);
	} else {
		r->strikes--; /* not judged: there was no time */
	}
	for (uint32_t i = 0; i < HV_DOM_MAX && status_of(r, i, &s); i++) {
		if (i == r->vm || s.life == r->life[i])
			continue;
		r->others++;
		say(r, (const char *)s.name, "was touched as well, it is in life", s.life);
	}
}

/* Strikes until the time is up or somebody ends it; 0, or -1 where a strike was refused. */
static int strikes(struct run *r)
{
	uint64_t end = r->begin + r->c->for_ms;

	for (uint64_t due = r->begin; due < end && !ended; due += r->c->every_ms) {
		uint64_t next = due + r->c->every_ms;

		if (strike(r) != 0)
			return -1;
		look(r, now_ms(), next);
		while (now_ms() < next && now_ms() < end && !ended)
			(void)poll(NULL, 0, LOOK_MS);
	}
	return 0;
}

/* A VM that would have to end itself could not tell, and a pVM obeys nothing of this kind. */
static bool may(const struct run *r)
{
	struct hv_vm_status s;
	struct hv_info info;

	(void)memset(&info, 0, sizeof info);
	if (live_ioctl(r->fd, BH_IOC_INFO, &info) != 0 || !status_of(r, r->vm, &s))
		return false;
	if (r->vm == info.dom_id)
		(void)fprintf(stderr, "bhctl: chaos: not for the VM that commands it\n");
	else if (s.role == HV_ROLE_PVM && r->c->act != CHAOS_KILL)
		(void)fprintf(stderr, "bhctl: chaos: %s is a pVM, which can only be killed\n",
			      r->c->vm);
	else
		return true;
	return false;
}

int chaos_main(int fd, int argc, char **argv)
{
	struct chaos c;
	struct run r = {.fd = fd, .c = &c};
	const struct sigaction end = {.sa_handler = on_end};

	if (!chaos_words(argc, argv, &c)) {
		return live_usage_error();
	}
	r.vm = live_find(fd, c.vm);
	if (r.vm == HV_DOM_NONE || !may(&r))
		return LIVE_REFUSED;
	(void)sigaction(SIGTERM, &end, NULL);
	(void)sigaction(SIGINT, &end, NULL);
	r.begin = now_ms();
	if (strikes(&r) != 0)
		return live_refused("chaos");
	(void)printf("chaos: %u strikes, %u times well again, slowest %lu ms, %u others touched\n",
		     r.strikes, r.back, (unsigned long)r.slowest_ms, r.others);
	return r.back == r.strikes && r.others == 0 ? BHCTL_OK : LIVE_REFUSED;
}
