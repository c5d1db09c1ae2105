# SPDX-License-Identifier: Apache-2.0
# OpenSSL's libcrypto, static, with the algorithms IKE uses and no others; must not bring TLS, engines or configuration files.
# needs: musl
# inputs: build-image/pkg/musl-env.sh
# usually: 1 min

. "$TOP/build-image/pkg/musl-env.sh"
mkdir ../build
cd ../build
# The library holds its own compiler flags, so no path of this machine may be among them; ours are relative anyway.
CFLAGS=${CFLAGS%-ffile-prefix-map=*}
# shellcheck disable=SC2086
env -u CFLAGS -u LDFLAGS "$SRC/Configure" linux-x86_64 --prefix=/ --libdir=lib --openssldir=/etc/ssl \
	no-shared no-tests no-apps no-docs no-makedepend no-dso no-engine no-dynamic-engine no-module no-async \
	no-autoload-config no-ui-console no-comp no-ssl no-tls no-dtls no-quic no-srp no-cms no-ts no-ct no-cmp \
	no-ocsp no-legacy no-gost no-idea no-seed no-camellia no-aria no-bf no-cast no-des no-rc2 no-rc4 no-mdc2 \
	no-md4 no-rmd160 no-sm2 no-sm3 no-sm4 no-whirlpool no-siphash no-siv no-ocb no-scrypt no-argon2 no-dsa \
	no-ml-dsa no-slh-dsa no-ml-kem $CFLAGS
$MAKE build_generated
$MAKE libcrypto.a
mkdir -p "$DEST/lib/pkgconfig" "$DEST/include/openssl"
cp libcrypto.a "$DEST/lib/"
cp "$SRC"/include/openssl/*.h include/openssl/*.h "$DEST/include/openssl/"
cat >"$DEST/lib/pkgconfig/libcrypto.pc" <<END
prefix=/
Name: libcrypto
Description: OpenSSL libcrypto
Version: ${VERSION%-*}
Libs: -L\${prefix}/lib -lcrypto
Cflags: -I\${prefix}/include
END
