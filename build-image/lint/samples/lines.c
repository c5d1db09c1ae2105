/* SPDX-License-Identifier: Apache-2.0 */
/* Sample for the counting rule: exactly six lines count. */

// neither does this
int a; /* 1 */
int b; /* 2, and a comment that
	goes on */ int c; /* 3 */
const char *d = "/* 4: no comment */"; // "
/*
 */ char e = '"'; /* 5 */
char f = '\''; // 6

