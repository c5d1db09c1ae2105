#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Devices with and without a reset, behind a port and on the root bus, taken from VMs that die and given back. The devices judge."""

import json
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import admin  # noqa: E402
import machine as machine_under_test  # noqa: E402
import schema  # noqa: E402
import testimage  # noqa: E402
from physmem import PAGE, PhysMem, bdf_text, functions  # noqa: E402
from published import Published  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import console_of  # noqa: E402
from testimage import CONSOLE, ENABLED, MATCH_ID, RESET_ALL, Device, Vm  # noqa: E402

ADMIN = 2
LINE_S = 180
LIVES = 6
MASTER, DECODE = 4, 2
SEEN_AT = 3 << 20  # struct seen of tests/payloads/device/function.h
SEEN = struct.Struct("<8Q256Q")
SEEN_MARK = 0x4E4545534E454553
PLAN_MARK = 0x6E616C702D657373  # tests/payloads/device/owner.c
WRITES = 6
BAR = 0x80000000  # where the VM has the device's registers
SHARED = 0x3C0000  # pages of the VM for the device, above what the image fills


class Kind:
    """One model of device: what its owner writes into its registers and memory, and where that shows from outside."""

    def __init__(self, name, vendor, device, options, writes, register, mark, default, mask=0xFFFFFFFF, flr=False):
        self.name = name
        self.id = vendor << 16 | device
        self.options = f"{name}{options}"
        self.writes = writes
        self.register, self.mark, self.default, self.mask = register, mark, default, mask  # register: (range, offset)
        self.flr = flr


XHCI = ([(BAR + 0x70, 0x5A000)], (0, 0x70), 0x5A000, 0)  # address of the device contexts
KINDS = [
    # Admin queues of 4 entries, then on: it says that it is ready.
    Kind("nvme", 0x1B36, 0x0010, ",serial=bulkhead",
         [(BAR + 0x24, 0x30003), (BAR + 0x28, SHARED), (BAR + 0x30, SHARED + PAGE), (BAR + 0x14, 0x460001)], (0, 0x1C), 1, 0, mask=1, flr=True),
    Kind("e1000e", 0x8086, 0x10D3, ",romfile=", [(BAR + 0x38, 0x1234)], (0, 0x38), 0x1234, 0x8100),  # type of VLAN frames
    # It reads a magic and an MTU from memory, then it is active: the answer to that command is 0, else 1.
    Kind("vmxnet3", 0x15AD, 0x07B0, ",romfile=",
         [(SHARED, 0xBABEFEE1), (SHARED + 56, 1500), (BAR + PAGE + 0x10, SHARED), (BAR + PAGE + 0x18, 0), (BAR + PAGE + 0x20, 0xCAFE0000)],
         (1, 0x20), 0, 1),
    Kind("qemu-xhci", 0x1B36, 0x000D, "", *XHCI),
    Kind("nec-usb-xhci", 0x1033, 0x0194, "", *XHCI),
]


def space(context, bdf):
    """Configuration space of a function now, by the machine's own window: 64 words."""
    with context.qmp() as qmp:
        qmp.human(f"o /w 0xcf8 {1 << 31 | 0x60:#x}")  # where the host bridge maps it all
        base = int(qmp.human("i /w 0xcfc").split("=")[1], 16) & 0xF0000000
        return struct.unpack("<64I", PhysMem(qmp, context.rundir).page(base + (bdf << 12))[:256])


