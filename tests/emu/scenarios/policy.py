#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What comes after a death: the pauses, the start from the image, quarantine, and what bar and status say of it. Needs root."""

import os
import re
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import gdb  # noqa: E402
import screen  # noqa: E402
import testimage  # noqa: E402
from desk import Desk  # noqa: E402
from guests import Guests  # noqa: E402
from runner import run, scenario  # noqa: E402
from testimage import AUTORESTART, CONSOLE, ENABLED, Vm  # noqa: E402

LAST_MARK = 0x2D6D6E697473616C
CAUSES = {0: "triple-fault", 1: "halted", 2: "reset", 6: "nested-fault"}  # of the payload `last`, by its number
PAUSES = [0.0, 0.25, 0.5, 1.0, 2.0]
COUNT = len(PAUSES)
LINE_S = 120
START_S = 60  # of a VM's own: from its image it needs 2 to 30, as the machine is
WINDOW_S = 600  # all deaths are in it, however slow the machine is
LINGERS = 10  # restarts, half of them after 4 s: long enough to be seen on the bar, whoever stands still
BUSY_S = 240


def last(name, kind, **options):
    """A VM that dies in the way KIND as soon as it runs, and is to come back by itself."""
    return Vm(name, "last", mib=4, flags=ENABLED | CONSOLE | AUTORESTART,
              parameter=(struct.pack("<Q", LAST_MARK), struct.pack("<Q", kind)), **options)


def backs(lines, name):
    """Seconds from each death of VM NAME to its next life, by the core's own clock."""
    return [int(found[1]) / 1e6 for found in (re.match(rf"hv: vm {name} back after (\d+) us", line) for line in lines) if found]


def bar(context, line=1):
    return screen.bar_line(context.picture(), line)


def dead(context, name, cause):
    context.wait_seen(f"the end of {name}", lambda line: line == f"hv: vm {name} dead ({cause}), memory clean", LINE_S)


@scenario(deadline_s=600)
def quarantine(context):
    """a VM that dies at each start: exactly the promised restarts, further and further apart, then quarantine; bar and the core's lines say so"""
    vms = [last("dies", 0, restart=(COUNT, WINDOW_S)), Vm("stays", "stay", mib=4, cpu=1), last("lingers", 0, restart=(LINGERS, WINDOW_S))]
    guests = Guests(context, vms)
    context.start(image=testimage.build(context.rundir.path, guests.vms))
    context.until("the bar to say that it comes back", lambda: "LINGERS:TRIPLE-FAULT" in bar(context), LINE_S)
    dead(context, "dies", "triple-fault")
    lines = context.lines()
    lives = sum(line.startswith("hv: vm dies dom=") for line in lines)
    apart = backs(lines, "dies")
    print(f"# away after each death: {' '.join(f'{one:.3f}' for one in apart)} s", flush=True)
    context.check(lives == COUNT + 1, f"{lives} lives, {COUNT} restarts were promised")
    context.check(all(pause <= one for pause, one in zip(PAUSES, apart, strict=True)), f"away for {apart} s, wanted {PAUSES} at least")
    context.check("hv: vm dies has no restart left" in lines, "the core does not say that it gives up")
    context.until("the bar to say that it does not", lambda: "DIES:QUARANTINE:TRIPLE-FAULT" in bar(context), LINE_S)
    time.sleep(2 * max(PAUSES))  # there is no event to wait for: that nothing comes, twice the longest pause promised, is what is tested
    context.check(sum(line.startswith("hv: vm dies dom=") for line in context.lines()) == lives, "it left its quarantine by itself")
    guests.order("A")
    context.until("a fresh budget after it was switched on", lambda: len(backs(context.lines(), "dies")) == 2 * COUNT + 1, LINE_S)
    again = backs(context.lines(), "dies")[COUNT + 1:]
    context.check(all(pause <= one for pause, one in zip(PAUSES, again, strict=True)), f"then away for {again} s")
    announced = [int(found[1]) / 1000 for found in (re.fullmatch(rf"hv: vm dies restart \d+ of {COUNT} in {WINDOW_S} s, after (\d+) ms", line) for line in context.lines()) if found]
    context.check(announced == 2 * PAUSES, f"the pauses that were announced: {announced}")
    context.until("its end", lambda: "DIES:QUARANTINE:TRIPLE-FAULT" in bar(context), LINE_S)


@scenario(deadline_s=600)
def causes(context):
    """each way in which a VM can end itself is followed by a restart, with its cause"""
    vms = [last(f"last{kind}", kind, cpu=1 + kind % 2, restart=(1, WINDOW_S)) for kind in CAUSES]
    vms.append(Vm("asks", "hello", mib=4, flags=ENABLED | CONSOLE | AUTORESTART, restart=(1, WINDOW_S)))
    guests = Guests(context, vms)
    context.start(image=testimage.build(context.rundir.path, guests.vms))
    for name, cause in [(f"last{kind}", cause) for kind, cause in CAUSES.items()] + [("asks", "exit")]:
        dead(context, name, cause)
        seen = [line for line in context.lines() if line.startswith((f"hv: vm {name} stopped: ", f"hv: vm {name} dom="))]
        context.check([line.split()[3] for line in seen if "stopped" in line] == ["stopped:"] * 2 and
                      all(f" stopped: {cause} " in line for line in seen[1::2]) and "life=2" in seen[2], "its lives:\n" + "\n".join(seen))


def again(context, name, timeout_s):
    """Until VM NAME, which was ready before, is so again."""
    context.wait(f"{name} to be ready again", lambda line: line == f"hv: vm {name} ready", timeout_s)


@scenario(deadline_s=800)
def panics(context):
    """a kernel that panics ends its VM with `panic`, at once, and the VM comes back; the panic is on its console"""
    context.start(net="lan", extra=gdb.ARGUMENTS)
    context.wait_ready()
    gdb.in_kernels(context, ["netvm"], "hrtimer_interrupt", gdb.FAULT)
    context.wait("the panic", lambda line: line.startswith("[netvm]") and "Kernel panic - not syncing" in line, LINE_S)
    # At once: its kernel itself ends the VM. Else it would spin, and be stopped for want of progress.
    context.wait("the end of netvm", lambda line: line.startswith("hv: vm netvm stopped: panic "), LINE_S, lambda line: line.startswith("hv: vm netvm stopped: "))
    again(context, "netvm", LINE_S)


def budget_of_one(text):
    return text.replace("Budget=5/60s", f"Budget=1/{WINDOW_S}s\nStart={START_S}s")


@scenario(deadline_s=1200)
def image(context):
    """a kernel that is damaged where no table tells it hangs, comes back from its checkpoint, hangs again before it is ready, and is well from its image"""
    desk = Desk(context, {"inputvm.vm": budget_of_one}, extra=gdb.ARGUMENTS)
    gdb.in_kernels(context, ["inputvm"], gdb.TIMER, gdb.SPIN)
    steps = ["makes no progress: ", f"restart 1 of 1 in {WINDOW_S} s, after 0 ms", "from its checkpoint", "makes no progress: not ready for ",
             "restart from its image, after 4000 ms", "from its image"]
    for step in steps:
        context.wait(f"inputvm: {step}", lambda line, step=step: line.startswith("hv: vm inputvm ") and step in line, BUSY_S)
    again(context, "inputvm", LINE_S)
    vm = desk.status()["inputvm"]
    context.check((vm["state"], vm["epoch"], vm["restarts_left"], vm["quarantined"], vm["last_stop"]["cause"]) ==
                  ("ready", 3, 0, False, "no-progress"), f"bhctl says of inputvm {vm}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
