# SPDX-License-Identifier: Apache-2.0
"""Kills VMs of a workstation that works, in every way that is described here, and judges each time what it did to the rest.

A cycle is a list of strikes that follow one another; after it everything that ran runs, and the machine is what it was at the start.
"""

import os
import re
import time

import gdb
import keys
import testimage
from audit import report
from desk import stroke
from errors import EmuError
from events import EV_KEY, EV_SYN
from workstation import CHORDS, PVMS, Workstation

AGAIN_S = 180  # a slow machine takes its time; nothing is waited for longer than it takes
CHAOS_S = 180  # between two strikes of a command of adminvm that is to make one
CAUSES = {"kill": "killed", "hang": "no-progress", "panic": "panic"}  # ways to end a VM, and what the core calls each
AFTER = {"kill": "", "hang": ", hung", "panic": ", panicked"}  # what tables add to how the next life began
HANGS = "hangs, as it was told"
HELD = "h"
BACKSPACE = 14
CHORD_CODES = {"ctrl": 29, "alt": 56, "1": 2, "2": 3}
SYN = (EV_SYN, 0, 0)
TYPED = stroke("a") + [(EV_KEY, BACKSPACE, 1), SYN, (EV_KEY, BACKSPACE, 0), SYN]
INPUT = ("usbvm", "inputvm")
ON_THE_WAY = {"work": ("netvm", "vpnvm", "work"), "personal": ("netvm", "personal")}
SERVICES = ("netvm", "vpnvm", "usbvm", "inputvm")
# What must be 0 after all cycles.
RESET, CLEAR, IKE, KEYS, AUDIT = COUNTED = ("connections reset", "packets in the clear", "authentications that no death of vpnvm explains", "keys wrong or misrouted", "audit findings")
KEPT = (*SERVICES, "adminvm")  # those that have a checkpoint
ROLES = (*SERVICES, "adminvm", "work", "personal")
# What says that a VM does its work again, beside that it is ready.
WORKS = {"vpnvm": r"\[vpnvm\] vpnvmd: tunnel up", "usbvm": r"\[inputvm\] inputvmd: device .*: keyboard", "inputvm": r"\[inputvm\] inputvmd: device .*: keyboard",
         **{vm: rf"\[{vm}\] \[ *[\d.]+\] bh-\S+: [\d.]+/\d+ by .*" for vm in PVMS}}
# The steps of a return, by the line that ends each; VM stands for its name. They are shown in the order in which they happen.
RUNS = "image or checkpoint in place"
BEFORE = ("memory cleaned", "device reset")  # what comes before a life begins
STEPS = {
    "memory cleaned": r"hv: vm VM loading .*",
    "device reset": r"hv: device VM-\d+ reset by .*",
    RUNS: r"hv: vm VM dom=\d+ .* running .*",
    "kernel": r"\[VM\] \[ *[\d.]+\] bulkhead: (VM VM, life .*|life \d+, from the checkpoint)",
    "driver probe": r"\[VM\] \[ *[\d.]+\] (e1000e .* MAC: .*|xhci_hcd .* Host supports .*)",
    "link": r"\[VM\] \[ *[\d.]+\] e1000e .* Link is Up .*",
    "attach": r"\[VM\] \[ *[\d.]+\] bh-\S+: far end is there|\[VM\] usbvmd: ready|\[VM\] inputvmd: ready",
    "ready": r"hv: vm VM ready",
}


OWN, JUNK = "netvm.img", "junk.img"
TRIAL_S = 300  # longer than a cycle
SWAPPED = r"hv: vm netvm stopped: exit .*"  # as it is asked to, by a swap


class Wrong(EmuError):
    """A key went astray."""


class Cycle:
    """
    NAME for people; STRIKES: [(VM, None at once, or the pattern of the line of its next life that is waited for before)]; CHORD: pressed meanwhile.

    BEFORE the strikes and AFTER them bhctl is asked for more: [(words, pattern of a line that is waited for before or None, exit status)]. Those of AFTER that
    wait for nothing are typed together with the last strike. WAY: how it is struck, of CAUSES; all but kill are for one VM alone.
    """

    def __init__(self, name, strikes, chord=None, before=(), after=(), way="kill"):
        self.name = name
        self.way = way
        self.strikes = strikes
        self.vms = sorted({vm for vm, _ in strikes})
        self.chord = chord
        self.before, self.after = before, after

    @property
    def swaps(self):
        return bool(self.before or self.after)

    @property
    def single(self):
        return len(self.strikes) == 1 and self.chord is None and not self.swaps


