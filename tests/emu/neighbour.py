# SPDX-License-Identifier: Apache-2.0
"""
Two VMs with an edge to netvm each and none to each other: each sends to the other in all ways an edge has, with a marker of its own in every
packet. Whether one came is read in the other's memory, from outside. Needs root for the test network.
"""

import hashlib
import re

import frames
import testimage
from lan import NEAR, Lan
from machine import edge_mac
from serial_log import fields

VMS = ("personal", "other")
CARD = "bh-netvm"
READY_S, LEASE_S, ORDER_S, TRIED_S = 240, 120, 120, 120
TRIES = {"tcp": 2, "udp": 20, "icmp": 20}  # of each kind, in each way
ALL, GROUP = "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"
FRAMES = 96  # of each run of `frame`
NEAR_BY = 256  # bytes from a frame's addresses to the marker in it


def marker(vm):
    """As the VM makes it, from its own address: it is in no order that both get."""
    return hashlib.sha256(f"{edge_mac(vm, 'netvm')} neighbour\n".encode()).hexdigest()[:24]


class Pair:
    """The machine, and what its two VMs were told."""

    def __init__(self, context):
        self.context = context
        context.start(image=testimage.build_site(context.rundir.path, "neighbours"), net="lan", gateway="none")
        context.wait_ready(READY_S)
        self.lan = Lan(context.rundir.path)
        # by the server: a client that had to ask again says nothing
        self.addresses = context.until("both leases", self.leases, LEASE_S)

    def leases(self):
        known = {lease["mac"]: lease["address"] for lease in self.lan.leases()}
        found = {vm: known.get(edge_mac(vm, "netvm")) for vm in VMS}
        return found if all(found.values()) else None

    def order(self, line):
        """Both carry out LINE: they ask the same server."""
        number = self.lan.order("near", line)
        for vm in VMS:
            end = f"[{vm}] tester: order {number} ended with "
            said = self.context.wait_seen(f"{vm} to do: {line}", lambda text, end=end: text.startswith(end), ORDER_S)
            self.context.check(said == f"{end}0", f"{line}: {said}")

    def each(self, line):
        """Both carry out LINE, in which $theirs and $mac are the other's addresses and $m is their own marker."""
        first, second = VMS
        self.order(f"me=$(cat /sys/class/net/{CARD}/address); m=$(echo \"$me neighbour\" | sha256sum | head -c 24); "
                   f"theirs={self.addresses[second]} mac={edge_mac(second, 'netvm')}; "
                   f"[ $me != $mac ] || {{ theirs={self.addresses[first]} mac={edge_mac(first, 'netvm')}; }}; {line}")

    def carries(self, to):
        """Each sends TCP, UDP and ping TO somebody until all were tried; gives {vm: {kind: (tried, answered)}}."""
        begin = len(self.context.lines())
        self.each(f"killall carry 2>/dev/null; carry {to} 50 $m &")
        found = {}

        def tried():
            for line in self.context.lines()[begin:]:
                for vm in VMS:
                    if line.startswith(f"[{vm}] carry: "):
                        found[vm] = {kind: (int(one), int(other)) for kind, one, other in re.findall(r"(\w+)=(\d+)/(\d+)", line)}
            return set(found) == set(VMS) and all(found[vm][kind][0] >= TRIES[kind] for vm in VMS for kind in TRIES)
        self.context.until(f"both to send to {to}", tried, TRIED_S)
        return found

    def ram(self, vm):
        line = self.context.wait_seen(f"where {vm} lies", lambda text: text.startswith(f"hv: vm {vm} dom=") and "ram=" in text, READY_S)
        return self.context.memory(*(int(part, 16) for part in fields(line)["ram"].split("+")))

    def to_the_neighbour(self, memory, vm):
        """Does MEMORY hold a frame that VM addressed to the other?"""
        other = next(name for name in VMS if name != vm)
        header = bytes.fromhex((edge_mac(other, "netvm") + edge_mac(vm, "netvm")).replace(":", ""))
        return any(marker(vm).encode() in memory[match.start():match.start() + NEAR_BY] for match in re.finditer(re.escape(header), memory))


def attempt(context):
    """{"tried", "answered", "found", "how"}: packets for the other that both sent, answers, traces of them in the other's memory, what was tried in words."""
    pair, wire = Pair(context), lambda: frames.read(pair.lan.info()["wire"])
    served = pair.carries(NEAR)
    context.check(all(counts[kind][1] for counts in served.values() for kind in ("udp", "icmp")), f"the server was to answer: {served}")
    context.check(all(frames.kinds_with(wire(), marker(vm)) >= {"udp", "ip-1"} for vm in VMS), "the markers were to be on the wire")
    asked = [count for vm in pair.carries("$theirs").values() for count in vm.values()]
    pair.each(f"frame {CARD} {ALL} $m && frame {CARD} {GROUP} $m")
    context.until("the frames to all on the wire", lambda: all(any(frame.startswith(bytes.fromhex(to.replace(":", ""))) for frame in frames.holding(wire(), marker(vm)))
                                                              for to in (ALL, GROUP) for vm in VMS), ORDER_S)
    pair.each(f"frame {CARD} $mac $m")
    context.until("the frames for the neighbour's own address in netvm", lambda: all(pair.to_the_neighbour(pair.ram("netvm"), vm) for vm in VMS), ORDER_S)
    memory = {vm: pair.ram(vm) for vm in VMS}
    for vm in VMS:
        context.check(marker(vm).encode() in memory[vm], f"{vm} was to have its own marker in its memory")
    found = [memory[vm].count(marker(next(name for name in VMS if name != vm)).encode()) for vm in VMS]
    return {"tried": sum(one for one, _ in asked) + 3 * FRAMES * len(VMS), "answered": sum(other for _, other in asked), "found": sum(found),
            "how": "TCP, UDP and ping, and frames of three types to the neighbour's own address, to all and to a group; looked for in its memory, from outside"}
