# SPDX-License-Identifier: Apache-2.0
# Bare-metal guests of the tests.

payload-lib := tests/payloads/start.S tests/payloads/guest.c
payload += hello
payload-hello-src := $(payload-lib) tests/payloads/hello.c
payload += stay
payload-stay-src := $(payload-lib) tests/payloads/stay.c
payload += dma
payload-dma-src := $(payload-lib) tests/payloads/dma.c
payload += status
payload-status-src := $(payload-lib) tests/payloads/status.c
payload += msr port cpuid address
payload-msr-src     := $(payload-lib) tests/payloads/msr.c
payload-port-src    := $(payload-lib) tests/payloads/port.c
payload-cpuid-src   := $(payload-lib) tests/payloads/cpuid.c
payload-address-src := $(payload-lib) tests/payloads/address.c
payload += typist listener mortal heir
payload-typist-src   := $(payload-lib) tests/payloads/chan.c tests/payloads/typist.c
payload-listener-src := $(payload-lib) tests/payloads/chan.c tests/payloads/listener.c
payload-mortal-src   := $(payload-lib) tests/payloads/chan.c tests/payloads/mortal.c
payload-heir-src     := $(payload-lib) tests/payloads/chan.c tests/payloads/heir.c
payload += marked reaper keeper
payload-keeper-src := $(payload-lib) tests/payloads/keeper.c
payload-marked-src := $(payload-lib) tests/payloads/marked.c
payload-reaper-src := $(payload-lib) tests/payloads/reaper.c
