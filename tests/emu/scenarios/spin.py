#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A VM that spins with all its budget: what the others feel of it. Idle and spinning alternate in one run. Needs root."""

import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import keys  # noqa: E402
from desk import CODES, Desk  # noqa: E402
from lan import Lan  # noqa: E402
from runner import run, scenario  # noqa: E402

TURNS = 2
KEYS = 15
KEY_S = 60
FETCH_S = 180
DELAY_MAX = 3.0  # times idle
RATE_MIN = 0.5  # of idle
SPUN_MIN = 0.3  # of a processor, for the loop to count as spinning; its budget is 0.8
SPIN = "while :; do :; done"


def beside_input(text):
    """An edit: where usbvm, inputvm and work run."""
    return text.replace("Cpu=4", "Cpu=2")


def beside_netvm(text):
    """An edit: where netvm runs."""
    return text.replace("Cpu=4", "Cpu=1")


def spin(desk):
    """personal begins to spin; the focus ends with work."""
    desk.chord("ctrl-alt-2", "personal")
    desk.enter(SPIN)
    desk.chord("ctrl-alt-1", "work")


def rest(desk):
    """personal's loop ends."""
    desk.chord("ctrl-alt-2", "personal")
    desk.send(keys.strokes_of_chord("ctrl-c"))
    desk.chord("ctrl-alt-1", "work")


def key_delay(desk):
    """Seconds from a key's press in the emulated keyboard to the event in work: the median."""
    pressed = f'"type":1,"code":{CODES["a"]},"value":1,'
    delays = []
    with desk.context.qmp() as qmp:
        for _ in range(KEYS):
            begin = time.monotonic()
            qmp.command("input-send-event", events=[keys.key_event("a", True)])
            desk.context.wait("the key in work", lambda line: line.startswith("[work] EV ") and pressed in line, KEY_S)
            delays.append(time.monotonic() - begin)
            keys.send(qmp, [keys.key_event("a", False)])
    return statistics.median(delays)


def download(desk):
    """Seconds that work takes to fetch the file behind the tunnel."""
    url = Lan(desk.context.rundir.path).info()["far_url"]
    desk.enter(f"wget -q -O /dev/null {url}; echo fetched $? >/dev/console")
    begin = time.monotonic()
    line = desk.context.wait("the download", lambda line: line.startswith("[work] fetched "), FETCH_S)
    desk.context.check(line == "[work] fetched 0", f"the download failed: {line}")
    return time.monotonic() - begin


def compare(desk, measure):
    """([idle], [spinning]): what MEASURE gives, in turn. The spinning is checked by the VM's processor time."""
    idle, spinning = [], []
    measure(desk)  # caches fill
    for _ in range(TURNS):
        idle.append(measure(desk))
        spin(desk)
        before, begin = desk.status()["personal"]["cpu_ns"], time.monotonic()
        spinning.append(measure(desk))
        spun = (desk.status()["personal"]["cpu_ns"] - before) / 1e9 / (time.monotonic() - begin)
        desk.context.check(spun >= SPUN_MIN, f"personal used {spun:.0%} of a processor: it was not spinning")
        rest(desk)
    return idle, spinning


def said(seconds):
    return " ".join(f"{one:.3f}" for one in seconds)


@scenario(deadline_s=600)
def delays_a_key(context):
    """while `personal` spins on the processor of usbvm, inputvm and work, a key takes at most three times as long as idle"""
    desk = Desk(context, {"personal.vm": beside_input})
    vms = desk.status()
    context.check({vms[name]["cpu"] for name in ("personal", "usbvm", "inputvm", "work")} == {2}, f"they do not share a processor: {vms}")
    idle, spinning = compare(desk, key_delay)
    ratio = min(spinning) / min(idle)
    print(f"# key to event: idle {said(idle)} s, spinning {said(spinning)} s, ratio {ratio:.2f}", flush=True)
    context.check(ratio <= DELAY_MAX, f"a key takes {ratio:.2f} times as long: idle {said(idle)}, spinning {said(spinning)} s")


@scenario(deadline_s=600)
def slows_a_download(context):
    """while `personal` spins on the processor of netvm, a download of `work` is at least half as fast as idle"""
    desk = Desk(context, {"personal.vm": beside_netvm}, net="lan")
    context.wait_seen("the tunnel", lambda line: line == "[vpnvm] vpnvmd: tunnel up", FETCH_S)
    idle, spinning = compare(desk, download)
    ratio = min(idle) / min(spinning)
    print(f"# download: idle {said(idle)} s, spinning {said(spinning)} s, rate {ratio:.2f}", flush=True)
    context.check(ratio >= RATE_MIN, f"the rate falls to {ratio:.2f}: idle {said(idle)}, spinning {said(spinning)} s")
    vms = desk.status()
    context.check(vms["personal"]["cpu"] == vms["netvm"]["cpu"], f"they do not share a processor: {vms}")
    context.check({vm["cpu"] for vm in vms.values() if vm["cpu_ns"]} == {1, 2, 3}, f"VMs run not on all three processors: {vms}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