def one(vm):
    return Cycle(vm, [(vm, None)])


def fault(way, vm):
    """It ends by itself, by such a fault."""
    return Cycle(f"{way} of {vm}", [(vm, None)], way=way)


def again(vm, when):
    """Killed again on its way up: at once, when it runs, or when its kernel says something."""
    pattern = {"at once": None, "running": STEPS[RUNS].replace("VM", vm), "kernel": rf"\[{vm}\] \[.*"}[when]
    return Cycle(f"{vm} again, {when}", [(vm, None), (vm, pattern)])


def both(first, second):
    return Cycle(f"{first} and {second}", [(first, None), (second, None)])


def while_switching(vm):
    return Cycle(f"{vm} in a change of focus", [(vm, None)], chord="personal")


def all_at_once():
    """Everything between the pVMs and the devices."""
    return Cycle("netvm, vpnvm, usbvm and inputvm", [(vm, None) for vm in SERVICES])


def while_swapping():
    """netvm, the one that has room for another image: with its spare half written, on its way up while it is written, on trial, and while it goes back."""
    begin, runs = (f"swap netvm /media/{OWN} --trial {TRIAL_S}s", None, 0), STEPS[RUNS].replace("VM", "netvm")
    back = ("swap back netvm", runs, 0)
    return [Cycle("netvm, its spare begun and left", [("netvm", None)], before=[(f"swap netvm /media/{JUNK}", None, 1)]),
            Cycle("netvm while its spare is written", [("netvm", None)], after=[begin, ("swap back netvm", r"hv: vm netvm takes its spare image, .*", 0)]),
            Cycle("netvm on trial", [("netvm", runs)], before=[begin]),
            Cycle("netvm on its way back", [("netvm", r"hv: vm netvm goes back to its boot image, .*")], before=[begin, back])]


def mixed():
    """Over all roles: alone, again while coming up, both ends of a channel at once, in a change of focus, while an image is swapped, all services at once."""
    nested = [again(vm, when) for vm, when in (("netvm", "at once"), ("usbvm", "running"), ("vpnvm", "kernel"), ("inputvm", "at once"))]
    ends = [both("usbvm", "inputvm"), both("netvm", "vpnvm"), both("work", "vpnvm"), both("personal", "netvm")]
    focus = [while_switching("inputvm"), while_switching("usbvm"), while_switching("work")]
    return [one(vm) for vm in ROLES] + nested + ends + focus + while_swapping() + [all_at_once()]


