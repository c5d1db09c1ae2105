# SPDX-License-Identifier: Apache-2.0
# The demo tunnel's certificates and keys: made once per tree, never committed. A real site brings its own. The private key of vpnvm and
# the salt become its secret file; they are random together, so that a new key has a new salt and one key gives one image.

PKI_FILES := $(addprefix $(OUT)/vpn/,ca.pem gateway.key gateway.pem other-ca.pem other-gateway.key other-gateway.pem vpnvm.key vpnvm.pem vpnvm.salt)
$(PKI_FILES) &: build-image/tools/mkpki
	$(call run,PKI,build-image/tools/mkpki $(OUT)/vpn)
$(OUT)/vm/vpnvm.secret: $(OUT)/vpn/vpnvm.salt $(OUT)/vpn/vpnvm.key $(OUT)/host/mksecret
	$(call run,SECRET,$(OUT)/host/mksecret $(OUT)/vpn/vpnvm.salt $(OUT)/vpn/vpnvm.key $@)
