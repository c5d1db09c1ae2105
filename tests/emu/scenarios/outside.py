#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Guests that try what is not on the lists: MSRs, ports, CPUID leaves, addresses. The machine is asked too."""

import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from guests import attempted, exits_of  # noqa: E402
from physmem import PhysMem  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import console_of, fields  # noqa: E402
from testimage import Vm  # noqa: E402

LINE_S = 90
START_S = 40
GP = "d"

MSR = ["read 63ad", "wrong 0", "write 0 63ad", "wrong 0", "write ones 63ad", "wrong 0", f"efer svme {GP}",
       f"efer without lme {GP}", "efer kept 1", f"apic base {GP}", f"hsave {GP}", f"pat type 2 {GP}",
       f"tsc aux 33 bits {GP}", f"x2apic id {GP}", f"x2apic gap {GP}", f"tpr over ff {GP}", "tpr 100"]
PORT = ["read 2ffe8", "wrong 0", "written 2ffe5", "cmos 0", f"ins {GP}", f"outs {GP}", f"rep ins {GP}", f"rep outs {GP}",
        "bridge 11b36", "slot 1f ffffffff"]
CPUID = ["asked d74", "wrong 0", "svm 0", "svm leaf 0", "monitor 0", "pcid 0", "mce mca mtrr 0", "htt 0",
         "la57 pku 0", "mpx 0", "hypervisor 1", "VMwareVMware"]

# The exits by which the core counts what each payload tried: the sweeps (named registers and ports left out), then what it tries singly.
MSR_TRIED = {"rdmsr": 0x63AD + 2, "wrmsr": 2 * 0x63AD + 10}
PORT_TRIED = {"io": 0x2FFE8 + 0x2FFE5 + 11}
CPUID_TRIED = {"cpuid": 0xD74 + 5}

CMOS_BYTE = 0x50


def said(context, name):
    consoles = [console_of(line) for line in context.lines()]
    return [c[1] for c in consoles if c and c[0] == name]


def dead(context, name):
    """The core's line about the stop of VM NAME, once its memory is clean."""
    context.wait_seen(f"the end of VM {name}", lambda line: line.startswith(f"hv: vm {name} dead"), LINE_S)
    return next(line for line in context.lines() if line.startswith(f"hv: vm {name} stopped"))


def tries(context, payload, expected, tried):
    """PAYLOAD made the exits TRIED, says exactly EXPECTED and ends by its own wish; the machine and another VM run on."""
    vms = [Vm("tries", payload, mib=4), Vm("other", "stay", mib=8, cpu=1)]
    context.start(image=testimage.build(context.rundir.path, vms))
    context.wait_ready(START_S + LINE_S)
    stop = dead(context, "tries")
    attempted("tries", "the core", exits_of("tries", context.lines()), tried)
    context.check("stopped: exit code=0 " in stop, f"it was to end by itself, the core says: {stop}")
    lines = said(context, "tries")
    context.check(lines == expected, f"expected {expected}, the VM wrote {lines}")
    gone = [line for line in context.lines() if line.startswith("hv: vm ") and "stopped:" in line]
    context.check(len(gone) == 1, f"only VM tries was to stop, the core says: {gone}")
    context.check(context.audit()["VM leaves"] >= 1, "VM other is to be left")


def port_of(qmp, port):
    return int(re.search(r"= *(0x[0-9a-f]+)", qmp.human(f"i/xb {port:#x}")).group(1), 16)


def machine_registers(context):
    """What the guest's writes would have changed: a byte of the clock chip, the masks of the interrupt controllers."""
    with context.qmp() as qmp:
        qmp.human(f"o/b 0x70 {CMOS_BYTE}")
        return {"cmos": port_of(qmp, 0x71), "masks": (port_of(qmp, 0x21), port_of(qmp, 0xA1))}


@scenario(deadline_s=600)
def msr(context):
    """every MSR outside the list is #GP in both directions, and the machine runs on"""
    tries(context, "msr", MSR, MSR_TRIED)


