# SPDX-License-Identifier: Apache-2.0
"""The second witness: judges the tables of a machine that stands still. Every finding is one sentence.

It shares no code with the core: it knows the formats of AMD-V nested paging, x86-64 paging and VT-d, the
frame table's words, and what must hold.
"""

import struct
from collections import Counter

import paging
import vtd
from physmem import bdf_text

KINDS = {0: "nobody's", 1: "the core's", 2: "an image file's", 3: "being scrubbed", 4: "free", 5: "RAM",
         6: "lost", 7: "kept for a VM"}
CORE = 1
RAM = 5
FINDINGS_MAX = 40


class View:
    """Everything a judgement is based on."""

    def __init__(self, mem, published, ram, msix, functions, unit):
        self.mem = mem
        self.published = published
        self.ram = ram  # [first, end) of memory, all else is devices
        self.msix = msix  # [first, end) of real MSI-X tables
        self.functions = functions
        self.unit = unit  # vtd.Unit, or None where the machine has none


class Owners:
    """The frame table."""

    def __init__(self, mem, hpa, count):
        self.count = count
        self.words = struct.unpack(f"<{count}I", mem.read(hpa, count * 4))

    def word(self, hpa):
        frame = hpa // paging.PAGE
        return self.words[frame] if frame < self.count else 0

    def first_other(self, first, end, word):
        """The first frame of [first, end) whose word is not WORD, or None."""
        frames = range(first // paging.PAGE, end // paging.PAGE)
        if frames.stop <= self.count and self.words[frames.start:frames.stop].count(word) == len(frames):
            return None
        return next((f * paging.PAGE for f in frames if self.word(f * paging.PAGE) != word), None)


def ram_word(dom):
    return RAM << 24 | dom


def inside(ranges, first, end):
    return any(a <= first and end <= b for a, b in ranges)


def touches(ranges, first, end):
    return any(first < b and a < end for a, b in ranges)


class Auditor:
    def __init__(self, view):
        self.view = view
        self.published = view.published
        self.owners = Owners(view.mem, self.published.frames, self.published.frames_count)
        self.findings = []
        self.counts = {"host leaves": 0, "window slots in use": 0, "VM leaves": 0, "device leaves": 0,
                       "contexts": 0, "interrupt entries": 0}
        self.tables = 0  # pages of tables that were walked
        self.claims = []  # (first, end, who): frames by those who can reach them

    def find(self, text):
        self.findings.append(text)

    def owner_text(self, hpa):
        word = self.owners.word(hpa)
        kind = KINDS.get(word >> 24, f"of unknown kind {word >> 24}")
        return f"{kind} ({self.published.dom_name(word & 0xFFFF)})" if word >> 24 >= 3 else kind

    def run(self):
        self.check_host()
        for vm in self.published.vms.values():
            self.check_vm(vm)
        self.check_shared()
        self.check_screen()
        if self.view.unit is None:
            self.find("the machine has no IOMMU")
        else:
            self.check_unit()
        return self.findings

    # The core's own tables

    def shape(self):
        """{what: how many} of what must be the same whatever has died and come back: entries, tables, frames of each owner."""
        frames = {f"frames of word {word:#x}": count for word, count in Counter(self.owners.words).items()}
        return {**{what: self.counts[what] for what in ("device leaves", "contexts", "interrupt entries")}, "tables": self.tables, **frames}

    def check_core_tables(self, tables, whose):
        self.tables += len(tables)
        for table in sorted(tables):
            if self.owners.word(table) >> 24 != CORE:
                self.find(f"page {table:#x} of {whose} is not the core's but {self.owner_text(table)}")

    def check_host(self):
        found = paging.walk(self.view.mem, self.published.cr3)
        self.findings += [f"host tables: {text}" for text in found.problems]
        self.check_core_tables(found.tables, "the host tables")
        self.claims += [(table, table + paging.PAGE, "core") for table in found.tables]
        if not found.leaves:
            self.find("the host tables map nothing")
        writable, executable = [], []
        for leaf in found.leaves:
            self.counts["host leaves"] += 1
            if leaf.write and leaf.execute:
                self.find(f"host page is writable and executable: {leaf}")
            if leaf.user:
                self.find(f"host page is open to user mode: {leaf}")
            if inside(self.published.windows, leaf.ia, leaf.ia + leaf.size):
                self.counts["window slots in use"] += 1
                if leaf.execute:
                    self.find(f"window slot is executable: {leaf}")
                continue
            if leaf.write:
                writable.append((leaf.hpa, leaf.end))
            if leaf.execute:
                executable.append((leaf.hpa, leaf.end))
            self.check_host_memory(leaf)
        for first, end in executable:
            if touches(writable, first, end):
                self.find(f"frames at {first:#x} are executable here and writable there in the host tables")

    def check_host_memory(self, leaf):
        """A host page outside the windows is the core's memory or a device's registers."""
        if not touches(self.view.ram, leaf.hpa, leaf.end):
            return
        bad = next((hpa for hpa in range(leaf.hpa, leaf.end, paging.PAGE)
                    if self.owners.word(hpa) >> 24 != CORE), None)
        if bad is not None:
            self.find(f"host page outside the windows reaches frame {bad:#x}, {self.owner_text(bad)}: {leaf}")
        self.claims.append((leaf.hpa, leaf.end, "core"))

    # Virtual machines

    def check_vm(self, vm):
        found = paging.walk(self.view.mem, vm.ncr3)
        self.findings += [f"{vm.name}: {text}" for text in found.problems]
        self.check_core_tables(found.tables, f"{vm.name}'s nested tables")
        self.claims += [(table, table + paging.PAGE, "core") for table in found.tables]
        for leaf in found.leaves:
            self.counts["VM leaves"] += 1
            if touches(self.view.ram, leaf.hpa, leaf.end):
                self.check_vm_ram(vm, leaf)
            else:
                self.check_vm_device(vm, leaf)

    def check_vm_ram(self, vm, leaf):
        bad = self.owners.first_other(leaf.hpa, leaf.end, ram_word(vm.dom))
        if bad is not None:
            self.find(f"{vm.name} reaches frame {bad:#x}, {self.owner_text(bad)}: {leaf}")
        if not inside([vm.ram], leaf.hpa, leaf.end) and leaf.execute:
            self.find(f"{vm.name} may execute memory outside its {vm.ram[0]:#x}..{vm.ram[1]:#x}: {leaf}")
        self.claims.append((leaf.hpa, leaf.end, vm.name))

    def check_vm_device(self, vm, leaf):
        function = next((f for f in self.view.functions.values() if inside(f.bars, leaf.hpa, leaf.end)), None)
        if function is None:
            self.find(f"{vm.name} reaches no memory and no BAR: {leaf}")
            return
        if leaf.execute:
            self.find(f"{vm.name} may execute device memory: {leaf}")
        if touches(self.view.msix, leaf.hpa, leaf.end):
            self.find(f"{vm.name} reaches the real MSI-X table of {bdf_text(function.bdf)}: {leaf}")
        if function.is_display:
            self.claims.append((leaf.hpa, leaf.end, vm.name))
        elif self.published.vm_of(function.bdf) is not vm:
            self.find(f"{vm.name} reaches a BAR of {bdf_text(function.bdf)}, which is not its own: {leaf}")

    def check_shared(self):
        """No frame has two who reach it; the core with itself is no news."""
        self.claims.sort()
        reach_end, reach_who = 0, None
        for first, end, who in self.claims:
            if first < reach_end and who != reach_who:
                self.find(f"frame {first:#x} is reached by {reach_who} and by {who}")
            if end > reach_end:
                reach_end, reach_who = end, who

    def check_screen(self):
        """The screen is shown by one VM at most: the focused one."""
        bars = [bar for f in self.view.functions.values() if f.is_display for bar in f.bars]
        shown = sorted({who for first, end, who in self.claims if who != "core" and touches(bars, first, end)})
        if len(shown) > 1:
            self.find(f"the screen belongs to {' and '.join(shown)} at once")

    # The IOMMU

    def check_unit(self):
        unit = self.view.unit
        for name, text in (("TES", "translation"), ("IRES", "interrupt remapping"),
                           ("QIES", "queued invalidation")):
            if not unit.on(name):
                self.find(f"VT-d: {text} is off ({unit.state()})")
        if unit.on("CFIS"):
            self.find("VT-d: interrupts in compatibility format are let through")
        if unit.mode:
            self.find("VT-d: the root table is not of the form without address spaces per process")
        self.check_core_tables(unit.tables, "the VT-d tables")
        self.claims += [(table, table + paging.PAGE, "core") for table in unit.tables]
        users = {}
        for context in unit.contexts:
            self.counts["contexts"] += 1
            self.check_context(context, users)
        for entry in unit.irtes:
            self.counts["interrupt entries"] += 1
            self.check_irte(entry)

    def check_context(self, context, users):
        """USERS: which VM has which domain number so far."""
        where = f"VT-d context of {bdf_text(context.bdf)}"
        vm = self.published.vm_of(context.bdf)
        if context.kind == vtd.TYPE_PASS_THROUGH:
            self.find(f"{where} is pass-through")
            return
        if context.kind != vtd.TYPE_TRANSLATE:
            self.find(f"{where} has type {context.kind}, not plain translation")
        if context.bdf not in self.view.functions:
            self.find(f"{where} is present, but there is no such function")
        if vm is None:
            self.find(f"{where} is present, but the function is assigned to no VM that ran")
            return
        if users.setdefault(context.domain_id, vm) is not vm:
            self.find(f"{where} shares domain number {context.domain_id} with another VM's device")
        if context.levels not in (3, 4):
            self.find(f"{where} has {context.levels} levels of tables")
            return
        self.check_second_level(where, context, vm)

    def check_second_level(self, where, context, vm):
        found = paging.walk(self.view.mem, context.table, context.levels, vtd=True)
        self.findings += [f"{where}: {text}" for text in found.problems]
        self.check_core_tables(found.tables, f"the second-level tables of {bdf_text(context.bdf)}")
        for leaf in found.leaves:
            self.counts["device leaves"] += 1
            bad = self.owners.first_other(leaf.hpa, leaf.end, ram_word(vm.dom))
            if bad is not None:
                self.find(f"{where} reaches frame {bad:#x}, {self.owner_text(bad)}, not RAM of {vm.name}: {leaf}")
            if not inside([vm.ram], leaf.hpa, leaf.end):
                self.find(f"{where} reaches memory outside {vm.name}'s {vm.ram[0]:#x}..{vm.ram[1]:#x}: {leaf}")

    def check_irte(self, entry):
        where = f"VT-d interrupt entry {entry.index}"
        if entry.posted:
            self.find(f"{where} is in posted form")
        if entry.delivery not in (0, 1):
            self.find(f"{where} has delivery mode {entry.delivery}, neither fixed nor lowest priority")
        if entry.validation != 1 or entry.qualifier != 0:
            self.find(f"{where} does not check who sends")
        known = set(self.published.devices) | set(self.published.source_ids)
        if entry.source not in known:
            self.find(f"{where} takes interrupts from {bdf_text(entry.source)}, assigned to no VM")
        if entry.vector < 32:
            self.find(f"{where} raises vector {entry.vector}, which belongs to exceptions")


def report(findings):
    """The findings as lines, the first FINDINGS_MAX of them."""
    lines = [f"audit: {text}" for text in findings[:FINDINGS_MAX]]
    if len(findings) > FINDINGS_MAX:
        lines.append(f"audit: and {len(findings) - FINDINGS_MAX} more")
    return lines
