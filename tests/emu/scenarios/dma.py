#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A VM with a DMA engine aims it at the core: nothing comes back, nothing is changed, and the log names it."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from physmem import PhysMem  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import console_of, fields  # noqa: E402
from testimage import Device, Vm  # noqa: E402

LINE_S = 60
CLASS_EDU = 0x00FF
DMA_MIB = 4  # less than the address of what it aims at: a device sees its VM's addresses
ENGINE = ["-device", "edu,addr=0x15,dma_mask=0xffffffffffffffff"]
BDF = "a8"
MARK = struct.pack("<Q", 0x2D74656772617421)
PATTERN = 0x1122334455667788
READ, WRITE = "6", "5"  # VT-d fault reasons: no read permission, no write permission


def boot(context, target):
    """A machine whose first VM aims at TARGET; where the nested tables of its third VM begin."""
    vms = [Vm("dma", "dma", mib=DMA_MIB, parameter=(MARK, struct.pack("<Q", target))), Vm("one", "stay", cpu=1),
           Vm("two", "stay", mib=32, cpu=1)]
    image = testimage.build(context.rundir.path, vms, [Device("engine", 0, CLASS_EDU)])
    context.start(image=image, extra=ENGINE)
    line = context.wait_seen("the core's line about VM two's tables",
                             lambda line: line.startswith("hv: vm two ") and "ncr3=" in line, LINE_S)
    return int(fields(line)["ncr3"], 16)


def word_at(context, hpa):
    with context.qmp() as qmp:
        mem = PhysMem(qmp, context.rundir)
        mem.load(hpa, 8)
        return struct.unpack("<Q", mem.read(hpa, 8))[0]


def fault(context, reason):
    """The core's line about a fault of REASON, as fields."""
    return fields(context.wait_seen(f"a fault with reason {reason}",
                                    lambda line: line.startswith("hv: iommu fault") and f"reason={reason} " in line,
                                    LINE_S))


@scenario(deadline_s=150)
def engine_against_core(context):
    """a device's DMA into the core's tables reads zeros, changes nothing, is counted, and the device is named"""
    target = boot(context, 0)
    context.check(target >= DMA_MIB << 20, f"{target:#x} is an address of the VM's own: it would reach itself")
    context.end()
    again = boot(context, target)
    context.check(again == target, f"the tables were at {target:#x}, now they are at {again:#x}: the aim is lost")
    context.wait_ready()
    said = [c[1] for c in map(console_of, context.lines()) if c and c[0] == "dma"]
    context.check(said == ["device 11e81234", "engine 10000ed", f"own memory {PATTERN:x}", "core memory 0",
                           "own memory 0"], f"the VM wrote {said}")
    for reason, write in ((READ, "0"), (WRITE, "1")):
        seen = fault(context, reason)
        context.check(seen["vm"] == "dma" and seen["bdf"] == BDF and seen["write"] == write, f"the core says {seen}")
        context.check(int(seen["address"], 16) == target, f"the engine aimed at {target:#x}, the core says {seen}")
    word = word_at(context, target)
    context.check(word not in (0, PATTERN), f"the first word of the tables is {word:#x}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
