# SPDX-License-Identifier: Apache-2.0
"""When the audit at the end of a scenario may look: lines as the core writes them."""

import unittest

from runner import at_rest

CORE = "hv: bulkhead core abi=1 system=scenario serial=1 vms=2 cpus=2 tsc_khz=1 lapic_khz=1"
RUNS = "hv: vm {} dom=0 ncr3=1000 ram=200000+100000 life=1 running on cpu 0"


class AtRestCase(unittest.TestCase):
    def check(self, expected, *lines):
        self.assertEqual(at_rest([CORE, *lines]), expected, lines)

    def test_all_must_have_come_to_rest(self):
        self.check(False)
        self.check(False, RUNS.format("one"))
        self.check(True, RUNS.format("one"), RUNS.format("two"))
        self.check(True, RUNS.format("one"), "hv: vm one ready", "hv: vm two off (none), memory clean")

    def test_on_the_way(self):
        one = RUNS.format("one")
        self.check(False, one, "hv: vm two loading 32 KiB")
        self.check(False, one, RUNS.format("two"), "hv: vm two stopped: killed code=0 rip=0 cr2=0 gpa=0 exits=1")
        self.check(False, one, RUNS.format("two"), "hv: vm two stopped: killed code=0", "hv: vm two   exit 60 at rip 1")
        self.check(False, one, "hv: vm two refused: image digest differs from the description")

    def test_over(self):
        one = RUNS.format("one")
        self.check(True, one, "hv: vm two stopped: exit code=0", "hv: vm two dead (exit), memory clean")
        self.check(True, one, "hv: vm two refused: image file missing", "hv: vm two refused (no-image), memory clean")
        self.check(True, one, "hv: vm two refused: no memory was set aside for it")

    def test_guests_are_not_believed(self):
        self.check(False, RUNS.format("one"), "[two] hv: vm two ready", "[one] hv: vm two ready")


if __name__ == "__main__":
    unittest.main()
