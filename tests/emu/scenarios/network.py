#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The way of a packet through the real VMs: netvm and a clear VM, vpnvm and a protected one. Needs root."""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import admin  # noqa: E402
import frames  # noqa: E402
import neighbour  # noqa: E402
import testimage  # noqa: E402
from hostile_net import MODES, MY_MAC  # noqa: E402
from lan import FAR, GATE_MAC, NEAR, Lan  # noqa: E402
from machine import edge_mac  # noqa: E402
from runner import run, scenario  # noqa: E402
from starter import PKI  # noqa: E402

READY_S = 240
TUNNEL_S = 180
FETCH_S = 180
SILENCE_S = 300  # charon's patience with a gateway that is gone without a word, and then a download
ORDER_S = 120
LEASES_S = 120
BAD_LEASES = ("lease refused: the gateway's own address", "lease refused: mask", "lease refused: it overlaps 10.77.0.0/24", "lease refused: it overlaps 10.78.0.1/32", "lease: routes are ignored")
BIG = 10 << 20
SMALL = 1 << 20
KINDS = ("tcp", "udp", "icmp")
CARRIED = {"ip-6", "udp", "ip-1"}
PROTECTED = {"ike", "esp", "dhcp", "arp", "nd"}


class Net:
    """The site `tunnel` on the test network: its VMs as seen from outside."""

    def __init__(self, context, site="tunnel", teller="work", **options):
        self.context = context
        self.teller = teller
        context.start(image=testimage.build_site(context.rundir.path, site), net="lan", **options)
        context.wait_ready(READY_S)
        self.lan = Lan(context.rundir.path)
        self.info = self.lan.info()

    def order(self, vm, line, timeout_s=ORDER_S, status=0):
        """VM carries out LINE; gives back what it printed meanwhile."""
        begin = len(self.context.follower.seen)
        number = self.lan.order({"work": "far", "personal": "near"}[vm], line)
        end = f"[{vm}] tester: order {number} ended with "
        said = self.context.wait(f"{vm} to do: {line}", lambda text: text.startswith(end), timeout_s)
        self.context.check(said == f"{end}{status}", f"{line} in {vm}: {said}, not {status}")
        return [text for text in self.context.follower.seen[begin:] if text.startswith(f"[{vm}] ")]

    def get(self, vm, url, digest=None, timeout_s=FETCH_S):
        """A download; DIGEST None: of fresh bytes, whose digest the server wrote down."""
        said = [line.split() for line in self.order(vm, f"get {url}", timeout_s) if line.startswith(f"[{vm}] get: ")]
        self.context.check(len(said) == 1 and len(said[0]) == 4, f"{vm} says of its download {said}")
        size, got = said[0][2:]
        notes = self.noted("near" if NEAR in url else "far", f"fresh {size} ") if digest is None else [digest]
        self.context.check(notes and got == notes[-1].split()[-1], f"{vm} got {size} bytes with SHA-256 {got} of {url}, not {notes[-1:]}")
        return int(size)

    def trouble(self, what, vm="vpnvm"):
        """The VM that can has VM do WHAT to itself; gives back how many frames the filter of VM's end of their edge has stopped so far."""
        begin = len(self.context.follower.seen)
        self.order(self.teller, f"trouble {what}" + (" trouble-net" if vm == "netvm" else ""))
        start = f"[{vm}] trouble: {what} "
        said = next((line for line in self.context.follower.seen[begin:] if line.startswith(start)), None) or \
            self.context.wait(f"{vm} to do: {what}", lambda line: line.startswith(start), ORDER_S)
        self.context.check(said.startswith(f"{start}done, filtered "), said)
        return int(said.split()[-1])

    def admin(self, command):
        """adminvm carries out the command of bhctl."""
        output, status = admin.run(self.context.rundir, command)
        self.context.check(status == 0, f"bhctl {command}: status {status}: {output}")

    def noted(self, side, what):
        """The lines of SIDE's web server's log that hold WHAT."""
        return [line for line in self.lan.said(f"{side}-web.requests") if what in line]

    def carried(self, vm):
        """{kind: (tried, answered)} of the VM's `carry`, as it said last."""
        said = [line for line in self.context.lines() if line.startswith(f"[{vm}] carry: ")]
        counts = re.findall(r"(\w+)=(\d+)/(\d+)", said[-1]) if said else []
        return {kind: (int(tried), int(answered)) for kind, tried, answered in counts}

    def carries_on(self, vm, index, what, count=4, timeout_s=ORDER_S):
        """VM tries (INDEX 0) or gets answers to (1) COUNT more of each kind."""
        start = self.carried(vm)
        self.context.until(what, lambda: all(self.carried(vm)[kind][index] >= start[kind][index] + count for kind in KINDS), timeout_s)

    def wire(self):
        return frames.read(self.info["wire"])

    def far(self):
        """What arrived at the far server, read as the wire's record is."""
        return frames.read(self.lan.file("far.pcap"))

    def sas(self):
        """The gateway's list: {"ike": [numbers], "spi": {spi in: (in bytes, out bytes)}, "text"}."""
        text = self.lan.gateway("--list-sas")
        spis = re.findall(r"^\s+in\s+([0-9a-f]{8})[^,]*,\s+(\d+) bytes.*\n\s+out\s+[0-9a-f]{8}[^,]*,\s+(\d+) bytes", text, re.M)
        return {"ike": re.findall(r"^road: #(\d+), ESTABLISHED", text, re.M),
                "spi": {spi: (int(got), int(sent)) for spi, got, sent in spis}, "text": text}

    def in_the_clear(self, begin):
        """What the wire shows since the frame BEGIN of what only the tunnel may carry."""
        return frames.in_the_clear(self.wire()[begin:], [self.info["inner_prefix"], self.info["far_prefix"]], self.info["marker"])

    def protected(self, begin, what, from_gateway=PROTECTED):
        """Since the frame BEGIN of the wire: nothing in the clear, nobody but the gateway; `personal` was off."""
        seen = self.wire()[begin:]
        check = self.context.check
        check(seen, f"{what}: nothing at all on the wire")
        clear = self.in_the_clear(begin)
        check(not clear, f"{what}: in the clear:\n  " + "\n  ".join(clear[:10]))
        other = {frames.kind(frame) for frame in seen if frame[6:12].hex(":") != GATE_MAC} - PROTECTED
        other |= {frames.kind(frame) for frame in seen if frame[6:12].hex(":") == GATE_MAC} - from_gateway
        check(not other, f"{what}: on the wire there is also {other}")
        outer = self.context.until("vpnvm's lease in the server's file, which it writes anew now and then",
                                   lambda: [lease["address"] for lease in self.lan.leases() if lease["mac"] == edge_mac("vpnvm", "netvm")], ORDER_S)
        pairs = frames.peers(seen) - {tuple(sorted((NEAR, address))) for address in outer}
        check(len(outer) == 1 and not pairs, f"{what}: IKE or ESP between {pairs}, vpnvm has {outer}")


