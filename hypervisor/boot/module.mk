# SPDX-License-Identifier: Apache-2.0
# The UEFI loader, out/efi/bulkhead.efi: a separate image around the core, gone after the hand-off.

efi-prog += bulkhead
efi-bulkhead-src := $(addprefix hypervisor/boot/,core_blob.S enter.S acpi.c check.c clock.c elf.c \
    files.c fmt.c hw.c layout.c machine.c main.c memory.c out.c pci.c pci_links.c tables.c)

# A tree without a core still gives a loader: it refuses to start and says so.
boot-core := $(if $(filter core-svm,$(resident-prog)),$(OUT)/resident/core-svm.strip.elf,/dev/null)
cflags-hypervisor/boot/core_blob.S := -DCORE_ELF='"$(boot-core)"'
needs-hypervisor/boot/core_blob.S  := $(boot-core)
