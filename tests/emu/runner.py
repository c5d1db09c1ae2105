# SPDX-License-Identifier: Apache-2.0
"""Runs scenarios: one machine of its own each, a total deadline, logs kept, TAP out. Knows no scenario.

A scenario is a function with one argument, marked with @scenario(deadline_s). It gets a Context and raises
when something is wrong; its first docstring line says what it shows.
"""

import importlib
import os
import re
import signal
import sys
import time
import traceback

import screen
import starter
import waits
import witness
from audit import report
from errors import DeadlineError, EmuError
from lan import Lan
from lines import HOPELESS, Follower, read_log, tail
from machine import Options
from physmem import PhysMem
from qmp import Qmp
from rundir import RunDir
from serial_log import fields

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(ROOT, "out", "scenario")
IMAGE = os.path.join(ROOT, "out", "bulkhead.img")
LOG_LINES = 30
QEMU_LINES = 10
LOOK_S = 0.2
STOP_S = 120
REST_S = 180
# A VM's lines that say where in its life it is; group 2: on the way to the next place.
VM_LINE = re.compile(r"hv: vm (\S+) (?:(loading |stopped: |refused: (?!no memory))|"
                     r"dom=\d+ ncr3=|ready$|refused: no memory|.*, memory clean$)")


class Failure(EmuError):
    """Something the scenario was to show does not hold."""


def scenario(deadline_s):
    """Marks a function as a scenario that takes at most DEADLINE_S seconds in all."""
    def mark(function):
        function.deadline_s = deadline_s
        return function
    return mark
OURS = os.pipe()  # machines end when this process does, however it ends: nobody else has the end to write


class Context:
    """What a scenario works with: its machine, and ways to look at it."""

    def __init__(self, name):
        self.rundir = RunDir(os.path.join(OUT, name))
        self.doing = "nothing yet"
        self.ended = False  # the scenario has made the machine end: nothing is left to be audited
        self.follower = None

    def start(self, image=IMAGE, **options):
        """Start the machine; options as those of machine.Options. Without net="lan" its card has no cable."""
        options.setdefault("net", "none")
        self.doing = f"starting the machine with {options}"
        starter.start(self.rundir.path, Options(image, **options), owner_fd=OURS[0])
        self.follower = Follower(self.rundir)

    def wait(self, what, wanted, timeout_s, fatal=lambda line: False):
        """The next line that WANTED likes; each line is looked at once."""
        self.doing = f"waiting for {what}"
        return self.follower.wait(what, wanted, timeout_s, fatal)

    def wait_seen(self, what, wanted, timeout_s, fatal=lambda line: False):
        """As wait, but a line that came earlier will do: processors overtake each other."""
        return next(filter(wanted, self.follower.seen), None) or self.wait(what, wanted, timeout_s, fatal)

    def wait_ready(self, timeout_s=120):
        return self.wait_seen("the line 'hv: ready'", lambda text: text.startswith("hv: ready"), timeout_s,
                              lambda text: text.startswith(HOPELESS))

    def until(self, what, holds, timeout_s):
        """What HOLDS gives back once that is not false."""
        self.doing = f"waiting for {what}"
        return waits.until(what, holds, timeout_s, LOOK_S)

    def lines(self):
        return read_log(self.rundir)

    def after(self, begin, what, wanted, timeout_s, count=1):
        """The COUNT-th line from number BEGIN of the log on that WANTED likes: for what an earlier life has said as well, in any order with other lines."""
        return self.until(what, lambda: [line for line in self.lines()[begin:] if wanted(line)][count - 1:], timeout_s)[0]

    def qmp(self):
        return Qmp(self.rundir.file("ctl.sock"))

    def memory(self, first, size):
        """SIZE bytes of the machine's physical memory from FIRST on, read from outside."""
        with self.qmp() as qmp:
            mem = PhysMem(qmp, self.rundir)
            mem.load(first, size)
            return mem.read(first, size)

    def picture(self, name="screen.png"):
        """The screen now, also kept as a file."""
        self.doing = "taking a picture of the screen"
        with self.qmp() as qmp:
            picture = screen.take(qmp, self.rundir)
        with open(self.rundir.file(name), "wb") as out:
            out.write(screen.png(picture))
        return picture

    def check(self, holds, text):
        """Fail unless HOLDS; TEXT says what was expected and what was found instead."""
        if not holds:
            raise Failure(text)

    def audit(self):
        """The second witness finds nothing."""
        self.doing = "auditing the machine's tables"
        findings, counts = witness.audit(self.rundir)
        if findings:
            raise Failure("the audit found:\n  " + "\n  ".join(report(findings)))
        return counts

    def audit_at_end(self):
        """Whatever became of its VMs: a core that has published its tables is looked at, when no VM is on the way."""
        if self.ended or not any(text.startswith("hv: roots ") for text in self.lines()):
            return  # it never had a VM, or the scenario ended it
        self.until("every VM to be at rest", lambda: at_rest(self.lines()), REST_S)
        self.audit()

    def end(self):
        if self.follower:
            self.follower.sock.close()
        starter.stop(self.rundir)


