# SPDX-License-Identifier: Apache-2.0
# libevdev, static, its tables made from our kernel's headers; must not bring its tools.
# needs: musl
# inputs: build-image/pkg/musl-env.sh
# usually: 10 s

. "$TOP/build-image/pkg/musl-env.sh"
configure_and_install
