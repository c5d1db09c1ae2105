# SPDX-License-Identifier: Apache-2.0
"""What lives of VMs cost in time, memory and exits. Moments are those at which lines of the core came out of the emulated serial port."""

import json
import os
import re
import statistics
import subprocess
import time

import admin
import counts
import table
import testimage
from errors import EmuError
from guests import Guests, off
from records import Journal
from serial_log import fields
from testimage import CHECKPOINT, CONSOLE, ENABLED, Vm

MIB = 1 << 20
PAGE = 4096
TURNS, TINY_TURNS = 5, 15
SMALL, LARGE = 4, 68  # MiB of two VMs that are killed
KEPT = {"little": 16, "more": 80, "large": 96, "larger": 160}  # MiB
TRACKED = 88  # MiB of a VM of which the core can still know what was written
LINE_S = 120
BOOT_S = 800
QUIET_S = 60  # netwatch asks often for 30 s
# Two spans of rest, each with one question to adminvm in it, which has admind look often for 5 s: what the longer has more is rest alone.
SHORT_S, LONG_S = 15, 75
SCREENS = ("work", "personal")  # their pixels lie beside their RAM
DIRTY, FULL = "vpnvm", "netvm"  # service VMs: restored where written, and whole because of a device
ALONE = "vpnvm"
# A kernel counts time: an instruction is a nanosecond, and the firmware may take minutes.
CLOCK = ("-icount", "shift=0,sleep=off")
STEP = re.compile(r"hv: (?:(vm \S+ (loading|dom=|checkpoint=|ready))|ready vms=)")
NET_RUNNER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "net", "run")
IMAGE = os.path.join(testimage.OUT, "bulkhead.img")


