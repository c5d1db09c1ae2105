# SPDX-License-Identifier: Apache-2.0
# Every external input: version, place in the archive's pool, SHA-256 of each file. Nothing else may be fetched.
#
# The hashes come from the archive's signed indexes: `build-image/fetch/pin PACKAGE [SUITE]` prints such a block.
# Read by make and by build-image/fetch/lib.sh, so: NAME_FIELD := value, long values on continuation lines.

# In build order; the position is the n of "step n of m".
PACKAGES := linux-headers linux musl busybox

linux_VERSION := 6.1.192-2
linux_POOL := pool/updates/main/l/linux
linux_FILES := \
  linux-source-6.1_6.1.192-2_all.deb:ae95fe63d4c553f8d0e6c86cb1ab566f3894a43743eb19ab585cd97d82f26514

musl_VERSION := 1.2.3-1
musl_POOL := pool/main/m/musl
musl_FILES := \
  musl_1.2.3-1.dsc:243a7462e9c751da662c4c61d4c96b6318c796ba302b72f6cdf74ea5427a9b4f \
  musl_1.2.3.orig.tar.gz:7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4 \
  musl_1.2.3.orig.tar.gz.asc:eb83fe63629f569ca1bd2b52b852093c75656bc526ff19c1402151d7cd584ba2 \
  musl_1.2.3-1.debian.tar.xz:8f12cc808dbec030179a25ce2645a4c0b622ee8011c2afcec53b87ec5867a8cc

busybox_VERSION := 1:1.35.0-4+deb12u1
busybox_POOL := pool/main/b/busybox
busybox_FILES := \
  busybox_1.35.0-4+deb12u1.dsc:9c01fe128b0eeded371c70e37d474fdb5055f71b5d0a778db44c6b0c62d3a7fa \
  busybox_1.35.0.orig.tar.bz2:faeeb244c35a348a334f4a59e44626ee870fb07b6884d68c10ae8bc19f83a694 \
  busybox_1.35.0-4+deb12u1.debian.tar.xz:1cacbe095ef4880ea7879933c8e3c5075d1527cd6fbcb626a9b41e5daefd1a46
