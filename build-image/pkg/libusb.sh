# SPDX-License-Identifier: Apache-2.0
# libusb, static, hotplug by netlink; must not depend on udev.
# needs: musl
# inputs: build-image/pkg/musl-env.sh
# usually: 10 s

. "$TOP/build-image/pkg/musl-env.sh"
# Its thread would name itself at a moment of its own, by a system call that its user may have given up by then.
configure_and_install --disable-udev --disable-examples-build --disable-tests-build ac_cv_func_pthread_setname_np=no
if "$NM" "$DEST/lib/libusb-1.0.a" | grep -q setname; then
	echo "libusb names its threads, whatever configure was told" >&2
	exit 1
fi
# Every atomic it uses is one instruction on x86-64.
sed -i 's/-latomic//' "$DEST/lib/pkgconfig/libusb-1.0.pc"
