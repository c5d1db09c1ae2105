/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a site's directory, and the rules that no single file can check. Must not write anything. */
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-image/tools/fileio.h"

#define FILES_MAX    64
#define SITE_FILES   "bundle.conf, edges, NAME.vm or README.md"
#define FILE_BYTES   (64u << 10)
#define BAR_GPA	     0x80000000u
#define BAR_GPA_STEP 0x04000000u /* 64 MiB for the BARs of one device */
#define GUEST_FIRST  0x10u

/* What a VM gets that its file does not say. The budgets of usbvm, inputvm and adminvm, which share a processor, leave each its own. */
static const struct defaults {
	uint32_t screen, autorestart, priority, budget_us, rights;
} defaults[] = {
	[HV_ROLE_PVM] = {1, 0, 2, 8000, 0		 },
	      [HV_ROLE_NETVM] = {0, 1, 4, 8000, 0		 },
	[HV_ROLE_USBVM] = {0, 1, 6, 3000, 0		   },
	      [HV_ROLE_INPUTVM] = {0, 1, 7, 3000, HV_RIGHT_FOCUS},
	[HV_ROLE_VPNVM] = {0, 1, 4, 8000, 0		   },
	      [HV_ROLE_ADMINVM] = {0, 1, 5, 3000, HV_RIGHT_ADMIN},
	[HV_ROLE_TEST] = {0, 0, 2, 8000, 0		  },
};

unsigned site_find_vm(const struct site *s, const char *name)
{
	unsigned i = 0;

	while (i < s->vms && strcmp(s->vm[i].name, name) != 0)
		i++;
	return i;
}

static void set_default(unsigned line, uint32_t *field, uint32_t value)
{
	if (line == 0)
		*field = value;
}

static void fill_vm(struct site_vm *vm)
{
	const struct defaults *def = &defaults[vm->role];

	set_default(vm->line[VM_ENABLED], &vm->enabled, 1);
	set_default(vm->line[VM_SCREEN], &vm->screen, def->screen);
	set_default(vm->line[VM_AUTORESTART], &vm->autorestart, def->autorestart);
	set_default(vm->line[VM_PRIORITY], &vm->priority, def->priority);
	set_default(vm->line[VM_PERIOD], &vm->period_us, 10000);
	set_default(vm->line[VM_BUDGET], &vm->budget_us,
		    def->budget_us < vm->period_us ? def->budget_us : vm->period_us);
	set_default(vm->line[VM_RIGHTS], &vm->rights, def->rights);
	set_default(vm->line[VM_COLOUR], &vm->colour, 0xffffff);
	if (vm->restart_line[RESTART_BUDGET] == 0 && vm->autorestart) {
		vm->restart_count = 5;
		vm->restart_window_s = 60;
	}
	if (vm->restart_line[RESTART_PROGRESS] != 0) {
		set_default(vm->restart_line[RESTART_MISSED], &vm->progress_missed, 4);
		set_default(vm->restart_line[RESTART_START], &vm->start_ms, 180000);
	}
	if (vm->line[VM_IMAGE] == 0) {
		size_t n = strlen(vm->name);

		memcpy(vm->image, vm->name, n);
		(void)strcpy(vm->image + n, ".img");
	}
}

static struct place at_key(const struct site_vm *vm, enum vm_key key)
{
	return (struct place){vm->file, vm->line[key] != 0 ? vm->line[key] : vm->section};
}

