#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: nothing of the machine is reached before, and every page is as it was in the life after, whoever wrote it."""

import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from records import Journal  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import fields  # noqa: E402
from testimage import CHECKPOINT, CONSOLE, ENABLED, Channel, Device, Vm  # noqa: E402

LINE_S = 180
ADMIN = 2
CLASS_EDU = 0x00FF
ENGINE = ["-device", "edu,addr=0x15,dma_mask=0xffffffffffffffff"]
ECAM = 0xB0000000
EDU_COMMAND = ECAM + (0x15 << 15) + 4  # its configuration space: bus 0, slot 15h
MASTER = 4
PAGE = 4096
PATTERN = struct.pack("<Q", 0x746E616C706D6921)
IMPLANTS = 5
KEPT = ENABLED | CONSOLE | CHECKPOINT


def line(context, what, wanted):
    return context.wait_seen(what, wanted, LINE_S)


def begins(text):
    return lambda seen: seen.startswith(text)


def extent(text):
    first, size = (int(number, 16) for number in text.split("+"))
    return first, size


def boot(context, devices, extra):
    """VM implant past its implants; its memory and its checkpoint, as the core says where they are."""
    vms = [Vm("implant", "implant", flags=KEPT), Vm("reaper", "reaper", cpu=1, rights=ADMIN)]
    image = testimage.build(context.rundir.path, vms, devices, [Channel("ring", 1, 0)])
    context.start(image=image, extra=extra)
    kept = fields(line(context, "its checkpoint", begins("hv: vm implant checkpoint=")))["checkpoint"]
    ram = fields(line(context, "its start", begins("hv: vm implant dom=")))["ram"]
    line(context, "its implants", begins(f"[implant] implants {IMPLANTS}"))
    line(context, "VM reaper", begins("hv: vm reaper ready"))
    return extent(ram), extent(kept.rstrip(","))


def pages_that_differ(context, one, other):
    left, right = context.memory(*one), context.memory(*other)
    context.check(len(left) == len(right) and any(left), "memory and checkpoint were to be read")
    return [at for at in range(0, len(left), PAGE) if left[at:at + PAGE] != right[at:at + PAGE]], left


def killed_and_compared(context, ram, kept, lives=2):
    """The VM is killed again and again; in each next life every page is the checkpoint's."""
    differ, memory = pages_that_differ(context, ram, kept)
    context.check(len(differ) >= IMPLANTS and memory.count(PATTERN) >= IMPLANTS,
                  f"not attempted: {len(differ)} pages differ, {memory.count(PATTERN)} implants are in memory")
    context.check(PATTERN not in context.memory(*kept)[:0x200000], "an implant is in the checkpoint")
    for life in range(2, 2 + lives):
        context.follower.send("r")
        line(context, f"life {life}", lambda seen, life=life: seen.startswith("hv: vm implant dom=") and
             f"life={life} running" in seen and seen.endswith("from its checkpoint"))
        context.until(f"what it says in life {life}",
                      lambda life=life: context.lines().count("[implant] a later life") >= life - 1, LINE_S)
        differ, memory = pages_that_differ(context, ram, kept)
        context.check(not differ, f"life {life}: pages {[hex(at) for at in differ[:8]]} are not as they were kept")


@scenario(deadline_s=600)
def implants_by_a_device(context):
    """what a VM's own device wrote into its code and memory is gone in its next life, page by page"""
    ram, kept = boot(context, [Device("engine", 0, CLASS_EDU)], ENGINE)
    killed_and_compared(context, ram, kept)


@scenario(deadline_s=600)
def implants_by_itself(context):
    """the same of a VM without a device, where only what was written is copied back, the core's own writes among it"""
    ram, kept = boot(context, [], [])
    context.check(any(seen.endswith("restored where written") for seen in context.lines()), "the table was to tell what was written")
    killed_and_compared(context, ram, kept)


@scenario(deadline_s=600)
def nothing_before(context):
    """before its checkpoint a VM has neither channel nor device: its registers are no memory, and it is no bus master"""
    vms = [Vm("hasty", "hasty", flags=KEPT), Vm("stay", "stay", cpu=1)]
    image = testimage.build(context.rundir.path, vms, [Device("engine", 0, CLASS_EDU)], [Channel("ring", 1, 0)])
    context.start(image=image, extra=ENGINE)
    line(context, "the device it sees", begins("[hasty] device 11e81234"))
    line(context, "the answer to its attach", begins("[hasty] attach 7"))
    stop = fields(line(context, "its end", begins("hv: vm hasty stopped: nested-fault")))
    context.check(stop["gpa"] == "80000000", f"it was to end at the device's registers: {stop}")
    command = struct.unpack("<H", context.memory(EDU_COMMAND, 2))[0]
    context.check(not command & MASTER, f"its device is a bus master: command register {command:#x}")


LIVES = 4
DRAWS = re.compile(r"\[drawer\] draws ([0-9a-f-]{36}) ([0-9a-f-]{36}) at ([0-9]+)")
CLOCK_S = 5  # the firmware's clock has seconds, and the machine may be slow


@scenario(deadline_s=600)
def lives_of_their_own(context):
    """lives of a Linux VM that begin at one checkpoint draw other random numbers each, and know what time it is"""
    context.start(image=testimage.build_site(context.rundir.path, "lives"), net="none")
    drawn, journal = [], Journal(context.rundir)
    for life in range(1, LIVES + 1):
        how = "from its image" if life == 1 else "from its checkpoint"
        line(context, f"life {life}", lambda seen, life=life, how=how: seen.startswith("hv: vm drawer dom=") and
             f"life={life} running" in seen and seen.endswith(how))
        seen = line(context, f"what life {life} draws", DRAWS.fullmatch)
        context.follower.seen.remove(seen)
        one, two, at = DRAWS.fullmatch(seen).groups()
        journal.more()
        moment = next(when for when, text in journal.lines if text == seen)
        context.check(abs(moment - int(at)) <= CLOCK_S, f"life {life} says it is {at}, it is {moment:.0f}")
        drawn += [one, two]
    context.check(len(set(drawn)) == 2 * LIVES, f"lives drew the same: {drawn}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
