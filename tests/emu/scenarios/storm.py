#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device that interrupts without end. Alone after the others: the emulated device must make 50,000 interrupts a second of the clock on the wall."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import console_of  # noqa: E402
from testimage import CONSOLE, ENABLED, Device, Vm  # noqa: E402

LINE_S = 180
AUTORESTART = 32
ROCKER = ["-device", "rocker,name=engine,addr=0x15,len-ports=6"]
CLASS_ROCKER = 0x0280


@scenario(deadline_s=600)
def lasts(context):
    """a VM whose device interrupts too often in period after period is stopped, comes back as often as it may, and is then in quarantine"""
    vms = [Vm("storm", "irqstorm", mib=4, cpu=1, flags=ENABLED | CONSOLE | AUTORESTART, budget=(100000, 100000), restart=(1, 60))]
    context.start(image=testimage.build(context.rundir.path, vms, [Device("engine", 0, CLASS_ROCKER)]), extra=ROCKER)
    context.wait_seen("the end of VM storm", lambda line: line == "hv: vm storm dead (interrupt-storm), memory clean", LINE_S)
    lines = context.lines()
    lives = [line for line in lines if line.startswith("hv: vm storm dom=")]
    context.check([" life=1 " in lives[0], " life=2 " in lives[-1], len(lives)] == [True, True, 2], f"its lives: {lives}")
    causes = [line.split()[4] for line in lines if line.startswith("hv: vm storm stopped: ")]
    context.check(causes == ["interrupt-storm"] * 2, f"it stopped for {causes}")
    context.check([c[1] for c in map(console_of, lines) if c and c[0] == "storm"] == ["storming"] * 2, "what the VM wrote is not of two lives")
    context.check("hv: vm storm has no restart left" in lines, "the core does not say that it gives up")
    context.check(not any("iommu fault" in line for line in lines), "what was cut off counted as faults")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
