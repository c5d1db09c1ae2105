# SPDX-License-Identifier: Apache-2.0
# The UEFI loader, out/efi/bulkhead.efi: a separate image around the core, gone after the hand-off.

efi-prog += bulkhead
efi-bulkhead-src := $(addprefix hypervisor/boot/,core_blob.S enter.S acpi.c check.c clock.c cpus.c \
    elf.c files.c fmt.c hw.c layout.c machine.c main.c memory.c out.c pci.c pci_links.c pci_quiet.c \
    tables.c)

# A tree without a core still gives a loader: it refuses to start and says so.
boot-core := $(if $(filter core-svm,$(resident-prog)),$(OUT)/resident/core-svm.strip.elf,/dev/null)
cflags-hypervisor/boot/core_blob.S := -DCORE_ELF='"$(boot-core)"'
needs-hypervisor/boot/core_blob.S  := $(boot-core)

unit-test += boot-acpi boot-check boot-clock boot-cpus boot-elf boot-files boot-memory boot-pci boot-tables
unit-boot-clock-src  := tests/unit/boot_clock_test.c hypervisor/boot/clock.c tests/fakes/boot_hw_fake.c
unit-boot-cpus-src   := tests/unit/boot_cpus_test.c hypervisor/boot/cpus.c tests/fakes/boot_hw_fake.c
unit-boot-pci-src    := tests/unit/boot_pci_test.c tests/fakes/boot_hw_fake.c
unit-boot-pci-src    += $(addprefix hypervisor/boot/,pci.c pci_links.c pci_quiet.c)
unit-boot-acpi-src   := tests/unit/boot_acpi_test.c hypervisor/boot/acpi.c
unit-boot-check-src  := $(addprefix hypervisor/boot/,check.c fmt.c) tests/unit/boot_check_test.c
unit-boot-elf-src    := tests/unit/boot_elf_test.c hypervisor/boot/elf.c
unit-boot-files-src  := $(addprefix hypervisor/boot/,files.c fmt.c) tests/unit/boot_files_test.c
unit-boot-memory-src := tests/unit/boot_memory_test.c hypervisor/boot/memory.c
unit-boot-tables-src := tests/unit/boot_tables_test.c hypervisor/boot/tables.c hypervisor/boot/layout.c
fuzz-target += acpi pci
fuzz-pci-src := tests/fuzz/pci.c tests/fakes/good_system.c $(addprefix hypervisor/boot/,acpi.c pci.c pci_links.c pci_quiet.c)
fuzz-acpi-src := tests/fuzz/acpi_fuzz.c hypervisor/boot/acpi.c
