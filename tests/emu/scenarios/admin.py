#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What adminvm says of the shipped machine, and what it does with it. Needs root for the test network."""

import hashlib
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import admin  # noqa: E402
import keys  # noqa: E402
import schema  # noqa: E402
import testimage  # noqa: E402
from desk import HELLO, Desk, heard  # noqa: E402
from lan import Lan  # noqa: E402
from physmem import PAGE, PhysMem  # noqa: E402
from published import Published  # noqa: E402
from runner import run, scenario  # noqa: E402

READY_S = 240
TUNNEL_S = 180
SERVICE_MAX = 48 << 20
FREED = 2 << 20  # pages that were written and are free again
HELD_BACK = 4 << 20  # what the kernel never gives to programs, and stacks, tables and rings that are still zero
VMS_ON = ("adminvm", "inputvm", "netvm", "personal", "usbvm", "vpnvm", "work")
DEVICES = {"netvm": [("01:00.0", "8086:10d3")], "usbvm": [("02:00.0", "1b36:000d")]}  # as machine.py puts them in
ABSENT = {"adminvm": 1}  # devices that the site names and this machine has not: the second disk
RESTARTS = 5
AGAIN_S = 180
FETCH_S = 180
PIECE = 256 << 10
TUNNEL_UP = r"\[vpnvm\] vpnvmd: tunnel up"
KEYBOARD = r"\[inputvm\] inputvmd: device .*: keyboard"
RESTARTED = {  # what is said when the VM's work goes on; whether it stands between personal and what is tried there
    "netvm": (None, True),
    "vpnvm": (TUNNEL_UP, False),
    "usbvm": (KEYBOARD, False),
    "inputvm": (KEYBOARD, True),
}


def ask(context, command):
    """What bhctl printed; it must have succeeded."""
    context.doing = f"asking adminvm for {command}"
    output, status = admin.run(context.rundir, command)
    context.check(status == 0, f"{command}: exit status {status}: {output}")
    return output


def status_of(context):
    """The answer of bhctl status --json, which must fit its schema; its VMs by name."""
    answer = json.loads(ask(context, "bhctl status --json"))
    with open(os.path.join(testimage.ROOT, "tests", "emu", "status.schema.json"), encoding="utf-8") as file:
        schema.check(answer, json.load(file))
    answer["vms"] = {vm["name"]: vm for vm in answer["vms"]}
    return answer


def version_built():
    """The version in the core's header."""
    with open(os.path.join(testimage.ROOT, "hypervisor", "abi", "hv_hypercall.h"), encoding="utf-8") as header:
        number = int(re.search(r"HV_CORE_VERSION 0x([0-9a-f]+)u", header.read()).group(1), 16)
    return ".".join(str(number >> shift & 255) for shift in (16, 8, 0))


def touched(context):
    """{VM: bytes of its RAM in pages that are not zero}: a VM's RAM is zeroed before it starts."""
    published = Published(context.lines())
    found = {}
    with context.qmp() as qmp:
        for vm in published.vms.values():
            mem = PhysMem(qmp, context.rundir)
            mem.load(vm.ram[0], vm.ram[1] - vm.ram[0])
            found[vm.name] = PAGE * sum(any(page) for page in mem.pages.values())
    return found


def status_is_true(context):
    """Each figure of bhctl status against somebody else's."""
    answer, check = status_of(context), context.check
    published = Published(context.lines())
    hypervisor, vms = answer["hypervisor"], answer["vms"]
    check(hypervisor["version"] == version_built(), f"the core calls itself {hypervisor['version']}, its header {version_built()}")
    check(hypervisor["bytes"] == published.core[1] - published.core[0], f"the core has {hypervisor['bytes']} bytes, it published {published.core}")
    check((answer["focus"], answer["vpn"]) == ("work", "up"), f"focus {answer['focus']}, VPN {answer['vpn']}")
    check(set(vms) == set(VMS_ON), f"the VMs are {sorted(vms)}")
    pages = touched(context)
    for name, vm in vms.items():
        with open(testimage.build_file("vm", f"{name}.img"), "rb") as image:
            data = image.read()
        memory, first, end = vm["memory"], *published.vms[next(n for n, p in published.vms.items() if p.name == name)].ram
        check(vm["digest"] == hashlib.sha256(data).hexdigest(), f"{name}: digest {vm['digest']} is not the build's")
        check(memory["image_bytes"] == len(data), f"{name}: image of {memory['image_bytes']} bytes, built with {len(data)}")
        check((vm["state"], vm["epoch"], vm["restarts"], vm["last_stop"]) == ("ready", 1, 0, None), f"{name}: {vm}")
        check(memory["given_bytes"] == end - first, f"{name}: given {memory['given_bytes']}, mapped {end - first}")
        check(vm["role"] == "pvm" or memory["given_bytes"] <= SERVICE_MAX, f"{name}: a service VM with {memory['given_bytes']} bytes")
        # A pVM's screen is memory of its own that stays zero where it is black.
        screen = 4 << 20 if vm["role"] == "pvm" else 0
        # Where its files came from is given back by the kernel, and not cleared.
        freed = FREED + os.path.getsize(testimage.build_file("vm", f"{name}.cpio"))
        check(pages[name] - freed <= memory["used_bytes"] <= pages[name] + screen + HELD_BACK,
              f"{name} says that it uses {memory['used_bytes']} bytes, but {pages[name]} of its RAM are not zero")
        found = [(device["slot"], device["id"]) for device in vm["devices"] if device["state"] == "assigned"]
        check(found == DEVICES.get(name, []) and len(found) + ABSENT.get(name, 0) == len(vm["devices"]), f"{name}: devices {vm['devices']}")
        check(vm["cpu_ns"] > 0 and vm["exits"] > 0, f"{name}: {vm['cpu_ns']} ns, {vm['exits']} exits")


