# SPDX-License-Identifier: Apache-2.0
# Bulkhead: the targets. How things are built is in build-image/mk/, what is built in each folder's module.mk.

.DEFAULT_GOAL := help

# A folder with a module.mk joins the build here; the lint "modules" fails if one is forgotten.
FOLDERS := \
	hypervisor \
	hypervisor/boot \
	build-image \
	build-image/bhctl \
	build-image/tools \
	service-vms \
	service-vms/adminvm \
	service-vms/driver \
	netvm \
	usbvm \
	inputvm \
	inputvm/inputvmd \
	vpnvm \
	tests \
	tests/unit \
	tests/fuzz \
	tests/model \
	tests/payloads \
	tests/payloads/device \
	tests/bench \
	tests/emu \
	tests/emu/vm \
	tests/bench/net \
	tests/bench/xen

include build-image/mk/rules.mk
include $(wildcard build-image/mk/packages.mk)
include $(wildcard $(FOLDERS:%=%/module.mk))
makefiles := $(filter-out %.d,$(MAKEFILE_LIST))
include build-image/mk/class-resident.mk
include build-image/mk/class-efi.mk
include build-image/mk/class-host.mk
include build-image/mk/class-musl.mk
include build-image/mk/pki.mk
include $(wildcard build-image/mk/vm.mk build-image/mk/image.mk)
include build-image/mk/peer.mk
include build-image/mk/lint.mk
include build-image/mk/test.mk

.PHONY: help all core loader tools payloads image run check clean

help: ## this list
	@echo "make TARGET [-j2] [V=1 shows the commands]"
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' $(filter-out %.d,$(MAKEFILE_LIST)) | awk -F'|' '{ printf "  %-14s %s\n", $$1, $$2 }'

all: core loader tools payloads $(musl-bin) $(all-extra) $(image-file) ## everything there is to build
core: $(resident-elf) ## the resident hypervisor, out/resident/
loader: $(efi-bin) ## the UEFI loader, out/efi/
tools: $(host-bin) ## programs of the build machine, out/host/
payloads: $(payload-elf) ## bare-metal test guests, out/payload/
image: $(image-file) ## the disk image with everything in it
	@$(if $(image-file),echo "$(image-file)",echo "no folder defines image-file"; exit 1)
run: $(image-file) $(run-needs) ## start the image in the emulator; Ctrl-C ends it
	$(if $(run-command),@$(run-command),@echo "no folder defines run-command"; exit 1)

check: $(check-items) ## everything that needs neither root, network nor emulator
	@build-image/lint/summary.sh $(OUT)/check $(words $(check-items))

clean: ## remove out/ (the cache of slow results stays)
	rm -rf $(OUT)
