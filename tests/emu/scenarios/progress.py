#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""VMs that get nowhere are stopped, and come back; VMs that others keep from the processor are not. Needs root."""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import gdb  # noqa: E402
import testimage  # noqa: E402
from guests import Guests, attempted  # noqa: E402
from scenarios.network import TUNNEL_S, Net  # noqa: E402
from runner import run, scenario  # noqa: E402
from testimage import AUTORESTART, CONSOLE, ENABLED, Vm  # noqa: E402

MARK = 0x2D65736C75706B2D
ANSWERS, SPINS, MUTE, DEAF = range(4)
BELL = 0xE1
ASK_S = 5.0  # hypervisor/include/progress.h
LATE_S = 6.0  # what this machine may be late, with everything else that runs on it
NO_LIMIT = 1 << 64
REASON = {"spins": "events not taken", "mute": "a question not answered", "deaf": "events not taken"}


def pulse(name, kind, **options):
    numbers = (MARK.to_bytes(8, "little"), kind.to_bytes(8, "little"))
    return Vm(name, "pulse", mib=4, flags=ENABLED | CONSOLE | AUTORESTART, parameter=numbers, **options)


def count_of(context, start):
    return sum(line.startswith(start) for line in context.follower.seen)


@scenario(deadline_s=150)
def ends(context):
    """a VM that spins with interrupts off, one that never answers, one that sleeps deaf: each stopped in the time promised, started again; one that answers stays"""
    bad = {"spins": SPINS, "mute": MUTE, "deaf": DEAF}
    vms = [pulse(name, kind, cpu=1 + kind % 2, restart=(1, 60), progress=(500, 4)) for name, kind in bad.items()]
    guests = Guests(context, vms + [pulse("good", ANSWERS, progress=(500, 4))])
    context.start(image=testimage.build(context.rundir.path, guests.vms))
    begin, took = {}, {name: [] for name in bad}

    def each(line):
        found = re.match(r"hv: vm (\w+) (ready|stopped: no-progress )", line)
        if found and found[1] in bad:
            if found[2] == "ready":
                begin[found[1]] = time.monotonic()
            else:
                took[found[1]].append(time.monotonic() - begin[found[1]])
        return all(len(times) == 2 for times in took.values())

    context.wait("two lives of each to end", each, 100, lambda line: line.startswith(("hv: halt", "hv: crash")))
    for name, times in took.items():
        print(f"# {name}: from ready to its end {' and '.join(f'{one:.1f}' for one in times)} s", flush=True)
        context.check(count_of(context, f"hv: vm {name} makes no progress: {REASON[name]} for 20") == 2,
                      f"the core's reasons: {[line for line in context.follower.seen if 'no progress' in line]}")
        # 2 s that it was offered, of a processor it shares with one that spins
        context.check(all(ASK_S + 1.5 <= one <= ASK_S + 2 * 2 + LATE_S for one in times), f"{name} was stopped after {times} s")
    attempted("good", "its memory", {"questions": guests.progress("good")["good"],
                                     "bells": guests.words("good", "guest_vectors", 256)[BELL]}, {"questions": (2, NO_LIMIT), "bells": (2, NO_LIMIT)})
    context.check(not any(line.startswith("hv: vm good stopped") for line in context.lines()), "the one that answers was stopped")
    for name in bad:
        context.wait_seen(f"the end of {name}", lambda line, name=name: line.startswith(f"hv: vm {name} dead (no-progress)"), 30)


@scenario(deadline_s=150)
def waiting(context):
    """on one processor, beside two that spin and come first, a healthy VM is late by more than its whole patience and is never stopped"""
    vms = [Vm(name, "stay", mib=4, priority=7, budget=(300000, 700000)) for name in ("hog", "hog2")]
    vms.append(pulse("good", ANSWERS, priority=1, budget=(50000, 700000), progress=(50, 4)))
    guests = Guests(context, vms)
    context.start(image=testimage.build(context.rundir.path, guests.vms), cpus=1)
    context.wait_ready()
    context.until("eight answers", lambda: guests.progress("good")["good"] >= 8, 100)
    context.check(not any(line.startswith("hv: vm good stopped") for line in context.lines()), "the healthy one was stopped")


@scenario(deadline_s=240)
def kernels_that_hang(context):
    """the kernels of netvm, usbvm and adminvm spin in an interrupt: each VM is stopped for no progress and ready again; the others live"""
    names = ("netvm", "usbvm", "adminvm")
    context.start(net="lan", extra=gdb.ARGUMENTS)
    context.wait_ready()
    gdb.in_kernels(context, names, gdb.TIMER, gdb.SPIN)
    begin = time.monotonic()
    ended, again = {}, {}

    def each(line):
        found = re.match(r"hv: vm (\w+) (ready|stopped: no-progress )", line)
        if found and found[1] in names:
            if found[2] == "ready" and found[1] in ended:
                again[found[1]] = time.monotonic() - begin
            elif found[2] != "ready":
                ended[found[1]] = time.monotonic() - begin
        return len(again) == len(names)

    context.wait("all to be ready again", each, 120, lambda line: line.startswith(("hv: halt", "hv: crash")))
    for name in names:
        print(f"# {name}: stopped {ended[name]:.1f} s after its kernel hung, ready again after {again[name]:.1f} s", flush=True)
        patience = 4 if name == "adminvm" else 2  # Progress times Missed in its file
        context.check(ended[name] <= 2 * (ASK_S + patience) + LATE_S, f"{name} was stopped {ended[name]:.1f} s after its kernel began to spin")
    others = [line for line in context.lines() if re.match(r"hv: vm (?!netvm|usbvm|adminvm)\w+ stopped", line)]
    context.check(not others, f"others stopped as well: {others}")


def stalls(net, vm, word):
    """VM's daemon is made to stand still; gives back the seconds until the core stops the VM."""
    net.trouble(word, vm)
    begin = time.monotonic()
    net.context.wait(f"the end of {vm}", lambda line: line.startswith(f"hv: vm {vm} stopped: "), 60)
    took = time.monotonic() - begin
    line = next(line for line in reversed(net.context.follower.seen) if line.startswith(f"hv: vm {vm} stopped: "))
    net.context.check("stopped: no-progress " in line, line)
    net.context.check(f"hv: vm {vm} makes no progress: a question not answered" in "\n".join(net.context.lines()), "the core's reason is another")
    print(f"# {vm}, {word}: stopped after {took:.1f} s", flush=True)


@scenario(deadline_s=240)
def netvmd_stalled(context):
    """netvmd is stopped by a signal while its kernel goes on: netvm is stopped for no progress, and personal downloads again"""
    net = Net(context, "layers", "personal")
    net.get("personal", net.info["near_url"], net.info["near_sha256"])
    stalls(net, "netvm", "stall")
    context.wait("netvm's next life", lambda line: line == "hv: vm netvm ready", 60)
    net.get("personal", net.info["near_url"], net.info["near_sha256"])


@scenario(deadline_s=240)
def charon_stalled(context):
    """charon is stopped by a signal while vpnvmd and the kernel go on: vpnvm is stopped for no progress, and the tunnel comes back"""
    net = Net(context)
    net.order("work", "true", TUNNEL_S)
    stalls(net, "vpnvm", "stall-charon")
    context.wait("the tunnel of vpnvm's next life", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
