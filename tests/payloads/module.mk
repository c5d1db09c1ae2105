# SPDX-License-Identifier: Apache-2.0
# Bare-metal guests of the tests.

payload-lib := tests/payloads/start.S tests/payloads/guest.c
payload += hello
payload-hello-src := $(payload-lib) tests/payloads/hello.c
payload += stay
payload-stay-src := $(payload-lib) tests/payloads/stay.c
payload += dma
payload-dma-src := $(payload-lib) tests/payloads/dma.c
