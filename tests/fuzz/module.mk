# SPDX-License-Identifier: Apache-2.0
# Fuzz targets that drive the whole core on the machine of the unit tests (machine-src of tests/unit).

fuzz-target    += exit hcall
fuzz-exit-src  := tests/fuzz/exit.c tests/fakes/witness.c $(machine-src)
fuzz-hcall-src := tests/fuzz/hcall.c tests/fakes/witness.c $(machine-src)
