/* SPDX-License-Identifier: Apache-2.0 */
/* bhctl: the administrator's command, on the build machine and in adminvm. Picks the command; does nothing itself. */
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "live.h"

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "bundle") == 0)
		return bundle_main(argc - 2, argv + 2);
	if (argc >= 2 && live_verb(argv[1]))
		return live_main(argc - 1, argv + 1);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(bundle_usage, stdout) == EOF || fputs(live_usage, stdout) == EOF
			       ? BHCTL_IO
			       : BHCTL_OK;
	(void)fprintf(stderr, "bhctl: the first word is not a command\n%s%s", bundle_usage,
		      live_usage);
	return BHCTL_USAGE;
}
