# SPDX-License-Identifier: Apache-2.0
# Explicit-state searches over the core's own sources.

model-test        += channel life
model-channel-src := tests/model/channel.c
model-life-src    := tests/model/life.c tests/model/life_ports.c hypervisor/core/life_load.c hypervisor/core/device_reset.c \
  hypervisor/core/checkpoint.c hypervisor/core/restart.c hypervisor/core/restart_pause.c hypervisor/core/swap_work.c

# Proofs over the same sources: 40 s, and the checker is fetched once, so not in make check.
test-scenarios += tests/prove/proofs
prove-src   := tests/prove/frames.c tests/prove/ring.c
