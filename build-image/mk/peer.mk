# SPDX-License-Identifier: Apache-2.0
# What runs under Xen beside us (tests/bench/xen): unpacked packages, guests, the roots of dom0 and of a guest. Nothing of it is in an image of ours.

all-objs += $(call objs,payload,$(xen-measure-src) $(xen-pair-src) $(xen-tiny-src))
$(OUT)/xen/pair.elf: $(call objs,payload,$(xen-pair-src)) tests/bench/xen/guest.lds
	$(call run,LD,tests/bench/xen/link start $@ $(filter %.o,$^))
$(OUT)/xen/measure.elf: $(call objs,payload,$(xen-measure-src)) tests/bench/xen/guest.lds
	$(call run,LD,tests/bench/xen/link start $@ $(filter %.o,$^))
$(OUT)/xen/tiny.elf: $(call objs,payload,$(xen-tiny-src)) tests/bench/xen/guest.lds
	$(call run,LD,tests/bench/xen/link tiny_entry $@ $(filter %.o,$^))
$(OUT)/xen/root.pins: tests/bench/xen/unpack build-image/versions.mk
	$(call run,UNPACK,tests/bench/xen/unpack $(OUT)/xen/root $(xen-pins) >$@.new && mv $@.new $@)
xen-cpio = awk -v out=$(OUT) -v busybox=$(BUSYBOX_BIN) -v links=$(BUSYBOX_LINKS) -f build-image/vm/list.awk $< >$@.list && $(OUT)/host/mkcpio $@.list $@
$(OUT)/xen/domu.cpio: $(addprefix tests/bench/xen/domu,.list -init) $(OUT)/musl/netbench $(BUSYBOX_READY) $(OUT)/host/mkcpio
	$(call run,CPIO,$(xen-cpio))
$(OUT)/xen/dom0.cpio: $(addprefix tests/bench/xen/,dom0.list dom0-init vif xl.conf tiny.cfg large.cfg measure.cfg linux.cfg sleeper.cfg waker.cfg yielder.cfg) $(OUT)/xen/domu.cpio \
		$(addprefix $(OUT)/xen/,measure.elf pair.elf tiny.elf) $(OUT)/xen/root.pins $(OUT)/pkg/linux-xen.key
	$(call run,CPIO,$(xen-cpio))

.PHONY: peer
peer: $(xen-ready) ## what tests/bench/xen/run needs: Xen's packages, dom0, guests (7 min cold, for a kernel of their own)
