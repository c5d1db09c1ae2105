# SPDX-License-Identifier: Apache-2.0
# BusyBox, one static-pie program, and the list of its commands; must not need anything at run time.
# needs: musl
# inputs: service-vms/base/busybox.config build-image/pkg/check-config.awk
# usually: 20 s
#
# DEST: busybox busybox.links (one path per command) config

wanted=$TOP/service-vms/base/busybox.config
export KCONFIG_NOTIMESTAMP=1

# allnoconfig writes a line for every symbol; ours replace theirs, so that oldconfig has no default to take.
make HOSTCC=gcc allnoconfig
awk 'FNR == NR { if (/^CONFIG_/) { sub(/=.*/, ""); ours[$0] = 1 } next }
     { name = $0; sub(/^# /, "", name); sub(/[ =].*/, "", name); if (!(name in ours)) print }' \
	"$wanted" .config >merged
grep '^CONFIG_' "$wanted" >>merged
mv merged .config
yes '' | make HOSTCC=gcc oldconfig
awk -f "$TOP/build-image/pkg/check-config.awk" .config "$wanted"
$MAKE CC=musl-cc HOSTCC=gcc SKIP_STRIP=y busybox busybox.links
strip -s -o "$DEST/busybox" busybox
cp busybox.links "$DEST/"
cp .config "$DEST/config"
readelf -lW "$DEST/busybox" >segments
! grep -q INTERP segments
"$DEST/busybox" echo "BusyBox runs"
