#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""VMs of the shipped machine are killed while it works; tests/emu/soak does the same for hours. Needs root for the test network."""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import admin  # noqa: E402
import figures  # noqa: E402
import kills  # noqa: E402
from runner import run, scenario  # noqa: E402

KILLS = 40
CHAOS_S = 90
FLOOD_S = 4
KILL_S = 40  # usbvm is to be well again in that
HANG_S = 90
ENDED = r"hv: vm VM stopped: no-progress .*"
FLOODED = "flooded its channels: "
JUNK_OF_USBVM = "messages of usbvm that broke the protocol and were dropped: "
JUNK_MIN = 50
STORMS = 4


@scenario(deadline_s=1800)
def cycles(context):
    """each VM killed alone, again on its way up, with its neighbour, in a change of focus, while its image is swapped: connections, tunnel, keys, focus and tables as before"""
    machine = kills.Kills(context)
    records = [machine.run(cycle) for cycle in kills.mixed() + [kills.all_at_once()] * (STORMS - 1)]
    sizes = machine.end()
    kills_in_all = sum(record["kills"] for record in records)
    context.check(kills_in_all >= KILLS, f"{kills_in_all} times a VM was killed, not {KILLS}")
    print(f"# {len(records)} cycles, {kills_in_all} kills, {machine.deaths()} of them of a VM that ran; downloaded by work {sizes['work']} and by personal {sizes['personal']} bytes, none lost", flush=True)
    for row in figures.outages(records):
        print(f"# {row['vm']} ({row['how']}): {row['what']} after {row['p50']:.2f} s", flush=True)


def flooded(machine, vm):
    """VM sends junk on all its channels for 2 s: it lives on, and so do the others."""
    station = machine.station
    begin = len(station.journal.lines)
    said = station.answer(station.order(f"chaos flood {vm} --every {FLOOD_S}s --for {FLOOD_S}s"), CHAOS_S)
    machine.context.check("chaos: 1 strikes, 1 times well again, " in said and " 0 others touched" in said, f"chaos flood {vm}: {said}")
    text = station.line(f"{vm} having flooded", lambda text: text.startswith(f"[{vm}] ") and FLOODED in text, CHAOS_S, begin)[1]
    taken = int(text.split(", ")[-1].split()[0])
    machine.context.check(taken >= JUNK_MIN, f"{vm} flooded with {taken} messages")
    print(f"# {vm}: {text[text.index(FLOODED):]}", flush=True)


def bad_frames(station, vm, card):
    """How many messages the driver of VM, which gets the focus, has dropped because they broke a rule."""
    station.choose(vm)
    begin = len(station.journal.lines)
    station.enter(f"echo bad $(cat /sys/class/net/{card}/bulkhead/bad) >/dev/console")
    return int(station.line(f"{vm} saying what it dropped", lambda text: text.startswith(f"[{vm}] bad "), CHAOS_S, begin)[1].split()[-1])


def hung(machine, vm):
    """VM stops with its interrupts off: the core finds that out, and its next life works."""
    station = machine.station
    begin = len(station.journal.lines)
    order = station.order(f"chaos hang {vm} --every {HANG_S}s --for 10m")
    station.line(f"{vm} being well again", lambda text: text.startswith("[adminvm] ") and f"{vm} is well again" in text, CHAOS_S, begin)
    station.status()  # ends it
    said = station.answer(order, CHAOS_S)
    machine.context.check("chaos: 1 strikes, 1 times well again, " in said and " 0 others touched" in said, f"chaos hang {vm}: {said}")
    told = station.line(f"{vm} hanging", lambda text: text.startswith(f"[{vm}] ") and text.endswith(kills.HANGS), CHAOS_S, begin)[0]
    ended = station.line(f"the end of {vm}", re.compile(ENDED.replace("VM", vm)).fullmatch, CHAOS_S, begin)[0]
    print(f"# {vm}: hung, ended after {ended - told:.1f} s", flush=True)
    station.until(f"{vm} to be back", lambda: machine.back(vm, begin), CHAOS_S)


@scenario(deadline_s=1200)
def chaos(context):
    """bhctl chaos: junk on all channels of a VM is dropped, counted and read by nobody; kills until the next line; a VM that hangs is ended; wrong words are refused"""
    machine = kills.Kills(context, asked=ENDED.replace("VM", "inputvm"))
    station = machine.station
    for words in ("chaos burn netvm", "chaos kill netvm --every 1", "chaos kill"):
        output, status = admin.run(context.rundir, words)
        context.check(status == 2, f"bhctl {words}: status {status}: {output}")
    for words in ("chaos flood work", "chaos hang personal", "chaos kill adminvm", "chaos kill nobody"):
        output, status = admin.run(context.rundir, words)
        context.check(status == 1, f"bhctl {words}: status {status}: {output}")
    station.look()
    station.skip()
    since = time.time()
    for vm in kills.SERVICES:
        flooded(machine, vm)
    machine.expect([], "what junk became")
    for vm, card in (("personal", "bh-netvm"), ("work", "bh-vpnvm")):
        bad = bad_frames(station, vm, card)
        context.check(bad >= JUNK_MIN, f"{vm} has dropped {bad} messages of {card}")
        station.flows(vm, since)
    context.check(any(JUNK_OF_USBVM in text for _, text in station.journal.lines), "inputvm has dropped nothing of usbvm")
    station.skip()
    begin = len(station.journal.lines)
    order = station.order(f"chaos kill usbvm --every {KILL_S}s --for 10m")
    def kills_of_usbvm():
        return sum(text.startswith("hv: vm usbvm stopped: killed") for _, text in station.journal.lines[begin:])

    station.until("two kills of usbvm", lambda: kills_of_usbvm() >= 2, CHAOS_S)
    station.until("usbvm to be back", lambda: machine.back("usbvm", begin), CHAOS_S)
    station.status()  # the next line: it is carried out, and ends what went on
    said = station.answer(order, CHAOS_S)
    station.until("usbvm to be back for good", lambda: machine.back("usbvm", begin), CHAOS_S)
    struck, well = map(int, re.search(r"chaos: (\d+) strikes, (\d+) times well again", said).groups())
    # as often as there was time for; a last one that had none until it was ended is not counted
    context.check(2 <= struck == well and kills_of_usbvm() - struck in (0, 1), f"chaos kill usbvm, {kills_of_usbvm()} times: {said}")
    hung(machine, "inputvm")
    machine.run(kills.one("inputvm"))
    machine.end()


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
