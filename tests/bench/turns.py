# SPDX-License-Identifier: Apache-2.0
"""What the plugin of the emulator (plugin/profile.c) is told and what it writes: instructions of the core, turn by turn."""

import os
import re
import subprocess

from errors import EmuError
from testimage import OUT, build_file

WRITTEN_S = 60
PROFILE = os.path.join(OUT, "bench", "profile.txt")


class Core:
    """The core as it was built: where its functions begin, and the address of VMRUN."""

    def __init__(self):
        self.elf = elf = build_file("resident", "core-svm.elf")
        lines = subprocess.run(["nm", "-n", elf], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        found = [(int(at, 16), name) for at, kind, name in (line.split() for line in lines if len(line.split()) == 3) if kind in "tT"]
        self.starts, self.names = [at for at, _ in found], [name for _, name in found]
        self.code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", elf], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.vmrun = int(re.search(r"^\s*([0-9a-f]+):\s+vmrun", self.code, re.M).group(1), 16)

    def offset(self, name):
        """Of a function, from VMRUN, as the plugin wants it."""
        if name not in self.names:
            raise EmuError(f"the core has no function {name} any more: whoever asks for it must ask for what took its place")
        return self.starts[self.names.index(name)] - self.vmrun

    def sources(self, addresses):
        """[(function, file:line)] of addresses of the core: the function as it is written, also where it was merged into its caller."""
        lines = subprocess.run(["addr2line", "-f", "-e", self.elf], input="\n".join(map(hex, addresses)), stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        places = (place.split(" (")[0].rsplit("/", 1)[-1] for place in lines[1::2])
        return list(zip(lines[::2], places))


class Kind:
    """All turns of one name: how many, the shortest, what was executed where in all of them; SAMPLES: of single turns {scope: instructions}."""

    def __init__(self, turns, fewest):
        self.turns, self.fewest = turns, fewest
        self.places, self.samples = {}, []


def arguments(core, marks=(), scopes=(), phases=()):
    """For QEMU. MARKS, SCOPES: functions of the core; PHASES: [(name, address in a guest)]."""
    words = [f"out={PROFILE}", *(f"mark={name}:{core.offset(name)}" for name in marks), *(f"scope={name}:{core.offset(name)}" for name in scopes),
             *(f"phase={name}:{address}" for name, address in phases)]
    if os.path.exists(PROFILE):
        os.unlink(PROFILE)
    return ["-plugin", ",".join([build_file("bench", "profile.so"), *words])]


def finish(context):
    """The machine ends, and the plugin writes what it counted."""
    context.ended = True
    with context.qmp() as qmp:
        qmp.command("quit")
    context.until("the plugin's file", lambda: os.path.exists(PROFILE) and os.path.getsize(PROFILE) > 0, WRITTEN_S)


def read(lines):
    """({name: Kind}, VMRUN's address at run time) of the LINES that the plugin wrote."""
    kinds, vmrun, kind = {}, 0, None
    for words in map(str.split, lines):
        if words[0] == "vmrun":
            vmrun = int(words[1], 16)
        elif words[0] == "kind":
            kind = kinds[words[2] if words[3] == "-" else f"{words[2]} {words[3]}"] = Kind(int(words[5]), int(words[7]))
        elif words[0] == "sample":
            kind.samples.append({name: int(count) for name, count in (word.split(":") for word in words[1:])})
        else:
            kind.places[int(words[1], 16)] = int(words[2])
    return kinds, vmrun


def written():
    with open(PROFILE, encoding="ascii") as file:
        return read(file)
