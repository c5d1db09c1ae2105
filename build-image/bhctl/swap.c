/* SPDX-License-Identifier: Apache-2.0 */
/* bhctl swap: writes an image, has it sealed and started, and leaves a process behind that watches its trial. */
#include "swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bundle.h"
#include "hv_image.h"
#include "value.h"

#define MEDIA	    "/media"
#define DISK	    "/dev/nvme0n1"
#define TRIAL_MS    60000u
#define TRIAL_LIMIT 30000u /* a gate has half the trial, and no longer than this */
#define ANSWER_MS   5000u  /* the VM's processor answers between two turns */
#define SEAL_MS	    60000u
#define LOOK_MS	    200u
#define STOP_MS	    (HV_STOP_MS + 1000u)

void swap_sleep(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l};

	(void)nanosleep(&t, NULL);
}

uint64_t swap_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

bool swap_vm(int fd, uint32_t vm, struct hv_vm_status *v)
{
	struct bh_admin a = {.call = HV_CALL_VM_STATUS, .arg = vm};

	if (live_ioctl(fd, BH_IOC_ADMIN, &a) != 0) {
		(void)live_refused("status");
		return false;
	}
	*v = a.status;
	return true;
}

static bool say(const char *name, const char *what)
{
	(void)fprintf(stderr, "bhctl: %s: %s\n", name, what);
	return false;
}

static const char *why_not(uint32_t call, uint64_t what, uint32_t answer)
{
	switch (answer) {
	case HV_EPERM:
		return "this image is none of the description's, by its digest (Image, Swap), and "
		       "the VM has no developer's mark (Developer=yes)";
	case HV_EBUSY:
		return "its spare image is in use; bhctl swap back VM first";
	case HV_ESTATE:
		if (call == HV_CALL_VM_SWAP && what == HV_SWAP_CONFIRM)
			return "nothing to confirm: no image is on trial, or it is not ready";
		return what == HV_SWAP_BOOT ? "it is of its boot image, or soon will be"
					    : "its spare image is in use; bhctl swap back VM first";
	case HV_EAGAIN:
		return "its processor does not answer";
	}
	return "the hypervisor does not take that";
}

bool swap_order(int fd, uint32_t call, uint32_t vm, uint64_t what, uint64_t how, const char *name)
{
	struct bh_order o = {.call = call, .dom = vm, .what = what, .how = how};
	uint64_t end = swap_now_ms() + ANSWER_MS;
	struct hv_vm_status v;

	if (live_ioctl(fd, BH_IOC_ORDER, &o) != 0) {
		(void)live_refused(name);
		return false;
	}
	while (swap_vm(fd, vm, &v)) {
		if (v.spare.answer == HV_OK)
			return true;
		if (v.spare.answer != HV_EAGAIN || swap_now_ms() > end)
			return say(name, why_not(call, what, v.spare.answer));
		swap_sleep(1);
	}
	return false;
}

/* --- an image into the spare --- */

/* The disk is read anew each time: its files may have changed. */
static bool media(const char *path, bool on)
{
	if (strncmp(path, MEDIA "/", sizeof MEDIA) != 0)
		return true;
	if (!on)
		return umount(MEDIA) == 0;
	if (mount(DISK, MEDIA, "vfat", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "") == 0)
		return true;
	(void)fprintf(stderr,
		      "bhctl: %s on %s: %s; is there a second disk, FAT without partitions?\n",
		      DISK, MEDIA, strerror(errno));
	return false;
}

static bool whole_page(int file, uint8_t page[HV_PAGE_SIZE])
{
	size_t got = 0;
	ssize_t n = 1;

	while (got < HV_PAGE_SIZE && n > 0) {
		n = read(file, page + got, HV_PAGE_SIZE - got);
		got += n > 0 ? (size_t)n : 0;
	}
	return got == HV_PAGE_SIZE;
}

