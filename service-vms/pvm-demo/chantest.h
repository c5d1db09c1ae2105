/* SPDX-License-Identifier: Apache-2.0 */
/* The numbered messages that chantest sends: made and checked here, sent elsewhere. Pure. */
#ifndef CHANTEST_H
#define CHANTEST_H

#include <stddef.h>
#include <stdint.h>

#define CHANTEST_MIN 24u /* bytes of the smallest message */

enum chantest_verdict {
	CHANTEST_GOOD,
	CHANTEST_SHORT,	  /* too short for the fields in front */
	CHANTEST_FOREIGN, /* not one of ours */
	CHANTEST_LENGTH,  /* says another length than it has */
	CHANTEST_SUM,	  /* content changed */
	CHANTEST_ORDER,	  /* a good message, but not the number that is due */
};

/* Fills LEN bytes, at least CHANTEST_MIN, with message NUMBER. */
void chantest_make(uint8_t *out, size_t len, uint64_t number);
enum chantest_verdict chantest_check(const uint8_t *msg, size_t len, uint64_t due);
const char *chantest_word(enum chantest_verdict v);

/* A length between CHANTEST_MIN and MAX, the same for the same number, all lengths about equally often. */
size_t chantest_length(uint64_t number, size_t max);

#endif
