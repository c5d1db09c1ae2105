# SPDX-License-Identifier: Apache-2.0
"""What the core costs in instructions: bare-metal guests on one emulated processor whose clock counts instructions.

An instruction, of whoever executes it, takes TICKS ticks of the guests' TSC. The guests put the ticks of each single operation into a table in
their memory, which is read from outside; a figure is the median of a row less that of the row with nothing in it.
"""

import os
import statistics
import struct
import subprocess

import testimage
from errors import EmuError
from lines import HOPELESS
from physmem import PAGE, PhysMem
from serial_log import fields
from testimage import Channel, Vm

# The firmware waits by reading a clock again and again: with one tick for each instruction it waits for minutes.
SHIFT = 4
TICKS = 1 << SHIFT
CLOCK = ("-icount", f"shift={SHIFT},sleep=off")
MACHINE = {"cpus": 1, "thread": "single", "without": ("nic", "usb"), "net": "none"}
START_S = 300
RUN_S = 300
MAGIC = b"BULKHEAD-MEASURE"
SAMPLES, ROWS, NAME = 256, 16, 24
ROW = struct.Struct(f"<{NAME}sII{SAMPLES}I")
HEAD = struct.Struct("<16sQQ")
RING, LONGEST, BATCH, FRAME = 131072, 65536, 32, 1500  # of guest/sender.c
TSC_OFFSET = 0x50  # in a VMCB: AMD APM vol 2, appendix B
STAMPS = (b"SENDER-DOES-ALL", b"SENDER-STAMPS!!")
SLOPE = (64, 2112)  # bytes of two messages that lie in one page at either end


class Tables:
    """The rows of the guests of a machine: rows[vm][name] = samples; WHERE: [first, end) of each guest's memory."""

    def __init__(self, context, vms):
        self.rows = {}
        self.where = {vm.name: ram_of(context, vm.name) for vm in vms}
        with context.qmp() as qmp:
            mem = PhysMem(qmp, context.rundir)
            for vm in vms:
                self.rows[vm.name] = table(mem, self.where[vm.name][0] + symbol(vm.payload, "measure_table"))

    def median(self, vm, row):
        """Instructions."""
        return statistics.median(self.rows[vm][row]) / TICKS


def symbol(payload, name):
    done = subprocess.run(["nm", testimage.build_file("payload", payload + ".elf")], stdout=subprocess.PIPE, text=True, check=True)
    return next(int(at, 16) for at, _, what in (line.split() for line in done.stdout.splitlines()) if what == name)


def core_symbol(name):
    """Offset of a symbol from the beginning of the core."""
    done = subprocess.run(["nm", testimage.build_file("resident", "core-svm.elf")], stdout=subprocess.PIPE, text=True, check=True)
    return next(int(at, 16) for at, _, what in (line.split() for line in done.stdout.splitlines() if len(line.split()) == 3) if what == name)


def ram_of(context, name):
    line = context.wait_seen(f"the start of VM {name}", lambda line: line.startswith(f"hv: vm {name} ") and "ncr3=" in line, START_S,
                             lambda line: line.startswith(HOPELESS))
    first, size = (int(part, 16) for part in fields(line)["ram"].split("+"))
    return first, first + size


def table(mem, at):
    """{name: [ticks]} of the table at AT in physical memory."""
    mem.load(at, HEAD.size + ROWS * ROW.size)
    magic, _, count = HEAD.unpack(mem.read(at, HEAD.size))
    if magic != MAGIC or count > ROWS:
        raise EmuError(f"no table of samples at {at:#x}: {magic} with {count} rows")
    rows = {}
    for number in range(count):
        name, samples, _, *values = ROW.unpack(mem.read(at + HEAD.size + number * ROW.size, ROW.size))
        if samples == 0:
            raise EmuError(f"row {name} has no samples")
        rows[name.rstrip(b"\0").decode()] = values[:samples]
    return rows


