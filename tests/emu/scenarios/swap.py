#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Another image of netvm in a machine that works: a good one stays, each bad one is gone by itself. Needs root for the test network."""

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from lan import NEAR  # noqa: E402
from machine import NIC_MAC  # noqa: E402
from runner import run, scenario  # noqa: E402
from workstation import PVMS, Workstation  # noqa: E402

AGAIN_S = 240
SWAP_S = 180
FLOWS_S = 300  # TCP waits twice as long after each packet that is lost, and a tunnel may be made anew
AB_S = 300
SLACK_S = 1.0  # adminvm looks each 50 ms, when it has a processor
TRIAL_MIN_S = 20
STARTS_IN_A_TRIAL = 6  # it must be ready in half of a trial: three times as fast as this machine just was will do
GATES = "dhcp,ping,keyboard"
ASKED = r"hv: vm netvm (stopped: (exit|reset|killed|no-progress)|refused:) .*"
SHELL = "#!/bin/sh\n"
IDLE = SHELL + "exec sleep 100000\n"  # in the place of the daemon: lives, and does nothing
READY = "exec /bin/netvmd\nready\nheartbeat\n"
# Its card gets a lease and answers, its edges carry; nothing goes from one to the other.
SELFISH = SHELL + """
nic=eth0
echo '#!/bin/sh
[ -z "$ip" ] || ip address add "$ip/$mask" dev "$interface"' >/run/lease
chmod 755 /run/lease
for edge in /sys/class/net/bh-*; do ip link set "${edge##*/}" up; done
ip link set $nic up
exec udhcpc -i $nic -f -s /run/lease
"""
# A card that is up, and nobody who listens to the edges, as long as the VM lives.
DEAF = SHELL + "ip link set eth0 up\nexec sleep 100000\n"
# name: files that differ from netvm's; whether netvm says that it is ready; why the old one must come back
BAD = {
    "panics": ({"/init": SHELL + "exit 1\n"}, ("stopped",)),
    "hangs": ({"/bin/netvmd": SHELL + "while :; do :; done\n"}, ("not-ready", "stopped")),
    "nonet": ({"/bin/netvmd": IDLE, "/etc/daemon": READY}, ("no-lease",)),
    "deaf": ({"/bin/netvmd": DEAF, "/etc/daemon": READY}, ("no-lease",)),
    "selfish": ({"/bin/netvmd": SELFISH, "/etc/daemon": READY}, ("no-lease",)),
}


def developer(text):
    """The edit of netvm.vm that lets any image in."""
    return text.replace("Spare=16M\n", "Spare=16M\nDeveloper=yes\n")


def digest_of(path):
    with open(path, "rb") as image:
        return hashlib.sha256(image.read()).hexdigest()


def good_image(folder):
    """netvm's but for a line in a file that nobody minds."""
    with open(os.path.join(testimage.ROOT, "service-vms", "base", "rootfs", "group"), encoding="utf-8") as file:
        return testimage.variant(folder, "good", "netvm", {"/etc/group": file.read() + "another:x:4711:\n"})


class Swaps:
    """A workstation whose pVMs' connections are open all the while."""

    def __init__(self, context, images, edits=None):
        folder = os.path.join(context.rundir.path, "images")
        disk = testimage.second_disk(folder, *images(folder))
        self.context = context
        self.machine = Workstation(context, edits or {"netvm.vm": developer}, ASKED, disk=disk)
        self.boot = self.netvm()["digest"]
        for vm in PVMS:
            self.machine.begin_stream(vm)
        self.ike = self.machine.ike()

    def netvm(self):
        return self.machine.status()["netvm"]

    def trial_s(self):
        """A trial that a healthy image passes on this machine as it is: by how long netvm took from its image to be ready."""
        lines = self.machine.journal.lines
        begin = next(when for when, text in lines if re.fullmatch(r"hv: vm netvm dom=.* running .*, from its image", text))
        took = next(when for when, text in lines if text == "hv: vm netvm ready" and when > begin) - begin
        return max(TRIAL_MIN_S, math.ceil(STARTS_IN_A_TRIAL * took))

    def ask(self, words, status=0, timeout_s=SWAP_S):
        return self.machine.answer(self.machine.order(words), timeout_s, status)

    def life(self, epoch):
        """Life number EPOCH of netvm, or a later one, is ready; what bhctl says of it."""
        begin = self.number(f"life {epoch} of netvm", re.compile(rf"hv: vm netvm dom=.* life={epoch} running .*").fullmatch, 0)
        self.machine.line(f"netvm being ready in life {epoch}", lambda text: text == "hv: vm netvm ready", AGAIN_S, begin)
        return self.netvm()

    def number(self, what, wanted, begin, timeout_s=AGAIN_S):
        """The number of the first line from BEGIN on that WANTED likes: what follows it is looked for behind it, though it may be there already."""
        self.machine.line(what, wanted, timeout_s, begin)
        return next(at for at in range(begin, len(self.machine.journal.lines)) if wanted(self.machine.journal.lines[at][1]))

    def flows(self, since):
        """The old connections of both pVMs go on."""
        for vm in PVMS:
            self.machine.until(f"the traffic of {vm}", lambda vm=vm: self.machine.flows_since(vm, since), FLOWS_S)
            self.context.check(not self.machine.streams[vm].resets, f"a connection of {vm} was reset: {self.machine.streams[vm].resets}")

    def end(self, tunnel_stays=True):
        """Nothing was lost in all that, nothing went out in the clear, and nobody had to prove anew who he is where TUNNEL_STAYS."""
        sizes = self.machine.end_streams()
        self.context.check(not self.machine.clear, f"in the clear: {self.machine.clear[:3]}")
        self.context.check(not tunnel_stays or self.machine.ike() == self.ike, "the tunnel was made anew")
        return sizes


