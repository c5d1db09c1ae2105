# SPDX-License-Identifier: Apache-2.0
# The administrator's command, for the build machine, and its tests.

bhctl-dir := build-image/bhctl
# A site's text to a description; no main, no images.
bhctl-site-src := $(addprefix $(bhctl-dir)/,compile.c diag.c edges.c keys.c site.c text.c value.c vmfile.c)
bhctl-site-src += build-image/tools/fileio.c hypervisor/core/system.c

host-prog      += bhctl
host-bhctl-src := $(addprefix $(bhctl-dir)/,main.c bundle.c live.c chaos.c chaos_words.c swap.c swapab.c trial.c hwcheck.c status.c report.c image.c diff.c json.c)
host-bhctl-src += $(bhctl-site-src) build-image/tools/secret.c hypervisor/core/sha256.c

tap-script     += site
tap-site       := tests/site/run.sh out/san/bhctl out/site
tap-site-needs := out/san/bhctl

unit-test        += value chaos status hwcheck trial
unit-value-src   := tests/unit/value_test.c $(bhctl-dir)/value.c
unit-chaos-src   := tests/unit/chaos_test.c $(addprefix $(bhctl-dir)/,chaos_words.c value.c)
unit-status-src  := tests/unit/status_test.c $(addprefix $(bhctl-dir)/,status.c json.c)
unit-hwcheck-src := tests/unit/hwcheck_test.c $(addprefix $(bhctl-dir)/,hwcheck.c status.c json.c)
unit-trial-src   := tests/unit/trial_test.c $(addprefix $(bhctl-dir)/,trial.c value.c)

fuzz-target    += site
fuzz-site-src  := tests/fuzz/site.c $(bhctl-site-src)
