#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A VM with a DMA engine aims it at core and VMs: nothing comes back, nothing is changed, and the log names it."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from errors import DeadlineError  # noqa: E402
from guests import NotAttempted  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import console_of, fields  # noqa: E402
from testimage import Device, Vm  # noqa: E402

LINE_S = 120  # the firmware comes before
CLASS_EDU = 0x00FF
DMA_MIB = 4  # less than the address of what it aims at: a device sees its VM's addresses
ENGINE = ["-device", "edu,addr=0x15,dma_mask=0xffffffffffffffff"]
BDF = "a8"
MARK = struct.pack("<QQ", 0x2D74656772617421, 0x2D72656874666F21)
CODE = 2 << 20  # where a payload's code lies in its VM's memory
PATTERN = 0x1122334455667788
ADMIN = 2  # it asks whether the VM it aims at is ready
READ, WRITE = "6", "5"  # VT-d fault reasons: no read permission, no write permission


def boot(context, targets):
    """A machine whose first VM aims at TARGETS; where its third VM's nested tables and code begin."""
    vms = [Vm("dma", "dma", mib=DMA_MIB, rights=ADMIN, parameter=(MARK, struct.pack("<QQ", *targets))),
           Vm("one", "stay", cpu=1), Vm("two", "stay", mib=32, cpu=1)]
    image = testimage.build(context.rundir.path, vms, [Device("engine", 0, CLASS_EDU)])
    context.start(image=image, extra=ENGINE)
    line = context.wait_seen("the core's line about VM two's tables",
                             lambda line: line.startswith("hv: vm two ") and "ncr3=" in line, LINE_S)
    return int(fields(line)["ncr3"], 16), int(fields(line)["ram"].split("+")[0], 16) + CODE


def word_at(context, hpa):
    return struct.unpack("<Q", context.memory(hpa, 8))[0]


def fault(context, reason, target):
    """The core's line about a fault of REASON at TARGET, as fields."""
    words = (f"address={target:x}", f"reason={reason}")
    try:
        return fields(context.wait_seen(f"a fault with {' and '.join(words)}",
                                        lambda line: line.startswith("hv: iommu fault") and
                                        all(word in line.split() for word in words), LINE_S))
    except DeadlineError as error:
        raise NotAttempted(f"not attempted by VM dma, or let through: {target:#x}; {error}") from error


@scenario(deadline_s=600)
def engine_against_core(context):
    """a device's DMA into the core and another VM reads zeros, changes nothing, is counted, the device is named"""
    targets = boot(context, (0, 0))
    context.check(min(targets) >= DMA_MIB << 20, f"{targets} has an address of the VM's own: it would reach itself")
    context.end()
    again = boot(context, targets)
    context.check(again == targets, f"what it aims at was at {targets}, now it is at {again}: the aim is lost")
    context.wait_ready()
    said = [c[1] for c in map(console_of, context.lines()) if c and c[0] == "dma"]
    context.check(said == ["device 11e81234", "engine 10000ed", f"own memory {PATTERN:x}", "core memory 0",
                           "memory of another 0", "own memory 0"], f"the VM wrote {said}")
    expected = [(reason, write, target) for reason, write in ((READ, "0"), (WRITE, "1")) for target in targets]
    for count, (reason, write, target) in enumerate(expected, 1):
        seen = fault(context, reason, target)
        context.check(seen["vm"] == "dma" and seen["bdf"] == BDF and seen["write"] == write, f"the core says {seen}")
        context.check(seen["count"] == str(count), f"{count} faults until then, the core says {seen}")
    for target in targets:
        word = word_at(context, target)
        context.check(word not in (0, PATTERN), f"the first word at {target:#x} is {word:#x}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
