/* SPDX-License-Identifier: Apache-2.0 */
/* Parses and loads the core as a static PIE; whatever else an ELF file can be is refused. Must stay pure. */
#include "elf.h"

#include "bytes.h"

#define PHDR_MAX	  16u
#define PT_LOAD		  1u
#define PT_DYNAMIC	  2u
#define PT_INTERP	  3u
#define DT_NEEDED	  1u
#define DT_RELA		  7u
#define DT_RELASZ	  8u
#define DT_RELAENT	  9u
#define DT_REL		  17u
#define DT_JMPREL	  23u
#define DT_RELR		  36u
#define R_X86_64_RELATIVE 8u
#define RELA_BYTES	  24u
#define DYN_BYTES	  16u
#define EHDR_BYTES	  64u
#define PHDR_BYTES	  56u

static const char *add_segment(const uint8_t *ph, size_t len, struct elf_image *out)
{
	if (out->segs == ELF_SEG_MAX)
		return "too many segments";
	struct elf_seg *s = &out->seg[out->segs];
	s->rights = le32(ph + 4);
	s->file_off = le64(ph + 8);
	s->va = le64(ph + 16);
	s->file_bytes = le64(ph + 32);
	s->mem_bytes = le64(ph + 40);
	if (s->file_bytes > s->mem_bytes || s->file_bytes > len ||
	    s->file_off > len - s->file_bytes)
		return "a segment outside the file";
	if (s->va % PAGE != 0 || s->va > ELF_SPAN_MAX || s->mem_bytes > ELF_SPAN_MAX - s->va ||
	    s->mem_bytes == 0)
		return "a segment outside the address range";
	if (s->va < out->span)
		return "segments that overlap or share a page";
	if (s->rights & ~(ELF_R | ELF_W | ELF_X) || !(s->rights & ELF_R) ||
	    (s->rights & (ELF_W | ELF_X)) == (ELF_W | ELF_X))
		return "a segment writable and executable, or not readable";
	out->span = round_up(s->va + s->mem_bytes, PAGE);
	out->segs++;
	return NULL;
}

/* The file bytes behind [va, va+bytes), or NULL when no single segment's file part holds them. */
static const uint8_t *file_at(const uint8_t *file, const struct elf_image *e, uint64_t va,
			      uint64_t bytes)
{
	for (unsigned i = 0; i < e->segs; i++) {
		const struct elf_seg *s = &e->seg[i];
		if (va >= s->va && bytes <= s->file_bytes && va - s->va <= s->file_bytes - bytes)
			return file + s->file_off + (va - s->va);
	}
	return NULL;
}

static const char *read_dynamic(const uint8_t *d, uint64_t bytes, struct elf_image *out)
{
	uint64_t rela_bytes = 0, rela_entry = RELA_BYTES;

	for (uint64_t off = 0; bytes - off >= DYN_BYTES; off += DYN_BYTES) {
		uint64_t tag = le64(d + off), value = le64(d + off + 8);
		if (tag == 0)
			break;
		if (tag == DT_NEEDED || tag == DT_REL || tag == DT_JMPREL || tag == DT_RELR)
			return "a dynamic section that needs more than DT_RELA";
		if (tag == DT_RELA)
			out->rela_va = value;
		if (tag == DT_RELASZ)
			rela_bytes = value;
		if (tag == DT_RELAENT)
			rela_entry = value;
	}
	if (rela_entry != RELA_BYTES || rela_bytes % RELA_BYTES != 0)
		return "relocations of another size";
	out->rela_count = rela_bytes / RELA_BYTES;
	return NULL;
}

static const char *check_header(const uint8_t *file, size_t len)
{
	if (len < EHDR_BYTES || memcmp(file, "\177ELF\2\1\1", 7) != 0)
		return "not a 64-bit little-endian ELF file";
	if (le16(file + 16) != 3 || le16(file + 18) != 62)
		return "not position-independent x86-64 code";
	uint64_t phoff = le64(file + 32);
	unsigned phnum = le16(file + 56);
	if (le16(file + 54) != PHDR_BYTES || phnum == 0 || phnum > PHDR_MAX || phoff > len ||
	    (len - phoff) / PHDR_BYTES < phnum)
		return "program headers outside the file";
	return NULL;
}

const char *elf_parse(const uint8_t *file, size_t len, struct elf_image *out)
{
	const char *why = check_header(file, len);
	uint64_t dyn_va = 0, dyn_bytes = 0;

	if (why)
		return why;
	memset(out, 0, sizeof *out);
	unsigned phnum = le16(file + 56);
	for (unsigned i = 0; i < phnum; i++) {
		const uint8_t *ph = file + le64(file + 32) + PHDR_BYTES * i;
		uint32_t type = le32(ph);
		if (type == PT_INTERP)
			return "an interpreter";
		if (type == PT_DYNAMIC) {
			dyn_va = le64(ph + 16);
			dyn_bytes = le64(ph + 32);
		}
		if (type == PT_LOAD && (why = add_segment(ph, len, out)) != NULL)
			return why;
	}
	if (out->segs == 0)
		return "no segment to load";
	const uint8_t *dynamic = dyn_bytes == 0 ? NULL : file_at(file, out, dyn_va, dyn_bytes);
	if (!dynamic)
		return "no dynamic section";
	if ((why = read_dynamic(dynamic, dyn_bytes, out)) != NULL)
		return why;
	if (out->rela_count > len / RELA_BYTES ||
	    (out->rela_count && !file_at(file, out, out->rela_va, out->rela_count * RELA_BYTES)))
		return "relocations outside the file";
	out->entry = le64(file + 24);
	for (unsigned i = 0; i < out->segs; i++)
		if (out->seg[i].rights & ELF_X && out->entry >= out->seg[i].va &&
		    out->entry - out->seg[i].va < out->seg[i].file_bytes)
			return NULL;
	return "an entry point outside its code";
}

const char *elf_load(const uint8_t *file, size_t len, const struct elf_image *image, uint8_t *to,
		     uint64_t base)
{
	if (image->rela_count > len / RELA_BYTES)
		return "relocations outside the file";
	memset(to, 0, image->span);
	for (unsigned i = 0; i < image->segs; i++)
		memcpy(to + image->seg[i].va, file + image->seg[i].file_off,
		       image->seg[i].file_bytes);
	const uint8_t *rela = file_at(file, image, image->rela_va, image->rela_count * RELA_BYTES);
	for (uint64_t i = 0; i < image->rela_count; i++, rela += RELA_BYTES) {
		uint64_t place = le64(rela), addend = le64(rela + 16);
		if (le64(rela + 8) != R_X86_64_RELATIVE)
			return "a relocation that is not R_X86_64_RELATIVE";
		if (place > image->span - 8 || addend > image->span)
			return "a relocation outside the image";
		uint64_t value = base + addend;
		memcpy(to + place, &value, 8);
	}
	return NULL;
}
