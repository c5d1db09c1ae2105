# SPDX-License-Identifier: Apache-2.0
# The efi class: PE/COFF programs for the firmware, calls in the Windows convention; no foreign headers.

CC-efi    := clang
FLAGS-efi := -target x86_64-unknown-windows -std=c11 -ffreestanding -fshort-wchar -nostdinc \
	-isystem $(shell clang -print-resource-dir)/include $(HYP_INC) -O2 $(SAMEPATH) $(WARN) \
	-Wframe-larger-than=3072 -mno-red-zone -mno-sse -mno-mmx -mno-80387 -msoft-float \
	-mno-stack-arg-probe -fno-stack-protector -fno-common -fno-builtin
LDFLAGS-efi := -subsystem:efi_application -entry:efi_main -nodefaultlib -timestamp:1735689600 -WX
$(eval $(call variant,efi))

efi-bin  := $(efi-prog:%=$(OUT)/efi/%.efi)
all-objs += $(call objs,efi,$(foreach p,$(efi-prog),$(efi-$p-src)))

define efi-one
$(OUT)/efi/$1.efi: $(call objs,efi,$(efi-$1-src)) $(makefiles)
	$$(call run,LINK,lld-link $$(LDFLAGS-efi) -out:$$@ $$(filter %.o,$$^))
endef
$(foreach p,$(efi-prog),$(eval $(call efi-one,$p)))