def found(context, seen, marker, where):
    """The marker can be read in SEEN in HTTP, DNS and ping; else not finding it elsewhere would show nothing."""
    kinds = frames.kinds_with(seen, marker)
    context.check(CARRIED <= kinds, f"the marker {where} is only in frames of {kinds or 'no kind'}")


def beside(net):
    """personal: its own marker is seen on the wire, the far side is out of its reach."""
    context, info = net.context, net.info
    net.get("personal", info["near_url"], info["near_sha256"])
    said = [line for line in context.lines() if line.startswith("[personal] tester: bound ")]
    lease = {"mac": edge_mac("personal", "netvm"), "address": said[-1].split()[-1] if said else None}
    context.until(f"{lease} among what the DHCP server knows", lambda: lease in net.lan.leases(), ORDER_S)
    net.order("personal", f"carry {NEAR} 250 {info['near_marker']} &")
    context.until("answers to all that personal carries", lambda: all(answered > 2 for _, answered in net.carried("personal").values()) and
          net.carried("personal"), ORDER_S)
    found(context, net.wire(), info["near_marker"], "of personal, on the wire,")
    net.order("personal", f"get {info['far_url']}", status=1)
    seen = net.wire()
    asked = [frame for frame in seen if FAR in (frames.ends(frame) or ()) and frame[6:12].hex(":") == lease["mac"]]
    context.check(asked, "personal has not even tried the far address")
    strangers = [line for line in net.lan.said("far-web.requests") if not line.split()[1].startswith("10.78.0.")]
    context.check(not strangers, f"the far server was asked by {strangers}")


