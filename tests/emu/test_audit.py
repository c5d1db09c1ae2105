# SPDX-License-Identifier: Apache-2.0
"""The auditor against machines made of synthetic memory: a right one, and each wrong one by name."""

import struct
import unittest

import paging
import vtd
from audit import Auditor, View
from physmem import Function
from published import Published

CORE_WORD = 1 << 24
HOST_CR3 = 0x10000
FRAMES = 0x20000
COUNT = 0x4000  # frames: 64 MiB
POOL = 0x40000
NPT = {1: 0x41000, 2: 0x49000}
ROOT_TABLE = 0x58000
CONTEXT_TABLE = 0x59000
IRT = 0x5A000
SLPT = 0x5C000
RAM = {1: (0x1000000, 0x1400000), 2: (0x1400000, 0x1800000)}
CORE_TEXT, CORE_DATA = 0x100000, 0x101000
NIC, VGA, BRIDGE, AHCI = 0x100, 0x10, 0x20, 0xFA
NIC_BAR = (0xC1220000, 0xC1240000)
MSIX_PAGE = (0xC123F000, 0xC1240000)
VGA_BAR = (0xC0000000, 0xC1000000)
CORE_VA = 0xFFFF800000000000
WINDOW_VA = 0xFFFF800000200000
X86 = paging.PRESENT | paging.WRITE | paging.USER
NX = paging.NO_EXECUTE


class FakeMem:
    """Physical memory by 64-bit words, and VT-d registers."""

    def __init__(self):
        self.words = {}
        self.frames = bytearray(COUNT * 4)
        self.registers = {}

    def put(self, hpa, value):
        self.words[hpa] = value

    def table(self, hpa):
        return [self.words.get(hpa + 8 * i, 0) for i in range(512)]

    def read(self, hpa, size):
        if hpa == FRAMES:
            return bytes(self.frames[:size])
        return struct.pack(f"<{size // 8}Q", *(self.words.get(hpa + i, 0) for i in range(0, size, 8)))

    def own(self, first, end, word):
        for frame in range(first >> 12, end >> 12):
            struct.pack_into("<I", self.frames, frame * 4, word)

    def register32(self, hpa):
        return self.registers[hpa]

    register64 = register32


class Machine:
    """A machine with two VMs and a network card, everything as it should be."""

    def __init__(self):
        self.mem = FakeMem()
        self.next_table = {}
        self.lines = [
            f"hv: roots cr3={HOST_CR3:x} frames={FRAMES:x} count={COUNT} ptpool={POOL:x} pages=32 core=100000+2000",
            f"hv: windows va={WINDOW_VA:x} bytes=40000",
            "hv: device nic bdf=100 vm=vm1 unit=0 irqs=5 msix=1",
            "[evil] hv: roots cr3=0 frames=0 count=0 ptpool=0 pages=0 core=0+0",
        ]
        self.functions = {f.bdf: f for f in (
            Function(NIC, 0x200, [NIC_BAR]), Function(VGA, 0x300, [VGA_BAR]),
            Function(BRIDGE, 0x604, []), Function(AHCI, 0x106, []))}
        self.mem.own(HOST_CR3, 0x70000, CORE_WORD)
        self.mem.own(0x100000, 0x102000, CORE_WORD)
        for dom, (first, end) in RAM.items():
            self.lines.append(f"hv: vm vm{dom} dom={dom} ncr3={NPT[dom]:x} ram={first:x}+{end - first:x}")
            self.mem.own(first, end, 5 << 24 | dom)
            self.map(NPT[dom], 0, first, X86, 1)
            self.map(NPT[dom], 0x200000, first + 0x200000, X86, 1)
        self.map(NPT[1], 0x80000000, NIC_BAR[0], X86 | NX)
        self.map(HOST_CR3, CORE_VA, CORE_TEXT, paging.PRESENT)
        self.map(HOST_CR3, CORE_VA + 0x1000, CORE_DATA, paging.PRESENT | paging.WRITE | NX)
        self.map(HOST_CR3, CORE_VA + 0x2000, 0xFEE00000, paging.PRESENT | paging.WRITE | NX)
        self.map(HOST_CR3, WINDOW_VA, RAM[1][0], paging.PRESENT | paging.WRITE | NX)
        self.set_unit()

    def map(self, root, ia, hpa, flags, level=0, vtd_table=False):
        """One leaf at LEVEL (1: 2 MiB); the tables above it lie behind the root. Gives back its address."""
        table = root
        for above in range(3, level, -1):
            slot = table + 8 * (ia >> (12 + 9 * above) & 511)
            if not self.mem.words.get(slot):
                self.next_table[root] = self.next_table.get(root, root) + 0x1000
                self.mem.put(slot, self.next_table[root] | (3 if vtd_table else X86))
            table = self.mem.words[slot] & paging.ADDRESS
        slot = table + 8 * (ia >> (12 + 9 * level) & 511)
        self.mem.put(slot, hpa | flags | (paging.LARGE if level else 0))
        return slot

    def set_unit(self):
        base = vtd.BASE
        self.mem.registers = {base + vtd.GSTS: 0xC7000000, base + vtd.FSTS: 0,
                              base + vtd.RTADDR: ROOT_TABLE, base + vtd.IRTA: IRT | 7}
        self.mem.put(ROOT_TABLE + 16 * 1, CONTEXT_TABLE | 1)
        self.context(NIC, SLPT, 1)
        self.map(SLPT, 0, RAM[1][0], 3, 1, vtd_table=True)
        self.irte(3, 0x31, NIC)

    def context(self, bdf, table, domain_id, kind=0, levels=2):
        at = CONTEXT_TABLE + 16 * (bdf & 0xFF)
        self.mem.put(at, table | kind << 2 | 1)
        self.mem.put(at + 8, domain_id << 8 | levels)

    def irte(self, index, vector, source, validation=1, more=0):
        self.mem.put(IRT + 16 * index, 1 | vector << 16 | more)
        self.mem.put(IRT + 16 * index + 8, source | validation << 18)

    def findings(self):
        unit = vtd.Unit(self.mem) if self.mem.registers else None
        view = View(self.mem, Published(self.lines), [(0, COUNT << 12)], [MSIX_PAGE], self.functions, unit)
        self.auditor = Auditor(view)
        return self.auditor.run()


