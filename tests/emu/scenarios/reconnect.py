#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What goes on while a VM on a packet's way dies and comes back: connections, leases, addresses, the tunnel. Needs root."""

import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import frames  # noqa: E402
from errors import EmuError  # noqa: E402
from lan import FAR, GATE_MAC, NEAR, run as command  # noqa: E402
from lines import Follower  # noqa: E402
from machine import edge_mac  # noqa: E402
from runner import run, scenario  # noqa: E402
from scenarios.network import ORDER_S, TUNNEL_S, Net  # noqa: E402

STEADY_S = 300  # at most: it ends when the test has seen enough
BEFORE_S = 2  # of the streams, before somebody dies
COUNTERS = ("AttemptFails", "EstabResets", "OutRsts")
SIDES = {"work": ("far", FAR), "personal": ("near", NEAR)}
AGAIN_S = 180
SILENCE_S = 180  # in which a stream may stand still
ASKED_S = 0.3  # from a carrier's return until a neighbour is asked for again whom packets wait for; by itself the kernel takes a second
WINDOW_S = 62  # netvm's Budget is so many restarts in 60 s


class Clock:
    """The machine's lines with the time at which each came, from now on."""

    def __init__(self, rundir):
        self.at = []
        self.follower = Follower(rundir)
        while self.follower.queue:  # bound: what was said before
            self.follower.next(0)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            while True:  # bound: the life of the machine
                line = self.follower.next(time.monotonic() + 60)
                if line is not None:
                    self.at.append((time.time(), line))
        except EmuError:
            pass  # the machine has ended

    def first(self, text, after=0.0):
        """When a line with TEXT first came after the time AFTER; None: never."""
        return next((when for when, line in list(self.at) if when > after and text in line), None)


class Streams:
    """One TCP connection of each pVM to its server that carries bytes without a pause, and what both ends count of resets."""

    def __init__(self, net, seconds=STEADY_S):
        self.net = net
        self.begin = len(net.wire())
        self.server = self.servers()
        # The counters on both sides of the download: whatever else the VM does has its own.
        self.orders = {vm: net.lan.order(side, f"grep Tcp: /proc/net/snmp; get http://{address}/steady?{seconds} {SILENCE_S}; s=$?; "
                                               "grep Tcp: /proc/net/snmp; exit $s") for vm, (side, address) in SIDES.items()}
        net.context.until("both streams to run", lambda: all(self.noted(vm, "begin") for vm in SIDES), ORDER_S)
        self.begun = time.time()

    def servers(self):
        return [counted(command(*self.net.lan.inside(space, "cat", "/proc/net/snmp"))) for space in (self.net.lan.gate, self.net.lan.far)]

    def noted(self, vm, what):
        """What the server of VM wrote down of its stream: [time, ..., port, ...] or []."""
        found = self.net.noted(SIDES[vm][0], f" steady {what} ")
        return found[-1].split() if found else []

    def ended(self):
        """Both streams come to their end and are whole; no end of either has counted a reset or a failure."""
        net, check = self.net, self.net.context.check
        for side, _ in SIDES.values():
            with open(net.lan.file(f"{side}-web.finish"), "w", encoding="ascii"):
                pass
        for vm, number in self.orders.items():
            end = f"[{vm}] tester: order {number} ended with "
            said = net.context.wait_seen(f"{vm}'s stream to end", lambda line, end=end: line.startswith(end), AGAIN_S)
            check(said == end + "0", f"{vm}'s stream: {said}")
            lines = net.context.follower.seen
            got = [line.split()[2:] for line in lines if line.startswith(f"[{vm}] get: ")][-1]
            gave = self.noted(vm, "end")[-2:]
            check(got == gave and int(got[0]) > 100000, f"{vm} got {got} of {gave}")
            tables = [line for line in lines if line.startswith(f"[{vm}] Tcp:")][-4:]
            before, after = counted("\n".join(tables[:2])), counted("\n".join(tables[2:]))
            check(before == after, f"{vm} counts {COUNTERS} {before} before and {after} after its stream")
        check(self.servers() == self.server, f"the servers count {COUNTERS} {self.server} before and {self.servers()} after the streams")
        self.on_the_wire()

    def on_the_wire(self):
        """personal's connection while its server was sending: no FIN and no RST, in either direction."""
        port, end = int(self.noted("personal", "begin")[-1]), float(self.noted("personal", "end")[0])  # of the latter: to the ms
        seen = [(when, frames.tcp(frame)) for when, frame in frames.timed(self.net.info["wire"])[self.begin:]]
        mine = [(when, segment) for when, segment in seen if segment and port in (segment[1], segment[3])]
        self.net.context.check(len(mine) > 100, f"of personal's stream there are {len(mine)} segments on the wire")
        bad = [segment for when, segment in mine if when < end - 0.01 and segment[4] & (frames.FIN | frames.RST)]
        self.net.context.check(not bad, f"personal's connection on the wire: {bad}")

    def since(self, vm, begin):
        """
        (when VM first announced itself on the wire since its frame BEGIN, when it said something of its stream after that, as clear TCP or as
        ESP); None: not yet. By the wire alone: netvm is dead when BEGIN is old, and who announces himself has a way again.
        """
        port, mac, at = int(self.noted("personal", "begin")[-1]), edge_mac(vm, "netvm"), [None, None]
        for when, frame in frames.timed(self.net.info["wire"])[begin:]:
            if frame[6:12].hex(":") != mac:
                continue
            if at[0] is None and frames.announced(frame):
                at[0] = when
            elif at[0] and (frames.kind(frame) == "esp" or port in (frames.tcp(frame) or ())):
                return at[0], when
        return tuple(at)


