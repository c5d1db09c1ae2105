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


@scenario(deadline_s=90)
def siblings(context):
    """of two cores with two threads each one thread runs, the other was stopped by INIT; both VMs run"""
    vms = [Vm("one", "stay", cpu=0), Vm("two", "stay", cpu=1)]
    context.start(image=testimage.build(context.rundir.path, vms), extra=["-smp", "4,sockets=1,cores=2,threads=2"])
    context.check(context.wait_ready() == "hv: ready vms=2", "two VMs are to be ready")
    said = [line for line in context.lines() if "processors" in line and line.startswith("bulkhead:")]
    context.check(said == ["bulkhead: 2 of 4 processors (SMT siblings parked)"], f"the loader says {said}")
    states = processors(context)
    context.check(sorted(state[0] for state in states) == [0, 0, 1, 1], f"not two cores with two threads: {states}")
    for thread, halted, segment, pointer in states:
        parked = halted and (segment, pointer) == WAIT_FOR_STARTUP
        context.check(parked == (thread == 1), f"thread {thread} of a core is in the wrong state: {states}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
