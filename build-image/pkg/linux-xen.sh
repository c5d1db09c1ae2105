# SPDX-License-Identifier: Apache-2.0
# The kernel of all service VMs once more, with what Xen needs of it: for tests/bench/xen alone, never in an image of ours.
# source: linux
# inputs: service-vms/base/kernel.config tests/bench/xen/kernel.config build-image/pkg/check-config.awk
# usually: 7 min
# leave-out: */asic_reg linux-source-6.12/tools/testing linux-source-6.12/arch/[!x]*.[cSh] linux-source-6.12/arch/[!x]*.dts*
#
# DEST: vmlinux (stripped, with the entry points of PV and PVH) config

extra=$TOP/tests/bench/xen/kernel.config
check=$TOP/build-image/pkg/check-config.awk
export ARCH=x86 KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=bulkhead KBUILD_BUILD_HOST=build

# Ours without the lines that the second file contradicts, then the second file.
awk 'FNR == NR { sub(/=.*/, ""); if (/^CONFIG_/) named[$0] = 1; next }
	{ name = $0; sub(/^# /, "", name); sub(/[ =].*/, "", name) }
	!(name in named)' "$extra" "$TOP/service-vms/base/kernel.config" >wanted
cat "$extra" >>wanted
make KCONFIG_ALLCONFIG=wanted allnoconfig
awk -f "$check" .config wanted

$MAKE vmlinux
strip -s -o "$DEST/vmlinux" vmlinux
cp .config "$DEST/config"
