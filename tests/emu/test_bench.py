# SPDX-License-Identifier: Apache-2.0
"""What the programs of tests/bench make of what was said: figures, or an error, never a figure of half the lines; and the table of them."""

import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import unittest

from errors import EmuError

BENCH = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "bench")
sys.path[:0] = [os.path.join(BENCH, "net"), BENCH]

import netcounts  # noqa: E402  pylint: disable=wrong-import-position
import split  # noqa: E402  pylint: disable=wrong-import-position
import table  # noqa: E402  pylint: disable=wrong-import-position
import turns  # noqa: E402  pylint: disable=wrong-import-position


def program(*path):
    """A program without a suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader("xen_run", os.path.join(BENCH, *path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("xen_run", loader))
    loader.exec_module(module)
    return module


XEN = program("xen", "run")
NET = ["netbench: tx mib=16 us=2000000 mib_per_s=8.00", "netbench: rx mib=16 us=4000000 mib_per_s=4.00",
       "netbench: rtt count=500 min_us=500 median_us=1600 p99_us=90000", "netbench: pps sent=20000 us=1000 arrived=10000 in_us=800000 per_s=12500"]


def rows(**samples):
    """Console lines of a guest that measured, six samples in each."""
    lines = []
    for name, row in samples.items():
        for at in range(0, len(row), 6):
            lines.append((1.0, f"(d1) M {name.replace('_', '-')} " + " ".join(f"{value:08x}" for value in row[at:at + 6])))
    return lines


class XenTest(unittest.TestCase):
    def test_counts_are_medians_less_the_empty_row(self):
        found = XEN.counts(rows(empty=[30] * 256, cpuid_exit=[5030] * 200 + [99999] * 56, msr_deadline=[40] * 256, event_round=[8030] * 256, yield_alone=[1030] * 256,
                               yield_round=[6030] * 256), "x")
        self.assertEqual(found["cpuid-exit"]["value"], 5000)
        self.assertEqual(found["msr-deadline"]["value"], 10)
        self.assertEqual(found["wake-up"]["value"], 4000)
        self.assertEqual(found["vm-switch"]["value"], 3000)
        self.assertFalse({"empty", "event-round", "yield-round", "yield-alone"} & set(found))

    def test_a_processor_that_nobody_took_is_no_switch(self):
        with self.assertRaises(EmuError):
            XEN.counts(rows(empty=[30] * 256, msr_deadline=[40] * 256, event_round=[8] * 256, yield_alone=[1030] * 256, yield_round=[2030] * 256), "x")

    def test_a_lost_line_is_no_figure(self):
        whole = {"empty": [30] * 256, "msr_deadline": [40] * 256, "event_round": [8] * 256, "yield_alone": [40] * 256, "yield_round": [900] * 256}
        XEN.counts(rows(**whole), "x")
        for name in whole:
            for lines in (rows(**{**whole, name: whole[name][:250]}), rows(**{other: row for other, row in whole.items() if other != name})):
                with self.assertRaises(EmuError):
                    XEN.counts(lines, "x")

    def test_a_span_ends_with_its_own_end(self):
        lines = [(1.0, "(d1) !"), (2.0, "bench: create tiny"), (2.5, "(d2) !"), (2.75, "bench: created tiny"), (3.0, "(d3) !"), (4.0, "bench: create tiny")]
        self.assertEqual(XEN.spans(lines, "bench: create tiny", None, True), [0.5])
        self.assertEqual(XEN.spans(lines, "bench: create tiny", "bench: created tiny"), [0.75])

    def test_memory(self):
        lines = [(0, "bench: total_memory 2047"), (0, "bench: free_memory 1511"), (0, "bench: eight tiny 1511 1373")]
        found = XEN.memory(lines, "x")
        self.assertEqual((found["memory-core"]["value"], found["memory-per-vm"]["value"]), (24, 1.25))
        for missing in range(3):
            with self.assertRaises(EmuError):
                XEN.memory(lines[:missing] + lines[missing + 1:], "x")

    def test_network_takes_the_best_round(self):
        lines = [(0, "bench: " + line) for line in NET + ["netbench: tx mib=16 us=1000000 mib_per_s=16.00", "netbench: rtt count=500 min_us=600 median_us=1 p99_us=1"]]
        found = XEN.network(lines, "x")
        self.assertEqual([found[name]["value"] for name in ("tcp-tx", "tcp-rx", "tcp-rtt-min", "pps-64")], [16, 4, 500, 12500])
        with self.assertRaises(EmuError):
            XEN.network(lines[1:2], "x")


def figure(value, command="x", **more):
    return {"value": value, "command": command, **more}


class TableTest(unittest.TestCase):
    def test_a_goal_that_is_a_share_of_the_peers_figure(self):
        def cells(mine, theirs):
            return table.row("tcp-tx-kib", figure(mine), figure(theirs, "y") if theirs else None)
        self.assertEqual(cells(400, 900)[4:6], ("<= 450", "yes"))
        self.assertEqual(cells(500, 900)[4:6], ("<= 450", "NO"))
        self.assertEqual(cells(500, None)[4:6], ("-", ""))

    def test_a_goal_that_is_a_number(self):
        self.assertEqual(table.row("cpuid-exit", figure(220), None)[1:], ("220", "-", "-", "<= 220", "yes", "instructions", "x"))
        self.assertEqual(table.row("cpuid-exit", figure(221), figure(4420, "y"))[1:6], ("221", "4420", "0.05", "<= 220", "NO"))
        self.assertEqual(table.row("cpuid-exit", None, figure(4420, "y"))[1:], ("-", "4420", "-", "<= 220", "", "instructions", "y"))

    def test_a_goal_to_be_reached_from_below(self):
        self.assertEqual(table.row("ipsec-share", figure(80), None)[4:6], (">= 80", "yes"))
        self.assertEqual(table.row("ipsec-share", figure(79), None)[4:6], (">= 80", "NO"))
        self.assertEqual(table.row("tcp-tx", figure(20), figure(10), True)[4:6], (">= 20", "yes"))
        self.assertEqual(table.row("tcp-tx", figure(19), figure(10), True)[4:6], (">= 20", "NO"))

    def test_times_beside_those_of_another_day_are_not_judged_but_counts_are(self):
        self.assertEqual(table.verdict("tcp-tx", 20, 10, False), "?")
        self.assertEqual(table.verdict("tcp-rtt-min", 20, 10, False), "?")
        self.assertEqual(table.verdict("tcp-tx-kib", 5, 10, False), "yes")
        self.assertEqual(table.verdict("ready-all", 5, 10, False), "yes")

    def test_each_goal_has_a_figure(self):
        self.assertLessEqual(set(table.SHARE_OF_PEER) | set(table.AT_LEAST), set(table.FIGURES))

    def test_a_figure_that_nobody_listed_is_shown(self):
        lines = table.report({"new-one": figure(3, unit="ms"), "cpuid-exit": figure(4)}, {"destroy": figure(5, "y", unit="ms")}).splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["figure", "cpuid-exit", "new-one", "destroy"])
        self.assertEqual(lines[2].split(), ["new-one", "3", "-", "-", "-", "ms", "x"])

    def test_the_footer_names_goals_notes_and_commands(self):
        ours = {"cpuid-exit": figure(221, "a"), "null-hypercall": figure(9, "a"), "tcp-tx": figure(9, "b", note="said so")}
        text = table.footer(ours, {"tcp-tx": figure(1, "y")})
        self.assertIn("goals: 1 met, 1 missed: cpuid-exit\n", text)
        self.assertIn("not of this run: tcp-tx\n", text)
        self.assertIn("\ntcp-tx: said so\nmade by: a; b", text)
        missing = next(line for line in text.splitlines() if line.startswith("goals not measured")).replace(",", "").split()
        self.assertIn("ipsec-share", missing)
        self.assertIn("tcp-rx", missing)
        self.assertFalse({"cpuid-exit", "tcp-tx", "vm-switch"} & set(missing))

    def test_a_count_may_grow_by_three_percent(self):
        self.assertEqual(table.grown({"a": 103, "b": 1}, {"a": 100, "b": 5}), [])
        self.assertEqual(len(table.grown({"a": 103.1}, {"a": 100})), 1)
        self.assertEqual(len(table.grown({}, {"a": 100})), 1)
        self.assertEqual(len(table.grown({"a": 1, "b": 1}, {"a": 100})), 1)

    def test_a_file_that_is_written_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "new", "x.json")
            self.assertEqual(table.read(path), {})
            table.write(path, {"figures": {"a": figure(1.5)}})
            self.assertEqual(table.read(path), {"figures": {"a": figure(1.5)}})


ENTER = """ffff0000 <other>:
ffff0000:\txor    %eax,%eax

