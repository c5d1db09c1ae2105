/* SPDX-License-Identifier: Apache-2.0 */
/* Reads bundle.conf and the .vm files; knows the sections and keys, not the rules between files. */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "site.h"
#include "text.h"

const struct value_word site_roles[] = {
	{"pvm",	HV_ROLE_PVM	   },
	  {"netvm",   HV_ROLE_NETVM	 },
	{"usbvm",	  HV_ROLE_USBVM  },
	  {"inputvm", HV_ROLE_INPUTVM},
	{"vpnvm",	  HV_ROLE_VPNVM  },
	  {"adminvm", HV_ROLE_ADMINVM},
	{"test",	 HV_ROLE_TEST   },
	  VALUE_END
};
const struct value_word site_resets[] = {
	{"flr", HV_RESET_FLR},
	       {"pm",  HV_RESET_PM },
	    {"bus", HV_RESET_BUS},
	   VALUE_END
};
const struct value_word site_rights[] = {
	{"focus", HV_RIGHT_FOCUS},
	   {"admin", HV_RIGHT_ADMIN},
	      VALUE_END
};

#define BOOL_RIGHT "yes or no"
#define AT_VM(f)   offsetof(struct site_vm, f)
#define AT_DEV(f)  offsetof(struct site_device, f)

static const struct key bundle_keys[BUNDLE_KEYS] = {
	[BUNDLE_NAME] = {"Name",	 KEY_NAME, offsetof(struct site, name),		.max = 31,
			 .right = "1 to 31 characters a-z 0-9 -"								},
	[BUNDLE_SERIAL] = {"Serial", KEY_UINT, offsetof(struct site, serial),	      1,			 UINT32_MAX,
			   .right = "a number from 1 to 4294967295, higher in each bundle"},
	[BUNDLE_FOCUS] = {"Focus",	   KEY_NAME,	     offsetof(struct site,		   focus), .max = HV_NAME_LEN - 1,
			  .right = "the name of a VM with a screen, or none"},
};

static const struct key vm_keys[VM_KEYS] = {
	[VM_ROLE] = {"Role",							      KEY_WORD,	       AT_VM(role),	    .words = site_roles,
		     .right = "pvm netvm usbvm inputvm vpnvm adminvm or test"																														       },
	[VM_MEMORY] = {"Memory",							    KEY_MIB,	  AT_VM(ram_mib),	  2,								      2048,															2,
		       .right = "an even number of MiB from 2M to 2G"},
	[VM_ENABLED] = {"Enabled",			   KEY_BOOL,				     AT_VM(enabled),						     .right = BOOL_RIGHT											 },
	[VM_PROTECTED] = {"Protected",								   KEY_BOOL,									AT_VM(protect),			 .right = BOOL_RIGHT},
	[VM_SCREEN] = {"Screen",							    KEY_BOOL,	   AT_VM(screen),	  .right = BOOL_RIGHT						     },
	[VM_CHORD] = {"Chord",							   KEY_UINT,	 AT_VM(chord),		       1,								      9,																				   .right = "1 to 9, for Ctrl+Alt+n"},
	[VM_COLOUR] = {"Colour",							    KEY_COLOUR,	     AT_VM(colour),	    .right = "#rrggbb, small letters"				     },
	[VM_CONSOLE] = {"Console",							   KEY_BOOL,  AT_VM(console),  .right = BOOL_RIGHT									},
	[VM_CPU] = {"Cpu",							 KEY_UINT,								       AT_VM(cpu),			 0,						    255, .right = "0 to 255"},
	[VM_PRIORITY] = {"Priority",							   KEY_UINT, AT_VM(priority),			0,								      7,
			 .right = "0 (last) to 7 (first)"},
	[VM_BUDGET] = {"Budget",							    KEY_US,		 AT_VM(budget_us),	   1000,								   1000000,
		       .right = "a time like 500us, 8ms or 1s, from 1ms to the period"},
	[VM_PERIOD] = {"Period",								   KEY_US,									   AT_VM(period_us),			   2000,	 1000000,
		       .right = "a time like 10ms, from 2ms to 1s"},
	[VM_IMAGE] = {"Image",			       KEY_FILE,					 AT_VM(image),						       .max = SITE_PATH_MAX - 1,
		      .right = "the name of a file in the image directory, a-z 0-9 - . _"														       },
	[VM_SECRET] = {"Secret", KEY_FILE,		   AT_VM(secret),				  .max = SITE_PATH_MAX - 1,
		       .right = "the name of a file in the image directory, a-z 0-9 - . _"															   },
	[VM_CHECKPOINT] = {"Checkpoint", KEY_BOOL,		   AT_VM(checkpoint),			      .right = BOOL_RIGHT											 },
	[VM_SPARE] = {"Spare",								   KEY_MIB,									    AT_VM(spare_mib),			  0,2048,																																		.right = "0M to 2G"},
	[VM_SWAP] = {"Swap",						KEY_DIGEST,							       AT_VM(swap_digest),
		     .right = "the SHA-256 of an image file, 64 digits 0-9 a-f"											  },
	[VM_DEVELOPER] = {"Developer",								   KEY_BOOL,									AT_VM(developer),		   .right = BOOL_RIGHT},
	[VM_AUTORESTART] = {"Autorestart",						       KEY_BOOL,	     AT_VM(autorestart),	 .right = BOOL_RIGHT						    },
	[VM_RIGHTS] = {"Rights",							  KEY_WORDS,   AT_VM(rights), .words = site_rights,
		       .right = "none, focus, admin or focus,admin"														    },
};

