# SPDX-License-Identifier: Apache-2.0
"""The tunnel outlives a netvm that dies again and again, as long as netvm's restart budget lets it come back."""

import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BASE = 1.8  # strongSwan's retransmit_base, which the file leaves as it is
BACKOFF_S = 40  # the core's waits between restarts, all of a window, and the last restart itself


def number(text, name):
    return float(re.search(rf"^\s*{name} = ([0-9.]+)", text, re.M).group(1))


def patience(text):
    """How long charon repeats a message before it gives the IKE SA up."""
    wait, limit = number(text, "retransmit_timeout"), number(text, "retransmit_limit")
    return sum(min(wait * BASE ** turn, limit) for turn in range(int(number(text, "retransmit_tries")) + 1))


class PatienceTest(unittest.TestCase):
    def test_sum(self):
        self.assertAlmostEqual(patience("retransmit_timeout = 2.0\nretransmit_limit = 4\nretransmit_tries = 3\n"), 13.6)

    def test_tunnel(self):
        with open(f"{ROOT}/vpnvm/rootfs/strongswan.conf", encoding="ascii") as file:
            waits = patience(file.read())
        for site in ("build-image/site", "tests/emu/sites/tunnel"):
            with open(f"{ROOT}/{site}/netvm.vm", encoding="ascii") as file:
                window = int(re.search(r"^Budget=\d+/(\d+)s", file.read(), re.M).group(1))
            self.assertGreater(waits, window + BACKOFF_S, f"{site}: the tunnel is given up after {waits:.0f} s")


if __name__ == "__main__":
    unittest.main()
