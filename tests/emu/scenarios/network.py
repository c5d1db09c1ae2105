#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The way of a packet through the real VMs: netvm and a clear VM, vpnvm and a protected one. Needs root."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import frames  # noqa: E402
import testimage  # noqa: E402
from lan import Lan  # noqa: E402
from lines import REFUSED  # noqa: E402
from runner import run, scenario  # noqa: E402

READY_S = 90
FETCH_S = 90


def start(context, site, **options):
    """A machine with the site's VMs on the test network, all ready; gives back what is known of the network."""
    context.start(image=testimage.build_site(context.rundir.path, site), net="lan", **options)
    context.wait_ready(READY_S)
    return Lan(context.rundir.path)


def fetched(context, vm, digest, size, timeout_s=FETCH_S):
    """VM says that it fetched the right bytes, from here on."""
    def wanted(line):
        return line.startswith(f"[{vm}] fetch: ") and len(line.split()) == 5

    line = context.wait(f"a download in {vm}", wanted, timeout_s, lambda text: text.startswith((REFUSED, "hv: halt")))
    number, got_size, got = line.split()[2:]
    context.check((int(got_size), got) == (size, digest),
                  f"download {number} in {vm}: {got_size} bytes, SHA-256 {got}, but the file has {size} and {digest}")


@scenario(deadline_s=180)
def near(context):
    """a VM behind netvm gets a lease and fetches 10 MiB of fresh random bytes, checksum equal"""
    lan = start(context, "near")
    net = lan.info()
    fetched(context, "personal", net["near_sha256"], net["file_bytes"])
    said = [line for line in context.lines() if line.startswith("[personal] fetch: ")]
    mac, address = said[0].split()[3], next(line.split()[3] for line in said if " bound " in line)
    context.check({"mac": mac, "address": address} in lan.leases(),
                  f"personal has {address} on {mac}, the DHCP server knows {lan.leases()}")
    seen = frames.read(net["wire"])
    context.check(frames.holding(seen, net["near_marker"]), "the marker of a clear download cannot be found on the wire: "
                  "not finding the other one would show nothing")


@scenario(deadline_s=240)
def tunnel(context):
    """a protected VM fetches 10 MiB through the tunnel; on the wire there is nothing but IKE, ESP, DHCP, ARP and ND"""
    lan = start(context, "tunnel")
    net = lan.info()
    fetched(context, "work", net["far_sha256"], net["file_bytes"])
    sas = lan.gateway("--list-sas")
    moved = max([int(count) for count in re.findall(r"out\s+[0-9a-f]+,\s+(\d+) bytes", sas)], default=0)
    context.check("ESTABLISHED" in sas and "AES_GCM_16-256" in sas and moved >= net["file_bytes"],
                  f"the gateway's view of the tunnel:\n{sas}")
    seen = frames.read(net["wire"])
    clear = frames.in_the_clear(seen, [net["inner_prefix"], "10.77.0.0/24"], net["marker"])
    context.check(not clear, "in the clear:\n  " + "\n  ".join(clear[:10]))
    other = {frames.kind(frame) for frame in seen} - {"ike", "esp", "dhcp", "arp", "nd"}
    context.check(not other, f"on the wire there is also {other}")


@scenario(deadline_s=180)
def stranger(context):
    """a gateway whose certificate another authority signed is refused, and nothing is fetched"""
    lan = start(context, "tunnel", gateway="other-gateway")
    context.wait("vpnvm refusing the gateway", lambda line: line.startswith("[vpnvm]") and
                 ("no trusted" in line or "no issuer certificate found" in line), READY_S)
    net = lan.info()
    seen = frames.read(net["wire"])
    kinds = {frames.kind(frame) for frame in seen}
    context.check("ike" in kinds and "esp" not in kinds, f"on the wire there is {kinds}")
    context.check(not frames.holding(seen, net["marker"]), "the marker is on the wire")
    got = [line for line in context.lines() if line.startswith("[work] fetch: ") and len(line.split()) == 5]
    context.check(not got, f"work fetched {got}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