def at_rest(lines):
    """Does every VM run, or is it over with its memory clean? Half a start or death is half a table."""
    vms, resting = 0, {}
    for text in lines:
        if text.startswith("hv: bulkhead core "):
            vms = int(fields(text)["vms"])
        match = VM_LINE.match(text)
        if match:
            resting[match.group(1)] = match.group(2) is None
    return len(resting) == vms and all(resting.values())


def on_alarm(*_):
    raise DeadlineError("the scenario's total deadline passed")


def keep_evidence(context):
    """What a person wants to see after a failure; whatever of it can still be had."""
    try:
        context.picture("failed.png")
    except EmuError:
        pass  # no machine, no picture
    return tail(read_log(context.rundir), LOG_LINES) + left_by_qemu(context) + f"\n  logs: {os.path.relpath(context.rundir.path)}"


def left_by_qemu(context):
    """What QEMU complained about, and where its processors were when the machine ended itself."""
    said = [f"qemu: {line}" for line in starter.qemu_complaint(context.rundir).splitlines()[-QEMU_LINES:]]
    if os.path.exists(context.rundir.file("registers.txt")):
        with open(context.rundir.file("registers.txt"), encoding="utf-8", errors="replace") as registers:
            said += [line.rstrip() for line in registers if line.startswith(("CPU#", "RIP=", "EIP=", "IDT=", "CR0="))]
    return "".join(f"\n  {line}" for line in said)


def run_one(name, function):
    """None, or why it failed."""
    context = Context(name)
    starter.stop(context.rundir)
    context.rundir.clean()  # a log of an earlier run is no evidence of this one
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(function.deadline_s)
    why = None
    try:
        function(context)
        context.audit_at_end()
    except EmuError as error:
        signal.alarm(STOP_S)
        why = f"{error}\n  while {context.doing}{keep_evidence(context)}"
    except Exception:  # pylint: disable=broad-exception-caught
        signal.alarm(STOP_S)
        why = f"{traceback.format_exc()}{keep_evidence(context)}"
    signal.alarm(STOP_S)
    try:
        context.end()
    except EmuError as error:
        why = f"{why or ''}\n  {error}"
    signal.alarm(0)
    left = Lan(context.rundir.path).left()
    if left:
        why = f"{why or ''}\n  left behind:\n  " + "\n  ".join(left)
    return why


def modules():
    """The names of all scenario files."""
    names = sorted(os.listdir(os.path.join(HERE, "scenarios")))
    return [name[:-3] for name in names if name.endswith(".py") and not name.startswith("_")]


def scenarios(module_name):
    """[(full name, function)] of one scenario file, in the order they stand there."""
    module = importlib.import_module(f"scenarios.{module_name}")
    return [(f"{module_name}-{name}".replace("_", "-"), function) for name, function in vars(module).items()
            if hasattr(function, "deadline_s")]


def choose(wanted):
    """The scenarios WANTED names: files, full names, or none for all."""
    everything = [pair for module in modules() for pair in scenarios(module)]
    if not wanted:
        return everything
    chosen = []
    for name in wanted:
        fitting = [pair for pair in everything if pair[0] == name] or \
            [pair for pair in everything if pair[0].startswith(name + "-")]
        if not fitting:
            raise EmuError(f"no scenario {name}; there are: " + " ".join(pair[0] for pair in everything))
        chosen += fitting
    return chosen


def run(wanted):
    """Run them one after the other; the exit status."""
    try:
        chosen = choose(wanted)
    except EmuError as error:
        print(f"run-scenarios: {error}", file=sys.stderr)
        return 2
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(chosen, 1):
        begin = time.monotonic()
        why = run_one(name, function)
        took = time.monotonic() - begin
        text = (function.__doc__ or name).strip().splitlines()[0]
        print(f"{'not ok' if why else 'ok'} {number} - {name}: {text} ({took:.1f} s)", flush=True)
        if why:
            failed += 1
            print("\n".join(f"# {line}" for line in why.splitlines()), flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed", flush=True)
    return 1 if failed or not chosen else 0
