/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the UEFI interface that the loader uses. Must not be included by host-tested code or by the core. */
#ifndef BOOT_EFI_H
#define BOOT_EFI_H

#include <stdint.h>

/* Source: UEFI specification 2.10; TCG EFI protocol specification 1.0 for the last part. `void *` slots are not used here. */
typedef uint64_t efi_status;
typedef void *efi_handle;

#define EFI_SUCCESS	     0ull
#define EFI_ERR(n)	     (0x8000000000000000ull | (n))
#define EFI_BUFFER_TOO_SMALL EFI_ERR(5)
#define EFI_NOT_FOUND	     EFI_ERR(14)

#define EFI_ALLOCATE_ADDRESS 2u
#define EFI_LOADER_CODE	     1u
#define EFI_LOADER_DATA	     2u
#define EFI_CONVENTIONAL     7u
#define EFI_TPL_HIGH	     31u
#define EFI_BY_PROTOCOL	     2u
#define EFI_PAGE	     4096u

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_memory_descriptor {
	uint32_t type;
	uint32_t pad;
	uint64_t physical;
	uint64_t virtual;
	uint64_t pages;
	uint64_t attributes;
};

struct efi_time {
	uint16_t year;
	uint8_t month, day, hour, minute, second, pad1;
	uint32_t nanosecond;
	int16_t zone; /* minutes; 2047 = not known */
	uint8_t daylight, pad2;
};
#define EFI_ZONE_UNKNOWN 2047

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, bytes, crc32, reserved;
};

struct efi_text_out {
	void *reset;
	efi_status (*output)(struct efi_text_out *self, const uint16_t *text);
	void *test, *query_mode, *set_mode, *set_attribute;
	efi_status (*clear)(struct efi_text_out *self);
	void *set_cursor, *enable_cursor, *mode;
};

struct efi_boot_services {
	struct efi_table_header header;
	uint64_t (*raise_tpl)(uint64_t level);
	void (*restore_tpl)(uint64_t level);
	efi_status (*allocate_pages)(uint32_t how, uint32_t type, uint64_t pages, uint64_t *at);
	void *free_pages;
	efi_status (*get_memory_map)(uint64_t *bytes, struct efi_memory_descriptor *map,
				     uint64_t *key, uint64_t *entry_bytes, uint32_t *version);
	void *allocate_pool, *free_pool;
	void *create_event, *set_timer, *wait_event, *signal_event, *close_event, *check_event;
	void *install_protocol, *reinstall_protocol, *uninstall_protocol;
	efi_status (*handle_protocol)(efi_handle handle, const struct efi_guid *guid, void **out);
	void *reserved, *register_notify, *locate_handle, *locate_path, *install_table;
	void *load_image, *start_image, *exit, *unload_image;
	efi_status (*exit_boot_services)(efi_handle image, uint64_t key);
	void *next_count, *stall;
	efi_status (*set_watchdog)(uint64_t seconds, uint64_t code, uint64_t bytes,
				   const uint16_t *text);
	void *connect, *disconnect, *open_protocol, *close_protocol, *protocol_info;
	void *protocols_per_handle;
	efi_status (*locate_handles)(uint32_t how, const struct efi_guid *guid, void *key,
				     uint64_t *count, efi_handle **out);
	efi_status (*locate_protocol)(const struct efi_guid *guid, void *registration, void **out);
};

struct efi_runtime_services {
	struct efi_table_header header;
	efi_status (*get_time)(struct efi_time *time, void *capabilities);
	void *set_time, *get_wakeup, *set_wakeup, *set_virtual_map, *convert_pointer;
	efi_status (*get_variable)(const uint16_t *name, const struct efi_guid *guid,
				   uint32_t *attributes, uint64_t *bytes, void *data);
};

struct efi_config_table {
	struct efi_guid guid;
	const void *table;
};

struct efi_system_table {
	struct efi_table_header header;
	const uint16_t *vendor;
	uint32_t revision, pad;
	efi_handle con_in_handle;
	void *con_in;
	efi_handle con_out_handle;
	struct efi_text_out *con_out;
	efi_handle std_err_handle;
	struct efi_text_out *std_err;
	struct efi_runtime_services *runtime;
	struct efi_boot_services *boot;
	uint64_t config_count;
	const struct efi_config_table *config;
};