static bool copy_pages(int fd, uint32_t vm, int file, uint64_t bytes, const char *path)
{
	static uint8_t page[HV_PAGE_SIZE] __attribute__((aligned(HV_PAGE_SIZE)));

	for (uint64_t at = 0; at < bytes; at += HV_PAGE_SIZE) {
		struct bh_image_page p = {
			.dom = vm, .offset = at, .from = (uint64_t)(uintptr_t)page};

		if (!whole_page(file, page))
			return say(path, "cannot be read to its end");
		if (at == 0 &&
		    ((const struct hv_image *)(const void *)page)->magic != HV_IMAGE_MAGIC)
			return say(path, "is no VM image");
		if (live_ioctl(fd, BH_IOC_IMAGE_PAGE, &p) != 0) {
			(void)live_refused(path);
			return false;
		}
	}
	return true;
}

static bool put_file(int fd, uint32_t vm, int file, const struct hv_vm_status *v, const char *path)
{
	uint64_t end = swap_now_ms() + SEAL_MS, bytes;
	struct hv_vm_status now = *v;
	struct stat st;

	if (fstat(file, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size % HV_PAGE_SIZE != 0)
		return say(path, "is no VM image");
	bytes = (uint64_t)st.st_size;
	if (bytes > v->spare.room) {
		(void)fprintf(stderr, "bhctl: %s has %llu bytes, the VM's Spare= %llu\n", path,
			      (unsigned long long)bytes, (unsigned long long)v->spare.room);
		return false;
	}
	if (!swap_order(fd, HV_CALL_IMAGE_SEAL, vm, 0, 0, (const char *)v->name) ||
	    !copy_pages(fd, vm, file, bytes, path) ||
	    !swap_order(fd, HV_CALL_IMAGE_SEAL, vm, bytes, 0, (const char *)v->name))
		return false;
	while (swap_vm(fd, vm, &now) && now.spare.state != HV_SPARE_SEALED) {
		if (swap_now_ms() > end)
			return say(path, "is still being hashed");
		swap_sleep(10);
	}
	return now.spare.state == HV_SPARE_SEALED;
}

bool swap_put(int fd, uint32_t vm, const char *path)
{
	struct hv_vm_status v;
	bool good = false;
	int file;

	if (!swap_vm(fd, vm, &v) || !media(path, true))
		return false;
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		(void)live_refused(path);
	else
		good = put_file(fd, vm, file, &v, path);
	if (file >= 0)
		(void)close(file);
	return media(path, false) && good;
}

/* --- the trial --- */

/* Looks until the trial is over. The deadline is the hypervisor's: this only goes back earlier. */
static void watch(int fd, struct trial *t, uint64_t trial_ms)
{
	static struct status s;
	uint64_t begin = swap_now_ms(), now = 1;
	enum trial_verdict verdict = TRIAL_GOES_ON;
	enum hv_back why = HV_BACK_NONE;
	struct bh_order back = {.call = HV_CALL_VM_SWAP, .dom = t->vm, .what = HV_SWAP_BOOT};

	while (verdict == TRIAL_GOES_ON && now < trial_ms + STOP_MS) {
		if (live_status(fd, &s))
			verdict = trial_judge(t, &s, now, &why);
		swap_sleep(LOOK_MS);
		now = swap_now_ms() - begin + 1;
	}
	back.how = why;
	if (verdict == TRIAL_FAILED)
		(void)live_ioctl(fd, BH_IOC_ORDER, &back);
}

/* In a process of its own, so that whoever called bhctl has an answer now. */
static int leave_watcher(int fd, struct trial *t, uint64_t trial_ms)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid > 0 ? BHCTL_OK : live_refused("a process to watch the trial");
	(void)setsid();
	for (int i = 0; i <= 2; i++)
		(void)close(i);
	watch(fd, t, trial_ms);
	_exit(0);
}

