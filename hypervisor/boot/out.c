/* SPDX-License-Identifier: Apache-2.0 */
/* Text to COM1 by its ports and to the graphic console by the firmware. Must not rely on either being there. */
#include "out.h"

#include <stdbool.h>
#include <stdarg.h>

#include "fmt.h"
#include "hw.h"

#define COM1	    0x3f8
#define CONSOLE_MAX 4u
#define LINE_MAX    200u
/* Bound, once: about 4 s where a read of the port takes 1 us. A byte at 9600 baud takes 1 ms; an emulator that is short of time takes long. */
#define TX_SPINS 4000000u

static struct efi_text_out *console[CONSOLE_MAX];
static unsigned consoles;
static bool com1;

static void com1_init(void)
{
	hw_out8(COM1 + 7, 0x5a); /* scratch register: kept only where a port is */
	com1 = hw_in8(COM1 + 7) == 0x5a;
	if (!com1)
		return;
	hw_out8(COM1 + 1, 0);	 /* no interrupts */
	hw_out8(COM1 + 3, 0x80); /* divisor 1: 115200 baud */
	hw_out8(COM1 + 0, 1);
	hw_out8(COM1 + 1, 0);
	hw_out8(COM1 + 3, 3); /* 8 bits, no parity, 1 stop bit */
	hw_out8(COM1 + 2, 7);
	hw_out8(COM1 + 4, 3);
}

static void com1_put(char c)
{
	for (unsigned i = 0; i < TX_SPINS && com1; i++) {
		if (hw_in8(COM1 + 5) & 0x20) {
			hw_out8(COM1, (uint8_t)c);
			return;
		}
	}
	com1 = false; /* a port that never empties would make every line slow */
}

/*
 * The firmware's ConOut may be COM1 as well, and lines would come twice and mixed. So the text interfaces of the graphic
 * devices are used, and ConOut only where there is neither one of them nor a COM1.
 */
void out_init(struct efi_system_table *st)
{
	static const struct efi_guid gop = EFI_GUID_GOP, text = EFI_GUID_TEXT_OUT;
	uint64_t count = 0;
	efi_handle *handle = 0;

	com1_init();
	com1_put('\n');
	if (st->boot->locate_handles(EFI_BY_PROTOCOL, &gop, 0, &count, &handle) == EFI_SUCCESS) {
		for (uint64_t i = 0; i < count && consoles < CONSOLE_MAX; i++) {
			void *p = 0;
			if (st->boot->handle_protocol(handle[i], &text, &p) == EFI_SUCCESS &&
			    p != st->con_out)
				console[consoles++] = p;
		}
	}
	if (consoles == 0 && !com1)
		console[consoles++] = st->con_out;
	for (unsigned i = 0; i < consoles; i++)
		console[i]->clear(console[i]);
}

void out_leave_firmware(void)
{
	consoles = 0;
}

/* The screen may have 80 columns: a longer line goes on behind its first semicolon in the next row. */
static void put_screen(const char *text, size_t n)
{
	uint16_t wide[LINE_MAX + 6];
	size_t at = 0;
	bool broken = n < 80;

	for (size_t i = 0; i < n; i++) {
		wide[at++] = (uint8_t)text[i];
		if (text[i] == ';' && !broken) {
			wide[at++] = '\r';
			wide[at++] = '\n';
			broken = true;
		}
	}
	wide[at++] = '\r';
	wide[at++] = '\n';
	wide[at] = 0;
	for (unsigned i = 0; i < consoles; i++)
		console[i]->output(console[i], wide);
}

static void put_text(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		com1_put(text[i]);
	com1_put('\r');
	com1_put('\n');
	put_screen(text, n);
}

static void line(const char *prefix, const char *format, va_list args)
{
	char text[LINE_MAX];
	size_t n = 0;

	while (prefix[n]) {
		text[n] = prefix[n];
		n++;
	}
	n += fmt_line(text + n, sizeof text - n, format, args);
	put_text(text, n);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("bulkhead: ", format, args);
	va_end(args);
}

_Noreturn void refuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("REFUSED: ", format, args);
	va_end(args);
	say("halted; no VM was started");
	hw_stop();
}