static const struct key restart_keys[RESTART_KEYS] = {
	[RESTART_BUDGET] = {"Budget",		      KEY_RATE, AT_VM(restart_count),
			    .right = "restarts and seconds like 5/60s, up to 1000/86400s"},
	[RESTART_PROGRESS] = { "Progress", KEY_MS,		  AT_VM(progress_ms),		      10,		  60000,
			      .right = "a time like 500ms, from 10ms to 60s"},
	[RESTART_MISSED] = {		    "Missed",   KEY_UINT,	AT_VM(progress_missed),			1,					   100,
			    .right = "1 to 100"},
	[RESTART_START] = {					   "Start",    KEY_MS,	    AT_VM(start_ms),		     1000,		   3600000,
			    .right = "a time like 180s, from 1s to 3600s"},
	[RESTART_CAPSULE] = {		     "Capsule",	KEY_KIB,		 AT_VM(capsule_bytes),       0,				  HV_CAPSULE_MAX,
			     .right = "whole KiB from 0K to 16K"},
};

static const struct key device_keys[DEV_KEYS] = {
	[DEV_MATCH] = {"Match",			KEY_MATCH,	   AT_DEV(match),
		       .right = "class:0200, id:8086:10d3 or slot:00:10.0, small letters"	 },
	[DEV_INDEX] = {"Index",			KEY_UINT,	  AT_DEV(index), 0,		    255, .right = "0 to 255"},
	[DEV_NAME] = {"Name",    KEY_NAME,			AT_DEV(name),			      .max = HV_NAME_LEN - 1,
		       .right = "1 to 15 characters a-z 0-9 -"},
	[DEV_RESET] = {"Reset", KEY_WORDS, AT_DEV(reset),		  .words = site_resets,
		       .right = "none, or some of flr,pm,bus"},
	[DEV_GUEST] = {"Guest",		KEY_SLOT,	  AT_DEV(guest_devfn),		       0x10,				     0xf8,
		       .right = "00:02.0 to 00:1f.0"},
	[DEV_OPTIONAL] = {"Optional",      KEY_BOOL,AT_DEV(optional),.right = BOOL_RIGHT},
};

void site_parse_bundle(struct site *s, struct diags *d, const char *text, size_t len)
{
	struct text t = {text, text + len, 0};
	struct text_line l;
	unsigned section = 0;

	for (;;) {
		enum text_kind kind = text_next_pair(&t, &l);
		struct place at = {SITE_BUNDLE, t.line};

		if (kind == TEXT_END)
			break;
		if (kind == TEXT_BAD)
			diag_error(d, at, NULL, "%s", l.key);
		else if (kind == TEXT_SECTION && (strcmp(l.key, "Bundle") != 0 || section != 0))
			diag_error(d, at, "[Bundle], once", "section [%s]", l.key);
		else if (kind == TEXT_SECTION)
			section = t.line;
		else if (section == 0)
			diag_error(d, at, "[Bundle] above it", "%s stands in no section", l.key);
		else
			key_take(d, at, bundle_keys, BUNDLE_KEYS, l.key, l.value, s,
				 s->bundle_line);
	}
	if (s->bundle_line[BUNDLE_NAME] == 0 || s->bundle_line[BUNDLE_SERIAL] == 0)
		diag_error(d, (struct place){SITE_BUNDLE, section},
			   "[Bundle] with Name= and Serial=", "%s is missing",
			   s->bundle_line[BUNDLE_NAME] == 0 ? "Name" : "Serial");
}

