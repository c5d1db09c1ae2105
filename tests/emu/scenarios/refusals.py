#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Machines that Bulkhead cannot protect: each is refused on screen and serial, and nothing runs."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import screen  # noqa: E402
import testimage  # noqa: E402
from machine import CPUS  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import console_of  # noqa: E402
from testimage import Vm  # noqa: E402

REFUSED_S = 120  # the firmware comes before
HALTED_S = 60
INTERRUPTS = 1 << 9


def processors(context):
    """[(halted, flags)] of each processor."""
    with context.qmp() as qmp:
        text = qmp.human("info registers -a")
    return [(halted == "1", int(flags, 16)) for flags, halted in
            re.findall(r"\b[RE]FL=([0-9a-f]+).*\bHLT=(\d)", text)]


def refused(context, found, needed, mib=16, **options):
    """
    The machine with OPTIONS is refused with words that fit FOUND and NEEDED, and stands still.

    The disk holds a VM of MIB that runs on a machine nothing is missing from: see payloads.
    """
    context.start(image=testimage.build(context.rundir.path, [Vm("guest", "stay", mib=mib)]), **options)
    line = context.wait("a line 'REFUSED:'", lambda text: text.startswith("REFUSED:"), REFUSED_S,
                        lambda text: text.startswith("hv: ") or console_of(text))
    words = re.search(r"found (.*?); needed: (.*)", line)
    context.check(words, f"the refusal does not say what was found and what is needed: {line}")
    context.check(re.search(found, words.group(1)), f"found: expected {found!r}, the line is: {line}")
    context.check(re.search(needed, words.group(2)), f"needed: expected {needed!r}, the line is: {line}")
    context.wait("the line that the machine is halted", lambda text: "halted" in text, HALTED_S)
    shown = line if len(line) < 80 else line.replace(";", ";\n", 1)  # the loader breaks it there
    context.until(f"the line on the screen: {line}", lambda: screen.find_text(context.picture(), shown), HALTED_S)
    stands_still(context, options.get("cpus", CPUS))
    for text in context.lines():
        context.check(not text.startswith("hv: ") and not console_of(text),
                      f"something ran although the machine was refused: {text}")


def stands_still(context, processors_there):
    # a processor says that it will halt before it does
    states = context.until("every processor to be halted", lambda: [states for states in [processors(context)] if all(halted for halted, _ in states)], HALTED_S)[0]
    context.check(len(states) == processors_there, f"QEMU shows {len(states)} processors")
    context.check(not states[0][1] & INTERRUPTS, "the first processor is halted, but interrupts can wake it")


@scenario(deadline_s=600)
def no_amd_v(context):
    """a processor without AMD-V is refused"""
    refused(context, "no AMD-V", "AMD-V", without=["svm"])


@scenario(deadline_s=600)
def no_nested_paging(context):
    """AMD-V without nested paging is refused"""
    refused(context, "no nested paging", "nested paging", without=["npt"])


@scenario(deadline_s=600)
def no_iommu(context):
    """a board without IOMMU is refused"""
    refused(context, "no .*(IOMMU|DMAR)", "VT-d", without=["iommu"])


@scenario(deadline_s=600)
def no_interrupt_remapping(context):
    """an IOMMU without interrupt remapping is refused"""
    refused(context, "(no|without) interrupt remapping", "interrupt remapping", without=["intremap"])


@scenario(deadline_s=600)
def too_little_memory(context):
    """a machine with less memory than the VMs need is refused"""
    refused(context, r"\b[12]?\d\d MiB", r"\b5\d\d MiB", mib=512, memory=256)


@scenario(deadline_s=600)
def one_processor(context):
    """a refusal on a machine with one processor is the same"""
    refused(context, "no AMD-V", "AMD-V", without=["svm"], cpus=1)


@scenario(deadline_s=600)
def no_entropy(context):
    """a machine without any source of random numbers is refused: every key would be one that can be guessed"""
    refused(context, "16 bits", "128 bits", extra=["-cpu", "max,-rdrand,-rdseed"])


@scenario(deadline_s=600)
def wrong_description(context):
    """a description that only the core finds wrong is refused by the core, in the loader's words, on the bar too"""
    twins = [Vm("guest", "stay"), Vm("guest", "stay", cpu=1)]
    context.start(image=testimage.build(context.rundir.path, twins))
    line = context.wait("a line 'REFUSED:'", lambda text: text.startswith("REFUSED:"), REFUSED_S)
    rule = "two domains have one name or one chord"
    context.check(re.match(rf"REFUSED: description: found .*{rule}.*; needed: ", line), f"the refusal is: {line}")
    context.wait("the line that the machine is halted", lambda text: text == "hv: halt", HALTED_S)
    picture = context.picture()
    shown = [screen.bar_line(picture, number) for number in (0, 1)]
    context.check(shown == ["REFUSED:", rule.upper()], f"the bar says {shown}")
    stands_still(context, CPUS)
    context.check(not any(console_of(text) or "running on" in text for text in context.lines()), "a VM ran")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
