# SPDX-License-Identifier: Apache-2.0
# Tools that lay out images, and their tests.

mkvm-src := $(addprefix build-image/tools/,acpi.c aml.c elf64.c fileio.c guest.c layout.c) hypervisor/core/sha256.c

host-prog         += mkvm
host-mkvm-src     := build-image/tools/mkvm.c $(mkvm-src)

unit-test         += mkvm
unit-mkvm-src     := tests/unit/mkvm_test.c $(filter-out %/fileio.c,$(mkvm-src))

host-prog         += mksecret
host-mksecret-src := $(addprefix build-image/tools/,mksecret.c secret.c fileio.c)

unit-test         += secret
unit-secret-src   := tests/unit/secret_test.c build-image/tools/secret.c hypervisor/core/sha256.c

host-prog         += mkcpio
host-mkcpio-src   := $(addprefix build-image/tools/,mkcpio.c cpio.c fileio.c)

unit-test         += cpio
unit-cpio-src     := tests/unit/cpio_test.c build-image/tools/cpio.c

tap-script        += mkimg
tap-mkimg         := tests/tools/mkimg.sh out/san/mkvm out/san/bhctl out/payload/hello.elf out/mkimg
tap-mkimg-needs   := out/san/mkvm out/san/bhctl out/payload/hello.elf
