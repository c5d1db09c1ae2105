# SPDX-License-Identifier: Apache-2.0
"""Tests of the count of what a payload did: less is not attempted, more is an error, silence is neither."""

import unittest

from errors import EmuError
from guests import NotAttempted, attempted, exits_of

LINES = ["hv: vm a stopped: exit code=0 rip=1 cr2=0 gpa=0 exits=9", "hv: vm a exits: cpuid=1 rdmsr=25519 wrmsr=0 io=8",
         "hv: vm ab exits: cpuid=7 rdmsr=7 wrmsr=7 io=7"]


class TestAttempted(unittest.TestCase):
    def test_counts_of_the_vm_that_is_meant(self):
        self.assertEqual(exits_of("a", LINES), {"cpuid": 1, "rdmsr": 25519, "wrmsr": 0, "io": 8})

    def test_as_many_as_expected(self):
        attempted("a", "the core", exits_of("a", LINES), {"rdmsr": 25519, "wrmsr": 0, "io": (1, 8)})

    def test_one_less_is_not_attempted(self):
        for expected in ({"rdmsr": 25520}, {"io": (9, 20)}, {"rdmsr": 25519, "wrmsr": 1}):
            with self.assertRaisesRegex(NotAttempted, "^not attempted by VM a"):
                attempted("a", "the core", exits_of("a", LINES), expected)

    def test_one_more_is_an_error(self):
        for expected in ({"rdmsr": 25518}, {"io": (1, 7)}):
            with self.assertRaisesRegex(EmuError, "more than it was to do"):
                attempted("a", "the core", exits_of("a", LINES), expected)

    def test_a_count_that_is_not_there_is_no_zero(self):
        with self.assertRaises(KeyError):
            attempted("a", "the core", exits_of("a", LINES), {"hcall": 0})
        with self.assertRaises(StopIteration):
            exits_of("b", LINES)


if __name__ == "__main__":
    unittest.main()
