# SPDX-License-Identifier: Apache-2.0
# The resident core. core-svm is AMD-V; the IOMMU driver is picked by firmware table, not by processor.

core-files := bar capsule channel checkpoint cpuid_policy device device_config device_init device_reset device_storm domain entropy exit focus
core-files += font frames guestmem hcall life life_load lock log loop main msr_policy port_policy progress ptab restart restart_pause sched sha256 swap
core-files += swap_work system
core-files += vlapic vpci
iommu-files := vtd vtd_init
x86-files := apic boot_done crash hw_x86 mem start trap

resident-prog += core-svm
resident-core-svm-src := $(core-files:%=hypervisor/core/%.c) $(x86-files:%=hypervisor/x86/%.c)
resident-core-svm-src += $(iommu-files:%=hypervisor/iommu/%.c)
resident-core-svm-src += hypervisor/x86/entry.S hypervisor/svm/vcpu.c hypervisor/svm/vcpu_boot.c hypervisor/svm/run.S
cflags-hypervisor/svm/vcpu.c := -Ihypervisor/x86
cflags-hypervisor/svm/vcpu_boot.c := -Ihypervisor/x86