ffff0010 <svm_enter>:
ffff0010:\tpush   %rbx
ffff0011:\tverw   0x7d5a(%rip)        # 17e32 <data_selector>
ffff0018:\tvmrun
ffff001b:\tcall   ffff0021 <svm_enter+0x11>
ffff0020:\tint3
ffff0021:\tadd    $0x100,%rsp
ffff0028:\txor    %ecx,%ecx
ffff002a:\txor    %r8d,%r8d
ffff002d:\txor    %eax,%ecx
ffff002f:\tmov    %rcx,%cr2

ffff0040 <next>:
ffff0040:\tverw   0x7d5a(%rip)
"""


def calls(count, **scopes):
    return [{"-": 400, "chan_send": 300, "chan_send_one": 700, "memcpy": 200, "dom_post": 30, **scopes}] * count


def kind_of(samples):
    kind = turns.Kind(len(samples), 1)
    kind.samples = samples
    return kind


class SplitTest(unittest.TestCase):
    def test_what_the_plugin_wrote(self):
        text = ["vmrun ff", "kind 3 vmmcall send-64 turns 2 fewest 7", "sample -:4 memcpy:3", "sample -:5 memcpy:4", "at fe 2", "kind 4 hlt - turns 1 fewest 9", "at fd 1"]
        kinds, vmrun = turns.read(text)
        self.assertEqual((vmrun, sorted(kinds)), (255, ["hlt", "vmmcall send-64"]))
        send = kinds["vmmcall send-64"]
        self.assertEqual((send.turns, send.fewest, send.places), (2, 7, {254: 2}))
        self.assertEqual(send.samples, [{"-": 4, "memcpy": 3}, {"-": 5, "memcpy": 4}])

    def test_flushes_are_found_where_the_guest_is_entered(self):
        self.assertEqual(sorted(at & 0xFF for at in split.flushes(ENTER)), [0x11, 0x1B, 0x21, 0x28, 0x2A, 0x2F])
        for line in ("verw", "call", "add", "xor    %r8d,%r8d", "mov"):
            gone = ENTER.replace("xor    %ecx,%ecx", "nop").split(line)
            with self.assertRaises(EmuError):
                split.flushes("nop".join(gone))

    COUNTED = {"send-64-whole": 1640, "batch-32x1500-whole": 1, "null-hypercall": 380, "copy-per-byte": 0.01}

    def test_the_parts_are_those_of_the_call_in_the_middle(self):
        kinds = {"vmmcall send-64": kind_of(calls(100, memcpy=1) + calls(120) + calls(30, memcpy=9999))}
        self.assertEqual(split.parts("send-64", kinds, self.COUNTED), {"send-64-exit": 400, "send-64-checks": 1000, "send-64-copy": 200, "send-64-doorbell": 30})
        kinds = {"vmmcall batch-32x1500": kind_of(calls(250, memcpy=480))}
        self.assertEqual(split.parts("batch-32x1500", kinds, self.COUNTED)["batch-32x1500-checks"], 31.25)

    def test_calls_of_somebody_else_or_too_few_or_another_count_are_no_parts(self):
        for samples, other in ((calls(250), {"send-64-whole": 1800}), (calls(250), {"send-64-whole": 1500}), (calls(100), {}), (calls(257), {}), ([{"-": 1630}] * 250, {}),
                               (calls(250), {"null-hypercall": 450}), (calls(250), {"copy-per-byte": 4}), (calls(250, dom_post=0, chan_send=330), {})):
            with self.assertRaises(EmuError):
                split.parts("send-64", {"vmmcall send-64": kind_of(samples)}, {**self.COUNTED, **other})
        with self.assertRaises(EmuError):
            split.parts("send-64", {}, self.COUNTED)

    def test_a_switch_with_and_without_flushes(self):
        kind = turns.Kind(10, 1)
        kind.places = {1: 10, 2: 10, 3: 10}
        found = split.of_switch({split.SWITCH: kind}, [1, 2, 9], 2000)
        self.assertEqual((found["vm-switch-flushes"][0], found["vm-switch-unflushed"]), (2, 1998))
        with self.assertRaises(EmuError):
            split.of_switch({}, [1], 2000)


class NetCountsTest(unittest.TestCase):
    def test_time_becomes_instructions_for_each_unit(self):
        found = netcounts.per_unit(["domu: userspace", *NET], 4, "x")
        self.assertEqual({name: figure["value"] for name, figure in found.items()},
                         {"tcp-tx-kib": round(2e9 / 16 / 16384), "tcp-rx-kib": round(4e9 / 16 / 16384), "tcp-rtt-count": 100000, "pps-64-count": 5000})

    def test_a_missing_kind_is_an_error(self):
        for missing in range(4):
            with self.assertRaises(EmuError):
                netcounts.per_unit(NET[:missing] + NET[missing + 1:], 4, "x")

    def test_the_share_is_of_the_middle_round_and_the_worse_way(self):
        found = netcounts.of_plain({"tunnel": {"tx": [[300], [250.4], [270]], "rx": [[400], [500], [450]]},
                                    "spread": {"tx": [[9, 210, 100], [0, 100, 220], [0, 230, 1]], "rx": [[0, 150, 80], [0, 90, 160], [0, 155, 0]]},
                                    "plain": {"tx": [[200], [210], [205]], "rx": [[90], [190], [100]]}},
                                   {"tx": {"netvm": 9.5}, "rx": {"netvm": 7.5}}, "x")
        self.assertEqual({name: figure["value"] for name, figure in found.items()},
                         {"tunnel-tx-kib": 270, "tunnel-rx-kib": 450, "spread-tx-kib": 220, "spread-rx-kib": 155, "plain-tx-kib": 205, "plain-rx-kib": 100,
                          "ipsec-share-busiest": 64.5, "ipsec-share-count": 22.2})
        self.assertEqual(found["tunnel-rx-kib"]["exits"], {"netvm": 7.5})


if __name__ == "__main__":
    unittest.main()
