# SPDX-License-Identifier: Apache-2.0
# The demo tunnel's certificates: made once per tree, never committed. A real site brings its own.

PKI_FILES := $(addprefix $(OUT)/vpn/,ca.pem gateway.key gateway.pem other-ca.pem other-gateway.key other-gateway.pem vpnvm.key vpnvm.pem)
$(PKI_FILES) &: build-image/tools/mkpki
	$(call run,PKI,build-image/tools/mkpki $(OUT)/vpn)