struct efi_loaded_image {
	uint32_t revision, pad;
	efi_handle parent;
	struct efi_system_table *system;
	efi_handle device;
	/* more follows; not used */
};

struct efi_file {
	uint64_t revision;
	efi_status (*open)(struct efi_file *self, struct efi_file **out, const uint16_t *name,
			   uint64_t mode, uint64_t attributes);
	efi_status (*close)(struct efi_file *self);
	void *remove;
	efi_status (*read)(struct efi_file *self, uint64_t *bytes, void *to);
	void *write, *get_position, *set_position;
	efi_status (*get_info)(struct efi_file *self, const struct efi_guid *guid, uint64_t *bytes,
			       void *to);
};
#define EFI_FILE_READ 1ull

struct efi_file_info {
	uint64_t struct_bytes, file_bytes, disk_bytes;
	struct efi_time created, accessed, modified;
	uint64_t attributes;
	uint16_t name[256];
};
#define EFI_FILE_DIRECTORY 0x10ull

struct efi_file_system {
	uint64_t revision;
	efi_status (*open_volume)(struct efi_file_system *self, struct efi_file **root);
};

struct efi_gop_info {
	uint32_t version, width, height;
	uint32_t format; /* 1 = 32 bits per pixel, bytes blue green red unused */
	uint32_t masks[4];
	uint32_t pixels_per_line;
};
#define EFI_FORMAT_BGRX 1u

struct efi_gop_mode {
	uint32_t modes, current;
	struct efi_gop_info *info;
	uint64_t info_bytes;
	uint64_t base, bytes;
};

struct efi_gop {
	void *query_mode, *set_mode, *blt;
	struct efi_gop_mode *mode;
};

struct efi_rng {
	void *get_info;
	efi_status (*get)(struct efi_rng *self, const struct efi_guid *algorithm, uint64_t bytes,
			  uint8_t *out);
};

/* Byte-packed by the specification; bytes[] so that no compiler pads it. */
struct efi_tcg2_event {
	uint8_t bytes[18 + 32]; /* size 4, header size 4, version 2, PCR 4, type 4, text */
};

struct efi_tcg2 {
	void *get_capability, *get_log;
	efi_status (*hash_log_extend)(struct efi_tcg2 *self, uint64_t flags, uint64_t data,
				      uint64_t bytes, struct efi_tcg2_event *event);
};

#define EFI_GUID_ACPI20                                                                            \
	{                                                                                          \
		0x8868e871, 0xe4f1, 0x11d3,                                                        \
		{                                                                                  \
			0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81                             \
		}                                                                                  \
	}
#define EFI_GUID_TEXT_OUT                                                                          \
	{                                                                                          \
		0x387477c2, 0x69c7, 0x11d2,                                                        \
		{                                                                                  \
			0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b                             \
		}                                                                                  \
	}
#define EFI_GUID_GOP                                                                               \
	{                                                                                          \
		0x9042a9de, 0x23dc, 0x4a38,                                                        \
		{                                                                                  \
			0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a                             \
		}                                                                                  \
	}
#define EFI_GUID_LOADED_IMAGE                                                                      \
	{                                                                                          \
		0x5b1b31a1, 0x9562, 0x11d2,                                                        \
		{                                                                                  \
			0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b                             \
		}                                                                                  \
	}
#define EFI_GUID_FILE_SYSTEM                                                                       \
	{                                                                                          \
		0x964e5b22, 0x6459, 0x11d2,                                                        \
		{                                                                                  \
			0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b                             \
		}                                                                                  \
	}
#define EFI_GUID_FILE_INFO                                                                         \
	{                                                                                          \
		0x09576e92, 0x6d3f, 0x11d2,                                                        \
		{                                                                                  \
			0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b                             \
		}                                                                                  \
	}
#define EFI_GUID_RNG                                                                               \
	{                                                                                          \
		0x3152bca5, 0xeade, 0x433d,                                                        \
		{                                                                                  \
			0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44                             \
		}                                                                                  \
	}
#define EFI_GUID_GLOBAL                                                                            \
	{                                                                                          \
		0x8be4df61, 0x93ca, 0x11d2,                                                        \
		{                                                                                  \
			0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c                             \
		}                                                                                  \
	}
#define EFI_GUID_TCG2                                                                              \
	{                                                                                          \
		0x607f766c, 0x7455, 0x42be,                                                        \
		{                                                                                  \
			0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f                             \
		}                                                                                  \
	}

#endif
