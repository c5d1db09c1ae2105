# SPDX-License-Identifier: Apache-2.0
"""What lives of VMs cost in time, memory and exits. Moments are those at which lines of the core came out of the emulated serial port."""

import json
import os
import re
import time

import admin
import counts
import testimage
from errors import EmuError
from guests import Guests, off
from records import Journal
from serial_log import fields

MIB = 1 << 20
PAGE = 4096
TURNS = 5
SMALL, LARGE = 4, 68  # MiB of two VMs that are killed
LINE_S = 120
BOOT_S = 800
QUIET_S, IDLE_S = 60, 60  # netwatch asks often for 30 s, and admind looks often for 5 s after it was asked
SCREENS = ("work", "personal")  # their pixels lie beside their RAM
DIRTY, FULL = "vpnvm", "netvm"  # service VMs: restored where written, and whole because of a device
ALONE = "vpnvm"
# A kernel counts time: an instruction is a nanosecond, and the firmware may take minutes.
CLOCK = ("-icount", "shift=0,sleep=off")
IMAGE = os.path.join(testimage.OUT, "bulkhead.img")


class Moments:
    """When lines of the core came, one after the other."""

    def __init__(self, context):
        self.journal = Journal(context.rundir)
        self.at = 0

    def next(self, begins, word=""):
        """The moment of the next line that begins with BEGINS and has WORD in it."""
        (when, _), number = self.journal.wait(begins, lambda text: text.startswith(begins) and word in text, LINE_S, self.at)
        self.at = number + 1
        return when


def tiny(context):
    """Create a VM of 4 MiB whose first instructions say that it is there; kill it and a larger one: zeroed, read back, dead."""
    vms = [off("small", "stay"), off("large", "stay")]
    vms[1].mib = LARGE
    guests = Guests(context, vms)
    context.start(image=testimage.build(context.rundir.path, guests.vms))
    guests.ready("boss")
    guests.off("small")
    guests.off("large")
    moments = Moments(context)
    created, killed = [], {"small": [], "large": []}
    for _ in range(TURNS):
        for name in ("small", "large"):
            guests.order(chr(ord("A") + guests.number(name)))
            begin = moments.next(f"hv: vm {name} loading")
            end = moments.next(f"hv: vm {name} ready")
            if name == "small":
                created.append(end - begin)
            guests.order(chr(ord("a") + guests.number(name)))
            begin = moments.next(f"hv: vm {name} stopped")
            killed[name].append(moments.next(f"hv: vm {name} dead") - begin)
    return {"create-first-instruction": 1000 * min(created),
            "kill-per-mib": 1000 * (min(killed["large"]) - min(killed["small"])) / (LARGE - SMALL)}


def status(context):
    text, code = admin.run(context.rundir, "status --json")
    if code:
        raise EmuError(f"bhctl status ended with {code}")
    return json.loads(text)


def exits(context):
    return sum(vm["exits"] for vm in status(context)["vms"])


def restores(context, name):
    """Milliseconds from the stop of VM NAME until it runs again, the best of some."""
    moments, took = Moments(context), []
    moments.at = len(context.lines())
    for _ in range(TURNS):
        admin.run(context.rundir, f"restart {name} --now")
        begin = moments.next(f"hv: vm {name} stopped")
        took.append(moments.next(f"hv: vm {name} dom=", "from its checkpoint") - begin)
        moments.next(f"hv: vm {name} ready")
    return 1000 * min(took)


def memory_of_core(lines):
    """MiB that the core has for itself: image, table of owners, tables of pages."""
    roots = next(fields(line) for line in lines if line.startswith("hv: roots "))
    core = int(roots["core"].partition("+")[2], 16)
    return (core + 4 * int(roots["count"]) + PAGE * int(roots["pages"])) / MIB


def product(context):
    """The workstation as it ships: until all are ready, at rest, and two service VMs restarted."""
    context.start(image=IMAGE, net="lan")
    context.wait_ready(BOOT_S)
    moments = Moments(context)
    begin = moments.next("bulkhead: leaving the firmware")
    figures = {"ready-all": moments.next("hv: ready vms=") - begin}
    context.until("things to calm down", after(QUIET_S), QUIET_S + LINE_S)
    before, began = exits(context), time.monotonic()
    context.until("some time to pass", after(IDLE_S), IDLE_S + LINE_S)
    figures["idle-exits"] = (exits(context) - before) / (time.monotonic() - began)
    figures["memory-core"] = memory_of_core(context.lines())
    of_core = {vm["name"]: vm["memory"]["core_bytes"] / MIB for vm in status(context)["vms"]}
    figures["memory-per-vm"] = max(of_core[name] for name in of_core if name not in SCREENS)
    figures["memory-per-screen"] = max(of_core[name] for name in SCREENS)
    figures["image-size"] = os.path.getsize(IMAGE) / MIB
    figures["restore-dirty"] = restores(context, DIRTY)
    figures["restore-full"] = restores(context, FULL)
    return figures


def after(seconds):
    """A condition that holds from SECONDS on."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def boot(context):
    """One service VM alone on one processor, by the clock that counts instructions: exits until its checkpoint."""
    edits = {f"{name}.vm": disabled for name in ("netvm", "usbvm", "inputvm", "adminvm", "work", "personal", "vpnvm") if name != ALONE}
    edits["bundle.conf"] = lambda text: re.sub(r"(?m)^Focus=.*\n", "", text)
    context.start(image=testimage.build_product(context.rundir.path, edits), extra=list(CLOCK), **counts.MACHINE)
    line = context.wait_seen(f"the checkpoint of {ALONE}", lambda line: line.startswith(f"hv: vm {ALONE} checkpoint="), BOOT_S)
    context.ended = True
    return {"boot-exits": int(fields(line)["exits"].rstrip(","))}


def disabled(text):
    """An edit: the VM is there, and off."""
    return text.replace("[VM]\n", "[VM]\nEnabled=no\n", 1)