static void check_vm(const struct site *s, struct diags *d, const struct site_vm *vm)
{
	if (vm->budget_us > vm->period_us)
		diag_error(d, at_key(vm, VM_BUDGET), "at most the period",
			   "a budget of %u us in a period of %u us", vm->budget_us, vm->period_us);
	if (vm->chord != 0 && !vm->screen)
		diag_error(d, at_key(vm, VM_CHORD),
			   "Screen=yes, or no Chord=", "%s has a chord and no screen", vm->name);
	if (vm->protect && vm->role != HV_ROLE_PVM && vm->role != HV_ROLE_TEST)
		diag_error(d, at_key(vm, VM_PROTECTED), "Protected= with Role=pvm",
			   "a VM of role %s cannot be protected",
			   value_name_of(site_roles, vm->role));
	if (vm->role != HV_ROLE_TEST && vm->rights != defaults[vm->role].rights)
		diag_error(d, at_key(vm, VM_RIGHTS), "no Rights=: rights come with the role",
			   "a VM of role %s cannot have these rights",
			   value_name_of(site_roles, vm->role));
	if (vm->restart_line[RESTART_MISSED] != 0 && vm->restart_line[RESTART_PROGRESS] == 0)
		diag_error(d, (struct place){vm->file, vm->restart_line[RESTART_MISSED]},
			   "Progress= beside it", "Missed= without Progress=");
	if (vm->line[VM_SWAP] != 0 && vm->spare_mib == 0)
		diag_error(d, at_key(vm, VM_SWAP), "Spare= beside it, or no Swap=",
			   "an image may be swapped in, but there is no room for it");
	if (vm->restart_line[RESTART_START] != 0 && vm->restart_line[RESTART_PROGRESS] == 0)
		diag_error(d, (struct place){vm->file, vm->restart_line[RESTART_START]},
			   "Progress= beside it", "Start= without Progress=");
	for (const struct site_vm *o = s->vm; o < vm; o++)
		if (vm->chord != 0 && o->chord == vm->chord)
			diag_error(d, at_key(vm, VM_CHORD), "another number",
				   "chord %u is taken by %s:%u", vm->chord, o->file,
				   o->line[VM_CHORD]);
}

static struct place at_device(const struct site *s, const struct site_device *v,
			      enum device_key key)
{
	return (struct place){s->vm[v->vm].file, v->line[key] != 0 ? v->line[key] : v->section};
}

/* Name, guest slot and addresses of a device, by its place among the devices of its VM. */
static void fill_device(struct site *s, struct diags *d, struct site_device *v)
{
	unsigned n = 0;
	char name[HV_NAME_LEN + 8];

	for (const struct site_device *o = s->device; o < v; o++)
		n += o->vm == v->vm;
	v->bar_gpa = BAR_GPA + (uint64_t)n * BAR_GPA_STEP;
	set_default(v->line[DEV_GUEST], &v->guest_devfn, GUEST_FIRST + 8 * n);
	set_default(v->line[DEV_RESET], &v->reset, HV_RESET_FLR | HV_RESET_PM | HV_RESET_BUS);
	if (v->line[DEV_NAME] != 0)
		return;
	(void)snprintf(name, sizeof name, "%s-%u", s->vm[v->vm].name, n);
	if (strlen(name) >= HV_NAME_LEN)
		diag_error(d, at_device(s, v, DEV_NAME), "Name=SHORTER",
			   "the name %s is over 15 characters", name);
	else
		(void)strcpy(v->name, name);
}

static void check_device(const struct site *s, struct diags *d, const struct site_device *v)
{
	if (v->line[DEV_MATCH] == 0)
		diag_error(d, at_device(s, v, DEV_MATCH),
			   "Match=class:0200 or id: or slot:", "Match is missing");
	if (v->match == HV_MATCH_SLOT && v->index != 0)
		diag_error(d, at_device(s, v, DEV_INDEX), "no Index=", "a slot holds one device");
	if (v->match == HV_MATCH_CLASS && v->value >> 8 == 0x02 && s->vm[v->vm].protect)
		diag_error(d, at_device(s, v, DEV_MATCH), "a VM of role netvm",
			   "a network device gives %s, which is protected, a path beside its VPN",
			   s->vm[v->vm].name);
	for (const struct site_device *o = s->device; o < v; o++) {
		if (strcmp(o->name, v->name) == 0)
			diag_error(d, at_device(s, v, DEV_NAME), "Name=OTHER",
				   "the name %s is taken by %s:%u", v->name, s->vm[o->vm].file,
				   o->section);
		if (o->match == v->match && o->value == v->value && o->index == v->index)
			diag_error(d, at_device(s, v, DEV_MATCH),
				   "another device, or another Index=",
				   "the device is given to %s too (%s:%u)", s->vm[o->vm].name,
				   s->vm[o->vm].file, o->section);
		if (o->vm == v->vm && o->guest_devfn == v->guest_devfn)
			diag_error(d, at_device(s, v, DEV_GUEST), "another slot",
				   "the guest slot is taken by line %u", o->section);
	}
}