def counted(text):
    """The COUNTERS of /proc/net/snmp's two lines about TCP in TEXT."""
    names, values = (re.search(f"Tcp: ({kind}.*)", text).group(1).split() for kind in ("Rto", "[0-9]"))
    return [int(values[names.index(name)]) for name in COUNTERS]


def who(net):
    """(hardware addresses that send, leases): what must not change."""
    def leases():
        found = sorted((lease["mac"], lease["address"]) for lease in net.lan.leases())
        return found if len(found) >= 2 else None  # less: the server is writing its file

    macs = {frame[6:12].hex(":") for frame in net.wire()} - {GATE_MAC}
    return macs, net.context.until("the leases of personal and vpnvm", leases, ORDER_S)


def steps(clock, begun, probed):
    """What came when, in seconds since the death of netvm; BEGUN: when who announced himself and went on."""
    death = clock.first("hv: vm netvm stopped: ")
    found = {"carrier off": clock.first("bh-netvm: far end is gone", death - 1), "runs again": clock.first("hv: vm netvm dom=", death),
             "driver": clock.first("[netvm] ", death), "card probed": clock.first(probed, death),
             "edges": clock.first("bh-netvm: far end is there", death), "link": clock.first("netvmd: carrier on", death),
             "ready": clock.first("hv: vm netvm ready", death)}
    for vm, moments in begun.items():
        found.update(zip((f"{vm} announced", f"{vm} answers"), moments))
    print("# netvm's death to " + ", ".join(f"{what} {when - death:.2f}" if when else f"{what} never" for what, when in found.items()), flush=True)


def netvm_dies(context, probed, at_once=False, **options):
    """PROBED: what netvm's kernel says when the driver has the card. AT_ONCE: work sends on, and its packets wait for nothing but the link."""
    net = Net(context, **options)
    for vm in SIDES:
        net.order(vm, "true", TUNNEL_S)
    if at_once:
        net.order("work", f"ping -i 0.05 {FAR} >/dev/null &")
    before, was = who(net), net.sas()
    streams, clock = Streams(net), Clock(context.rundir)
    net.context.until("bytes of both streams", lambda: time.time() > streams.begun + BEFORE_S, AGAIN_S)
    begin, first = len(net.wire()), len(context.lines())
    net.admin("restart netvm --now")
    context.after(first, "netvm's next life", lambda line: line == "hv: vm netvm ready", AGAIN_S)
    begun = {}
    for vm in ("personal", "vpnvm"):
        context.until(f"{vm} to announce itself on the wire when its edge carries again", lambda vm=vm: streams.since(vm, begin)[0], AGAIN_S)
        begun[vm] = context.until(f"{vm} to go on with its stream", lambda vm=vm: streams.since(vm, begin)[1] and streams.since(vm, begin), AGAIN_S)
    streams.ended()
    steps(clock, begun, probed)
    asked = [frame for frame in net.wire()[begin:] if frames.dhcp_type(frame) == frames.DISCOVER]
    context.check(not asked, f"{len(asked)} DHCPDISCOVER after netvm's restart")
    context.check(who(net) == before, f"addresses before {before}, after {who(net)}")
    now = net.sas()
    context.check((now["ike"], set(now["spi"])) == (was["ike"], set(was["spi"])), f"the gateway's list before\n{was['text']}\nand after\n{now['text']}")
    if at_once:
        asks_at_once(context, net, begin, begun["vpnvm"][0])


@scenario(deadline_s=600)
def netvm(context):
    """netvm dies: both connections go on, no lease is asked for anew, the same addresses, the same IKE SA, the LAN is told at once"""
    netvm_dies(context, "Intel(R) PRO/1000 Network Connection")


