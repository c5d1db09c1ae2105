# SPDX-License-Identifier: Apache-2.0
# libusb, static, hotplug by netlink; must not depend on udev.
# needs: musl
# inputs: build-image/pkg/musl-env.sh
# usually: 10 s

. "$TOP/build-image/pkg/musl-env.sh"
configure_and_install --disable-udev --disable-examples-build --disable-tests-build
# Every atomic it uses is one instruction on x86-64.
sed -i 's/-latomic//' "$DEST/lib/pkgconfig/libusb-1.0.pc"
