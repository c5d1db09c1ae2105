/* SPDX-License-Identifier: Apache-2.0 */
/* hw.h over a memory file: windows are real mappings, so a page written through a read-only one, or used after it was
 * closed, is a fault. Must not repair what the core does wrong. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hw_fake.h"

struct window {
	bool writable, plain;
	uint64_t hpa, bytes; /* that it shows; 0 = closed */
	uint64_t inside;     /* the slot, from here on */
};

struct hw_fake fake;
static int mem_fd = -1;
static uint8_t *mem, *window_area;
static struct window windows[CPU_MAX][WIN_COUNT];
static jmp_buf escape;
static bool trying;
static enum fake_end ended;

void fake_broken(const char *what)
{
	printf("# fake: %s\n", what);
	(void)fflush(stdout); /* abort does not */
	abort();
}

void fake_stop(enum fake_end how)
{
	if (!trying) {
		printf("# fake: %s%s\n%s", "nobody waits for this end: ", fake.assertion,
		       fake.serial);
		abort();
	}
	ended = how;
	longjmp(escape, 1);
}

enum fake_end fake_try(void (*fn)(void *arg), void *arg)
{
	if (trying)
		fake_broken("fake_try inside fake_try");
	trying = true;
	ended = END_RETURNED;
	if (setjmp(escape) == 0)
		fn(arg);
	trying = false;
	return ended;
}

static void make_memory(void)
{
	size_t area = CPU_MAX * WIN_COUNT * LARGE_PAGE;

	mem_fd = memfd_create("memory", 0);
	if (mem_fd < 0 || ftruncate(mem_fd, (off_t)FAKE_MEM) != 0)
		fake_broken("no memory file");
	mem = mmap(NULL, FAKE_MEM, PROT_READ | PROT_WRITE, MAP_SHARED, mem_fd, 0);
	window_area = mmap(NULL, area, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED || window_area == MAP_FAILED)
		fake_broken("no memory");
}

void fake_reset(void)
{
	if (mem_fd < 0)
		make_memory();
	else if (ftruncate(mem_fd, 0) != 0 || ftruncate(mem_fd, (off_t)FAKE_MEM) != 0)
		fake_broken("memory cannot be emptied");
	for (fake.cpu = 0; fake.cpu < CPU_MAX; fake.cpu++)
		hw_windows_close();
	fake.serial[0] = 0;
	memset(&fake, 0, offsetof(struct hw_fake, serial));
	fake.mem = mem;
	fake.tsc = 1000;
	fake.vector = 0x20;
	fake.pauses_allowed = 1000000; /* far more than a test lets others in */
}

static uint8_t *window_va(unsigned cpu, unsigned slot)
{
	return window_area + (cpu * WIN_COUNT + slot) * LARGE_PAGE;
}