class Kills:
    """The workstation, what it was at the start, and a record of each cycle."""

    def __init__(self, context, cold=False, **options):
        """COLD: no VM has a checkpoint, each life begins with the image. OPTIONS as for Workstation."""
        self.context = context
        edits = {f"{vm}.vm": lambda text: text.replace("Checkpoint=yes", "Checkpoint=no") for vm in KEPT}
        self.station = Workstation(context, edits if cold else None, disk=images(context), **options)
        for vm in reversed(PVMS):  # the focus ends with work
            self.station.begin_stream(vm)
        self.ike = self.station.ike()
        self.volume = {}
        self.counts = dict.fromkeys(COUNTED, 0)
        self.shape, self.core = self.measure()

    def none(self, what, found, text):
        """FOUND is counted as WHAT and must be empty."""
        self.counts[what] += len(found)
        self.context.check(not found, text + ":\n  " + "\n  ".join(map(str, list(found)[:10])))

    def expect(self, wanted, what):
        """The VM with the focus reads exactly these events, the other nothing."""
        got = self.station.read_events(wanted, what)
        self.none(KEYS, [f"{vm} has read {events}, wanted {wanted if vm == self.station.focus else 'nothing'}" for vm, events in got.items()
                         if events != (wanted if vm == self.station.focus else [])], what)

    def measure(self):
        """What must be as it was at the start: by the second witness, and by the core's own count. The audit is clean."""
        auditor = self.station.auditor()
        self.none(AUDIT, report(auditor.findings), "the audit")
        status = self.station.status()
        return auditor.shape(), {vm: (one["state"], one["digest"], one["spare"] is not None and one["spare"]["in_use"], one["memory"]["core_bytes"], one["iommu_faults"], [d["tainted"] for d in one["devices"]])
                                 for vm, one in status.items()}

    # One cycle

    def run(self, cycle):
        """One cycle; its record."""
        station = self.station
        station.look()
        begin = len(station.journal.lines)
        for stream in station.streams.values():
            stream.forget(time.time() - 1)
        held = set(cycle.vms) & set(INPUT) and "work" not in cycle.vms and not cycle.chord
        if held:
            station.send([keys.key_event(HELD, True)])
            self.expect([(EV_KEY, 35, 1), SYN], "a key that is pressed")
        struck = self.strike(cycle, begin) if cycle.way == "kill" else self.break_it(cycle, begin)
        self.settle(cycle, begin)
        record = {"cycle": cycle.name, "vms": cycle.vms, "single": cycle.single, "kills": len(cycle.strikes), **self.times(cycle, begin, struck)}
        if held:
            record.update(self.released(cycle, begin))
        self.hands(cycle, begin)
        self.network(cycle, record)
        self.unchanged(cycle, begin)
        return record

    def strike(self, cycle, begin):
        """All strikes, each answered by adminvm unless it is the one that was struck; the moment of the first."""
        station, orders = self.station, []
        station.expects(SWAPPED if cycle.swaps else None)
        for words, when, status in cycle.before:
            self.when(when, begin)
            station.answer(station.order(words), AGAIN_S, status)
        struck = time.time()
        for vm, when in cycle.strikes:
            self.when(when, begin)
            orders.append(station.order(f"restart {vm} --now"))
        for words, when, status in cycle.after:
            if when:
                self.when(when, begin)
            orders.append(station.order(words))
        if cycle.chord:
            station.send(keys.strokes_of_chord(CHORDS[cycle.chord]))
        if "adminvm" not in cycle.vms:
            for order in orders:
                station.answer(order, AGAIN_S)
        for vm in cycle.vms:
            self.death(vm, cycle, begin)
        return struck

    def when(self, pattern, begin):
        """Until a line since BEGIN fits PATTERN, where there is one."""
        if pattern:
            self.station.line(f"{pattern} before the next order", re.compile(pattern).fullmatch, AGAIN_S, begin)

    def death(self, vm, cycle, begin):
        """Of a VM that is swapped: by whatever ended it."""
        how = "" if cycle.swaps else CAUSES[cycle.way] + " "
        self.station.line(f"the death of {vm}", lambda text: text.startswith(f"hv: vm {vm} stopped: {how}"), AGAIN_S, begin)

    def break_it(self, cycle, begin):
        """The fault of the cycle's VM, and its death by it; the moment of the fault. Earlier deaths are forgiven before, or the VM would pause after this one."""
        station, vm = self.station, cycle.vms[0]
        station.answer(station.order(f"on {vm}"))
        if cycle.way == "panic":
            gdb.in_kernels(self.context, [vm], "hrtimer_interrupt", gdb.FAULT)
            struck = time.time()
            self.death(vm, cycle, begin)
            return struck
        order = station.order(f"chaos hang {vm} --every {CHAOS_S}s --for 10m")
        struck = station.line(f"{vm} hanging", lambda text: text.startswith(f"[{vm}] ") and text.endswith(HANGS), AGAIN_S, begin)[0]
        self.death(vm, cycle, begin)
        station.line(f"{vm} being well again", lambda text: text.startswith("[adminvm] ") and f"{vm} is well again" in text, AGAIN_S, begin)
        station.status()  # ends the command
        station.answer(order, CHAOS_S)
        return struck

    def settle(self, cycle, begin):
        """Every VM is ready and those that were struck do their work, by the log and by adminvm."""
        def settled():
            return all(self.back(vm, begin) for vm in cycle.vms)

        while True:  # bound: each wait has a deadline, and strikes that are under way end
            self.station.until(f"{' and '.join(cycle.vms)} to be back", settled, AGAIN_S)
            if all(one["state"] == "ready" for one in self.station.status().values()) and settled():
                return

    def back(self, vm, begin):
        """Is VM's last life since line BEGIN ready and at work?"""
        lines = self.station.journal.lines
        start = last(lines, begin, STEPS[RUNS].replace("VM", vm))
        death = last(lines, begin, rf"hv: vm {vm} stopped: .*")
        if start is None or death is None or start < death or last(lines, start, rf"hv: vm {vm} ready") is None:
            return False
        return vm not in WORKS or last(lines, start, WORKS[vm]) is not None

    def times(self, cycle, begin, struck):
        """Seconds from the first death of each VM to the steps of its last life, and how that life began; of one VM alone, how long after it was STRUCK the core said that it is dead."""
        lines, found = self.station.journal.lines, {}
        for vm in cycle.vms:
            death = first(lines, begin, rf"hv: vm {vm} stopped: .*")
            start = last(lines, begin, STEPS[RUNS].replace("VM", vm))
            steps = {}
            for step, pattern in STEPS.items():
                at = first(lines, start if step not in BEFORE else begin, pattern.replace("VM", vm))
                if at is not None:
                    steps[step] = round(lines[at][0] - lines[death][0], 4)
            how = "restored" if lines[start][1].endswith("from its checkpoint") else "cold"
            if vm in WORKS:
                steps["works"] = round(lines[first(lines, start, WORKS[vm])][0] - lines[death][0], 4)
            found[vm] = {"death": lines[death][0], "start": lines[start][0], "how": how + AFTER[cycle.way], "steps": steps}
            if cycle.single:
                found[vm]["detect"] = round(lines[death][0] - struck, 4)
        return {"lives": found}

    def released(self, cycle, begin):
        """The key that was held is let go in the VM with the focus, and nothing else; seconds from the death."""
        station = self.station
        station.send([keys.key_event(HELD, False)])
        self.expect([(EV_KEY, 35, 0), SYN], "the release of a key that was held")
        at = first(station.journal.lines, begin, rf'\[{station.focus}\] EV .*"type":1,"code":35,"value":0,.*')
        death = min(first(station.journal.lines, begin, rf"hv: vm {vm} stopped: .*") for vm in cycle.vms if vm in INPUT)
        return {"release": round(station.journal.lines[at][0] - station.journal.lines[death][0], 4)}

    def changes(self, begin):
        """Who was given the focus since line BEGIN, in order."""
        return [text.split()[2] for _, text in self.station.journal.lines[begin:] if text.startswith("hv: focus ")]

    def hands(self, cycle, begin):
        """The focus is where it was, or with nobody where its VM was killed; typing works, and reaches nobody else."""
        station = self.station
        allowed = {cycle.chord} if cycle.chord else set()
        allowed |= {"nobody"} if "work" in cycle.vms else set()
        self.focus_went(cycle, self.changes(begin), allowed)
        for vm in set(cycle.vms) & set(PVMS):
            station.begin_stream(vm)
        if set(cycle.vms) & set(PVMS):
            station.skip()  # one that begins has read what was typed to begin its traffic
        elif not cycle.chord:
            self.expect([], f"{cycle.name}: nothing")
        station.choose("work")
        station.send(keys.strokes_of_text("a") + keys.strokes_of_chord("backspace"))
        if not cycle.chord or set(cycle.vms) & set(PVMS):
            self.expect(TYPED, "typing")
        else:
            self.typed_after_a_chord(cycle, begin, allowed | {"work"})

    def focus_went(self, cycle, changes, allowed):
        self.context.check(set(changes) <= allowed, f"{cycle.name}: the focus went to {changes}, allowed was {sorted(allowed) or 'no change'}")

    def typed_after_a_chord(self, cycle, begin, allowed):
        """
        What is typed arrives. Before it a VM that had the focus may have read what a death left of the chord: its keys alone, each let go again.

        The chord may be late: the keyboard itself keeps what is pressed while nobody asks it. What is typed comes behind it, so that nothing is missed here.
        """
        got = self.station.read_events(TYPED, "typing")
        changes = self.changes(begin)
        self.focus_went(cycle, changes, allowed)
        self.none(KEYS, [] if ends_with(got["work"], TYPED) else [f"work has read {got['work']}, which was to end with {TYPED}"], "typing")
        got["work"] = got["work"][:-len(TYPED)]
        chord = {CHORD_CODES[key] for key in CHORDS[cycle.chord].split("-")}
        self.none(KEYS, [f"{vm} has read {events}" for vm, events in got.items()
                         if events and not (vm in {"work", *changes} and let_go(events, chord))], f"{cycle.name}: what was left of a chord")

    def network(self, cycle, record):
        """Both downloads go on, as the same connections and, but for vpnvm's death, by the same tunnel; nothing was in the clear."""
        station = self.station
        for vm, way in ON_THE_WAY.items():
            stream = station.streams[vm]
            struck = [record["lives"][one] for one in cycle.vms if one in way]
            since = max([life["start"] for life in struck], default=time.time())
            station.flows(vm, since)
            if struck and vm not in cycle.vms:
                death = min(life["death"] for life in struck)
                record[f"{vm} packet"] = round(min(when for when in stream.echoes if when > since) - death, 4)
                record[f"{vm} connection"] = round(min(when for when in stream.acks if when > since) - death, 4)
            lost = stream.resets + station.notes(vm, f"tick broken {self.address(vm)} {stream.port} ")
            self.none(RESET, lost, f"{cycle.name}: the connection of {vm} was broken")
        self.none(CLEAR, station.clear, f"{cycle.name}: in the clear")
        was, self.ike = self.ike, station.ike()
        if "vpnvm" not in cycle.vms:
            self.none(IKE, set(self.ike) - set(was), f"{cycle.name}: the gateway lists {self.ike}, before {was}; new ones")
        self.context.check(self.ike, f"{cycle.name}: the gateway lists no tunnel")

    def address(self, vm):
        """As its server knows it."""
        return next(line.split()[1] for line in self.station.notes(vm, "tick begin") if line.endswith(f" {self.station.streams[vm].port}"))

    def unchanged(self, cycle, begin):
        """The machine is what it was at the start, and said as much as the first time."""
        shape, core = self.measure()
        other = {what: (self.shape.get(what), shape.get(what)) for what in self.shape.keys() | shape.keys() if self.shape.get(what) != shape.get(what)}
        self.context.check(not other, f"{cycle.name}: of what the second witness counts these differ from the start: {other}")
        self.context.check(core == self.core, f"{cycle.name}: of what the core counts {[(vm, self.core[vm], core[vm]) for vm in core if core[vm] != self.core.get(vm)]} differ")
        said = [text for _, text in self.station.journal.lines[begin:] if text.startswith("hv: ")]
        faults = [text for text in said if text.startswith("hv: iommu fault ")]
        self.context.check(not faults, f"{cycle.name}: {faults}")
        limit = self.volume.setdefault(cycle.name, len(said) + len(cycle.strikes) * (0 if cycle.single else 4))
        self.context.check(len(said) <= limit, f"{cycle.name}: the core said {len(said)} lines, the first time {limit} at most:\n  " + "\n  ".join(said))

    def deaths(self):
        """How many VMs died in all, as the core said."""
        return sum(f" stopped: {cause} " in text for _, text in self.station.journal.lines for cause in CAUSES.values())

    def end(self):
        """Both downloads end with the server's sum: {VM: bytes}."""
        return self.station.end_streams()


