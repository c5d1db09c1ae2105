# SPDX-License-Identifier: Apache-2.0
# The items of `make check`, one target each: check/KIND/NAME. Each leaves a result file; summary.sh adds them up.

$(foreach t,$(unit-test),$(call check-item,unit/$t,tap,$(OUT)/san/unit/$t,$(OUT)/san/unit/$t))
$(foreach t,$(model-test),$(call check-item,model/$t,tap,$(OUT)/model/$t,$(OUT)/model/$t))
$(foreach t,$(fuzz-target),$(call check-item,replay/$t,tap,$(OUT)/san/fuzz/$t,$(OUT)/san/fuzz/$t tests/corpus/$t))
$(foreach t,$(tap-script),$(call check-item,script/$t,tap,$(tap-$t-needs),$(tap-$t)))

-include $(sort $(all-objs:.o=.d))
