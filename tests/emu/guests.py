# SPDX-License-Identifier: Apache-2.0
"""What bare-metal guests of a scenario did, by two witnesses that are not themselves: their memory, read from outside, and
the core's count of their exits. A payload that did less than it was to do has not attempted it, whatever it says."""

import re
import struct
import subprocess

from errors import EmuError
from physmem import PhysMem
from serial_log import console_of, fields
from testimage import ENABLED, CONSOLE, Vm, build_file

LINE_S = 120
ADMIN = 2
BOSS_PRIORITY = 5


class NotAttempted(EmuError):
    """An attack that was not carried out shows nothing."""


def symbols(payload):
    """{symbol: address} of a payload; a payload's addresses are those of its guest's memory."""
    path = build_file("payload", payload + ".elf")
    done = subprocess.run(["nm", path], stdout=subprocess.PIPE, text=True, check=True)
    return {name: int(at, 16) for at, _, name in (line.split() for line in done.stdout.splitlines())}


def exits_of(name, lines):
    """{kind: how often}: the exits of VM NAME as the core counted them, which has stopped."""
    line = next(line for line in lines if line.startswith(f"hv: vm {name} exits: "))
    return {kind: int(count) for kind, count in re.findall(r"(\w+)=(\d+)", line)}


class Guests:
    """The VMs of a machine under test, the last of them a boss that starts and kills the others when the driver types so."""

    def __init__(self, context, vms):
        self.context = context
        self.vms = list(vms) + [Vm("boss", "boss", mib=4, cpu=1, rights=ADMIN, priority=BOSS_PRIORITY)]
        self.symbols = {vm.name: symbols(vm.payload) for vm in self.vms}

    def _line(self, what, wanted):
        return self.context.wait_seen(what, wanted, LINE_S, lambda line: line.startswith(("hv: halt", "hv: crash")))

    def number(self, name):
        return [vm.name for vm in self.vms].index(name)

    def order(self, text):
        """Type TEXT for the boss."""
        self.context.follower.send(text)

    def on(self, *names):
        self.order("".join(chr(ord("A") + self.number(name)) for name in names))
        for name in names:
            self.running(name)

    def running(self, name):
        """[first, end) of the memory of VM NAME, once it runs."""
        line = self._line(f"the start of VM {name}", lambda line: line.startswith(f"hv: vm {name} ") and "ncr3=" in line)
        first, size = (int(part, 16) for part in fields(line)["ram"].split("+"))
        return first, first + size

    def off(self, name):
        """Until VM NAME, which does not start by itself, is at rest."""
        self._line(f"VM {name} to be off", lambda line: line.startswith(f"hv: vm {name} off "))

    def ready(self, name):
        self._line(f"VM {name} to be ready", lambda line: line == f"hv: vm {name} ready" or
                   line.startswith(f"hv: vm {name} stopped"))

    def stopped(self, name):
        """(the core's line about the stop of VM NAME, its exits by kind), once its memory is clean."""
        self._line(f"the end of VM {name}", lambda line: line.startswith(f"hv: vm {name} dead"))
        seen = self.context.follower.seen
        return next(line for line in seen if line.startswith(f"hv: vm {name} stopped: ")), exits_of(name, seen)

    def kill(self, *names):
        """{name: exits by kind}."""
        self.order("".join(chr(ord("a") + self.number(name)) for name in names))
        return {name: self.stopped(name)[1] for name in names}

    def said(self, name):
        return [c[1] for c in map(console_of, self.context.lines()) if c and c[0] == name]

    def words(self, name, symbol, count=1):
        """COUNT 64-bit words at SYMBOL in the memory of VM NAME, now."""
        at = self.running(name)[0] + self.symbols[name][symbol]
        with self.context.qmp() as qmp:
            return struct.unpack(f"<{count}Q", PhysMem(qmp, self.context.rundir).read(at, 8 * count))

    def progress(self, *names):
        """{name: how far it is}, all at one moment."""
        places = {name: self.running(name)[0] + self.symbols[name]["guest_progress"] for name in names}
        with self.context.qmp() as qmp:
            qmp.command("stop")
            mem = PhysMem(qmp, self.context.rundir)
            now = {name: struct.unpack("<Q", mem.read(at, 8))[0] for name, at in places.items()}
            qmp.command("cont")
        return now


def attempted(name, witness, seen, expected):
    """Fail unless WITNESS saw of each of EXPECTED as many acts of VM NAME as it was to do: (least, most) or a number."""
    for what, wanted in expected.items():
        least, most = wanted if isinstance(wanted, tuple) else (wanted, wanted)
        if seen[what] < least:
            raise NotAttempted(f"not attempted by VM {name}, or without the answer it must have: {what}: "
                               f"{witness} saw {seen[what]}, expected {least}")
        if seen[what] > most:
            raise EmuError(f"VM {name} did more than it was to do: {what}: {witness} saw {seen[what]}, expected {most}")


def off(name, payload, number=None, mark=None, **options):
    """A VM that is started by the boss; NUMBER goes where MARK stands in its payload."""
    parameter = None if mark is None else (struct.pack("<Q", mark), struct.pack("<Q", number))
    return Vm(name, payload, mib=4, flags=CONSOLE, parameter=parameter, **options)


def on(name, payload, **options):
    return Vm(name, payload, mib=4, flags=ENABLED | CONSOLE, **options)
