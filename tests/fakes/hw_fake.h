/* SPDX-License-Identifier: Apache-2.0 */
/* The machine of host tests: memory, clock, serial line and processors of hw.h. It must refuse what a real one would not do. */
#ifndef HW_FAKE_H
#define HW_FAKE_H

#include "hw.h"

#define FAKE_MEM	(128ull << 20) /* physical memory from 0; nothing exists above */
#define FAKE_CPUID_ROWS 8u
#define FAKE_SERIAL	(1u << 20)

/* How a call that does not come back ended. */
enum fake_end { END_RETURNED, END_ASSERT, END_HALT, END_IDLE, END_STOP };

struct fake_cpuid {
	uint32_t leaf, sub, r[4];
};

/* Tests read and set this freely. */
struct hw_fake {
	uint8_t *mem;	   /* the same pages that windows show */
	unsigned cpu;	   /* which processor runs now */
	uint64_t tsc;	   /* now */
	uint64_t tsc_step; /* each reading of the clock costs this */
	uint64_t timer;	   /* armed for; 0 = not */
	unsigned kicks[CPU_MAX];
	unsigned vectors;	/* interrupts that wait for hw_vector_next */
	unsigned vector;	/* number of each of them, where the list does not say another */
	uint8_t vector_list[8]; /* by how many are left when it is taken; 0 = fake.vector */
	unsigned
		idles_allowed; /* hw_idle calls that sleep until the timer; one more, or no timer, ends with END_IDLE */
	unsigned idles;
	bool has_random;
	uint64_t random;      /* next answer of the generator, raised by one each time */
	uint32_t cpuid_fill;  /* answer of every register of a leaf without a row */
	unsigned cpuid_count; /* rows */
	struct fake_cpuid cpuid[FAKE_CPUID_ROWS];
	const char *typed; /* what the serial line received and nobody read; NULL = nothing */
	void (*window_watch)(
		void); /* called for each page that a window newly shows; NULL = nobody */
	/* called for each window that is asked for, shown already or not; NULL = nobody */
	void (*window_ask)(enum win_slot slot, hpa_t page, bool writable);
	void (*word_ask)(const uint32_t *at); /* before the core reads a word that guests write */
	void (*serial_watch)(void);	      /* called for each byte put; NULL = nobody */
	unsigned wipes;			      /* calls of hw_wipe */
	uint8_t wiped[64];		      /* what the last object held, its first bytes */
	unsigned powers;		      /* calls of hw_power, and the last one's argument */
	bool reboot;
	unsigned pauses;
	void (*on_pause)(void);	 /* what another processor does meanwhile, once; not counted */
	unsigned pauses_allowed; /* more end with END_STOP: a lock that never comes */
	bool plain_windows;	 /* pointers into mem, no mappings: fast, and blind to misuse */
	uint64_t windows;	 /* pages shown since the reset */
	char assertion[128];	 /* of the last END_ASSERT */
	size_t serial_len;
	char serial[FAKE_SERIAL]; /* always ends with NUL */
};
extern struct hw_fake fake;

/* fake_reset - memory all zero, one processor, clock at 1000, silence. */
void fake_reset(void);

/* fake_try - call fn(arg) and say how it ended; an assertion outside of it kills the test. */
enum fake_end fake_try(void (*fn)(void *arg), void *arg);
/* fake_stop - end the call under fake_try from inside a fake. */
NO_RETURN void fake_stop(enum fake_end how);
/* fake_broken - the code under test did what no caller of the port may do: the test dies. */
NO_RETURN void fake_broken(const char *what);

unsigned fake_open_windows(void);
void fake_serial_clear(void);
/* fake_line - does some line of the serial output equal this? fake_line_with - does some line hold it? */
bool fake_line(const char *line);
bool fake_line_with(const char *text);

#endif
