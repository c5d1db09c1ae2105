#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the loader leaves to the core, looked at from outside: which processors run, what devices may still do."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from runner import run, scenario  # noqa: E402
from testimage import Vm  # noqa: E402

EXPRESS, ROOT_PORT = 0x10, 4
SERR, BRIDGE_SERR, REPORTING = 1 << 8, 1 << 17, 15
WAIT_FOR_STARTUP = (0xF000, 0xFFF0)  # where INIT leaves a processor


def processors(context):
    """[(thread of its core, halted, code segment, instruction pointer)] of each processor."""
    with context.qmp() as qmp:
        threads = [cpu["props"]["thread-id"] for cpu in qmp.command("query-cpus-fast")]
        text = qmp.human("info registers -a")
    states = re.findall(r"\b[RE]IP=([0-9a-f]+) .*\bHLT=(\d)|^CS =([0-9a-f]{4})", text, re.M)
    points = [(int(ip, 16), halted == "1") for ip, halted, _ in states if ip]
    segments = [int(cs, 16) for _, _, cs in states if cs]
    return [(thread, halted, cs, ip) for thread, (ip, halted), cs in zip(threads, points, segments, strict=True)]


@scenario(deadline_s=600)
def siblings(context):
    """of two cores with two threads each one thread runs, the other was stopped by INIT; both VMs run"""
    vms = [Vm("one", "stay", cpu=2), Vm("two", "stay", cpu=1)]
    context.start(image=testimage.build(context.rundir.path, vms), extra=["-smp", "4,sockets=1,cores=2,threads=2"])
    context.check(context.wait_ready() == "hv: ready vms=2", "two VMs are to be ready")
    said = [line for line in context.lines() if "processors" in line and line.startswith("bulkhead:")]
    context.check(said == ["bulkhead: 2 of 4 processors (SMT siblings parked)"], f"the loader says {said}")
    states = processors(context)
    context.check(sorted(state[0] for state in states) == [0, 0, 1, 1], f"not two cores with two threads: {states}")
    for thread, halted, segment, pointer in states:
        parked = halted and (segment, pointer) == WAIT_FOR_STARTUP
        context.check(parked == (thread == 1), f"thread {thread} of a core is in the wrong state: {states}")


class Config:
    """Configuration space through the board's two ports, from QEMU's monitor; the core uses other ways."""

    def __init__(self, qmp):
        self.qmp = qmp

    def _select(self, function, offset):
        bus, slot, number = function
        self.qmp.human(f"o /w 0xcf8 {1 << 31 | bus << 16 | slot << 11 | number << 8 | offset:#x}")

    def read(self, function, offset):
        self._select(function, offset)
        return int(self.qmp.human("i /w 0xcfc").split("=")[1], 16)

    def write(self, function, offset, value):
        self._select(function, offset)
        self.qmp.human(f"o /w 0xcfc {value:#x}")

    def functions(self):
        """(bus, slot, function) of all there are, as QEMU itself knows them."""
        found = []
        busses = [bus["devices"] for bus in self.qmp.command("query-pci")]
        while busses:  # bound: each bus is in the tree once
            for device in busses.pop():
                found.append((device["bus"], device["slot"], device["function"]))
                busses.append(device.get("pci_bridge", {}).get("devices", []))
        return found

    def express(self, function):
        """Offset of the PCI Express capability, 0 = none."""
        at = self.read(function, 0x34) & 0xFC if self.read(function, 4) & 1 << 20 else 0
        for _ in range(48):
            if at == 0 or self.read(function, at) & 0xFF == EXPRESS:
                return at
            at = self.read(function, at) >> 8 & 0xFC
        return 0

    def is_bridge(self, function):
        return self.read(function, 0xC) >> 16 & 0x7F == 1

    def reports(self, function):
        """What the function may report as an error: {register: bits that are on}."""
        cap = self.express(function)
        bits = {"command": self.read(function, 4) & SERR}
        if self.is_bridge(function):
            bits["bridge control"] = self.read(function, 0x3C) & BRIDGE_SERR
        if cap:
            bits["device control"] = self.read(function, cap + 8) & REPORTING
        if cap and self.read(function, cap) >> 20 & 15 == ROOT_PORT:
            bits["root control"] = self.read(function, cap + 0x1C) & 15
        return bits

    def report_all(self, function):
        cap = self.express(function)
        self.write(function, 4, self.read(function, 4) & 0xFFFF | SERR)
        if self.is_bridge(function):
            self.write(function, 0x3C, self.read(function, 0x3C) | BRIDGE_SERR)
        if cap:
            self.write(function, cap + 8, self.read(function, cap + 8) & 0xFFFF | REPORTING)
            self.write(function, cap + 0x1C, self.read(function, cap + 0x1C) | 15)


@scenario(deadline_s=600)
def error_messages(context):
    """what a function may report as an error was on before the firmware started, and is off when the VM runs"""
    image = testimage.build(context.rundir.path, [Vm("one", "stay")])
    context.start(image=image, extra=["-S"])
    with context.qmp() as qmp:
        config = Config(qmp)
        ports = [function for function in config.functions() if config.is_bridge(function)]
        context.check(len(ports) == 2, f"two ports are to be there: {ports}")
        for function in ports:
            config.report_all(function)
            context.check(all(config.reports(function).values()), f"{function}: {config.reports(function)}")
        qmp.command("cont")
    context.wait_ready()
    with context.qmp() as qmp:
        config = Config(qmp)
        functions = config.functions()
        context.check(len(functions) > len(ports) + 2, f"no functions behind the ports: {functions}")
        for function in functions:
            context.check(not any(config.reports(function).values()), f"{function}: {config.reports(function)}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
