# SPDX-License-Identifier: Apache-2.0
# libinput with its path backend, static, all its parts in one archive; must not contain the udev backend.
# needs: musl mtdev libevdev
# inputs: build-image/pkg/musl-env.sh service-vms/lib/udev_shim/libudev.h
# usually: 15 s
#
# DEST: lib/libinput.a (the caller links the udev shim after it) include/libinput.h share/libinput/*.quirks

. "$TOP/build-image/pkg/musl-env.sh"

# Our header stands in for libudev's; the functions come from the shim at the final link.
mkdir -p "$HOME/udev/include"
cp "$TOP/service-vms/lib/udev_shim/libudev.h" "$HOME/udev/include/"
cat >"$HOME/udev/libudev.pc" <<END
Name: libudev
Description: header of the udev shim
Version: 252
Cflags: -I$HOME/udev/include
END
sed -i "s|PKG_CONFIG_LIBDIR=|&$HOME/udev:|" "$PKG_CONFIG"

# libinput hard-codes a shared library and a backend that watches udev; there is no option for either.
sed -i -e "s/^lib_libinput = shared_library('input',/lib_libinput = static_library('input',/" \
	-e "/^lib_libinput = /,/^)/{/version :/d;/link_args :/d;/link_depends :/d}" \
	-e "/'src\/udev-seat.c',/d" meson.build

meson_list() {
	printf "'%s'" "$1"
	shift
	[ $# = 0 ] || printf ", '%s'" "$@"
}
cat >"$HOME/cross" <<END
[binaries]
c = 'musl-cc'
ar = 'musl-ar'
strip = 'musl-strip'
pkgconfig = '$PKG_CONFIG'
[properties]
needs_exe_wrapper = false
[built-in options]
default_library = 'static'
c_args = [$(meson_list $CFLAGS)]
c_link_args = [$(meson_list $LDFLAGS)]
[host_machine]
system = 'linux'
cpu_family = 'x86_64'
cpu = 'x86_64'
endian = 'little'
END
unset CC AR RANLIB NM STRIP CFLAGS LDFLAGS
meson setup --cross-file "$HOME/cross" --prefix /usr --buildtype plain -Ddocumentation=false -Dtests=false \
	-Dlibwacom=false -Ddebug-gui=false -Dzshcompletiondir=no "$HOME/build"
cd "$HOME/build"
ninja -j "$JOBS" libinput.a liblibinput-util.a libquirks.a libfilter.a

# Meson's archives only point at objects, some twice; ours holds each once.
mkdir -p "$DEST/lib" "$DEST/include" "$DEST/share/libinput"
# shellcheck disable=SC2046
musl-ar qcs "$DEST/lib/libinput.a" \
	$(find libinput.a.p liblibinput-util.a.p libquirks.a.p libfilter.a.p -name '*.o' | sort | awk -F/ '!seen[$NF]++')
cp "$SRC/src/libinput.h" "$DEST/include/"
cp "$SRC"/quirks/*.quirks "$DEST/share/libinput/"

# Of udev it may want no more than the shim declares.
musl-nm -u "$DEST/lib/libinput.a" | sed -n 's/^ *U \(udev_[a-z_]*\)$/\1/p' | sort -u >udev-wanted
while read -r symbol; do
	grep -q "$symbol(" "$TOP/service-vms/lib/udev_shim/libudev.h" || {
		echo "libinput calls $symbol, which the shim does not have"
		exit 1
	}
done <udev-wanted
