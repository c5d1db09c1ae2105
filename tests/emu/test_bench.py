# SPDX-License-Identifier: Apache-2.0
"""What tests/bench/xen/run and tests/bench/net make of what was said: figures, or an error, never a figure of half the lines."""

import importlib.machinery
import importlib.util
import os
import sys
import unittest

from errors import EmuError

BENCH = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "bench")
sys.path[:0] = [os.path.join(BENCH, "net"), BENCH]

import netcounts  # noqa: E402  pylint: disable=wrong-import-position
import table  # noqa: E402  pylint: disable=wrong-import-position


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
        found = XEN.counts(rows(empty=[30] * 256, cpuid_exit=[5030] * 200 + [99999] * 56, msr_deadline=[40] * 256, event_round=[8030] * 256), "x")
        self.assertEqual(found["cpuid-exit"]["value"], 5000)
        self.assertEqual(found["msr-deadline"]["value"], 10)
        self.assertEqual(found["wake-up"]["value"], 4000)
        self.assertFalse({"empty", "event-round"} & set(found))

    def test_a_lost_line_is_no_figure(self):
        for lines in (rows(empty=[30] * 256, msr_deadline=[40] * 250, event_round=[8] * 256), rows(msr_deadline=[40] * 256, event_round=[8] * 256),
                      rows(empty=[30] * 256, msr_deadline=[40] * 256)):
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


class TableTest(unittest.TestCase):
    def test_a_goal_that_is_a_share_of_the_peers_figure(self):
        def cells(mine, theirs):
            return table.row("tcp-tx-kib", {"value": mine, "command": "x"}, {"value": theirs, "command": "y"} if theirs else None)
        self.assertEqual(cells(400, 900)[4:6], ("450", "yes"))
        self.assertEqual(cells(500, 900)[4:6], ("450", "NO"))
        self.assertEqual(cells(500, None)[4:6], ("-", ""))


class NetCountsTest(unittest.TestCase):
    def test_time_becomes_instructions_for_each_unit(self):
        found = netcounts.per_unit(["domu: userspace", *NET], 4, "x")
        self.assertEqual({name: figure["value"] for name, figure in found.items()},
                         {"tcp-tx-kib": round(2e9 / 16 / 16384), "tcp-rx-kib": round(4e9 / 16 / 16384), "tcp-rtt-count": 100000, "pps-64-count": 5000})

    def test_a_missing_kind_is_an_error(self):
        for missing in range(4):
            with self.assertRaises(EmuError):
                netcounts.per_unit(NET[:missing] + NET[missing + 1:], 4, "x")


if __name__ == "__main__":
    unittest.main()
