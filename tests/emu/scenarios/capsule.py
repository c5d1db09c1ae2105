#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a VM leaves to its next life: it alone gets it, and when it is switched off nothing of it is left in the machine."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from published import Published  # noqa: E402
from runner import run, scenario  # noqa: E402
from scenarios.residue import ADMIN, LINE_S, MEMORY_MIB, Found, halves_of, line  # noqa: E402
from testimage import Vm  # noqa: E402

EPERM = 3


def heard(context, name, text):
    """VM NAME has said TEXT in this life; what an earlier life said does not count."""
    said = f"[{name}] {text}"
    line(context, f"{name} to say {text}", lambda one: one == said)
    context.follower.seen.remove(said)


def over(context, key, name, how):
    """The order KEY ends VM NAME."""
    context.follower.send(key)
    context.wait(f"the end of {name}", lambda text: text == f"hv: vm {name} {how}, memory clean", LINE_S)


@scenario(deadline_s=600)
def left(context):
    """random bytes that a VM put into its capsule are the core's alone when it is killed, its own again in the next life, and gone once it was off"""
    vms = (Vm("boss", "boss", rights=ADMIN), Vm("leaver", "leaver", mib=32, cpu=1, capsule=4096), Vm("poor", "leaver", cpu=1),
           Vm("other", "leaver", cpu=1, capsule=1024))
    context.start(image=testimage.build(context.rundir.path, vms), memory=MEMORY_MIB)
    context.check(context.wait_ready() == "hv: ready vms=4", "four VMs are to be ready")
    for name in ("leaver", "other"):
        for text in ("get 0", "bytes 0", "put 0"):
            heard(context, name, text)
    for text in (f"get {EPERM}", f"put {EPERM}"):
        heard(context, "poor", text)
    mark, other, published = halves_of(context, "leaver"), halves_of(context, "other"), Published(context.lines())
    rams = {vm.name: vm.ram for vm in published.vms.values()}
    found = Found(context, mark)
    context.check(found.within(published.core) == 2 and found.within(rams["leaver"]) >= 2, f"the living VM's mark: {found.told()}")

    over(context, "b", "leaver", "dead (killed)")
    found = Found(context, mark)
    context.check(len(found.at) == found.within(published.core) == 2, f"of a dead VM the core alone was to have two words: {found.told()}")
    context.follower.send("B")
    for text in ("get 0", "bytes 10"):
        heard(context, "leaver", text)
    had = halves_of(context, "leaver", "had-")
    context.check(had == mark, f"the next life was given {had}, left was {mark}")
    mark = halves_of(context, "leaver")
    heard(context, "leaver", "put 0")

    over(context, "1", "leaver", "off (off)")
    found = Found(context, mark)
    context.check(not found.at and not found.registers, f"of a VM that was switched off there is left: {found.told()}")
    found = Found(context, other)
    context.check(found.within(published.core) == 2, f"the other VM's capsule was to stay: {found.told()}")
    begin = len(context.lines())
    context.follower.send("B")
    for text in ("get 0", "bytes 0"):
        heard(context, "leaver", text)
    context.after(begin, "its readiness", lambda text: text == "hv: vm leaver ready", LINE_S)


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
