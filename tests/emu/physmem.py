# SPDX-License-Identifier: Apache-2.0
"""The machine's physical memory and address map as QEMU shows them; only reads."""

import os
import re
import struct

from errors import EmuError

PAGE = 4096
BULK_MAX = 64 << 20
MTREE_LINE = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, (\S+)\): (.*)")


class PhysMem:
    """Pages read once and kept: give it a machine that stands still."""

    def __init__(self, qmp, rundir):
        self.qmp = qmp
        self.path = rundir.file("memory.bin")
        self.pages = {}

    def load(self, hpa, size):
        """Fetch a range in one go; later reads inside it cost nothing."""
        first = hpa & ~(PAGE - 1)
        size = (hpa + size - first + PAGE - 1) & ~(PAGE - 1)
        if size > BULK_MAX:
            raise EmuError(f"{size} bytes at {hpa:#x} are more than the auditor reads at once")
        self.qmp.command("pmemsave", val=first, size=size, filename=self.path)
        try:
            with open(self.path, "rb") as dump:
                data = dump.read()
        finally:
            os.unlink(self.path)
        if len(data) != size:
            raise EmuError(f"QEMU gave {len(data)} of {size} bytes at {first:#x}")
        for at in range(0, size, PAGE):
            self.pages[first + at] = data[at:at + PAGE]

    def page(self, hpa):
        if hpa not in self.pages:
            self.load(hpa, PAGE)
        return self.pages[hpa]

    def read(self, hpa, size):
        parts = []
        while size:  # bound: SIZE shrinks
            page = self.page(hpa & ~(PAGE - 1))
            part = page[hpa % PAGE:hpa % PAGE + size]
            parts.append(part)
            hpa += len(part)
            size -= len(part)
        return b"".join(parts)

    def table(self, hpa):
        """A page as 512 entries."""
        return struct.unpack("<512Q", self.page(hpa))

    def register32(self, hpa):
        """A device register, by a read of exactly its size."""
        return int(self.qmp.human(f"xp /1wx {hpa:#x}").split(":")[1], 16)

    def register64(self, hpa):
        return int(self.qmp.human(f"xp /1gx {hpa:#x}").split(":")[1], 16)


def parse_mtree(text):
    """The ranges of the address space the devices and processors see: [(first, last, kind, name)]."""
    for view in text.split("FlatView #"):
        if re.search(r'^ AS "memory",', view, re.M):
            return [(int(a, 16), int(b, 16), kind, name.strip())
                    for a, b, kind, name in MTREE_LINE.findall(view)]
    raise EmuError("QEMU shows no address space named memory")


def ranges_named(ranges, *names):
    """[first, end) of the ranges whose name, without offset, is one of NAMES."""
    return [(first, last + 1) for first, last, _, name in ranges if name.split(" @")[0] in names]


class Function:
    """One PCI function of the machine."""

    def __init__(self, bdf, kind, bars):
        self.bdf = bdf
        self.kind = kind  # class and subclass
        self.bars = bars  # [first, end) of memory BARs that have an address

    @property
    def is_display(self):
        return self.kind >> 8 == 3

    @property
    def is_bridge(self):
        return self.kind >> 8 == 6


def bdf_text(bdf):
    return f"{bdf >> 8:02x}:{bdf >> 3 & 31:02x}.{bdf & 7}"


def functions(buses):
    """Every function below the buses QMP query-pci lists, by bus, device and function number."""
    found = {}
    todo = list(buses)
    while todo:  # bound: the functions of the machine
        bus = todo.pop()
        for device in bus["devices"]:
            bdf = bus["bus"] << 8 | device["slot"] << 3 | device["function"]
            bars = [(r["address"], r["address"] + r["size"]) for r in device["regions"]
                    if r["type"] == "memory" and r["bar"] < 6 and r["address"] not in (-1, 0)]
            found[bdf] = Function(bdf, device["class_info"]["class"], bars)
            bridge = device.get("pci_bridge")
            if bridge and "devices" in bridge:
                todo.append({"bus": bridge["bus"]["secondary"], "devices": bridge["devices"]})
    return found