def ready(context, name):
    context.wait_seen(f"VM {name} to be ready", lambda line: line == f"hv: vm {name} ready", RUN_S,
                      lambda line: line.startswith((*HOPELESS, f"hv: vm {name} stopped")))


def guests():
    """
    Five VMs, the most urgent first: one that needs nobody else; a sender, and its receiver that runs when the sender sleeps; a
    receiver that runs as soon as it is sent to, and its sender.
    """
    return [Vm("alone", "measure", mib=4, priority=7), Vm("sender", "sender", mib=4, priority=6),
            Vm("receiver", "receiver", mib=4, priority=5), Vm("waiter", "receiver", mib=4, priority=4),
            Vm("waker", "sender", mib=4, priority=3, parameter=STAMPS)]


def run(context, extra=()):
    """{figure: instructions} of a machine in CONTEXT; EXTRA: more arguments for QEMU."""
    vms = guests()
    image = testimage.build(context.rundir.path, vms, (), [Channel("send", 1, 2, ring=RING, msg_max=LONGEST),
                                                          Channel("wake", 4, 3, ring=RING, msg_max=LONGEST)])
    context.start(image=image, extra=[*CLOCK, *extra], **MACHINE)
    for vm in vms:
        ready(context, vm.name)
    tables = Tables(context, vms)
    for name in ("sender", "waker"):
        refused = word(context, tables.where[name][0] + symbol("sender", "sender_refused"))
        if refused:
            raise EmuError(f"{refused} sends of VM {name} were not taken whole")
    return {**alone(tables), **sends(tables), **wakes(context, tables)}


def alone(tables):
    nothing = tables.median("alone", "empty")
    return {name: tables.median("alone", name) - nothing for name in tables.rows["alone"] if name != "empty"}


def sends(tables):
    """Sends to an empty ring whose receiver sleeps. The copy's share is what a byte more costs, times the bytes."""
    nothing = tables.median("sender", "empty")
    small, large = (min(tables.rows["sender"][f"send-{size}"]) for size in SLOPE)
    per_byte = (large - small) / TICKS / (SLOPE[1] - SLOPE[0])
    figures = {"copy-per-byte": per_byte}
    for name, size in (("send-64", 64), ("send-1k", 1024), ("send-64k", LONGEST)):
        figures[f"{name}-whole"] = tables.median("sender", name) - nothing
        figures[name] = figures[f"{name}-whole"] - per_byte * size
    figures["batch-32x1500-whole"] = (tables.median("sender", "batch-32x1500") - nothing) / BATCH
    figures["batch-32x1500"] = figures["batch-32x1500-whole"] - per_byte * FRAME
    return figures


def word(context, at):
    return struct.unpack("<Q", context.memory(at, 8))[0]


def difference(later, earlier, shift):
    """Median of LATER - EARLIER; SHIFT: how far the first clock is ahead of the second. All are the low halves of clocks."""
    return statistics.median((b - a - shift) % (1 << 32) / TICKS for a, b in zip(earlier, later))


def wakes(context, tables):
    """From the waker's send to the waiter's handler, and from the waiter's last instruction to the waker's next one."""
    core = next(fields(line)["core"] for line in context.lines() if line.startswith("hv: roots "))
    blocks = int(core.partition("+")[0], 16) + core_symbol("guest_vmcb")
    waiter, waker = (word(context, blocks + PAGE * dom + TSC_OFFSET) for dom in (3, 4))
    ahead = (waiter - waker) & 0xFFFFFFFF
    before, after = tables.rows["waker"]["before"], tables.rows["waker"]["after"]
    woken, asleep = tables.rows["waiter"]["woken"], tables.rows["waiter"]["asleep"]
    return {"wake-up": difference(woken, before, ahead),
            "doorbell": tables.median("waiter", "doorbell") - tables.median("waker", "empty"),
            "vm-switch": difference(after, asleep, -ahead)}
