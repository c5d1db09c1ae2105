/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what the loader asks the TPM for, and that a TPM which does not do it is said. */
#include "check.h"

#include <stdarg.h>

#include "boot/files.h"
#include "boot/fmt.h"
#include "boot/out.h"

static char said[200];
static bool tpm_there;
static efi_status tpm_answer;
static struct efi_tcg2_event event;
static uint64_t data, data_bytes;
static unsigned calls;

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fmt_line(said, sizeof said, format, args);
	va_end(args);
}

static efi_status extend(struct efi_tcg2 *self, uint64_t flags, uint64_t at, uint64_t bytes,
			 struct efi_tcg2_event *e)
{
	(void)self;
	CHECK_EQ(flags, 0);
	calls++;
	event = *e;
	data = at;
	data_bytes = bytes;
	return tpm_answer;
}

static efi_status locate(const struct efi_guid *guid, void *registration, void **out)
{
	static struct efi_tcg2 tpm = {.hash_log_extend = extend};

	(void)guid;
	(void)registration;
	*out = &tpm;
	return tpm_there ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static void ask(uint64_t bytes)
{
	static struct efi_boot_services boot = {.locate_protocol = locate};
	struct efi_system_table st = {.boot = &boot};

	said[0] = 0;
	calls = 0;
	measure(&st, "netvm", (const uint8_t *)"abc", bytes);
}

static void bytes_are_hashed_into_pcr_12(void)
{
	static const uint8_t head[] = {24, 0, 0, 0, 14, 0, 0, 0, 1, 0, 12, 0, 0, 0, 13, 0, 0, 0};

	tpm_there = true;
	tpm_answer = EFI_SUCCESS;
	ask(3);
	CHECK_EQ(calls, 1);
	CHECK_EQ(data_bytes, 3);
	CHECK_MEM((const void *)data, "abc", 3);
	CHECK_MEM(event.bytes, head, sizeof head);
	CHECK_STR((const char *)event.bytes + sizeof head, "netvm");
	CHECK_STR(said, "");
}

static void a_tpm_that_fails_is_said(void)
{
	tpm_there = true;
	tpm_answer = EFI_ERR(7);
	ask(3);
	CHECK_EQ(calls, 1);
	CHECK_STR(said, "tpm: netvm is not measured in PCR 12: error 7 of the firmware");
}

static void without_tpm_or_bytes_nothing_is_asked(void)
{
	tpm_there = false;
	ask(3);
	CHECK_EQ(calls, 0);
	tpm_there = true;
	ask(0);
	CHECK_EQ(calls, 0);
	CHECK_STR(said, "");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(bytes_are_hashed_into_pcr_12);
	RUN(a_tpm_that_fails_is_said);
	RUN(without_tpm_or_bytes_nothing_is_asked);
	return check_end();
}