@scenario(deadline_s=600)
def port(context):
    """every port outside the list reads as ones, no write reaches the machine, INS and OUTS are #GP"""
    tries(context, "port", PORT, PORT_TRIED)
    seen = machine_registers(context)
    context.check(seen["cmos"] != 0xA5, f"the guest has written the clock chip's memory: {seen}")
    context.check(6 not in seen["masks"], f"the guest has masked the machine's interrupts: {seen}")


@scenario(deadline_s=600)
def cpuid(context):
    """every CPUID leaf outside the list is zero, and what the machine has but must not show is not there"""
    tries(context, "cpuid", CPUID, CPUID_TRIED)


READ, EXECUTE, WRITE = 0, 1 << 62, 1 << 63
PATTERN = struct.pack("<I", 0x6C6C6148)
MARK = struct.pack("<Q", 0x2D61646472657373)
MIB = 1 << 20
MEMORY_MIB = 4  # little: what it goes for must lie above, or it is the VM's own
INSIDE = 2 * MIB  # where a payload's code lies in its memory


def boot_at(context, targets):
    """A machine with VM good and one for each of TARGETS (name -> address and way); where good lies."""
    vms = [Vm(name, "address", mib=MEMORY_MIB, parameter=(MARK, struct.pack("<Q", target)))
           for name, target in targets.items()] + [Vm("good", "stay", mib=32, cpu=1)]
    context.start(image=testimage.build(context.rundir.path, vms))
    line = context.wait_seen("the core's line about VM good",
                             lambda line: line.startswith("hv: vm good ") and "ncr3=" in line, LINE_S)
    return {"good": int(fields(line)["ram"].split("+")[0], 16), "tables": int(fields(line)["ncr3"], 16)}


def targets_of(at):
    """Addresses that are not the VM's, whatever they are to the machine."""
    return {
        "end-read": READ | MEMORY_MIB * MIB, "end-write": WRITE | MEMORY_MIB * MIB,
        "end-run": EXECUTE | MEMORY_MIB * MIB,
        "vm-read": READ | at["good"] + INSIDE, "vm-write": WRITE | at["good"] + INSIDE,
        "vm-run": EXECUTE | at["good"] + INSIDE,
        "core-read": READ | at["tables"], "core-write": WRITE | at["tables"], "core-run": EXECUTE | at["tables"],
        "apic-write": WRITE | 0xFEE00300, "ioapic-read": READ | 0xFEC00000, "screen-write": WRITE | 0xE0000000,
        "iommu-write": WRITE | 0xFED90018,
    }


def words_at(context, places):
    with context.qmp() as qmp:
        mem = PhysMem(qmp, context.rundir)
        return {place: mem.read(place, 8) for place in places}


@scenario(deadline_s=600)
def address(context):
    """an access outside memory stops the VM, the address is in the log; memory of others is neither read nor changed"""
    first = boot_at(context, targets_of({"good": 64 * MIB, "tables": 66 * MIB}))
    context.check(min(first.values()) >= MEMORY_MIB * MIB, f"{first}: too low, VMs would reach themselves")
    context.end()
    targets = targets_of(first)
    again = boot_at(context, targets)
    context.check(again == first, f"the machine lay at {first}, now it lies at {again}: the aim is lost")
    for name, target in targets.items():
        stop = dead(context, name)
        seen = fields(stop.split("stopped:")[1])
        context.check("stopped: nested-fault " in stop, f"not attempted by VM {name}, or let through: {target:#x}; the core says: {stop}")
        context.check(int(seen["gpa"], 16) == target & ~(WRITE | EXECUTE),
                      f"it went for {target:#x}, the core says: {stop}")
        context.check(said(context, name) == ["still here"], f"VM {name} wrote {said(context, name)}")
    context.check(context.wait_ready() == "hv: ready vms=1", "VM good is to be left alone")
    context.check(said(context, "good") == ["staying"], f"VM good wrote {said(context, 'good')}")
    for place, word in words_at(context, (first["good"] + INSIDE, first["tables"])).items():
        context.check(word[:4] not in (bytes(4), PATTERN), f"memory at {place:#x} is now {word.hex()}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