@scenario(deadline_s=1200)
def good(context):
    """a good image of netvm, allowed by its digest, is swapped in on trial, confirmed, stays over a death and a kill; back; connections live on"""
    image = good_image(os.path.join(context.rundir.path, "good"))
    wanted, check = digest_of(image), context.check
    swaps = Swaps(context, lambda _: [image], {"netvm.vm": lambda text: text.replace("Spare=16M\n", f"Spare=16M\nSwap={wanted}\n")})
    begin, trial_s = time.time(), max(60, swaps.trial_s())
    said = swaps.ask(f"swap netvm /media/good.img --trial {trial_s}s --gate {GATES}")
    check(wanted in said, f"bhctl names another digest than {wanted}: {said}")
    now = swaps.life(2)
    check((now["digest"], now["spare"]["digest"], now["spare"]["in_use"]) == (wanted, wanted, True), f"after the swap: {now}")
    check(0 < now["spare"]["trial_ms"] < trial_s * 1000 and not now["spare"]["developer"], f"no trial: {now}")
    swaps.flows(time.time())
    print(f"# swapped and flowing again after {time.time() - begin:.1f} s", flush=True)
    sent, since = swaps.netvm()["sent_bytes"], time.time()
    swaps.flows(since + 2)
    check(swaps.netvm()["sent_bytes"] > sent, "the new netvm delivers nothing")
    swaps.ask("swap confirm netvm")
    check(swaps.netvm()["spare"]["trial_ms"] == 0, "confirmed, and still on trial")
    swaps.ask("swap netvm /media/good.img", status=1)  # it is in use
    for words in (["restart netvm --now"], ["kill netvm", "on netvm"]):
        epoch, since = swaps.netvm()["epoch"], time.time()
        for word in words:
            swaps.ask(word)
        now = swaps.life(epoch + 1)
        check((now["digest"], now["spare"]["in_use"], now["spare"]["went_back"]) == (wanted, True, None), f"after {words}: {now}")
        swaps.flows(time.time())
    epoch = now["epoch"]
    swaps.ask("swap back netvm")
    now = swaps.life(epoch + 1)
    check((now["digest"], now["spare"]["in_use"], now["spare"]["went_back"]) == (swaps.boot, False, "asked"), f"back again: {now}")
    swaps.flows(time.time())
    context.audit()
    print(f"# downloaded, none lost: {swaps.end()}", flush=True)


def selfish_answers(context, swaps):
    """What makes the last bad image hard to tell: its card has an address and answers whoever asks it."""
    lan = swaps.machine.lan
    address = swaps.machine.until("a lease of the selfish netvm", lambda: [lease["address"] for lease in lan.leases() if lease["mac"] == NIC_MAC], AGAIN_S)[0]
    ask = lan.inside(lan.gate, sys.executable, os.path.join(testimage.ROOT, "tests", "emu", "ping.py"), address)
    swaps.machine.until("an answer of the selfish netvm", lambda: subprocess.run(ask, check=False).returncode == 0, AGAIN_S)
    context.check(address != NEAR, "the gateway answered itself")


def one_bad(context, swaps, name, reasons):
    """Swapped in and gone again, the pVMs' connections as before. Gives back the seconds without traffic."""
    before, begin = swaps.netvm(), time.time()
    swaps.ask(f"swap netvm /media/{name}.img --trial {swaps.trial_s()}s --gate {GATES}")
    if name == "selfish":
        selfish_answers(context, swaps)
    after = swaps.life(before["epoch"] + 2)
    spare = after["spare"]
    context.check(after["digest"] == swaps.boot and not spare["in_use"], f"{name}: not the old image: {after}")
    context.check(spare["went_back"] in reasons, f"{name}: went back because of {spare['went_back']}, not {reasons}")
    swaps.flows(time.time())
    return time.time() - begin, spare["went_back"]