/* Where the keys of the section read last belong. */
struct target {
	const struct key *keys;
	unsigned count;
	void *object;
	unsigned *lines;
};

static struct target open_device(struct site *s, struct diags *d, struct place at)
{
	struct site_device *v = &s->device[s->devices];

	if (s->devices == HV_SYS_DEV_MAX) {
		diag_error(d, at, "16 devices or fewer in all files", "one device too many");
		return (struct target){NULL, 0, NULL, NULL};
	}
	s->devices++;
	v->vm = s->vms;
	v->section = at.line;
	return (struct target){device_keys, DEV_KEYS, v, v->line};
}

/* The section NAME begins: its keys, or none when there is no such section or it is there already. */
static struct target open_section(struct site *s, struct diags *d, struct place at,
				  const char *name)
{
	struct site_vm *vm = &s->vm[s->vms];
	unsigned *once = NULL;
	struct target t = {NULL, 0, NULL, NULL};

	if (strcmp(name, "Device") == 0)
		return open_device(s, d, at);
	if (strcmp(name, "VM") == 0) {
		once = &vm->section;
		t = (struct target){vm_keys, VM_KEYS, vm, vm->line};
	} else if (strcmp(name, "Restart") == 0) {
		once = &vm->restart_section;
		t = (struct target){restart_keys, RESTART_KEYS, vm, vm->restart_line};
	} else {
		diag_error(d, at, "[VM], [Device] or [Restart]", "unknown section [%s]", name);
		return t;
	}
	if (*once != 0) {
		diag_error(d, at, "one of it", "section [%s] is there twice, first in line %u",
			   name, *once);
		return (struct target){NULL, 0, NULL, NULL};
	}
	*once = at.line;
	return t;
}

static void parse_sections(struct site *s, struct diags *d, const char *file, struct text *t)
{
	struct target to = {NULL, 0, NULL, NULL};
	struct text_line l;
	bool any = false;

	for (;;) {
		enum text_kind kind = text_next_pair(t, &l);
		struct place at = {file, t->line};

		if (kind == TEXT_END)
			return;
		if (kind == TEXT_BAD) {
			diag_error(d, at, NULL, "%s", l.key);
		} else if (kind == TEXT_SECTION) {
			any = true;
			to = open_section(s, d, at, l.key);
		} else if (!any) {
			diag_error(d, at, "[VM] above it", "%s stands in no section", l.key);
		} else if (to.keys != NULL) { /* else the section itself was refused */
			key_take(d, at, to.keys, to.count, l.key, l.value, to.object, to.lines);
		}
	}
}

void site_parse_vm(struct site *s, struct diags *d, const char *file, const char *text, size_t len)
{
	struct text t = {text, text + len, 0};
	struct place whole = {file, 0};
	size_t stem = strlen(file) - strlen(".vm");
	struct site_vm *vm = &s->vm[s->vms];
	char name[SITE_FILE_MAX];

	if (stem >= sizeof name ||
	    (memcpy(name, file, stem), name[stem] = '\0', !value_name(name, HV_NAME_LEN - 1))) {
		diag_error(d, whole, "1 to 15 characters a-z 0-9 - and then .vm",
			   "the file's name is no name for a VM");
		return;
	}
	if (s->vms == HV_DOM_MAX) {
		diag_error(d, whole, "16 VMs or fewer", "one VM too many");
		return;
	}
	memcpy(vm->name, name, stem + 1);
	(void)snprintf(vm->file, sizeof vm->file, "%s", file);
	parse_sections(s, d, vm->file, &t);
	s->vms++;
	if (vm->section == 0)
		diag_error(d, whole, "[VM] with Role= and Memory=", "section [VM] is missing");
	else if (vm->line[VM_ROLE] == 0 || vm->line[VM_MEMORY] == 0)
		diag_error(d, (struct place){vm->file, vm->section},
			   "[VM] with Role= and Memory=", "%s is missing",
			   vm->line[VM_ROLE] == 0 ? "Role" : "Memory");
}
