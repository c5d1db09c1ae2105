# SPDX-License-Identifier: Apache-2.0
# Packages from pinned source: when they are built and where they are found. How is in build-image/pkg; must name no source file.
#
# Depend on $(OUT)/pkg/NAME.key, a small file that changes only when the package does, and use what is in
# $(OUT)/pkg/NAME, a link to the cache entry. In a parallel make the kernel builds beside everything else.

include build-image/versions.mk

# Absolute, because foreign makefiles change folder.
pkg := $(CURDIR)/$(OUT)/pkg

KERNEL_READY   := $(OUT)/pkg/linux.key
KERNEL_VMLINUX := $(pkg)/linux/vmlinux
KERNEL_BZIMAGE := $(pkg)/linux/bzImage
KERNEL_MODULES := $(pkg)/linux/modules
KERNEL_BUILD   := $(pkg)/linux/build
KERNEL_HEADERS := $(pkg)/linux-headers/include
BUSYBOX_READY  := $(OUT)/pkg/busybox.key
BUSYBOX_BIN    := $(pkg)/busybox/busybox
BUSYBOX_LINKS  := $(pkg)/busybox/busybox.links
MUSL_READY     := $(OUT)/pkg/musl.key
MUSL_CC        := $(pkg)/musl/bin/musl-cc

# For musl programs: NAME_READY goes into musl-PROG-needs, the flags into cflags-FILE and musl-PROG-libs.
OPENSSL_READY  := $(OUT)/pkg/openssl.key
OPENSSL_CFLAGS := -isystem $(pkg)/openssl/include
OPENSSL_LIBS   := $(pkg)/openssl/lib/libcrypto.a
LIBUSB_READY   := $(OUT)/pkg/libusb.key
LIBUSB_CFLAGS  := -isystem $(pkg)/libusb/include/libusb-1.0
LIBUSB_LIBS    := $(pkg)/libusb/lib/libusb-1.0.a
LIBINPUT_READY  := $(OUT)/pkg/libinput.key
LIBINPUT_CFLAGS := -isystem $(pkg)/libinput/include -isystem $(pkg)/libevdev/include/libevdev-1.0
# The program brings the functions of service-vms/lib/udev_shim.
LIBINPUT_LIBS   := $(pkg)/libinput/lib/libinput.a $(pkg)/mtdev/lib/libmtdev.a $(pkg)/libevdev/lib/libevdev.a
LIBINPUT_QUIRKS := $(pkg)/libinput/share/libinput
STRONGSWAN_READY := $(OUT)/pkg/strongswan.key
CHARON_BIN     := $(pkg)/strongswan/sbin/charon
SWANCTL_BIN    := $(pkg)/strongswan/sbin/swanctl

# Files of packages that rootfs lists name: they come with the package.
$(foreach p,$(PACKAGES),$(eval $(OUT)/pkg/$p/%: $(OUT)/pkg/$p.key ;))

.PHONY: fetch packages kernel busybox musl
fetch: ## download every pinned source into the cache, check all of it
	$Qbuild-image/fetch/fetch --verify $(patsubst %_FILES,%,$(sort $(filter %_FILES,$(.VARIABLES))))
packages: $(patsubst %,$(OUT)/pkg/%.key,$(filter-out linux-xen,$(PACKAGES))) ## everything VMs are made of, from source (cold 10 min)
kernel: $(KERNEL_READY) ## the service kernel, its modules and headers
busybox: $(BUSYBOX_READY) ## the commands of every VM
musl: $(MUSL_READY) ## the C library and compiler of VM programs

test-first += kernel

# The recipe takes part in make's job slots, hence the +; it decides by itself whether there is something to do.
$(PACKAGES:%=$(OUT)/pkg/%.key): $(OUT)/pkg/%.key: FORCE
	+$(if $(findstring n,$(firstword -$(MAKEFLAGS))),@echo "build-image/pkg/build $*",@build-image/pkg/build --out $(OUT)/pkg $*)

# What a package needs comes first here too, so that no job slot is spent on waiting for it.
pkg-needs := $(shell awk '/^. needs:/ { f = FILENAME; sub(/.*\//, "", f); sub(/.sh$$/, "", f); \
	for (i = 3; i <= NF; i++) print f ":" $$i }' $(PACKAGES:%=build-image/pkg/%.sh))
$(foreach n,$(pkg-needs),$(eval $(OUT)/pkg/$(firstword $(subst :, ,$n)).key: $(OUT)/pkg/$(lastword $(subst :, ,$n)).key))