/* Focus= as written; else the VM with the lowest chord that is switched on; else nobody. */
static void resolve_focus(struct site *s, struct diags *d)
{
	struct place at = {SITE_BUNDLE, s->bundle_line[BUNDLE_FOCUS]};
	unsigned i = site_find_vm(s, s->focus);

	s->first_focus = HV_DOM_NONE;
	if (at.line == 0) {
		for (i = 0; i < s->vms; i++)
			if (s->vm[i].enabled && s->vm[i].chord != 0 &&
			    (s->first_focus == HV_DOM_NONE ||
			     s->vm[i].chord < s->vm[s->first_focus].chord))
				s->first_focus = i;
		return;
	}
	if (i == s->vms && strcmp(s->focus, "none") == 0)
		return;
	if (i == s->vms)
		diag_error(d, at, "the name of a .vm file, or none", "there is no %s.vm", s->focus);
	else if (!s->vm[i].screen || !s->vm[i].enabled)
		diag_error(d, at, "a VM that is switched on and has a screen", "%s %s", s->focus,
			   s->vm[i].enabled ? "has no screen" : "is switched off");
	else
		s->first_focus = i;
}

/* Said of the one that makes it too much. */
static void check_capsules(const struct site *s, struct diags *d)
{
	uint32_t bytes = 0;

	for (const struct site_vm *vm = s->vm; vm < &s->vm[s->vms]; vm++) {
		if (bytes <= HV_CAPSULE_TOTAL && bytes + vm->capsule_bytes > HV_CAPSULE_TOTAL)
			diag_error(d, (struct place){vm->file, vm->restart_line[RESTART_CAPSULE]},
				   "64K for all VMs together", "%uK more than there is",
				   (bytes + vm->capsule_bytes - HV_CAPSULE_TOTAL) / 1024);
		bytes += vm->capsule_bytes;
	}
}

void site_resolve(struct site *s, struct diags *d)
{
	if (s->vms == 0)
		diag_error(d, (struct place){".", 0}, "NAME.vm for each VM", "there is no VM");
	for (unsigned i = 0; i < s->vms; i++) {
		fill_vm(&s->vm[i]);
		check_vm(s, d, &s->vm[i]);
	}
	for (unsigned i = 0; i < s->devices; i++) {
		fill_device(s, d, &s->device[i]);
		check_device(s, d, &s->device[i]);
	}
	check_capsules(s, d);
	resolve_focus(s, d);
	site_resolve_edges(s, d);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the files in DIR, sorted; the caller frees them. Hidden files and README.md are none. */
static int list_files(const char *dir, char *file[FILES_MAX], unsigned *count)
{
	DIR *h = opendir(dir);
	const struct dirent *e;
	int err = 0;

	*count = 0;
	if (h == NULL)
		return errno;
	while (err == 0 && (errno = 0, e = readdir(h)) != NULL) {
		if (e->d_name[0] == '.' || strcmp(e->d_name, "README.md") == 0)
			continue;
		if (*count == FILES_MAX)
			err = E2BIG;
		else if ((file[*count] = strdup(e->d_name)) == NULL)
			err = ENOMEM;
		else
			++*count;
	}
	if (err == 0)
		err = errno;
	(void)closedir(h);
	qsort(file, *count, sizeof file[0], by_name);
	return err;
}

static int load_file(struct site *s, struct diags *d, const char *name, const char *path)
{
	struct blob b;
	int err = file_read(path, FILE_BYTES, &b);
	const char *text;

	if (err != 0 && err != EISDIR)
		return err;
	if (err == EISDIR) {
		diag_error(d, (struct place){name, 0}, SITE_FILES, "nobody reads this folder");
		return 0;
	}
	text = (const char *)b.data;
	if (strcmp(name, SITE_BUNDLE) == 0)
		site_parse_bundle(s, d, text, b.len);
	else if (strcmp(name, SITE_EDGES) == 0)
		site_parse_edges(s, d, text, b.len);
	else if (ends_with(name, ".vm"))
		site_parse_vm(s, d, name, text, b.len);
	else
		diag_error(d, (struct place){name, 0}, SITE_FILES, "nobody reads this file");
	free(b.data);
	return 0;
}

int site_load(struct site *s, struct diags *d, const char *dir, char *path, size_t path_max)
{
	char *file[FILES_MAX];
	unsigned count;
	bool bundle = false;
	int err = list_files(dir, file, &count);

	(void)snprintf(path, path_max, "%s", dir);
	for (unsigned i = 0; i < count; i++) {
		if (err == 0) {
			(void)snprintf(path, path_max, "%s/%s", dir, file[i]);
			bundle |= strcmp(file[i], SITE_BUNDLE) == 0;
			err = load_file(s, d, file[i], path);
		}
		free(file[i]);
	}
	if (err == 0 && !bundle)
		diag_error(d, (struct place){SITE_BUNDLE, 0},
			   "[Bundle] with Name= and Serial=", "the file is missing");
	return err;
}