class AuditTest(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()

    def found(self, *parts):
        """At least one finding holds all of PARTS."""
        findings = self.machine.findings()
        self.assertTrue(any(all(part in text for part in parts) for text in findings),
                        f"no finding with {parts} in {findings}")

    def test_right_machine_is_clean_and_was_looked_at(self):
        self.assertEqual(self.machine.findings(), [])
        self.assertEqual(self.machine.auditor.counts, {
            "host leaves": 4, "window slots in use": 1, "VM leaves": 5, "device leaves": 1, "contexts": 1,
            "interrupt entries": 1})

    # host tables

    def test_host_page_writable_and_executable(self):
        self.machine.map(HOST_CR3, CORE_VA + 0x3000, CORE_DATA, paging.PRESENT | paging.WRITE)
        self.found("writable and executable", f"{CORE_DATA:#x}")

    def test_host_frame_executable_here_writable_there(self):
        self.machine.map(HOST_CR3, CORE_VA + 0x3000, CORE_TEXT, paging.PRESENT | paging.WRITE | NX)
        self.found("executable here and writable there")

    def test_host_page_open_to_user_mode(self):
        self.machine.map(HOST_CR3, CORE_VA + 0x3000, CORE_DATA, paging.PRESENT | paging.USER | NX)
        self.found("user mode")

    def test_host_page_of_a_vm_outside_the_windows(self):
        self.machine.map(HOST_CR3, CORE_VA + 0x3000, RAM[2][0], paging.PRESENT | NX)
        self.found("outside the windows", "vm2")

    def test_window_after_the_last_slot(self):
        self.machine.map(HOST_CR3, WINDOW_VA + 64 * 4096, RAM[2][0], paging.PRESENT | NX)
        self.found("outside the windows")

    def test_window_executable(self):
        self.machine.map(HOST_CR3, WINDOW_VA + 4096, RAM[2][0], paging.PRESENT)
        self.found("window slot is executable")

    def test_host_table_in_vm_memory(self):
        self.machine.mem.own(HOST_CR3 + 0x1000, HOST_CR3 + 0x2000, 5 << 24 | 2)
        self.found("host tables", "not the core's", "vm2")

    def test_host_tables_empty(self):
        self.machine.lines[0] = self.machine.lines[0].replace(f"cr3={HOST_CR3:x}", "cr3=6f000")
        self.found("map nothing")

    def test_host_large_page_unaligned(self):
        self.machine.mem.put(self.machine.map(HOST_CR3, CORE_VA + 0x600000, 0, 0, 1),
                             CORE_DATA | paging.PRESENT | paging.LARGE | NX)
        self.found("host tables: entry", "unaligned large page")

    # nested tables

    def test_frame_in_two_vms(self):
        self.machine.map(NPT[2], 0x400000, RAM[1][0] + 0x5000, X86)
        self.found("reached by vm1 and by vm2")
        self.found("vm2 reaches frame", "RAM (vm1)")

    def test_frame_in_two_vms_although_the_frame_table_says_one(self):
        self.machine.mem.own(RAM[1][0] + 0x5000, RAM[1][0] + 0x6000, 5 << 24 | 2)
        self.machine.map(NPT[2], 0x400000, RAM[1][0] + 0x5000, X86)
        self.found("reached by vm1 and by vm2")

    def test_frame_of_the_core_in_a_vm(self):
        self.machine.map(NPT[1], 0x400000, CORE_DATA, X86)
        self.found("vm1 reaches frame", "the core's")
        self.found("reached by core and by vm1")

    def test_nested_table_reachable_by_its_vm(self):
        self.machine.map(NPT[1], 0x400000, NPT[1], X86)
        self.found("reached by core and by vm1")

    def test_frame_that_is_free(self):
        self.machine.mem.own(0x1800000, 0x1801000, 4 << 24 | 1)
        self.machine.map(NPT[1], 0x400000, 0x1800000, X86)
        self.found("vm1 reaches frame 0x1800000", "free")

    def test_one_wrong_frame_within_a_large_leaf(self):
        self.machine.mem.own(RAM[2][0] + 0x7000, RAM[2][0] + 0x8000, 3 << 24 | 2)
        self.found("vm2 reaches frame", "being scrubbed")

    def test_vm_reaches_a_bar_of_another(self):
        self.machine.map(NPT[2], 0x80000000, NIC_BAR[0], X86 | NX)
        self.found("vm2 reaches a BAR of 01:00.0")

    def test_vm_reaches_the_real_msix_table(self):
        self.machine.map(NPT[1], 0x80001000, MSIX_PAGE[0], X86 | NX)
        self.found("real MSI-X table of 01:00.0")

    def test_vm_reaches_the_interrupt_controller(self):
        self.machine.map(NPT[1], 0xFEE00000, 0xFEE00000, X86 | NX)
        self.found("no memory and no BAR")

    def test_memory_of_a_vm_behind_its_extent_is_for_data(self):
        self.machine.mem.own(0x1800000, 0x1801000, 5 << 24 | 1)
        self.machine.map(NPT[1], 0x400000, 0x1800000, X86 | NX)
        self.assertEqual(self.machine.findings(), [])
        self.machine.map(NPT[1], 0x401000, 0x1800000, X86)
        self.found("vm1 may execute memory outside its 0x1000000")

    def test_vm_executes_device_memory(self):
        self.machine.map(NPT[1], 0x80001000, NIC_BAR[0] + 0x1000, X86)
        self.found("vm1 may execute device memory")

    def test_nested_tables_in_vm_memory(self):
        self.machine.mem.own(NPT[2] + 0x1000, NPT[2] + 0x2000, 5 << 24 | 1)
        self.found("vm2's nested tables", "not the core's", "vm1")

    def test_screen_in_one_vm_is_right(self):
        self.machine.map(NPT[1], 0x90000000, VGA_BAR[0], X86 | NX)
        self.assertEqual(self.machine.findings(), [])

    def test_screen_in_two_vms(self):
        self.machine.map(NPT[1], 0x90000000, VGA_BAR[0], X86 | NX)
        self.machine.map(NPT[2], 0x90000000, VGA_BAR[0] + 0x200000, X86 | NX)
        self.found("screen belongs to vm1 and vm2")

    def test_table_used_twice(self):
        slot = NPT[1] + 8
        self.machine.mem.put(slot, NPT[1] + 0x1000 | X86)
        self.found("vm1: table", "used twice")

    # VT-d

    def test_no_iommu(self):
        self.machine.mem.registers = {}
        self.found("no IOMMU")

    def test_translation_off(self):
        self.machine.mem.registers[vtd.BASE + vtd.GSTS] = 0x47000000
        self.found("translation is off")

    def test_remapping_off(self):
        self.machine.mem.registers[vtd.BASE + vtd.GSTS] = 0xC5000000
        self.found("remapping is off")

    def test_compatibility_format_on(self):
        self.machine.mem.registers[vtd.BASE + vtd.GSTS] = 0xC7800000
        self.found("compatibility format")

    def test_root_table_of_another_form(self):
        self.machine.mem.registers[vtd.BASE + vtd.RTADDR] = ROOT_TABLE | 1 << 10
        self.found("root table is not of the form")

    def test_tables_of_the_unit_in_vm_memory(self):
        for table in (ROOT_TABLE, CONTEXT_TABLE, IRT):
            machine = self.machine = Machine()
            machine.mem.own(table, table + 0x1000, 5 << 24 | 2)
            self.found(f"page {table:#x} of the VT-d tables is not the core's")

    def test_context_of_five_levels(self):
        self.machine.context(NIC, SLPT, 1, levels=3)
        self.found("01:00.0 has 5 levels")

    def test_second_level_table_used_twice(self):
        self.machine.mem.put(SLPT + 8, SLPT | 3)
        self.found("context of 01:00.0: table", "used twice")

    def test_context_pass_through(self):
        self.machine.context(NIC, SLPT, 1, kind=2)
        self.found("01:00.0 is pass-through")

    def test_context_with_device_tlb(self):
        self.machine.context(NIC, SLPT, 1, kind=1)
        self.found("01:00.0 has type 1")

    def test_context_of_an_unassigned_function(self):
        self.machine.lines[2] = "hv: ready vms=2"
        self.found("01:00.0 is present, but the function is assigned to no VM")

    def test_context_of_a_vm_that_never_ran(self):
        self.machine.lines[2] = "hv: device nic bdf=100 vm=vm3"
        self.found("01:00.0 is present, but the function is assigned to no VM that ran")

    def test_device_reaches_memory_behind_its_vm(self):
        self.machine.mem.own(0x1800000, 0x1A00000, 5 << 24 | 1)
        self.machine.map(SLPT, 0x200000, 0x1800000, 3, 1, vtd_table=True)
        self.found("01:00.0 reaches memory outside vm1's")

    def test_context_without_function(self):
        self.machine.context(NIC + 8, SLPT, 1)
        self.found("01:01.0 is present, but there is no such function")

    def test_device_reaches_another_vm(self):
        self.machine.map(SLPT, 0x200000, RAM[2][0], 3, 1, vtd_table=True)
        self.found("context of 01:00.0 reaches frame", "RAM (vm2)")

    def test_device_reaches_a_bar(self):
        self.machine.map(SLPT, 0x200000, VGA_BAR[0], 3, 1, vtd_table=True)
        self.found("context of 01:00.0 reaches frame", "nobody's")

    def test_device_numbers_shared_by_two_vms(self):
        self.machine.functions[NIC + 8] = Function(NIC + 8, 0x200, [])
        self.machine.lines.append("hv: device nic2 bdf=108 vm=vm2")
        self.machine.context(NIC + 8, SLPT, 1)
        self.found("shares domain number 1")

    def test_second_level_tables_in_vm_memory(self):
        self.machine.mem.own(SLPT, SLPT + 0x1000, 5 << 24 | 1)
        self.found("second-level tables of 01:00.0", "not the core's")

    def test_interrupt_without_source_check(self):
        self.machine.irte(3, 0x31, NIC, validation=0)
        self.found("entry 3 does not check who sends")

    def test_interrupt_of_an_unassigned_function(self):
        self.machine.irte(4, 0x32, AHCI)
        self.found("entry 4 takes interrupts from 00:1f.2")

    def test_interrupt_of_the_io_apic_when_published(self):
        self.machine.lines.append("hv: ioapic bdf=ff:00.0")
        self.machine.irte(4, 0x32, 0xFF00)
        self.assertEqual(self.machine.findings(), [])

    def test_interrupt_of_a_vector_of_exceptions(self):
        self.machine.irte(3, 14, NIC)
        self.found("entry 3 raises vector 14")

    def test_interrupt_as_nmi_or_posted(self):
        self.machine.irte(3, 0x31, NIC, more=4 << 5)
        self.machine.irte(4, 0x31, NIC, more=1 << 15)
        self.found("entry 3 has delivery mode 4")
        self.found("entry 4 is in posted form")


class PublishedTest(unittest.TestCase):
    def test_a_guest_cannot_publish(self):
        self.assertEqual(Published(Machine().lines).cr3, HOST_CR3)

    def test_a_later_line_of_a_vm_replaces_the_earlier(self):
        lines = Machine().lines + ["hv: vm vm1 dom=1 ncr3=99000 ram=0+1000"]
        self.assertEqual(Published(lines).vms[1].ncr3, 0x99000)


if __name__ == "__main__":
    unittest.main()