class Owned:
    """A device of the machine and the VM that has it."""

    def __init__(self, number, kind, behind):
        self.kind, self.behind, self.number = kind, behind, number
        self.name = f"{kind.name[:8].strip('-')}-{'port' if behind else 'root'}"
        self.expected = "flr" if kind.flr else "bus" if behind else None
        self.bdf = None
        self.addresses = None  # its six address registers, as it has them while a VM has it

    def arguments(self, slot):
        if not self.behind:
            return ["-device", f"{self.kind.options},addr={0x10 + slot:#x}"]
        return ["-device", f"pcie-root-port,id=p{slot},chassis={slot + 1},addr={4 + slot}", "-device", f"{self.kind.options},bus=p{slot}"]

    def vm(self):
        old = struct.pack("<Q", PLAN_MARK) + bytes(16 * WRITES)
        new = struct.pack("<Q", PLAN_MARK) + b"".join(struct.pack("<2Q", *write) for write in self.kind.writes)
        new = new.ljust(len(old), b"\0")
        return Vm(self.name, "owner", mib=4, cpu=1 + self.number % 2, parameter=(old, new), flags=ENABLED | CONSOLE)

    def device(self):
        # Of two of one kind the one on the root bus comes first.
        return Device(self.name, self.number, self.kind.id, match=(MATCH_ID, int(self.behind)), reset=RESET_ALL)