static void window_unmap(unsigned cpu, unsigned slot)
{
	struct window *w = &windows[cpu][slot];
	uint8_t *va = window_va(cpu, slot) + w->inside;

	if (w->bytes != 0 &&
	    mmap(va, w->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != va)
		fake_broken("window cannot be closed");
	w->bytes = 0;
}

/* Only the pages that were asked for can be touched, where the machine may show all of a large page. */
static void window_map(unsigned slot, struct window want)
{
	struct window *w = &windows[fake.cpu][slot];
	uint8_t *va = window_va(fake.cpu, slot) + want.inside;

	if (w->hpa == want.hpa && w->bytes >= want.bytes && w->writable == want.writable)
		return;
	window_unmap(fake.cpu, slot);
	if (mmap(va, want.bytes, PROT_READ | (want.writable ? PROT_WRITE : 0),
		 MAP_SHARED | MAP_FIXED, mem_fd, (off_t)want.hpa) != va)
		fake_broken("window cannot be mapped");
	*w = want;
	fake.windows++;
	if (fake.window_watch != NULL)
		fake.window_watch();
}

static void *window_show(unsigned slot, hpa_t at, uint64_t bytes, bool writable)
{
	uint64_t first = at.v & ~PAGE_MASK;
	uint64_t whole = (at.v + bytes + PAGE_MASK - first) & ~PAGE_MASK;

	if (first > FAKE_MEM - whole)
		fake_broken("window onto an address that is not memory");
	for (uint64_t i = 0; fake.window_ask != NULL && i < whole; i += PAGE_SIZE)
		fake.window_ask((enum win_slot)slot, (hpa_t){first + i}, writable);
	if (fake.plain_windows) {
		windows[fake.cpu][slot].plain = true;
		return mem + at.v;
	}
	window_map(slot, (struct window){.writable = writable,
					 .hpa = first,
					 .bytes = whole,
					 .inside = first % LARGE_PAGE});
	return window_va(fake.cpu, slot) + at.v % LARGE_PAGE;
}

void *hw_view(enum win_slot slot, hpa_t large, uint64_t from, uint64_t bytes)
{
	if ((unsigned)slot >= WIN_SCREEN)
		fake_broken("a slot that shows no RAM of a VM");
	if (large.v % LARGE_PAGE != 0 || bytes == 0 || from >= LARGE_PAGE ||
	    bytes > LARGE_PAGE - from)
		fake_broken("more than a large page, or nothing");
	return window_show(slot, (hpa_t){large.v + from}, bytes, slot != WIN_SRC);
}

void *hw_window(enum win_slot slot, hpa_t page, bool writable)
{
	if ((unsigned)slot < WIN_SCREEN || (unsigned)slot >= WIN_COUNT)
		fake_broken("a slot that shows no pages");
	if ((page.v & PAGE_MASK) != 0)
		fake_broken("window onto an address that is no page");
	return window_show(slot, page, PAGE_SIZE, writable);
}

void hw_windows_close(void)
{
	for (unsigned slot = 0; slot < WIN_COUNT; slot++) {
		window_unmap(fake.cpu, slot);
		windows[fake.cpu][slot].plain = false;
	}
}

uint32_t hw_word_read(const uint32_t *at)
{
	if (fake.word_ask != NULL)
		fake.word_ask(at);
	return *(const volatile uint32_t *)at;
}

void hw_word_write(uint32_t *at, uint32_t value)
{
	*(volatile uint32_t *)at = value;
}

unsigned fake_open_windows(void)
{
	unsigned n = 0;

	for (unsigned cpu = 0; cpu < CPU_MAX; cpu++)
		for (unsigned slot = 0; slot < WIN_COUNT; slot++)
			n += windows[cpu][slot].bytes != 0 || windows[cpu][slot].plain;
	return n;
}

uint64_t hw_tsc(void)
{
	uint64_t now = fake.tsc;

	fake.tsc += fake.tsc_step;
	return now;
}

unsigned hw_cpu(void)
{
	return fake.cpu;
}

void hw_kick(unsigned cpu)
{
	if (cpu >= CPU_MAX)
		fake_broken("kick of a processor that does not exist");
	if (cpu == fake.cpu)
		fake_broken("a processor kicks itself");
	fake.kicks[cpu]++;
}

void hw_timer_arm(uint64_t tsc)
{
	fake.timer = tsc;
}

void hw_serial_put(uint8_t byte)
{
	if (fake.serial_len + 1 >= FAKE_SERIAL)
		fake_broken("serial output is full");
	if (byte != '\n' && (byte < 0x20 || byte > 0x7e))
		fake_broken("a byte that is no text on the serial line");
	if (fake.serial_watch != NULL)
		fake.serial_watch();
	fake.serial[fake.serial_len++] = (char)byte;
	fake.serial[fake.serial_len] = 0;
}

void fake_serial_clear(void)
{
	fake.serial_len = 0;
	fake.serial[0] = 0;
}

/* The next line from *at on, without its end; NULL after the last. */
static const char *next_line(const char **at, size_t *len)
{
	const char *start = *at;

	if (*start == 0)
		return NULL;
	*len = strcspn(start, "\n");
	*at = start + *len + (start[*len] == '\n');
	return start;
}

bool fake_line(const char *line)
{
	const char *at = fake.serial, *s;
	size_t len;

	while ((s = next_line(&at, &len)) != NULL)
		if (len == strlen(line) && memcmp(s, line, len) == 0)
			return true;
	return false;
}

bool fake_line_with(const char *text)
{
	return strstr(fake.serial, text) != NULL;
}

int hw_serial_get(void)
{
	return fake.typed != NULL && *fake.typed != 0 ? *fake.typed++ : -1;
}

bool hw_random(uint64_t *out)
{
	if (fake.has_random)
		*out = fake.random++;
	return fake.has_random;
}

/* What calls left on the build machine's stack is not looked at. */
void hw_wipe(void *object, size_t bytes)
{
	fake.wipes++;
	memset(fake.wiped, 0, sizeof fake.wiped);
	memcpy(fake.wiped, object, bytes < sizeof fake.wiped ? bytes : sizeof fake.wiped);
	memset(object, 0, bytes);
}

struct cpuid_regs hw_cpuid(uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r = {fake.cpuid_fill, fake.cpuid_fill, fake.cpuid_fill, fake.cpuid_fill};

	for (unsigned i = 0; i < fake.cpuid_count; i++)
		if (fake.cpuid[i].leaf == leaf && fake.cpuid[i].sub == sub)
			memcpy(&r, fake.cpuid[i].r, sizeof r);
	return r;
}

void hw_pause(void)
{
	void (*act)(void) = fake.on_pause;

	fake.on_pause = NULL;
	if (act != NULL)
		act();
	else if (fake.pauses++ >= fake.pauses_allowed)
		fake_stop(END_STOP);
}

int hw_vector_next(void)
{
	if (fake.vectors == 0)
		return -1;
	fake.vectors--;
	if (fake.vectors < sizeof fake.vector_list && fake.vector_list[fake.vectors] != 0)
		return fake.vector_list[fake.vectors];
	return (int)fake.vector;
}

void hw_idle(void)
{
	fake.idles++;
	if (fake.vectors != 0)
		return;
	if (fake.timer == 0 || fake.idles > fake.idles_allowed)
		fake_stop(END_IDLE);
	if (fake.tsc < fake.timer)
		fake.tsc = fake.timer;
}

void hw_power(bool reboot)
{
	fake.powers++;
	fake.reboot = reboot;
}

void hw_halt_machine(void)
{
	fake_stop(END_HALT);
}

void assert_failed(const char *file, unsigned line, const char *what)
{
	(void)snprintf(fake.assertion, sizeof fake.assertion, "%s:%u: %s", file, line, what);
	fake_stop(END_ASSERT);
}
