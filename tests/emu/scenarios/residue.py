#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is left of a VM that was killed: its mark is looked for in all memory of the machine, and in every register."""

import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from lines import HOPELESS  # noqa: E402
from physmem import parse_mtree, ranges_named  # noqa: E402
from published import Published  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import console_of  # noqa: E402
from testimage import CLASS_NIC, CONSOLE, ENABLED, SCREEN, Device, Vm  # noqa: E402

LINE_S = 180
ADMIN = 2
MEMORY_MIB = 384  # little to look through
CHUNK = 64 << 20
RAM = "pc.ram"
MEMORIES = (RAM, "vga.vram")
TAG = struct.pack("<QQ", 0x217265707065656B, 0x216E69206B6F6F6C)
ALL_ONES = (1 << 64) - 1


def line(context, what, wanted, timeout_s=LINE_S):
    return context.wait_seen(what, wanted, timeout_s, lambda text: text.startswith(HOPELESS))


def halves_of(context, name, which=""):
    """The two halves of the mark that VM NAME has drawn in this life, and told by their complement; WHICH: begins their names."""
    found = []
    for word in (f"{which}low", f"{which}high"):
        text = line(context, f"the {word} half of {name}'s mark", lambda text, word=word: text.startswith(f"[{name}] {word} "))
        context.follower.seen.remove(text)  # the next life's is another
        found.append((int(console_of(text)[1].split()[1], 16) ^ ALL_ONES).to_bytes(8, "little"))
    return found


def memory_of(qmp, path, first, end):
    """The memory of the machine from FIRST on, piece by piece, each with the beginning of the next."""
    for at in range(first, end, CHUNK):
        size = min(CHUNK + 16, end - at)
        qmp.command("pmemsave", val=at, size=size, filename=path)
        with open(path, "rb") as dump:
            yield at, dump.read()
        os.unlink(path)


def places(data, halves):
    """Where in DATA one of the HALVES stands."""
    return [match.start() for match in re.finditer(b"|".join(re.escape(half) for half in halves), data)]


class Found:
    """Where a mark is: addresses in memory, and how often in the processors' registers."""

    def __init__(self, context, halves):
        self.at = []
        self.registers = 0
        with context.qmp() as qmp:
            qmp.command("stop")
            try:
                self._look(context, qmp, halves)
            finally:
                qmp.command("cont")

    def _look(self, context, qmp, halves):
        ranges = ranges_named(parse_mtree(qmp.human("info mtree -f")), *MEMORIES)
        context.check(len(ranges) >= 2, f"memory and screen of the machine were to be there: {ranges}")
        for first, end in ranges:
            for at, data in memory_of(qmp, context.rundir.file("memory.bin"), first, end):
                self.at += [at + place for place in places(data, halves)]
        text = qmp.human("info registers -a").lower()
        context.check("xmm15=" in text and "dr3=" in text, f"registers were to be shown: {text[:300]}")
        for half in halves:
            self.registers += text.count(half[::-1].hex())

    def within(self, extent):
        return sum(extent[0] <= at < extent[1] for at in self.at)

    def told(self):
        return f"{len(self.at)} places in memory ({', '.join(hex(at) for at in self.at[:8])}), {self.registers} in registers"


def boot(context, *others):
    """VM marked, and OTHERS on its processor; its mark's halves, and the memory that is the core's and the VM's."""
    vms = (Vm("marked", "marked", flags=ENABLED | CONSOLE | SCREEN), Vm("reaper", "reaper", cpu=1, rights=ADMIN), *others)
    device = Device("nic", 0, CLASS_NIC)
    context.start(image=testimage.build(context.rundir.path, vms, [device]), cpus=2, memory=MEMORY_MIB)
    line(context, "VM marked", lambda text: text == "hv: vm marked ready")
    line(context, "VM reaper", lambda text: text == "hv: vm reaper ready")
    context.check("[marked] vectors 100" in context.lines(), "VM marked was to have vector registers")
    halves = halves_of(context, "marked")
    published = Published(context.lines())
    ram = next(vm.ram for vm in published.vms.values() if vm.name == "marked")
    return halves, published.core, ram


def alive(context, halves, core, ram, kept):
    """The search finds what is there: memory, what lies behind it, and KEPT pieces or more in the core."""
    def kept_enough():
        found = Found(context, halves)
        return found if found.within(core) >= kept else None

    found = context.until(f"{kept} pieces of the mark in the core", kept_enough, LINE_S)
    behind = ram[1], ram[1] + (1 << 20)
    context.check(found.within(ram) > 1 << 20, f"the VM's memory was to be full of it: {found.told()}")
    context.check(found.within(behind) >= 512, f"the page of its MSI-X table was to be full of it: {found.told()}")
    return found


def order(context, key, answer):
    context.follower.send(key)
    line(context, f"the order {key}", lambda text: text == f"[reaper] {answer} 0")


def die(context, halves):
    order(context, "k", "kill")
    line(context, "the end of VM marked", lambda text: text.startswith("hv: vm marked dead (killed), memory clean"))
    found = Found(context, halves)
    context.check(not found.at and not found.registers, f"the mark of a dead VM is left: {found.told()}")


@scenario(deadline_s=600)
def nothing_of_the_dead(context):
    """random bytes that a VM had everywhere are nowhere in memory once it is dead, nor in its next life"""
    halves, core, ram = boot(context, Vm("spinner", "stay"))
    alive(context, halves, core, ram, 40)
    die(context, halves)
    order(context, "o", "on")
    others = halves_of(context, "marked")
    context.check(others != halves, "the next life was given the same random bytes")
    found = Found(context, halves)
    context.check(not found.at and not found.registers, f"the mark of the life before is left: {found.told()}")


@scenario(deadline_s=600)
def registers_of_the_dead(context):
    """the registers of a processor on which nobody has run since hold nothing of the dead, and its stack does not either"""
    halves, core, ram = boot(context)
    found = alive(context, halves, core, ram, 15)
    context.check(found.registers >= 10, f"the processor was to be full of it: {found.told()}")
    die(context, halves)


@scenario(deadline_s=600)
def entropy_of_the_living(context):
    """random bytes that a VM was given are in its own memory and nowhere else"""
    context.start(image=testimage.build(context.rundir.path, [Vm("keeper", "keeper")]), memory=MEMORY_MIB)
    line(context, "VM keeper", lambda text: text == "hv: vm keeper ready")
    ram = Published(context.lines()).vms[0].ram

    def kept():
        with context.qmp() as qmp:
            for _, data in memory_of(qmp, context.rundir.file("memory.bin"), *ram):
                at = data.find(TAG) + len(TAG)
                if at >= len(TAG) and any(data[at:at + 16]):
                    return [data[at:at + 8], data[at + 8:at + 16]]
        return None

    found = Found(context, context.until("the random bytes of VM keeper", kept, LINE_S))
    context.check(found.at and found.within(ram) == len(found.at) and not found.registers,
                  f"what was given to a VM is not in its memory {ram[0]:#x}..{ram[1]:#x} alone: {found.told()}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