class Machine:
    """Five models, each behind a port of its own and on the root bus, each with a VM."""

    def __init__(self, context):
        self.context = context
        self.owned = [Owned(2 * i + behind, kind, bool(behind)) for i, kind in enumerate(KINDS) for behind in (0, 1)]
        self.life = 1

    def start(self):
        vms = [o.vm() for o in self.owned] + [Vm("boss", "boss", mib=4, rights=ADMIN, priority=5)]
        image = testimage.build(self.context.rundir.path, vms, [o.device() for o in self.owned])
        extra = [word for o in self.owned for word in o.arguments(o.number // 2)]
        self.context.start(image=image, without=("nic", "usb"), extra=extra)
        self.all_lines("life 1 of each VM", [self.ran(o, 1) for o in self.owned] + [self.ready(o) for o in self.owned])
        for o in self.owned:
            line = next(line for line in self.context.lines() if line.startswith(f"hv: device {o.name} bdf="))
            o.bdf = int(re.search(r" bdf=([0-9a-f]+)", line).group(1), 16)
            self.context.check((o.bdf >> 8 != 0) == o.behind, f"device {o.name} is at {o.bdf:#x}")
            o.addresses = self.space(o)[4:10]

    @staticmethod
    def ran(o, life):
        return rf"hv: vm {o.name} dom=.* life={life} running .*"

    @staticmethod
    def ready(o):
        return rf"hv: vm {o.name} ready"

    def all_lines(self, what, patterns):
        """Each of PATTERNS among the lines that come, in any order."""
        wanted = [re.compile(pattern) for pattern in patterns]

        def last(line):
            wanted[:] = [pattern for pattern in wanted if not pattern.fullmatch(line)]
            return not wanted

        self.context.wait(what, last, LINE_S, lambda line: line.startswith(("hv: halt", "hv: crash")))

    def space(self, o):
        return space(self.context, o.bdf)

    def register(self, o):
        at, offset = o.kind.register
        low = o.addresses[at]
        base = low & ~0xF | (o.addresses[at + 1] << 32 if low & 4 else 0)
        with self.context.qmp() as qmp:
            return PhysMem(qmp, self.context.rundir).register32(base + offset) & o.kind.mask

    def order(self, first, some):
        self.context.follower.send("".join(chr(ord(first) + o.number) for o in some))

    def lives(self, o):
        """The VM runs, has its device, and the device is as this life must find or leave it."""
        check, wanted = self.context.check, o.kind.mark
        ram = next(vm.ram for vm in Published(self.context.lines()).vms.values() if vm.name == o.name)
        mark, phase, _, *rest = SEEN.unpack(self.context.memory(ram[0] + SEEN_AT, SEEN.size))
        check((mark, phase, rest[5]) == (SEEN_MARK, self.life, o.kind.id >> 16 | (o.kind.id & 0xFFFF) << 16),
              f"{o.name} in life {self.life}: {mark:#x}, life {phase}, device {rest[5]:#x}")
        words = self.space(o)
        check(words[1] & (MASTER | DECODE) == MASTER | DECODE, f"{o.name} has command {words[1]:#x}")
        lost = [at for at, (now, first) in enumerate(zip(words[4:10], o.addresses)) if now != first and not first & 1]  # ports are never given
        check(not lost, f"{o.name}: address registers {lost} are {[hex(word) for word in words[4:10]]}, not {[hex(word) for word in o.addresses]}")
        if self.life % 2 == 0 and o.expected:
            wanted = o.kind.default  # reset, and nobody has touched it since
        check(self.register(o) == wanted, f"{o.name} in life {self.life}: register {o.kind.register} is {self.register(o):#x}, not {wanted:#x}")

    def dead(self, o):
        """What configuration space says of a device that was taken back."""
        words, reset = self.space(o), o.expected is not None
        self.context.check(words[1] & MASTER == 0, f"{o.name} of a dead VM has command {words[1]:#x}")
        addresses = [word & ~0xF for word in words[4:10]]
        self.context.check(any(addresses) != reset, f"{o.name} of a dead VM has addresses {[hex(a) for a in addresses]}")

    def cycle(self, some):
        """SOME VMs die, their devices are judged, and they live again."""
        self.order("a", some)
        self.all_lines("the end of " + " ".join(o.name for o in some), [rf"hv: vm {o.name} dead .*memory clean" for o in some])
        for o in some:
            self.dead(o)
        self.order("A", some)
        self.all_lines(f"life {self.life + 1}", [p for o in some for p in (self.ran(o, self.life + 1), self.ready(o))])

    def judge_log(self, o):
        """The core said of each death what the device showed; that it does not reset it said once."""
        lines = self.context.lines()
        resets = [line.split()[5] for line in lines if line.startswith(f"hv: device {o.name} reset by ")]
        tainted = [line for line in lines if line.startswith(f"hv: device {o.name} does not reset")]
        self.context.check(resets == [o.expected] * (LIVES - 1) if o.expected else resets == [], f"{o.name} was reset by {resets}")
        self.context.check(len(tainted) == (0 if o.expected else 1), f"of {o.name} the core says {tainted}")


@scenario(deadline_s=600)
def ladder(context):
    """five models behind ports and on the root bus, five deaths each: reset by FLR or bus, or tainted and back with its VM"""
    machine = Machine(context)
    machine.start()
    ports = [o for o in machine.owned if o.behind]
    root = [o for o in machine.owned if not o.behind]
    for o in machine.owned:
        machine.lives(o)
    while machine.life < LIVES:  # bound: one life more each time
        machine.cycle(ports)
        for o in root:
            machine.lives(o)  # a reset of a bus is no business of theirs
        machine.cycle(root)
        machine.life += 1
        for o in machine.owned:
            machine.lives(o)
    for o in machine.owned:
        machine.judge_log(o)
    context.check(not any("iommu fault" in line for line in context.lines()), "there were IOMMU faults")
    context.audit()


AUTORESTART = 32
TRACE = "card.log"
HELD_NS = 0xFFFF * 256  # tests/payloads/device/throttle.c


@scenario(deadline_s=600)
def held_back(context):
    """a VM dies while its card holds an interrupt back, three times, behind a port and on the root bus: the card's time ends in nothing"""
    port = ["-device", "pcie-root-port,id=p1,chassis=1,addr=4", "-device", "e1000e,romfile=,bus=p1"]
    vms = [Vm(name, "throttle", mib=4, cpu=1 + cpu, flags=ENABLED | CONSOLE | AUTORESTART) for cpu, name in enumerate(("root", "port"))]
    cards = [Device(vm.name, at, 0x808610D3, match=(MATCH_ID, at), reset=RESET_ALL) for at, vm in enumerate(vms)]
    context.start(image=testimage.build(context.rundir.path, vms, cards), without=("nic", "usb"),
                  extra=["-device", "e1000e,romfile=,addr=0x10", *port, "-trace", "e1000e_irq_rearm_timer", "-trace", "e1000e_irq_throttling_no_pending_vec",
                         "-D", TRACE])
    for vm in vms:
        context.wait_seen(f"life 4 of VM {vm.name}", re.compile(rf"hv: vm {vm.name} dom=.* life=4 running .*").fullmatch, LINE_S)
    context.check(context.wait_ready() == "hv: ready vms=2", "two VMs are to be ready")
    with open(context.rundir.file(TRACE), encoding="ascii") as log:
        text = log.read()
    # A reset in time ends it without a word; on the root bus there is none, and behind the port D3hot is tried first once.
    began, ended = text.count(f"delay {HELD_NS} ns"), text.count("no_pending_vec")
    context.check(began == 6 and 4 <= ended <= 6, f"six interrupts were to be held back: {began} began, {ended} ended\n{text[:2000]}")
    for vm in vms:
        said = [c[1] for c in map(console_of, context.lines()) if c and c[0] == vm.name]
        context.check(said == ["msix 0"] * 4, f"MSI-X is to be off when a life begins; VM {vm.name} wrote {said}")
    context.audit()


READY_S = 240
RESTARTS = 3
KEYBOARD = re.compile(r"\[inputvm\] inputvmd: device .*: keyboard")
ROOT_BUS = ["-device", "nvme,serial=bulkhead,addr=0x10", "-device", "nec-usb-xhci,addr=0x14"]
MORE = """
[Device]
Name={}
Match=id:{}
Optional=yes
"""
SITE = {  # a device without a driver that has FLR; one that has a driver and no reset; one that is not there
    "netvm.vm": lambda text: text + MORE.format("disk", "1b36:0010"),
    "usbvm.vm": lambda text: text.replace("class:0c03", "id:1b36:000d") + MORE.format("spare", "1033:0194"),
    "adminvm.vm": lambda text: text.replace("Name=disk", "Name=ghost").replace("class:0108", "id:1b36:beef"),
}
EXPECTED = {"netvm-0": "bus", "disk": "flr", "usbvm-0": "bus", "spare": None}  # what is to reset each


def hw_check(context, wanted):
    """The answer of bhctl hw check --json, which must fit its schema and end with WANTED; its devices by name."""
    context.doing = "asking adminvm for bhctl hw check --json"
    output, status = admin.run(context.rundir, "bhctl hw check --json")
    context.check(status == wanted, f"hw check: exit status {status}, not {wanted}: {output}")
    answer = json.loads(output)
    with open(os.path.join(testimage.ROOT, "tests", "emu", "hwcheck.schema.json"), encoding="utf-8") as file:
        schema.check(answer, json.load(file))
    context.check(answer["good"] == (status == 0), f"exit status {status}, but good is {answer['good']}")
    return answer, {device["name"]: device for device in answer["devices"]}


def ways(words, port):
    """How a function can be reset, by its configuration space as the machine shows it."""
    found, at = {}, words[0x34 // 4] & 0xFC if words[1] >> 20 & 1 else 0
    while at and len(found) < 48:
        found[words[at // 4] & 0xFF] = at // 4
        at = words[at // 4] >> 8 & 0xFC
    has = {"flr": 0x10 in found and words[found[0x10] + 1] >> 28 & 1,
           "af": 0x13 in found and words[found[0x13]] >> 24 & 3 == 3,
           "pm": 1 in found and not words[found[1] + 1] >> 3 & 1,
           "bus": port is not None}
    return [name for name, there in has.items() if there]


def machine_is_told(context, answer):
    """The machine's own facts, by the emulator."""
    with context.qmp() as qmp:
        there = functions(qmp.command("query-pci"))
    said, check = answer["machine"], context.check
    check(said["iommu"] == {"units": 1, "translating": 1, "remapping": 1, "silent": 0}, f"IOMMU: {said['iommu']}")
    check(said["processors"] == machine_under_test.CPUS, f"{said['processors']} processors")
    check(said["functions"] == len(there), f"{said['functions']} functions, the machine has {sorted(there)}")
    check(machine_under_test.MEMORY_MIB * 9 // 10 <= said["memory_mib"] <= machine_under_test.MEMORY_MIB, f"{said['memory_mib']} MiB")
    given = sum(end - first for first, end in (vm.ram for vm in Published(context.lines()).vms.values()))
    check(said["given_bytes"] == given, f"VMs have {given} bytes, not {said['given_bytes']}")
    check(not said["loader_verified"] and not said["description_verified"], f"nothing was verified here, but: {said}")
    for device in answer["devices"]:
        if device["name"] == "ghost":
            check(device["state"] == "absent" and device["good"], f"ghost, which is optional: {device}")
            continue
        bus, slot, function = (int(part, 16) for part in re.split("[:.]", device["slot"]))
        bdf = bus << 8 | slot << 3 | function
        words = space(context, bdf)
        port = next((other for other in there if there[other].is_bridge and bus and space(context, other)[6] >> 8 & 0xFF == bus), None)
        check(device["id"] == f"{words[0] & 0xFFFF:04x}:{words[0] >> 16:04x}", f"{device['name']}: {device['id']}, at its place is {words[0]:08x}")
        check(device["port"] == (None if port is None else bdf_text(port)), f"{device['name']}: {device['port']}, the machine: {port}")
        check(device["can"] == ways(words, port), f"{device['name']} can {device['can']}, its registers say {ways(words, port)}")


def judge(context, devices):
    """After RESTARTS deaths of the VM of each."""
    for name, rung in EXPECTED.items():
        device, check = devices[name], context.check
        told = f"{name}: {device}"
        check(device["state"] == "assigned" and device["resets"] == RESTARTS and not device["resetting"], told)
        check(device["worked"] == rung and device["tainted"] == (rung is None) and device["good"] == (rung is not None), told)
        check(rung is None or device["reset_us"] >= 100000, told)
        log = [line for line in context.lines() if line.startswith(f"hv: device {name} ") and " bdf=" not in line]
        wanted = [f"hv: device {name} reset by {rung} in"] * RESTARTS if rung else [f"hv: device {name} does not reset: it"]
        check([" ".join(line.split()[:7]) for line in log] == wanted, f"{name}: the core says {log}")


@scenario(deadline_s=800)
def hw_check_of_the_machine(context):
    """bhctl hw check: each device's resets as configuration space and the core's log have them, exit status 0 to 3 as all is"""
    context.start(image=testimage.build_product(context.rundir.path, SITE), extra=ROOT_BUS)
    context.wait_ready(READY_S)
    answer, devices = hw_check(context, 1)  # one cannot be reset; the one that is absent is optional
    machine_is_told(context, answer)
    context.check(not any(device["resets"] or device["tainted"] or device["worked"] for device in devices.values()), f"{devices}")
    for life in range(2, RESTARTS + 2):
        for vm in ("netvm", "usbvm"):
            begin = len(context.lines())
            output, status = admin.run(context.rundir, f"bhctl restart {vm} --now")
            context.check(status == 0, f"restart of {vm}: {output}")
            context.after(begin, f"life {life} of {vm}", re.compile(rf"hv: vm {vm} dom=.* life={life} running .*").fullmatch, READY_S)
            context.after(begin, f"{vm} being ready", lambda line, vm=vm: line == f"hv: vm {vm} ready", READY_S)
        context.after(begin, "the keyboard, again", KEYBOARD.fullmatch, READY_S)  # it may be known before usbvm is called ready
    answer, devices = hw_check(context, 1)
    machine_is_told(context, answer)
    judge(context, devices)
    text, _ = admin.run(context.rundir, "bhctl hw check")
    for name, device in devices.items():
        context.check(any(line.startswith(name + " ") and line.endswith(device["verdict"]) for line in text.splitlines()), f"no line of {name} in:\n{text}")
    for words in ("hw", "hw check --xml", "hw look"):
        context.check(admin.run(context.rundir, f"bhctl {words}")[1] == 2, f"bhctl {words} is wrong usage")
    here = subprocess.run([testimage.build_file("host", "bhctl"), "hw", "check"], capture_output=True, check=False)
    context.check(here.returncode == 3, f"outside adminvm it ends with {here.returncode}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