@scenario(deadline_s=600)
def status(context):
    """bhctl status --json fits its schema, and digests, memory, devices, focus, VPN and version are what others say"""
    context.start(image=testimage.build_product(context.rundir.path, heard({})), net="lan")
    context.wait_ready(READY_S)
    context.wait_seen("the tunnel", re.compile(TUNNEL_UP).fullmatch, TUNNEL_S)
    status_is_true(context)
    ask(context, "bhctl hw check")  # its exit status: every device of the shipped site can be reset
    lines = ask(context, "bhctl status").splitlines()
    for name in VMS_ON:
        context.check(any(line.split()[:3:2] == [name, "ready"] for line in lines), f"no line of {name} in:\n" + "\n".join(lines))


class Fetcher:
    """The shells of work and personal, told by keyboard to fetch pieces of the file each of them can reach."""

    def __init__(self, desk):
        self.desk = desk
        self.pieces = 0
        lan = Lan(desk.context.rundir.path)
        self.files = {}
        for vm, side in (("personal", "near"), ("work", "far")):  # the focus ends with work
            with open(lan.file(f"{side}.bin"), "rb") as file:
                self.files[vm] = file.read()
            desk.chord("ctrl-alt-2" if vm == "personal" else "ctrl-alt-1", vm)
            desk.enter(f"d(){{ wget -qO- {lan.info()[side + '_url']}|head -c $1|sha256sum >/dev/console;}}")

    def fetch(self, vm):
        """A piece of another length each time, so that an old sum is never the right one."""
        self.pieces += 1
        size = PIECE + self.pieces
        self.desk.enter(f"d {size}")
        line = self.desk.context.wait(f"{vm} fetching {size} bytes", re.compile(rf"\[{vm}\] [0-9a-f]{{64}}  -").fullmatch, FETCH_S)
        wanted = hashlib.sha256(self.files[vm][:size]).hexdigest()
        self.desk.context.check(line.split()[1] == wanted, f"{vm} fetched {size} bytes with SHA-256 {line.split()[1]}, not {wanted}")


def life(context, vm, epoch, again):
    """VM's life number EPOCH is ready and does its work: two lines in any order after the one that begins it."""
    begin = re.compile(rf"hv: vm {vm} dom=.* life={epoch} running .*")
    context.wait(f"life {epoch} of {vm}", begin.fullmatch, AGAIN_S)
    wanted = [re.compile(text) for text in (f"hv: vm {vm} ready", again) if text]

    def last(line):
        wanted[:] = [text for text in wanted if not text.fullmatch(line)]
        return not wanted

    context.wait(f"life {epoch} of {vm} being ready: {' and '.join(text.pattern for text in wanted)}", last, AGAIN_S)


def numbers(answer):
    return {name: (vm["epoch"], vm["restarts"], vm["state"]) for name, vm in answer["vms"].items()}


def restart(desk, fetcher, vm):
    """One restart; what it must leave as it was, and what must work again. Gives back the seconds until VM is back."""
    context, (again, beside) = desk.context, RESTARTED[vm]
    before = numbers(status_of(context))
    begin = time.monotonic()
    ask(context, f"bhctl restart {vm}")
    life(context, vm, before[vm][0] + 1, again)
    took = time.monotonic() - begin
    after = status_of(context)
    wanted = {**before, vm: (before[vm][0] + 1, before[vm][1] + 1, "ready")}
    context.check(numbers(after) == wanted, f"after a restart of {vm}: {numbers(after)}, not {wanted}")
    # By itself, as it was asked; a machine that has no time for that stops it after 3 s.
    context.check(after["vms"][vm]["last_stop"]["cause"] in ("exit", "killed"), f"{vm} stopped by {after['vms'][vm]['last_stop']}")
    context.audit()
    desk.skip()
    desk.send(keys.strokes_of_text("hello"))
    desk.expect("work", HELLO)
    desk.send(keys.strokes_of_chord("ctrl-u"))
    fetcher.fetch("work")
    if beside:
        desk.chord("ctrl-alt-2", "personal")
        fetcher.fetch("personal")
        desk.chord("ctrl-alt-1", "work")
    return took


@scenario(deadline_s=1200)
def restarts(context):
    """netvm, vpnvm, usbvm and inputvm restarted 5 times each: only its numbers rise, audit clean, new typing, new downloads"""
    desk = Desk(context, net="lan")
    context.wait_seen("the tunnel", re.compile(TUNNEL_UP).fullmatch, TUNNEL_S)
    fetcher = Fetcher(desk)
    for vm in RESTARTED:
        took = [restart(desk, fetcher, vm) for _ in range(RESTARTS)]
        print(f"# {vm}: back after {' '.join(f'{one:.1f}' for one in took)} s", flush=True)


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