@scenario(deadline_s=1200)
def bad(context):
    """an image of netvm that panics, hangs, has no network, ignores its channels, or keeps the network for itself: the old one is back by itself"""
    swaps = Swaps(context, lambda folder: [testimage.variant(folder, name, "netvm", files) for name, (files, _) in BAD.items()])
    for name, (_, reasons) in BAD.items():
        took, why = one_bad(context, swaps, name, reasons)
        print(f"# {name}: back and flowing {took:.1f} s after the order, {why}", flush=True)
    context.audit()
    # without a network for longer than the tunnel's ends wait for each other
    print(f"# downloaded, none lost: {swaps.end(tunnel_stays=False)}", flush=True)


@scenario(deadline_s=1200)
def compared(context):
    """bhctl swap --ab: two images of netvm in turn under a download in both pVMs; the table names digests, and figures that fit what others saw"""
    swaps = Swaps(context, lambda folder: [good_image(folder), testimage.build_file("vm", "netvm.img")])
    folder, check = os.path.join(context.rundir.path, "images"), context.check
    table = json.loads(swaps.ask("swap --ab netvm /media/good.img /media/netvm.img --for 20s --json", timeout_s=AB_S))
    check([row["digest"] for row in table] == [digest_of(os.path.join(folder, "good.img")), swaps.boot], f"digests: {table}")
    running = [when for when, text in swaps.machine.journal.lines if re.fullmatch(r"hv: vm netvm dom=.* life=\d+ running .*", text)]
    orders = [when for when, text in swaps.machine.journal.lines if text.startswith("hv: vm netvm takes its spare image")]
    ready = [when for when, text in swaps.machine.journal.lines if text == "hv: vm netvm ready"]
    for number, row in enumerate(table):
        begin, used = orders[number], swaps.netvm()["memory"]["used_bytes"]
        start = next(when for when in ready if when > begin) - begin
        check(abs(start - row["start_ms"] / 1000) < max(SLACK_S, start / 4), f"it was ready {start:.2f} s after the order, the table says {row}")
        check(row["outage_ms"] is not None and row["outage_ms"] >= row["start_ms"], f"no outage: {row}")
        check(abs(row["used_bytes"] - used) < 4 << 20, f"used: {row}, the boot image {used}")
        # Both pVMs' servers send 512 bytes each 20 ms, and answer a ping each 20 ms; headers and ESP come on top. After the outage TCP waits
        # for as long again, at most, before it looks whether there is a way: the time measured must be longer than that.
        check(20e3 < row["delivered_bytes_per_s"] < 500e3, f"delivered: {row}")
        print(f"# {row['image']}: start {row['start_ms']} ms, outage {row['outage_ms']} ms, {row['delivered_bytes_per_s']} bytes/s, used {row['used_bytes']}", flush=True)
    check(len(running) == 5, f"{len(running)} lives of netvm, not 5")
    now = swaps.netvm()
    check((now["digest"], now["spare"]["in_use"], now["spare"]["went_back"]) == (swaps.boot, False, "asked"), f"afterwards: {now}")
    swaps.flows(time.time())
    print(f"# downloaded, none lost: {swaps.end()}", flush=True)


@scenario(deadline_s=800)
def refused(context):
    """without the developer's mark another image is refused, the site's own is taken; unconfirmed it is gone, though adminvm died on trial"""
    swaps = Swaps(context, lambda folder: [good_image(folder), testimage.build_file("vm", "netvm.img")], {"netvm.vm": lambda text: text + "\n"})
    check = context.check
    said = swaps.ask("swap netvm /media/good.img --trial 60s", status=1)
    check("developer" in said, f"no word why: {said}")
    check(swaps.netvm()["epoch"] == 1, "netvm was started again")
    swaps.ask("swap personal /media/good.img", status=1)  # no spare
    begin, trial_s = len(swaps.machine.journal.lines), swaps.trial_s()
    swaps.ask(f"swap netvm /media/netvm.img --trial {trial_s}s")
    now = swaps.life(2)
    check((now["digest"], now["spare"]["in_use"]) == (swaps.boot, True), f"the site's own image: {now}")
    swaps.machine.order("kill adminvm")
    swaps.machine.line("adminvm being dead", re.compile(r"hv: vm adminvm dead .*").fullmatch, AGAIN_S, begin)
    over = swaps.number("the end of the trial", lambda text: text == "hv: vm netvm goes back to its boot image, reason 1", begin, trial_s + SWAP_S)
    swaps.machine.line("netvm being ready", lambda text: text == "hv: vm netvm ready", AGAIN_S, over)
    swaps.flows(time.time())


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
