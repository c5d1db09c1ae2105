/* SPDX-License-Identifier: Apache-2.0 */
/* A site as its files say it, with the line of each word. What the files do not say is filled in by site_resolve, nowhere else. */
#ifndef SITE_H
#define SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "diag.h"
#include "hv_system.h"
#include "value.h"

#define SITE_FILE_MAX 28u /* a file's name with its final NUL */
#define SITE_PATH_MAX 64u /* Image= and Secret=, with its final NUL */

/* Keys of the sections; also indices of line[]: where the key stands, 0 = nowhere. */
enum vm_key {
	VM_ROLE,
	VM_MEMORY,
	VM_ENABLED,
	VM_PROTECTED,
	VM_SCREEN,
	VM_CHORD,
	VM_COLOUR,
	VM_CONSOLE,
	VM_CPU,
	VM_PRIORITY,
	VM_BUDGET,
	VM_PERIOD,
	VM_IMAGE,
	VM_SECRET,
	VM_CHECKPOINT,
	VM_SPARE,
	VM_SWAP,
	VM_DEVELOPER,
	VM_AUTORESTART,
	VM_RIGHTS,
	VM_KEYS
};
enum restart_key {
	RESTART_BUDGET,
	RESTART_PROGRESS,
	RESTART_MISSED,
	RESTART_START,
	RESTART_CAPSULE,
	RESTART_KEYS
};
enum device_key { DEV_MATCH, DEV_INDEX, DEV_NAME, DEV_RESET, DEV_GUEST, DEV_OPTIONAL, DEV_KEYS };
enum bundle_key { BUNDLE_NAME, BUNDLE_SERIAL, BUNDLE_FOCUS, BUNDLE_KEYS };

struct site_vm {
	char name[HV_NAME_LEN]; /* as all names here with a final NUL */
	char file[SITE_FILE_MAX];
	unsigned section, restart_section; /* line of [VM] and [Restart] */
	unsigned line[VM_KEYS], restart_line[RESTART_KEYS];
	uint32_t role, ram_mib, enabled, protect, screen, chord, colour, console;
	uint32_t cpu, priority, budget_us, period_us, checkpoint, spare_mib, developer;
	uint32_t autorestart, rights;
	char image[SITE_PATH_MAX], secret[SITE_PATH_MAX]; /* secret: "" = none */
	uint8_t swap_digest[32];			  /* all zero: none */
	uint32_t restart_count, restart_window_s, progress_ms, progress_missed, start_ms,
		capsule_bytes;
};

struct site_device {
	unsigned vm; /* index of vm[] */
	unsigned section;
	unsigned line[DEV_KEYS];
	uint32_t match, value, index, reset, guest_devfn, optional;
	uint64_t bar_gpa;
	char name[HV_NAME_LEN];
};

struct site_edge {
	unsigned line;
	uint32_t kind, only, both_ways;
	bool focused; /* `to` is @focused */
	bool off;     /* an end is switched off: no channel */
	unsigned from, to;
	char from_name[HV_NAME_LEN], to_name[HV_NAME_LEN], name[HV_NAME_LEN];
	uint32_t ring_bytes, msg_max, credit_kib;
};

struct site {
	unsigned bundle_line[BUNDLE_KEYS];
	char name[32], focus[HV_NAME_LEN];
	uint32_t serial;
	unsigned first_focus; /* index of vm[], or HV_DOM_NONE */
	unsigned vms, devices, edges;
	struct site_vm vm[HV_DOM_MAX]; /* in the order of their files' names */
	struct site_device device[HV_SYS_DEV_MAX];
	struct site_edge edge[HV_SYS_CHAN_MAX];
};

extern const struct value_word site_roles[], site_kinds[], site_resets[], site_rights[];

#define SITE_BUNDLE "bundle.conf"
#define SITE_EDGES  "edges"

/* Each parses one file that is already read; findings go to D. */
void site_parse_bundle(struct site *s, struct diags *d, const char *text, size_t len);
void site_parse_vm(struct site *s, struct diags *d, const char *file, const char *text, size_t len);
void site_parse_edges(struct site *s, struct diags *d, const char *text, size_t len);

/* After all files: defaults, names to indices, and every rule between the files. */
void site_resolve(struct site *s, struct diags *d);
/* The part of it that is about edges. */
void site_resolve_edges(struct site *s, struct diags *d);

/* Reads DIR into S. Returns 0, or an errno value and the path in PATH. Findings in the files are no error here. */
int site_load(struct site *s, struct diags *d, const char *dir, char *path, size_t path_max);

/* Index of the VM, or s->vms. */
unsigned site_find_vm(const struct site *s, const char *name);

#endif
