# SPDX-License-Identifier: Apache-2.0
# mtdev, static: libinput insists on it; must not bring its test program.
# needs: musl
# inputs: build-image/pkg/musl-env.sh
# usually: 5 s

. "$TOP/build-image/pkg/musl-env.sh"
configure_and_install
