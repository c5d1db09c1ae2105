# SPDX-License-Identifier: Apache-2.0
# Guests that measure: one alone, and two ends of a channel; one that is restored.

payload += measure sender receiver kept
payload-measure-src  := tests/payloads/start.S tests/payloads/guest.c tests/bench/guest/table.c
payload-measure-src  += tests/bench/guest/measure.c tests/bench/guest/port_bulkhead.c
payload-sender-src   := tests/payloads/start.S tests/payloads/guest.c tests/bench/guest/table.c tests/bench/guest/sender.c
payload-receiver-src := tests/payloads/start.S tests/payloads/guest.c tests/bench/guest/table.c tests/bench/guest/receiver.c
payload-kept-src     := tests/payloads/start.S tests/payloads/guest.c tests/bench/guest/kept.c
