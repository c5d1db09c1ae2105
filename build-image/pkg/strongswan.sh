# SPDX-License-Identifier: Apache-2.0
# strongSwan's charon for IKEv2 with all cryptography from libcrypto, one static-pie program; must load nothing at run time.
# needs: musl openssl
# inputs: build-image/pkg/musl-env.sh
# usually: 1 min
#
# DEST: sbin/charon, sbin/swanctl (for looking inside by hand; the product speaks vici itself)

. "$TOP/build-image/pkg/musl-env.sh"
CFLAGS="$CFLAGS $($PKG_CONFIG --cflags libcrypto)"
LDFLAGS="$LDFLAGS -L$PKG_openssl/lib"
mkdir ../build
cd ../build
# shellcheck disable=SC2086
"$SRC/configure" $autoconf_options --prefix=/usr --sysconfdir=/etc --with-piddir=/run/vpn/charon --with-systemdsystemunitdir=no \
	--enable-monolithic --disable-defaults --enable-charon --enable-ikev2 --enable-openssl --enable-kernel-netlink \
	--enable-socket-default --enable-vici --enable-swanctl --enable-nonce --enable-pem --enable-pkcs1 --enable-pkcs8 --enable-updown \
	--enable-x509 --enable-constraints --enable-resolve --with-capabilities=native
$MAKE
mkdir "$DEST/sbin"
for program in charon swanctl; do
	musl-strip -s -o "$DEST/sbin/$program" "src/$program/$program"
	readelf -lW "$DEST/sbin/$program" >segments
	! grep -q INTERP segments
done