def network(context, *way):
    """The figures of tests/bench/net/run WAY, which has a machine of its own."""
    os.makedirs(context.rundir.path, exist_ok=True)
    path = context.rundir.file("net.json")
    context.doing = f"measuring: net/run {' '.join(way)}"
    done = subprocess.run([NET_RUNNER, *way, "--json", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    context.check(done.returncode == 0, done.stdout)
    return table.read(path)["figures"]


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
    for _ in range(TINY_TURNS):
        for name in ("small", "large"):
            guests.order(chr(ord("A") + guests.number(name)))
            begin = moments.next(f"hv: vm {name} loading")
            end = moments.next(f"hv: vm {name} ready")
            if name == "small":
                created.append(end - begin)
            guests.order(chr(ord("a") + guests.number(name)))
            begin = moments.next(f"hv: vm {name} stopped")
            killed[name].append(moments.next(f"hv: vm {name} dead") - begin)
    # Some ms: lines that come together have one moment, so the shortest is nothing, and more often than not they must not.
    if statistics.median(created) == 0:
        raise EmuError("the host was too busy to tell the start of a VM from its first instruction")
    return {"create-first-instruction": 1000 * statistics.median(created),
            "kill-per-mib": 1000 * (min(killed["large"]) - min(killed["small"])) / (LARGE - SMALL)}


def restored(context):
    """
    Restart VMs of two sizes again and again; each comes back from its checkpoint. Before every second death all their words were written. Of
    those small enough the core knows what was written (`written`); of the others it looks at every word, which differs (`changed`) or not (`compared`).
    """
    guests = Guests(context, [Vm(name, "kept", mib=mib, flags=ENABLED | CONSOLE | CHECKPOINT) for name, mib in KEPT.items()])
    context.start(image=testimage.build(context.rundir.path, guests.vms))
    context.wait_ready(LINE_S)
    wanted = {name: "restored where written" if mib < TRACKED else "restored whole" for name, mib in KEPT.items()}
    for name, how in wanted.items():
        if not any(line.startswith(f"hv: vm {name} checkpoint=") and line.endswith(how) for line in context.lines()):
            raise EmuError(f"VM {name} was to be {how}")
    moments = Moments(context)
    moments.at = len(context.lines())
    took = {}
    for life in range(1, 2 * TURNS + 1):
        for name in KEPT:
            guests.order(chr(ord("Q") + guests.number(name)))
            begin = moments.next(f"hv: vm {name} stopped")
            end = moments.next(f"hv: vm {name} dom=", "from its checkpoint")
            moments.next(f"hv: vm {name} ready")
            took.setdefault((name, life % 2 == 0), []).append(end - begin)

    def per_mib(small, large, wrote):
        return 1000 * (min(took[large, wrote]) - min(took[small, wrote])) / (KEPT[large] - KEPT[small])
    return {"restore-written-per-mib": per_mib("little", "more", True), "restore-compared-per-mib": per_mib("large", "larger", False),
            "restore-changed-per-mib": per_mib("large", "larger", True)}


def status(context):
    text, code = admin.run(context.rundir, "status --json")
    if code:
        raise EmuError(f"bhctl status ended with {code}")
    return json.loads(text)


def exits(context):
    """({VM: exits}, the moment)."""
    found = {vm["name"]: vm["exits"] for vm in status(context)["vms"]}
    return found, time.monotonic()


def idle(context):
    """{VM: exits a second} of a machine at rest."""
    context.until("things to calm down", after(QUIET_S), QUIET_S + LINE_S)
    seen = [exits(context)]
    for span in (SHORT_S, LONG_S):
        context.until("some time to pass", after(span), span + LINE_S)
        seen.append(exits(context))
    (first, begin), (second, middle), (third, end) = seen
    seconds = (end - middle) - (middle - begin)
    return {name: (third[name] - 2 * second[name] + first[name]) / seconds for name in third}


def steps(lines):
    """[(seconds after the hand-off, step)] of LINES [(moment, text)] until all VMs are ready."""
    begin = next(when for when, text in lines if text.startswith("bulkhead: leaving the firmware"))
    found = [(when - begin, match) for when, text in lines for match in [STEP.match(text)] if match]
    end = next(index for index, (_, match) in enumerate(found) if match.group(2) is None)
    return [(when, match.group(1) or "all VMs ready") for when, match in found[:end + 1]]


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


def memory_of(vms):
    """Of each VM: what it was given, what it uses by its own word, what its checkpoint and its image take."""
    figures = {}
    for vm in vms:
        held = vm["memory"]
        if held["used_bytes"] is None:
            raise EmuError(f"VM {vm['name']} does not say what it uses: it is not ready")
        for what in ("given", "used", "checkpoint"):
            figures[f"memory-{what}-{vm['name']}"] = held[f"{what}_bytes"] / MIB
        path = os.path.join(testimage.OUT, "vm", f"{vm['name']}.img")
        if os.path.getsize(path) > held["image_bytes"]:
            raise EmuError(f"the image of {vm['name']} on the disk is larger than the one in memory")
        figures[f"image-size-{vm['name']}"] = os.path.getsize(path) / MIB
    return figures


def product(context):
    """The workstation as it ships: until all are ready, at rest, and two service VMs restarted."""
    context.start(image=IMAGE, net="lan")
    context.wait_ready(BOOT_S)
    moments = Moments(context)
    begin = moments.next("bulkhead: leaving the firmware")
    figures = {"ready-all": moments.next("hv: ready vms=") - begin}
    for when, step in steps(moments.journal.lines):
        print(f"# {when:6.2f} s {step}", flush=True)
    each = idle(context)
    print("# exits a second: " + ", ".join(f"{name} {count:.1f}" for name, count in each.items()), flush=True)
    figures["idle-exits"] = sum(each.values())
    figures["memory-core"] = memory_of_core(context.lines())
    vms = status(context)["vms"]
    figures.update(memory_of(vms))
    of_core = {vm["name"]: vm["memory"]["core_bytes"] / MIB for vm in vms}
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
