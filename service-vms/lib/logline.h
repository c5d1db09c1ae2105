/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a daemon for people, on its console. Never a key, a report or any other thing a user typed. */
#ifndef LOGLINE_H
#define LOGLINE_H

/* The name in front of each line; must outlive the program's use of it. */
void log_name(const char *name);

/* One line, cut at 200 bytes; bytes that are not printable become '?'. At most 20 lines in a second, then it says how many are missing. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
