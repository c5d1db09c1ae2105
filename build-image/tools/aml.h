/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the few AML terms a guest's DSDT needs (ACPI 6.4, chapters 6.4 and 20.2). Knows encodings, not devices. */
#ifndef AML_H
#define AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An output buffer. When it is full, `full` is set and nothing more is written: look once at the end. */
struct aml {
	uint8_t *buf;
	size_t max, len;
	bool full;
};

void aml_byte(struct aml *a, uint8_t v);
/* The low BYTES bytes of V, least significant first. */
void aml_le(struct aml *a, uint64_t v, unsigned bytes);

/* Terms with a body: open, write the body, close with what open returned. Names have 4 characters, after an optional backslash. */
size_t aml_open_scope(struct aml *a, const char *name);
size_t aml_open_device(struct aml *a, const char *name);
void aml_close(struct aml *a, size_t opened);

void aml_name_int(struct aml *a, const char *name, uint32_t v);
/* ID is like "PNP0A03": three capitals, four hex digits. */
void aml_name_eisa_id(struct aml *a, const char *name, const char *id);
/* A resource template made of the LEN bytes at RES, which end with res_end. */
void aml_name_resources(struct aml *a, const char *name, const uint8_t *res, size_t len);

/* Resource descriptors; ranges include both ends. */
void res_bus_range(struct aml *a, uint16_t first, uint16_t last);
void res_io_ports(struct aml *a, uint16_t first, uint8_t count);
void res_io_window(struct aml *a, uint16_t first, uint16_t last);
void res_memory_window(struct aml *a, uint32_t first, uint32_t last);
void res_end(struct aml *a);

#endif
