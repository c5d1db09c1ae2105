# SPDX-License-Identifier: Apache-2.0
# The kernel's interface headers, for musl and what is built with it; must not depend on our kernel's configuration.
# source: linux
# usually: 30 s
# leave-out: linux-source-6.12/Documentation linux-source-6.12/drivers linux-source-6.12/sound linux-source-6.12/fs
# leave-out: linux-source-6.12/net linux-source-6.12/mm linux-source-6.12/tools/testing linux-source-6.12/arch/[!x]*

$MAKE ARCH=x86 headers
mkdir -p "$DEST/include"
cp -R usr/include/. "$DEST/include/"
find "$DEST" -type f ! -name '*.h' -delete