def off(net):
    """personal falls silent and goes, leaving nobody who would still answer it."""
    net.lan.order("near", "killall carry; echo silent; exec sleep 100000")
    net.context.wait("personal to fall silent", lambda line: line == "[personal] silent", ORDER_S)
    net.context.until("the near side's last connection to end", lambda: not net.lan.talking(), ORDER_S)
    net.admin("off personal")
    net.context.wait("personal to be off", lambda line: line.startswith("hv: vm personal off ("), ORDER_S)


def rekey(net):
    """10 MiB down with a new CHILD_SA in the middle, then 10 MiB up."""
    context, info = net.context, net.info
    old = net.sas()
    context.check("AES_GCM_16-256" in old["text"] and len(old["ike"]) == len(old["spi"]) == 1, f"the gateway's view of the tunnel:\n{old['text']}")
    first = next(iter(old["spi"]))
    hold = net.lan.file("far-web.hold")
    with open(hold, "w", encoding="ascii"):
        pass  # the server gives a quarter until it is gone: the rest goes by the new one
    number = net.lan.order("far", f"get {info['far_url']} {SILENCE_S}")
    context.until("a fifth of the download", lambda: net.sas()["spi"][first][1] > BIG // 5, FETCH_S)
    net.lan.gateway("--rekey", "--child", "net")
    new = context.until("the gateway's new CHILD_SA", lambda: [spi for spi in net.sas()["spi"] if spi != first], FETCH_S)[0]
    os.unlink(hold)
    context.wait("the download", lambda text: text == f"[work] tester: order {number} ended with 0", FETCH_S)
    got = [text.split() for text in context.lines() if text.startswith("[work] get: ")][-1]
    context.check(got[2:] == [str(info["file_bytes"]), info["far_sha256"]], f"work says {got}, the file has {info['far_sha256']}")
    after = net.sas()["spi"]
    context.check(after[new][1] > BIG // 2, f"of the download there went through the new CHILD_SA {new} only {after}")
    begin = net.sas()["spi"][new][0]
    said = [text.split() for text in net.order("work", f"put {FAR} {BIG}", FETCH_S) if text.startswith("[work] put: ")][0]
    context.check([line.split()[-2:] for line in net.noted("far", " put ")] == [said[2:]], f"work gave {said}, the far server has {net.noted('far', ' put ')}")
    moved = net.sas()["spi"][new][0] - begin
    context.check(moved >= BIG, f"10 MiB were put, the gateway has {moved} bytes more from work")


def broken(net, what, cause, repair=None):
    """CAUSE breaks the tunnel while work goes on sending; after REPAIR a new download works. Nothing is in the clear."""
    begin, lines = len(net.wire()), len(net.context.lines())
    was = net.sas()
    cause()
    since = time.monotonic()
    net.carries_on("work", 0, f"work to go on sending: {what}", 2)
    if repair:
        repair()
        since = time.monotonic()
    net.get("work", f"http://{FAR}/fresh?{SMALL}", timeout_s=SILENCE_S)
    print(f"# {what}: a new download after {time.monotonic() - since:.0f} s", flush=True)
    # The keys of before may have carried it: a charon that was killed is back before anybody misses it.
    net.context.until(f"an effect: {what}", lambda: net.sas()["spi"].keys() != was["spi"].keys() or "hv: vm netvm ready" in net.context.lines()[lines:], TUNNEL_S)
    net.protected(begin, what, PROTECTED | {"esp-unreachable"})


def refused(net):
    """A gateway of another authority takes the place of the right one."""
    net.lan.gateway_end()
    net.lan.gateway_start(PKI, "other-gateway")
    net.context.wait("vpnvm refusing the gateway", untrusted, TUNNEL_S)


def untrusted(line):
    return line.startswith("[vpnvm]") and ("no trusted" in line or "no issuer certificate found" in line)


def right_gateway(net):
    if os.path.exists(net.lan.file("gateway.vici")):
        net.lan.gateway_end()
    net.lan.gateway_start(PKI, "gateway")


def ended(net, command, vm):
    """The command of bhctl has ended VM, which may take its time."""
    net.admin(command)
    net.context.wait(f"{vm} to stop", lambda line: line.startswith(f"hv: vm {vm} stopped: "), ORDER_S)


def failures(net):
    """Everything that can die on the way, while work sends TCP, UDP 53 and ICMP."""
    broken(net, "charon killed", lambda: net.trouble("charon"))
    broken(net, "SAs flushed", lambda: net.trouble("flush"))
    broken(net, "gateway stopped", lambda: net.lan.gateway_end(gently=False), lambda: right_gateway(net))
    broken(net, "wrong certificate", lambda: refused(net), lambda: right_gateway(net))
    broken(net, "netvm restarted", lambda: ended(net, "restart netvm", "netvm"))
    stopped = net.trouble("count")
    net.context.check(stopped == 0, f"XFRM let {stopped} frames come as far as the filter of vpnvm's outer edge")
    broken(net, "vpnvm died", lambda: net.order("work", "trouble reset"))
    broken(net, "vpnvm killed", lambda: net.admin("kill vpnvm"), lambda: net.admin("restart vpnvm"))
    stopped = net.trouble("count")
    net.context.check(stopped == 0, f"XFRM let {stopped} frames come as far as the filter in vpnvm's third life")
    begin = len(net.wire())
    net.context.check(net.trouble("clear") == 1, "the filter of vpnvm's outer edge did not count a packet that went past XFRM")
    net.get("work", f"http://{FAR}/fresh?{SMALL}")
    net.protected(begin, "a packet in the clear past XFRM")


@scenario(deadline_s=1200)
def tunnel(context):
    """what work sends leaves as ESP to the gateway or not at all, whatever dies; personal cannot reach the far side"""
    net = Net(context, gateway="other-gateway")
    info = net.info
    context.wait_seen("vpnvm refusing the gateway of another authority", untrusted, READY_S)
    beside(net)
    kinds = {frames.kind(frame) for frame in net.wire()}
    context.check("ike" in kinds and "esp" not in kinds, f"with a gateway of another authority there is on the wire {kinds}")
    right_gateway(net)
    net.order("work", "true", TUNNEL_S)
    net.trouble("rules")
    off(net)
    begin = len(net.wire())
    net.order("work", f"carry {FAR} 250 {info['marker']} &")
    rekey(net)
    net.carries_on("work", 1, "answers to all that work carries")
    found(context, net.far(), info["marker"], "of work, at the far server,")
    asked = [line for line in net.lan.said("far-dnsmasq.log") if f"query[A] {info['marker']}." in line and " from 10.78.0." in line]
    context.check(asked, "the far name server was not asked for work's marker")
    net.protected(begin, "with everything in order")
    failures(net)
    context.until("vpnvm renewing its lease with the DHCP server itself", lambda: [
        frame for frame in net.wire() if frames.kind(frame) == "dhcp" and frame[6:12].hex(":") == edge_mac("vpnvm", "netvm") and
        NEAR in (frames.ends(frame) or ())], TUNNEL_S)


@scenario(deadline_s=600)
def lease(context):
    """work's lease is renewed by a vpnvm that has no memory of giving it, and nothing that looks like DHCP leaves in the clear"""
    net = Net(context)
    net.order("work", "true", TUNNEL_S)
    net.admin("restart vpnvm")
    context.wait("the tunnel of vpnvm's next life", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)
    net.get("work", f"http://{FAR}/fresh?{SMALL}")
    begin = len(net.wire())
    for address in (NEAR, FAR, "192.0.2.1"):
        net.order("work", f"trouble lease {address} {net.info['marker']}")
    net.get("work", f"http://{FAR}/fresh?{SMALL}")
    clear = frames.in_the_clear(net.wire()[begin:], [net.info["inner_prefix"], net.info["far_prefix"]], net.info["marker"])
    context.check(not clear, "what looks like DHCP left in the clear:\n  " + "\n  ".join(clear))
    # udhcpc's script leaves the file when a renewal was answered, and nothing else does; 20 s for that, else the order fails
    net.order("work", "rm -f /run/renewed; killall -USR1 udhcpc; for i in $(seq 100); do [ -e /run/renewed ] && exit; sleep 0.2; done; exit 1")


def carrying(net):
    """work has its tunnel and sends TCP, UDP 53 and ICMP through it."""
    net.order("work", f"carry {FAR} 250 {net.info['marker']} &", TUNNEL_S)
    net.context.until("answers to all that work carries", lambda: net.carried("work") and
                      all(answered > 2 for _, answered in net.carried("work").values()), ORDER_S)


def stopped_by(net, what, vm=None):
    """While work goes on sending, nothing is in the clear; the frames are counted by VM's filter and no other, or by none."""
    check, begin = net.context.check, len(net.wire())
    before = {one: net.trouble("count", one) for one in ("vpnvm", "netvm")}
    net.carries_on("work", 0, f"work to go on sending: {what}")
    rise = {one: net.trouble("count", one) - count for one, count in before.items()}
    clear = net.in_the_clear(begin)
    print(f"# {what}: stopped by vpnvm's filter {rise['vpnvm']}, by netvm's {rise['netvm']}, in the clear {len(clear)}", flush=True)
    check(not clear, f"{what}: in the clear:\n  " + "\n  ".join(clear[:10]))
    check(all((count > 0) == (one == vm) for one, count in rise.items()), f"{what}: the filters stopped {rise}")


@scenario(deadline_s=600)
def layers(context):
    """XFRM's default block, the filter in vpnvm and the one in netvm each keep work's packets in alone; with none of them they are on the wire"""
    net = Net(context, "layers", "personal")
    carrying(net)
    net.trouble("gate-open")
    net.trouble("gate-open", "netvm")
    net.trouble("forget")
    stopped_by(net, "XFRM's default block alone")
    net.trouble("gate-shut")
    net.trouble("xfrm-open")
    stopped_by(net, "vpnvm's filter alone (netvm's held open)", "vpnvm")
    net.trouble("gate-shut", "netvm")
    net.trouble("gate-open")
    stopped_by(net, "netvm's filter alone", "netvm")
    begin = len(net.wire())
    net.trouble("gate-open", "netvm")
    context.until("work's packets in the clear, with nothing in their way", lambda: net.in_the_clear(begin), ORDER_S)
    kinds = {frames.kind(frame) for frame in net.wire()[begin:] if FAR in (frames.ends(frame) or ())}
    print(f"# nothing in the way: on the wire in the clear {sorted(kinds)}", flush=True)


@scenario(deadline_s=800)
def farewell(context):
    """a vpnvm that is asked to stop tells the gateway, whose list is empty at once; one that is stopped without being asked leaves its SA there"""
    net = Net(context)
    net.order("work", "true", TUNNEL_S)
    context.check(len(net.sas()["ike"]) == 1, f"the gateway's list:\n{net.sas()['text']}")
    begin = len(context.lines())
    net.admin("off vpnvm")
    line = context.after(begin, "vpnvm to be off", lambda line: line.startswith("hv: vm vpnvm off ("), ORDER_S)
    context.check(line == "hv: vm vpnvm off (exit), memory clean", f"vpnvm was to stop by itself: {line}")
    left = net.sas()
    context.check(not left["ike"], f"vpnvm is off, the gateway still lists\n{left['text']}")
    net.admin("on vpnvm")
    net.get("work", f"http://{FAR}/fresh?{SMALL}")
    context.check(len(net.sas()["ike"]) == 1, f"the gateway's list:\n{net.sas()['text']}")
    net.admin("off vpnvm --now")
    context.wait("vpnvm to be off", lambda line: line == "hv: vm vpnvm off (off), memory clean", ORDER_S)
    left = net.sas()
    context.check(len(left["ike"]) == 1, f"vpnvm had no time for a farewell, the gateway lists\n{left['text']}")
    for words in ("off vpnvm --later", "on vpnvm --now", "off"):
        output, status = admin.run(context.rundir, f"bhctl {words}")
        context.check(status == 2, f"bhctl {words}: status {status}: {output}")


def by_vpnvm(net, begin, what):
    """
    Since the frame BEGIN the card sent nothing in the clear, and vpnvm only ESP and IKE to the gateway and the set-up of addresses.

    Its DHCP client may name the server an address that the server has given it, whatever net that is of.
    """
    seen = [frame for frame in net.wire()[begin:] if frame[6:12].hex(":") not in (GATE_MAC, MY_MAC)]
    named = [frame for frame in seen if frames.kind(frame) == "dhcp" and frames.ends(frame)[0] in {address for _, address, _ in MODES}]
    clear = frames.in_the_clear([frame for frame in seen if frame not in named], [net.info["inner_prefix"], net.info["far_prefix"]], net.info["marker"])
    clear += frames.in_the_clear(named, [], net.info["marker"])
    net.context.check(not clear, f"{what}: in the clear:\n  " + "\n  ".join(clear[:10]))
    sent = [frame for frame in seen if frame[6:12].hex(":") == edge_mac("vpnvm", "netvm")]
    kinds = {frames.kind(frame) for frame in sent}
    net.context.check(kinds <= PROTECTED, f"{what}: vpnvm sends {kinds - PROTECTED}")
    to = {frames.ends(frame)[1] for frame in sent if frames.kind(frame) in ("ike", "esp")}
    net.context.check(to <= {NEAR}, f"{what}: IKE or ESP to {to}")


@scenario(deadline_s=720)
def hostile(context):
    """a DHCP server and router that lies in every option, answers all ARP and redirects: nothing in the clear, nothing dies, the tunnel is back after it"""
    net = Net(context)
    net.order("work", "true", TUNNEL_S)
    off(net)
    carrying(net)
    begin, first = len(net.wire()), len(context.lines())
    net.lan.hostile(True)
    net.admin("off vpnvm")  # with a restart it would keep its lease, and ask later
    context.wait("vpnvm to be off", lambda line: line.startswith("hv: vm vpnvm off ("), ORDER_S)
    net.admin("on vpnvm")
    for mode, address, _ in MODES:
        at = len(net.wire())
        context.until(f"the lease {mode} of {address}", lambda line=f"acked {mode} {address}": line in net.lan.said("hostile.log"), LEASES_S)
        net.carries_on("work", 0, f"work to go on sending: {mode}", 2)
        by_vpnvm(net, at, mode)
        print(f"# {mode}: tunnel {'stands' if net.sas()['ike'] else 'is down'}", flush=True)
    net.lan.hostile(False)
    net.get("work", f"http://{FAR}/fresh?{SMALL}")
    by_vpnvm(net, begin, "with a hostile DHCP server and router")
    said = context.lines()[first:]
    for wanted in BAD_LEASES:
        context.check(any(line.startswith("[vpnvm] ") and wanted in line for line in said), f"vpnvm has not said '{wanted}'")
    died = [line for line in said if line.startswith("[vpnvm] ") and ("charon ended" in line or "ended with status" in line or "Oops" in line)]
    context.check(not died, f"in vpnvm there died something: {died}")
    lives = [line for line in said if line.startswith("hv: vm vpnvm dom=")]
    context.check(len(lives) == 1, f"vpnvm was to begin one life: {lives}")


@scenario(deadline_s=800)
def neighbours(context):
    """two pVMs on one netvm with no edge to each other: whatever one sends to the other, by ARP, hardware address, broadcast or multicast, is nowhere in its memory"""
    got = neighbour.attempt(context)
    print(f"# {got}", flush=True)
    context.check(got["answered"] == 0 and got["found"] == 0, f"the neighbour was reached: {got}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
