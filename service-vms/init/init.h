/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of PID 1. Every one of them may fail; only main.c decides what that means. */
#ifndef INIT_H
#define INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config.h"

#define SECRET_FILE "/run/secret"

/* system.c: false = failed and said so */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool read_text(const char *path, char *buf, size_t size);
bool mount_all(void);
bool limit_free_lists(void);
bool wake_seldom(void);
bool have_kernel_speak(void);
bool read_modules(struct module_list *list);
bool load_modules(const struct module_list *list, unsigned from,
		  unsigned to); /* [from, to) of it */
bool hold_devices(void);	/* from here on no driver gets a PCI function */
bool bind_devices(void); /* those that are loaded get theirs, and so do others from here on */
bool open_console(void);
bool forbid_modules(void);
bool root_read_only(void);
bool seed_random(int control);
bool set_hostname(int control);
bool store_secret(int control); /* the VM's secret, if it has one, as SECRET_FILE, for root alone */

/*
 * child.c. A child with a terminal takes its background processes along when it ends, for they get SIGHUP then;
 * without a screen TERMINAL_SCREEN is TERMINAL_CONSOLE.
 */
enum terminal { TERMINAL_NONE, TERMINAL_CONSOLE, TERMINAL_SCREEN };

pid_t start_child(char *const argv[], enum terminal terminal);
unsigned child_status(int wait_status); /* as vm_exit wants it */
bool wait_child(pid_t pid, unsigned timeout_s, unsigned *status);

#endif
