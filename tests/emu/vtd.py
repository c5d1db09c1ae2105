# SPDX-License-Identifier: Apache-2.0
"""Reads a VT-d unit: registers, root, context, second-level and interrupt tables; judges nothing."""

import struct

import paging

BASE = 0xFED90000
GSTS = 0x1C
RTADDR = 0x20
FSTS = 0x34
IRTA = 0xB8

GSTS_BITS = {31: "TES", 30: "RTPS", 26: "QIES", 25: "IRES", 24: "IRTPS", 23: "CFIS"}
RTADDR_MODE = 3 << 10  # 0: root and context tables of the old form
CONTEXT_LEVELS = {1: 3, 2: 4, 3: 5}
TYPE_TRANSLATE = 0
TYPE_PASS_THROUGH = 2


class Context:
    """A present context entry."""

    def __init__(self, bdf, low, high):
        self.bdf = bdf
        self.kind = low >> 2 & 3
        self.table = low & paging.ADDRESS
        self.levels = CONTEXT_LEVELS.get(high & 7, 0)
        self.domain_id = high >> 8 & 0xFFFF


class Irte:
    """A present interrupt remapping entry."""

    def __init__(self, index, low, high):
        self.index = index
        self.posted = bool(low >> 15 & 1)
        self.delivery = low >> 5 & 7
        self.vector = low >> 16 & 0xFF
        self.source = high & 0xFFFF
        self.qualifier = high >> 16 & 3
        self.validation = high >> 18 & 3


class Unit:
    """What one unit is set to do."""

    def __init__(self, mem, base=BASE):
        self.gsts = mem.register32(base + GSTS)
        self.fsts = mem.register32(base + FSTS)
        rtaddr = mem.register64(base + RTADDR)
        irta = mem.register64(base + IRTA)
        self.mode = rtaddr & RTADDR_MODE
        self.root = rtaddr & paging.ADDRESS
        self.irt = irta & paging.ADDRESS
        self.irt_entries = 2 << (irta & 15)
        self.tables = set()
        self.contexts = self._contexts(mem) if self.on("RTPS") else []
        self.irtes = self._irtes(mem) if self.on("IRTPS") else []

    def on(self, name):
        return any(self.gsts >> bit & 1 for bit, known in GSTS_BITS.items() if known == name)

    def state(self):
        return " ".join(name for name in GSTS_BITS.values() if self.on(name)) or "nothing on"

    def _contexts(self, mem):
        found = []
        self.tables.add(self.root)
        for bus, low in enumerate(mem.table(self.root)[::2]):
            if not low & 1:
                continue
            table = low & paging.ADDRESS
            self.tables.add(table)
            entries = mem.table(table)
            for devfn in range(256):
                if entries[devfn * 2] & 1:
                    found.append(Context(bus << 8 | devfn, *entries[devfn * 2:devfn * 2 + 2]))
        return found

    def _irtes(self, mem):
        size = self.irt_entries * 16
        self.tables.update(range(self.irt, self.irt + size, paging.PAGE))
        words = struct.unpack(f"<{size // 8}Q", mem.read(self.irt, size))
        pairs = zip(words[0::2], words[1::2])
        return [Irte(index, low, high) for index, (low, high) in enumerate(pairs) if low & 1]
