/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on the serial port and in a ring. Must not trust a byte that comes from a guest. */
#include "hw.h"
#include "lock.h"
#include "log.h"

static void put(uint8_t c)
{
	hw_serial_put(c);
}

static void put_str(const char *s, size_t max)
{
	for (size_t i = 0; i < max && s[i] != 0; i++)
		put((uint8_t)s[i]);
}

static void put_num(uint64_t v, unsigned base)
{
	uint8_t digits[20];
	unsigned n = 0;

	do {
		digits[n++] = (uint8_t) "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0); /* bound: 20 decimal digits */
	while (n > 0)
		put(digits[--n]);
}

void log_text(const char *prefix, const char *fmt, va_list ap)
{
	log_lock();
	put_str(prefix, LOG_LINE_MAX);
	for (; *fmt != 0; fmt++) {
		bool wide = false;

		if (*fmt != '%') {
			put((uint8_t)*fmt);
			continue;
		}
		if (*++fmt == 'l') {
			wide = true;
			fmt++;
		}
		if (*fmt == 's')
			put_str(va_arg(ap, const char *), LOG_LINE_MAX);
		else if (*fmt == 'u' || *fmt == 'x')
			put_num(wide ? va_arg(ap, uint64_t) : va_arg(ap, uint32_t),
				*fmt == 'u' ? 10 : 16);
		else
			break; /* our own mistake: end the line here */
	}
	put('\n');
	log_unlock();
}

void log_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_text("hv: ", fmt, ap);
	va_end(ap);
}

void log_guest_flush(struct log_guest *g)
{
	if (g->used == 0)
		return;
	log_lock();
	put('[');
	put_str((const char *)g->name, HV_NAME_LEN);
	put_str("] ", 2);
	for (uint32_t i = 0; i < g->used; i++) {
		uint8_t c = g->line[i];

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			put(c);
		} else {
			put_str("\\x", 2);
			put((uint8_t) "0123456789abcdef"[c >> 4]);
			put((uint8_t) "0123456789abcdef"[c & 15]);
		}
	}
	put('\n');
	log_unlock();
	g->used = 0;
}

void log_guest_put(struct log_guest *g, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			log_guest_flush(g);
		} else if (bytes[i] != '\r') {
			g->line[g->used++] = bytes[i];
			if (g->used == LOG_LINE_MAX)
				log_guest_flush(g);
		}
	}
}
