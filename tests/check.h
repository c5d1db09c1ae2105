/* SPDX-License-Identifier: Apache-2.0 */
/* Named test cases with TAP output for host tests; it must not allocate and must not hide a crash. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * A test file is a list of `static void some_rule_holds(void)` and a main:
 *
 *	int main(int argc, char **argv)
 *	{
 *		check_begin(argc, argv);
 *		RUN(some_rule_holds);
 *		return check_end();
 *	}
 *
 * A case nobody RUNs is an unused function, so the compiler refuses it. A CHECK_ that fails marks the
 * case and goes on; REQUIRE also leaves the function. Arguments of the program pick cases by name.
 * The plan is the last line: a program that dies half-way has none, and that counts as a failure.
 */
static struct {
	unsigned ran, failed;
	bool case_failed;
	int argc;
	char **argv;
} check;

static inline void check_begin(int argc, char **argv)
{
	check.argc = argc;
	check.argv = argv;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
}

static inline bool check_wanted(const char *name)
{
	for (int i = 1; i < check.argc; i++)
		if (strcmp(check.argv[i], name) == 0)
			return true;
	return check.argc <= 1;
}

static inline void check_run(const char *name, void (*fn)(void))
{
	if (!check_wanted(name))
		return;
	check.case_failed = false;
	fn();
	check.ran++;
	check.failed += check.case_failed;
	printf("%sok %u - %s\n", check.case_failed ? "not " : "", check.ran, name);
}

/* No case at all is a failure too: a misspelt name must not look like success. */
static inline int check_end(void)
{
	printf("1..%u\n", check.ran);
	return check.ran == 0 || check.failed != 0;
}

static inline bool check_fail(const char *file, int line, const char *text)
{
	printf("# %s:%d: %s\n", file, line, text);
	check.case_failed = true;
	return false;
}

static inline bool check_eq(const char *file, int line, const char *text, uint64_t got,
			    uint64_t want)
{
	if (got == want)
		return true;
	printf("# got  %llu (0x%llx)\n# want %llu (0x%llx)\n", (unsigned long long)got,
	       (unsigned long long)got, (unsigned long long)want, (unsigned long long)want);
	return check_fail(file, line, text);
}

static inline bool check_mem(const char *file, int line, const char *text, const void *got,
			     const void *want, size_t len)
{
	const unsigned char *g = got, *w = want;

	for (size_t i = 0; i < len; i++) {
		if (g[i] != w[i]) {
			printf("# at byte %zu of %zu: got 0x%02x, want 0x%02x\n", i, len, g[i],
			       w[i]);
			return check_fail(file, line, text);
		}
	}
	return true;
}

static inline bool check_str(const char *file, int line, const char *text, const char *got,
			     const char *want)
{
	if (got != NULL && strcmp(got, want) == 0)
		return true;
	printf("# got  \"%s\"\n# want \"%s\"\n", got != NULL ? got : "(null)", want);
	return check_fail(file, line, text);
}

#define CHECK_AT(text) __FILE__, __LINE__, text
#define RUN(fn)	       check_run(#fn, fn)

#define CHECK_TRUE(c)	((void)((c) || check_fail(CHECK_AT(#c))))
#define CHECK_FALSE(c)	((void)(!(c) || check_fail(CHECK_AT("!(" #c ")"))))
#define CHECK_EQ(a, b)	((void)check_eq(CHECK_AT(#a " == " #b), (uint64_t)(a), (uint64_t)(b)))
#define CHECK_NE(a, b)	CHECK_TRUE((uint64_t)(a) != (uint64_t)(b))
#define CHECK_STR(a, b) ((void)check_str(CHECK_AT(#a " == " #b), a, b))
/* got, want, bytes */
#define CHECK_MEM(a, b, n) ((void)check_mem(CHECK_AT(#a " == " #b), a, b, n))
#define REQUIRE(c)                                                                                 \
	do {                                                                                       \
		if (!(c)) {                                                                        \
			check_fail(CHECK_AT(#c));                                                  \
			return;                                                                    \
		}                                                                                  \
	} while (0)

#endif
