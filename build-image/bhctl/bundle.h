/* SPDX-License-Identifier: Apache-2.0 */
/* `bhctl bundle ...`: a site's text files to the description the hypervisor reads. Needs no running hypervisor. */
#ifndef BUNDLE_H
#define BUNDLE_H

#include <stdio.h>

enum { BHCTL_OK = 0, BHCTL_INVALID = 1, BHCTL_USAGE = 2, BHCTL_IO = 3 }; /* exit status */

extern const char bundle_usage[];

/* ARGV[0] is the word after "bundle". Returns the exit status. */
int bundle_main(int argc, char **argv);

#endif
