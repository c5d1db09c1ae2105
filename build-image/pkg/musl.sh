# SPDX-License-Identifier: Apache-2.0
# The C library of everything in a VM, and `musl-cc`, the compiler that uses nothing of the host's; must not make anything dynamic.
# needs: linux-headers
# inputs: build-image/pkg/musl.specs build-image/pkg/musl-cc
# usually: 20 s

mkdir ../build
cd ../build
CFLAGS='-Os -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong' \
	"$SRC/configure" --prefix= --syslibdir=/lib --enable-wrapper=no --disable-shared
$MAKE
make DESTDIR="$DEST" install

# One include folder: musl's headers, and beside them the kernel's, which collide with none of musl's names.
for d in "$PKG_linux_headers"/include/*; do
	if [ -e "$DEST/include/${d##*/}" ]; then
		cp -Rn "$d/." "$DEST/include/${d##*/}/"
	else
		cp -R "$d" "$DEST/include/"
	fi
done

mkdir -p "$DEST/bin"
cp "$TOP/build-image/pkg/musl.specs" "$DEST/lib/musl.specs"
install -m 755 "$TOP/build-image/pkg/musl-cc" "$DEST/bin/musl-cc"
for tool in ar ranlib nm strip; do
	printf '#!/bin/sh\nexec %s "$@"\n' "$tool" >"$DEST/bin/musl-$tool"
	chmod 755 "$DEST/bin/musl-$tool"
done

# A program made by this compiler must be static-pie, with no interpreter.
printf '#include <stdio.h>\n#include <linux/input.h>\nint main(void){return puts("hello") < 0;}\n' >hello.c
"$DEST/bin/musl-cc" -Os -static-pie -o hello hello.c
readelf -hlW hello >hello.txt
grep -q 'DYN (' hello.txt
! grep -q INTERP hello.txt
./hello
