# SPDX-License-Identifier: Apache-2.0
# The host class: tools, and the core's C once more for the tests. Nothing built here enters an image.

HOSTED := -std=c11 -D_GNU_SOURCE $(HOST_INC) $(SAMEPATH) -g -fno-common $(WARN)
SAN    := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

CC-host     := gcc
FLAGS-host  := $(HOSTED) -O1 -fstack-protector-strong
CC-san      := gcc
FLAGS-san   := $(HOSTED) -O1 $(SAN)
CC-cov      := gcc
FLAGS-cov   := $(HOSTED) -O0 --coverage
CC-model    := gcc
FLAGS-model := $(HOSTED) -O2 -fsanitize=undefined -fno-sanitize-recover=all
CC-fuzz     := clang
FLAGS-fuzz  := $(HOSTED) -O1 $(SAN) -fsanitize=fuzzer -fsanitize-coverage-ignorelist=tests/fuzz/unwatched.txt
# The second reader of everything hosted, compiled and thrown away.
CC-host-clang    := clang
FLAGS-host-clang := $(HOSTED) -O1
$(foreach v,host san cov model fuzz host-clang,$(eval $(call variant,$v)))

host-bin  := $(host-prog:%=$(OUT)/host/%)
host-san  := $(host-prog:%=$(OUT)/san/%)
unit-bin  := $(unit-test:%=$(OUT)/san/unit/%)
cov-bin   := $(unit-test:%=$(OUT)/cov/unit/%)
model-bin := $(model-test:%=$(OUT)/model/%)
replay-bin := $(fuzz-target:%=$(OUT)/san/fuzz/%)
fuzz-bin  := $(fuzz-target:%=$(OUT)/fuzz/%)
$(call hosted,host,host,$(host-prog))
$(call hosted,san,host,$(host-prog))
$(call hosted,san,unit,$(unit-test),unit/)
$(call hosted,cov,unit,$(unit-test),unit/)
$(call hosted,model,model,$(model-test))
$(call hosted,san,fuzz,$(fuzz-target),fuzz/,tests/fuzz/replay_main.c)
$(call hosted,fuzz,fuzz,$(fuzz-target))

hosted-src := $(sort $(foreach k,host:host-prog unit:unit-test model:model-test fuzz:fuzz-target,\
	$(foreach p,$($(lastword $(subst :, ,$k))),$($(firstword $(subst :, ,$k))-$p-src))))
hosted-clang := $(call objs,host-clang,$(filter %.c,$(hosted-src)))
all-objs     += $(hosted-clang)