static int begin(int fd, uint32_t vm, const char *image, uint64_t trial_ms, uint32_t gates)
{
	struct trial t = {.vm = vm, .gates = gates};
	struct hv_vm_status v;

	t.limit_ms = trial_ms / 2 < TRIAL_LIMIT ? trial_ms / 2 : TRIAL_LIMIT;
	if (!swap_put(fd, vm, image) || !swap_vm(fd, vm, &v))
		return LIVE_REFUSED;
	t.life = v.life;
	if (!swap_order(fd, HV_CALL_VM_SWAP, vm, HV_SWAP_SPARE, trial_ms, (const char *)v.name))
		return LIVE_REFUSED;
	(void)printf("%.16s: starts of %s, SHA-256 ", (const char *)v.name, image);
	for (size_t i = 0; i < sizeof v.spare.digest; i++)
		(void)printf("%02x", v.spare.digest[i]);
	if (trial_ms == 0) {
		(void)printf("\n");
		return BHCTL_OK;
	}
	(void)printf("\non trial for %llu ms: bhctl swap confirm %.16s keeps it\n",
		     (unsigned long long)trial_ms, (const char *)v.name);
	(void)fflush(stdout);
	return leave_watcher(fd, &t, trial_ms);
}

/* --- words --- */

struct words {
	const char *plain[4];
	unsigned count;
	uint64_t trial_us, for_us;
	uint32_t gates;
	bool ab, json;
};

static bool option(struct words *w, const char *word, const char *value, bool *took)
{
	*took = value != NULL;
	if (strcmp(word, "--trial") == 0 && value != NULL)
		return strcmp(value, "0") == 0 ? (w->trial_us = 0, true)
					       : value_us(value, &w->trial_us) &&
							 w->trial_us <= HV_SWAP_TRIAL_MAX * 1000ull;
	if (strcmp(word, "--gate") == 0 && value != NULL)
		return trial_gates_read(value, &w->gates);
	if (strcmp(word, "--for") == 0 && value != NULL)
		return value_us(value, &w->for_us) && w->for_us >= 1000000;
	*took = false;
	w->ab |= strcmp(word, "--ab") == 0;
	w->json |= strcmp(word, "--json") == 0;
	return strcmp(word, "--ab") == 0 || strcmp(word, "--json") == 0;
}

static bool read_words(struct words *w, int argc, char **argv)
{
	bool took;

	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			if (!option(w, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &took))
				return false;
			i += took;
		} else if (w->count < sizeof w->plain / sizeof *w->plain) {
			w->plain[w->count++] = argv[i];
		} else {
			return false;
		}
	}
	return true;
}

int swap_main(int fd, int argc, char **argv)
{
	struct words w = {.trial_us = TRIAL_MS * 1000ull, .for_us = 10000000};
	bool confirm, back;
	uint32_t vm;

	if (!read_words(&w, argc, argv) || w.count != (w.ab ? 3 : 2) || (w.json && !w.ab))
		return live_usage_error();
	confirm = !w.ab && strcmp(w.plain[0], "confirm") == 0;
	back = !w.ab && strcmp(w.plain[0], "back") == 0;
	vm = live_find(fd, w.plain[confirm || back]);
	if (vm == HV_DOM_NONE)
		return LIVE_REFUSED;
	if (w.ab)
		return swap_ab(fd, vm,
			       (char *const[]){(char *)(uintptr_t)w.plain[1],
					       (char *)(uintptr_t)w.plain[2]},
			       w.for_us / 1000, w.json);
	if (confirm)
		return swap_order(fd, HV_CALL_VM_SWAP, vm, HV_SWAP_CONFIRM, 0, w.plain[1])
			       ? BHCTL_OK
			       : LIVE_REFUSED;
	if (back)
		return swap_order(fd, HV_CALL_VM_SWAP, vm, HV_SWAP_BOOT, HV_BACK_ASKED, w.plain[1])
			       ? BHCTL_OK
			       : LIVE_REFUSED;
	return begin(fd, vm, w.plain[1], w.trial_us / 1000, w.gates);
}
