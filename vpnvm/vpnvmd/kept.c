/* SPDX-License-Identifier: Apache-2.0 */
/* kept-lease: what this VM's earlier life left of its outer lease, for /etc/rc. Must not print what lease.c has not passed. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lease.h"
#include "vm.h"

static const char usage_text[] =
	"usage: kept-lease\n"
	"Prints the kept lease as ip=ADDRESS mask=BITS router=ADDRESS lease=SECONDS-LEFT.\n"
	"Exit: 0 done, 1 there is none that can be used, 100 wrong usage\n";

int main(int argc, char **argv)
{
	char text[HV_CAPSULE_MAX];
	uint32_t bytes = sizeof text;
	struct lease l;
	int control;

	if (argc > 1) {
		bool help = strcmp(argv[1], "--help") == 0;

		(void)fputs(usage_text, help ? stdout : stderr);
		return help ? 0 : VM_EXIT_MISCONFIGURED;
	}
	control = vm_open(0);
	if (control < 0 || vm_capsule_get(control, text, &bytes) != 0 || bytes == 0)
		return 1;
	if (!lease_parse(text, bytes, (uint64_t)time(NULL), &l)) {
		(void)fputs("kept-lease: what an earlier life left is no lease, or it is over\n",
			    stderr);
		return 1;
	}
	(void)printf("ip=%s mask=%u router=%s lease=%u\n", l.address, l.mask, l.router, l.left_s);
	return 0;
}