def ends_with(events, wanted):
    return events[-len(wanted):] == wanted


def let_go(events, codes):
    """Are these presses and releases of keys of CODES alone, each key released when it was pressed, and none left pressed?"""
    down = set()
    for event in events:
        kind, code, value = event
        if event == SYN:
            continue
        if kind != EV_KEY or code not in codes or value not in (0, 1) or (code in down) == bool(value):
            return False
        down ^= {code}
    return not down


def images(context):
    """adminvm's disk: the image that netvm runs, which may be swapped in, and one that is none, of which a swap begins and ends."""
    folder = os.path.join(context.rundir.path, "images")
    os.makedirs(folder, exist_ok=True)
    junk = os.path.join(folder, JUNK)
    with open(junk, "wb") as file:
        file.write(bytes(4096))
    return testimage.second_disk(folder, testimage.build_file("vm", OWN), junk)


def first(lines, begin, pattern):
    """The number of the first line from BEGIN on that fits PATTERN, or None."""
    fits = re.compile(pattern).fullmatch
    return next((at for at in range(begin, len(lines)) if fits(lines[at][1])), None)


def last(lines, begin, pattern):
    """As first, the last one."""
    fits = re.compile(pattern).fullmatch
    return next((at for at in range(len(lines) - 1, begin - 1, -1) if fits(lines[at][1])), None)
