# SPDX-License-Identifier: Apache-2.0
# The one kernel of all service VMs, its modules, and a tree to build our own module against; must apply no patch of ours.
# inputs: service-vms/base/kernel.config build-image/pkg/check-config.awk
# usually: 7 min
# leave-out: */asic_reg linux-source-6.12/tools/testing linux-source-6.12/arch/[!x]*.[cSh] linux-source-6.12/arch/[!x]*.dts*
#
# DEST: vmlinux (stripped) vmlinux.relocs System.map bzImage config modules/ build/ (for make -C build M=...)

wanted=$TOP/service-vms/base/kernel.config
check=$TOP/build-image/pkg/check-config.awk
export ARCH=x86 KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=bulkhead KBUILD_BUILD_HOST=build

make KCONFIG_ALLCONFIG="$wanted" allnoconfig
awk -f "$check" .config "$wanted"

$MAKE bzImage modules

strip -s -o "$DEST/vmlinux" vmlinux
cp arch/x86/boot/compressed/vmlinux.relocs System.map "$DEST/"
cp arch/x86/boot/bzImage "$DEST/bzImage"
cp .config "$DEST/config"
make INSTALL_MOD_PATH="$DEST/modules" INSTALL_MOD_STRIP=1 modules_install
rm -f "$DEST"/modules/lib/modules/*/build "$DEST"/modules/lib/modules/*/source

# What `make -C build M=...` reads: makefiles, headers, and the built host programs, nothing to compile.
build=$DEST/build
mkdir -p "$build/tools/objtool" "$build/arch/x86/kernel"
cp -R Makefile Kbuild .config Module.symvers include scripts "$build/"
rm -rf "$build/include/dt-bindings" "$build/scripts/dtc" "$build/scripts/coccinelle" "$build/scripts/selinux"
cp tools/objtool/objtool "$build/tools/objtool/"
cp -R arch/x86/Makefile* arch/x86/include "$build/arch/x86/"
find "$build" \( -name '*.o' -o -name '*.cmd' -o -name '.*.d' -o -name '*.lex.c' -o -name '*.tab.c' \) -delete
