# SPDX-License-Identifier: Apache-2.0
# Every external input: version, place in the archive's pool, SHA-256 of each file. Nothing else may be fetched.
#
# The hashes come from the archive's signed indexes: `build-image/fetch/pin PACKAGE [SUITE]` prints such a block.
# Read by make and by build-image/fetch/lib.sh, so: NAME_FIELD := value, long values on continuation lines.

# In build order; the position is the n of "step n of m".
PACKAGES := linux-headers linux musl busybox openssl libusb mtdev libevdev libinput strongswan

linux_VERSION := 6.12.118-1
linux_POOL := pool/updates/main/l/linux
linux_FILES := \
  linux-source-6.12_6.12.118-1_all.deb:b75bb2e78a5c7762254e2af7685085c788a67eb342cb4092ad2a05eaf9fc33b7

musl_VERSION := 1.2.5-3.1~deb13u1
musl_POOL := pool/main/m/musl
musl_FILES := \
  musl_1.2.5-3.1~deb13u1.dsc:972970614ed9159b04343b7f85bdf16f565b4a903f05d97e57dc730c7b0b8066 \
  musl_1.2.5.orig.tar.gz:a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4 \
  musl_1.2.5.orig.tar.gz.asc:d9030116fd03e4acfa0b665a13a5de46110296b4e30bb8e67be1f08af29f6306 \
  musl_1.2.5-3.1~deb13u1.debian.tar.xz:46fdfb271edc2f035d8d4063ff2e299734409693e781e69e4b77e0a9a495072e

busybox_VERSION := 1:1.37.0-6
busybox_POOL := pool/main/b/busybox
busybox_FILES := \
  busybox_1.37.0-6.dsc:3ba2c096eef0c391f744f093edbe0df7b21ab118652487cc076818e92cb57e8e \
  busybox_1.37.0.orig.tar.bz2:3311dff32e746499f4df0d5df04d7eb396382d7e108bb9250e7b519b837043a4 \
  busybox_1.37.0-6.debian.tar.xz:10b2cd64b41c26ae134e1cd6135b68575bbe79356c20985f35e32f32a1746c34

openssl_VERSION := 3.5.7-1~deb13u2
openssl_POOL := pool/main/o/openssl
openssl_FILES := \
  openssl_3.5.7-1~deb13u2.dsc:25904642004d30c5c3da4642a72a7d09f8d9eb6e5ce62dab53c0371114faf8f2 \
  openssl_3.5.7.orig.tar.gz:a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8 \
  openssl_3.5.7.orig.tar.gz.asc:d3d082bee3f658c31db53af625eceecf29d777c7010394bed5787ebcc98abdf2 \
  openssl_3.5.7-1~deb13u2.debian.tar.xz:593a47654ead460a3b609503733f80bef552ff0802799d3b47784faacc50809f

# The mirror has no .dsc, .debian.tar.xz of this version.
libusb_VERSION := 2:1.0.28-1
libusb_POOL := pool/main/libu/libusb-1.0
libusb_FILES := \
  libusb-1.0_1.0.28.orig.tar.bz2:966bb0d231f94a474eaae2e67da5ec844d3527a1f386456394ff432580634b29

# The mirror has no .dsc, .debian.tar.xz of this version.
mtdev_VERSION := 1.1.7-1
mtdev_POOL := pool/main/m/mtdev
mtdev_FILES := \
  mtdev_1.1.7.orig.tar.gz:a55bd02a9af4dd266c0042ec608744fff3a017577614c057da09f1f4566ea32c

# The mirror has no .dsc, .debian.tar.xz of this version.
libevdev_VERSION := 1.13.4+dfsg-1
libevdev_POOL := pool/main/libe/libevdev
libevdev_FILES := \
  libevdev_1.13.4+dfsg.orig.tar.xz:be3456ab8289e53c9f13b6dfef10349b4f551f5d365cb58b7dd29d42488cd897

# The mirror has no .dsc of this version.
libinput_VERSION := 1.28.1-1+deb13u1
libinput_POOL := pool/main/libi/libinput
libinput_FILES := \
  libinput_1.28.1.orig.tar.gz:a13f8c9a7d93df3c85c66afd135f0296701d8d32f911991b7aa4273fdd6a42a3 \
  libinput_1.28.1-1+deb13u1.debian.tar.xz:413b1238c335cced8f2698fc0bc8c0c6605034324a9528d841726ba1d3575f56

strongswan_VERSION := 6.0.1-6+deb13u7
strongswan_POOL := pool/updates/main/s/strongswan
strongswan_FILES := \
  strongswan_6.0.1-6+deb13u7.dsc:540de5c7adc9f18b2ee410e08ae08568a5117af6c0ffc4c0756ce143556b70cf \
  strongswan_6.0.1.orig.tar.bz2:212368cbc674fed31f3292210303fff06da8b90acad2d1387375ed855e6879c4 \
  strongswan_6.0.1.orig.tar.bz2.asc:da977644f98277849dffabaa84ccb1560473abecc1f4c647c55512ba64b24d46 \
  strongswan_6.0.1-6+deb13u7.debian.tar.xz:1a07f23da2ee47b2ce48264a4682c2fec97b757ddd9a12f6ce5c62106741826b

# The model checker of `make prove` and its libraries, binary packages of Debian 13 that are unpacked into the cache. Nothing of them
# enters an image.
cbmc_VERSION := 6.6.0-4
cbmc_POOL := pool/main/c/cbmc
cbmc_FILES := \
  cbmc_6.6.0-4_amd64.deb:02560859a17049c976961c232c4fc58f0747b57f9b751a466b1f368a438b0e41

cbmc_minisat_VERSION := 1:2.2.1-8
cbmc_minisat_POOL := pool/main/m/minisat2
cbmc_minisat_FILES := \
  minisat_2.2.1-8_amd64.deb:0b3a870202e022bea8b04d140ded40d9137363566706750b4540518bc0eb63d7

cbmc_libc_VERSION := 2.41-12+deb13u5
cbmc_libc_POOL := pool/main/g/glibc
cbmc_libc_FILES := \
  libc6_2.41-12+deb13u5_amd64.deb:b59b0625cd1a791375d40dab23a4d5d3d0641e3d0a773501becdc3725b7f99cf

cbmc_gcc_VERSION := 14.2.0-19
cbmc_gcc_POOL := pool/main/g/gcc-14
cbmc_gcc_FILES := \
  libstdc++6_14.2.0-19_amd64.deb:ab1fa05837aa7a92aae748fd07a18a35f7d18bb4a71c4724fe2bbf0e32089de0 \
  libgcc-s1_14.2.0-19_amd64.deb:3c71917b490d1a17aed43196a2787a256ecf060526cdb20216a74bedc061b150

cbmc_zlib_VERSION := 1:1.3.dfsg+really1.3.1-1+deb13u1
cbmc_zlib_POOL := pool/main/z/zlib
cbmc_zlib_FILES := \
  zlib1g_1.3.dfsg+really1.3.1-1+deb13u1_amd64.deb:8c27c342230503b73dfde629642c3b352e87b554e06d60cf58772f236a305ceb
