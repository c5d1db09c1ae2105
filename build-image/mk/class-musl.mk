# SPDX-License-Identifier: Apache-2.0
# The musl class: programs inside the VMs, static-pie. packages.mk provides MUSL_CC (the compiler
# driver), MUSL_READY (the files that must exist before it works), MUSL_CFLAGS and MUSL_LDFLAGS.

CC-musl     = $(MUSL_CC)
FLAGS-musl  = -std=c11 -D_GNU_SOURCE -Ihypervisor/abi -Ihypervisor/include -I. -Iservice-vms/proto -Iservice-vms/lib -Iservice-vms/driver \
	$(SAMEPATH) -Os $(WARN) -fPIE -fno-common -fstack-protector-strong \
	-ffunction-sections -fdata-sections $(MUSL_CFLAGS)
$(eval $(call variant,musl))

musl-bin  := $(musl-prog:%=$(OUT)/musl/%)
all-objs  += $(call objs,musl,$(foreach p,$(musl-prog),$(musl-$p-src)))

define musl-one
$(call objs,musl,$(musl-$1-src)): $(MUSL_READY) $(musl-$1-needs)
$(OUT)/musl/$1: $(call objs,musl,$(musl-$1-src)) $(musl-$1-needs) $(makefiles)
	$$(call run,LD,$$(CC-musl) -static-pie -Wl$$(comma)--gc-sections -o $$@ \
		$$(filter %.o,$$^) $$(MUSL_LDFLAGS) $$(musl-$1-libs))
endef
comma := ,
$(foreach p,$(musl-prog),$(eval $(call musl-one,$p)))