def asks_at_once(context, net, begin, announced):
    """vpnvm, for which packets of work waited all the while, asks for its router when its carrier is back, not when the kernel's second is over."""
    mac = bytes.fromhex(edge_mac("vpnvm", "netvm").replace(":", ""))
    asked = [when for when, frame in frames.timed(net.info["wire"])[begin:] if frame[6:12] == mac and frames.kind(frame) == "arp" and
             not frames.announced(frame) and frame[21] == 1 and when > announced - ASKED_S]
    context.check(asked and asked[0] - announced < ASKED_S, f"vpnvm asked for its router {[round(when - announced, 3) for when in asked[:3]]} s after it announced itself")


@scenario(deadline_s=600)
def other_card(context):
    """the same with a card whose link is there at once (vmxnet3, reset by the bus); packets that waited go on their way at once"""
    netvm_dies(context, "VMware vmxnet3 virtual NIC driver", True, card="vmxnet3")


def asked_anew(net, begin):
    """The DHCPDISCOVERs of vpnvm on the wire since the frame BEGIN."""
    return [frame for frame in net.wire()[begin:] if frame[6:12].hex(":") == edge_mac("vpnvm", "netvm") and frames.dhcp_type(frame) == frames.DISCOVER]


@scenario(deadline_s=600)
def vpnvm(context):
    """vpnvm dies: work's connection goes on through a new tunnel, personal's without a pause; it keeps its lease and asks for it again only when it was off"""
    net = Net(context)
    for vm in SIDES:
        net.order(vm, "true", TUNNEL_S)
    before, first = who(net), net.order("work", "cat /sys/class/net/bh-vpnvm/mtu")
    streams, clock = Streams(net), Clock(context.rundir)
    context.until("bytes of both streams", lambda: time.time() > streams.begun + BEFORE_S, AGAIN_S)
    begin = len(net.wire())
    net.admin("restart vpnvm --now")
    context.wait("the tunnel of vpnvm's next life", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)
    kept = [line for line in context.lines() if line.startswith("[vpnvm] vpnvm: ip=") and line.endswith(", as in the life before")]
    context.check(len(kept) == 1, f"vpnvm was to use the lease of the life before once: {kept}")
    context.check(not asked_anew(net, begin), "vpnvm asked for a lease anew, though it had one")
    streams.ended()
    death, up = clock.first("hv: vm vpnvm stopped: "), clock.first("[vpnvm] vpnvmd: tunnel up")
    print(f"# vpnvm's death to tunnel up {up - death:.2f}", flush=True)
    context.check(who(net) == before, f"addresses before {before}, after {who(net)}")
    mtu = net.order("work", "cat /sys/class/net/bh-vpnvm/mtu")
    context.check(mtu[0] == first[0] == "[work] 1400", f"the MTU was {first} and is {mtu}, vpnvm says 1400")
    begin = len(net.wire())
    net.admin("off vpnvm --now")
    context.wait("vpnvm to be off", lambda line: line == "hv: vm vpnvm off (off), memory clean", AGAIN_S)
    net.admin("on vpnvm")
    context.wait("the tunnel once it is on again", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)
    context.check(asked_anew(net, begin), "a vpnvm that was off has its lease from somewhere")
    context.check(who(net) == before, f"addresses before {before}, after {who(net)}")


@scenario(deadline_s=600)
def patience(context):
    """netvm is gone for as long as the window of its restart budget: then the IKE SA is the one of before, nobody has authenticated again"""
    net = Net(context)
    net.order("work", "true", TUNNEL_S)
    was, first = net.sas(), len(context.lines())
    net.admin("off netvm --now")
    context.wait("netvm to be off", lambda line: line == "hv: vm netvm off (off), memory clean", AGAIN_S)
    back = time.monotonic() + WINDOW_S
    context.until("the end of the window", lambda: time.monotonic() > back, WINDOW_S + ORDER_S)
    asked = [line for line in context.lines()[first:] if "[vpnvm]" in line and "sending DPD request" in line]
    context.check(asked, "vpnvm has not even asked whether the gateway is there")
    net.admin("on netvm")
    net.get("work", f"http://{FAR}/fresh?{1 << 20}")
    now = net.sas()
    context.check(now["ike"] == was["ike"], f"the gateway's list before\n{was['text']}\nand after\n{now['text']}")
    begun = [line for line in context.lines()[first:] if "[vpnvm]" in line and "initiating IKE_SA" in line]
    context.check(not begun, f"vpnvm began anew: {begun}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
