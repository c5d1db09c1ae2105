#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Page tables destroyed from outside: what is said of it, by the core where it is a VM's and by the driver where it is the core's own."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import gdb  # noqa: E402
import testimage  # noqa: E402
from errors import EmuError  # noqa: E402
from machine import CPUS  # noqa: E402
from physmem import PAGE  # noqa: E402
from published import Published  # noqa: E402
from runner import run, scenario  # noqa: E402
from testimage import Vm  # noqa: E402

LINE_S = 120  # the firmware comes before
CR3_AT = 56  # hypervisor/abi/hv_image.h
HALF = PAGE // 2


def stop_line(context, words):
    return context.wait_seen(f"a line with {words!r}", lambda line: line.startswith("hv: vm one ") and words in line, LINE_S)


@scenario(deadline_s=600)
def tables(context):
    """a VM's top table zeroed: triple-fault, the table named, the other VM stays; the core's: reset, with reason and registers"""
    vms = [Vm("one", "stay"), Vm("two", "stay", mib=32, cpu=1)]
    context.start(image=testimage.build(context.rundir.path, vms), extra=gdb.ARGUMENTS)
    context.wait_ready()
    header = testimage.lay_out(vms[0], context.rundir.path)[:PAGE]
    known = Published(context.lines())
    ram = next(vm for vm in known.vms.values() if vm.name == "one").ram
    with gdb.Gdb(context.rundir) as machine:
        machine.write(ram[0] + struct.unpack_from("<Q", header, CR3_AT)[0], bytes(PAGE))
    stop_line(context, "stopped: triple-fault ")
    stop_line(context, " table 4 at cr2: 0")
    stop_line(context, "memory clean")
    context.check(not any("vm two stopped" in line for line in context.lines()), "the other VM stopped as well")
    context.audit()
    context.ended = True
    with gdb.Gdb(context.rundir) as machine:
        machine.write(known.cr3 + HALF, bytes(HALF))
    context.doing = "waiting for the machine to reset itself"
    try:
        context.wait("nothing", lambda line: False, LINE_S)
    except EmuError as error:
        context.check("QEMU ended by itself with status 0: guest-reset" in str(error), f"the machine was to reset itself: {error}")
    with open(context.rundir.file("registers.txt"), encoding="ascii") as registers:
        text = registers.read()
    context.check(text.count("RIP=") == CPUS and f"CR3={known.cr3:016x}" in text, f"the registers of all processors are to be there:\n{text}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
