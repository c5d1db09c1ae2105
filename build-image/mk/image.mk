# SPDX-License-Identifier: Apache-2.0
# A site and its VM images to one disk image. Must name no VM: the site does.
#
#   make image                   the site in build-image/site, out/bulkhead.img
#   make image SITE=tests/site-x IMAGE=out/x.img
# A VM of the site that is on needs an image, out/vm/NAME.img, which a module.mk declares (see vm.mk); what its Secret= names is a file
# in out/vm too.

SITE       ?= build-image/site
IMAGE      ?= $(OUT)/bulkhead.img
site-files := $(wildcard $(SITE)/*)
site-vms   := $(patsubst $(SITE)/%.vm,%,$(filter %.vm,$(site-files)))
site-imgs  := $(patsubst %,$(OUT)/vm/%.img,$(filter $(vm),$(site-vms)))
site-secrets := $(addprefix $(OUT)/vm/,$(shell sed -n 's/^Secret=//p' $(filter %.vm,$(site-files))))
image-bin  := $(IMAGE:.img=.bin)

# A file that left the site is seen by the list of their names.
$(IMAGE).site: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(site-files) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$(image-bin): $(IMAGE).site $(site-files) $(site-imgs) $(site-secrets) $(OUT)/host/bhctl
	$(call run,BUNDLE,$(OUT)/host/bhctl bundle build $(SITE) --vmdir $(OUT)/vm -o $@)
$(IMAGE): $(OUT)/efi/bulkhead.efi $(image-bin) $(site-imgs) $(site-secrets) $(OUT)/host/bhctl build-image/tools/mkimg
	$(call run,IMAGE,BHCTL=$(OUT)/host/bhctl build-image/tools/mkimg -o $@ --efi $< --system $(image-bin) --vm $(site-imgs) $(site-secrets))

# While VMs of the default site have no image yet, `make all` does without a disk image.
site-on       := $(patsubst $(SITE)/%.vm,%,$(shell grep -LE '^Enabled=no' $(filter %.vm,$(site-files))))
image-missing := $(filter-out $(vm),$(site-on))
image-file    := $(if $(image-missing),,$(IMAGE))
ifneq ($(filter image,$(MAKECMDGOALS)),)
$(if $(image-missing),$(error $(SITE): no image is declared for: $(image-missing)))
endif
