# SPDX-License-Identifier: Apache-2.0
# Sourced by recipes of static libraries and programs: compiler, flags and a pkg-config that sees only PKG_* entries.
# Must not name anything of the host's user space.

CC=musl-cc AR=musl-ar RANLIB=musl-ranlib NM=musl-nm STRIP=musl-strip
hardening='-fstack-protector-strong -fno-common'
CFLAGS="-Os -fPIE -ffunction-sections -fdata-sections $hardening -ffile-prefix-map=$SRC=."
LDFLAGS=-Wl,--gc-sections
export CC AR RANLIB NM STRIP CFLAGS LDFLAGS

pc_path=
for entry in $(env | sed -n 's/^PKG_[a-z0-9_]*=//p' | sort); do
	if [ -d "$entry/lib/pkgconfig" ]; then pc_path=$pc_path:$entry/lib/pkgconfig; fi
done
PKG_CONFIG=$HOME/musl-pkg-config
cat >"$PKG_CONFIG" <<END
#!/bin/sh
PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR=${pc_path#:} exec pkg-config --define-prefix --static "\$@"
END
chmod 755 "$PKG_CONFIG"
export PKG_CONFIG
autoconf_options="--host=x86_64-linux-musl --prefix=/ --disable-shared --enable-static"

# configure_and_install [OPTION...] - the three steps of an autoconf library, out of its source tree.
configure_and_install() {
	mkdir "$HOME/build"
	cd "$HOME/build"
	# shellcheck disable=SC2086
	"$SRC/configure" $autoconf_options "$@"
	$MAKE
	make DESTDIR="$DEST" install
	find "$DEST" -name '*.la' -delete
	rm -rf "$DEST/share" "$DEST/bin"
}
