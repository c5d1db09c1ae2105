# SPDX-License-Identifier: Apache-2.0
# Every external input: version, place in the archive's pool, SHA-256 of each file. Nothing else may be fetched.
#
# The hashes come from the archive's signed indexes: `build-image/fetch/pin PACKAGE [SUITE]` prints such a block.
# Read by make and by build-image/fetch/lib.sh, so: NAME_FIELD := value, long values on continuation lines.

# In build order; the position is the n of "step n of m".
PACKAGES := linux-headers linux linux-xen musl busybox openssl libusb mtdev libevdev libinput strongswan

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

# The hypervisor that is measured beside ours (tests/bench/xen): binary packages of Debian 12 that are unpacked under out/. Nothing of them
# enters an image of ours or this machine's boot.
xen_VERSION := 4.17.7+13-g2445b30a44-0+deb12u1
xen_POOL := pool/updates/main/x/xen
xen_FILES := \
  xen-hypervisor-4.17-amd64_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:fc074298a677325306662eea382cc4503339b8e1f4db54b24702b0b07cf6741d \
  xen-utils-4.17_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:1c928e408738cab624ee1d0ce2a824b0e9bc8874e91d635208f346940fb6d47c \
  xenstore-utils_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:f12f1d73fe949d8cb2574fd7a2d6b6f40b165ccf1a6a58cbb5336c03777afe14 \
  libxenmisc4.17_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:bb43a3633976c8dfa79e0cad473ffeb4f014a5f666b3b62a32bd42ab6daf8862 \
  libxencall1_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:7479a19973fc1f5d35a73370e3ace8968d3bfb6c49f6b723b2ce85103fd7ebf1 \
  libxendevicemodel1_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:205a8f266517dee5ac9c676aa2540e2865758cc584e2602ed978a76f160ef042 \
  libxenevtchn1_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:95f4a1a52c95c62360881c1a2770a47b5ff52bed6658e008754bda0cf5c92f0b \
  libxenforeignmemory1_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:c3a57bceb6eb06d77b960a133ac0591024d992fd1e820b25c4e3323d4635e04e \
  libxengnttab1_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:3525aa228b3f27e0a267bc6f9f59ab9963a2adf490a0df406810988b5fdee98e \
  libxenhypfs1_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:2eb9de8ca25a0142f7a54fe05563fca78f7afcf4bad9c936602b4c96a68ddfb6 \
  libxenstore4_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:94197a6d85b33377f6f1775fa89b2c5eea96822736a87b4bb36f7a70fc7ff4d0 \
  libxentoolcore1_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:67deaa6b71b3f5caa5021f45f2aa1b3054ce3a972e236222e9d79affe54e0c72 \
  libxentoollog1_4.17.7+13-g2445b30a44-0+deb12u1_amd64.deb:2d3d38d45d8176dd5d1517020c2daf686885f034229c33595ca263d0a9c8ecd3

xen_lzma_VERSION := 5.4.1-1+deb12u2
xen_lzma_POOL := pool/updates/main/x/xz-utils
xen_lzma_FILES := \
  liblzma5_5.4.1-1+deb12u2_amd64.deb:3d8c29c8c21ec6007635e1b2591edf98b771c9572a085968f47452b33040f384

xen_yajl_VERSION := 2.1.0-3+deb12u2
xen_yajl_POOL := pool/main/y/yajl
xen_yajl_FILES := \
  libyajl2_2.1.0-3+deb12u2_amd64.deb:b512a6efbe735e7c731185a1b3ea477ff306f0c3f6aa2970e85b12f01fe8063b

xen_uuid_VERSION := 2.38.1-5+deb12u3
xen_uuid_POOL := pool/main/u/util-linux
xen_uuid_FILES := \
  libuuid1_2.38.1-5+deb12u3_amd64.deb:5fff398321da62d28a842bcbabd193d72ae21724962c029dc32b1dc6b2deaeaf

xen_zlib_VERSION := 1:1.2.13.dfsg-1
xen_zlib_POOL := pool/main/z/zlib
xen_zlib_FILES := \
  zlib1g_1.2.13.dfsg-1_amd64.deb:d7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4

xen_zstd_VERSION := 1.5.4+dfsg2-5
xen_zstd_POOL := pool/main/libz/libzstd
xen_zstd_FILES := \
  libzstd1_1.5.4+dfsg2-5_amd64.deb:6315b5ac38b724a710fb96bf1042019398cb656718b1522279a5185ed39318fa

xen_libc_VERSION := 2.36-9+deb12u14
xen_libc_POOL := pool/main/g/glibc
xen_libc_FILES := \
  libc6_2.36-9+deb12u14_amd64.deb:ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf

xen_gcc_VERSION := 12.2.0-14+deb12u1
xen_gcc_POOL := pool/main/g/gcc-12
xen_gcc_FILES := \
  libgcc-s1_12.2.0-14+deb12u1_amd64.deb:3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7
