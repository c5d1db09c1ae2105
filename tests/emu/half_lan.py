#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lan.py, but its network stands still half made: as long as the file HALF_MADE, which it makes then, is in the network's folder."""

import os
import sys
import time

import lan

HALF_MADE = "half-made"
LOOK_S = 0.05


class HalfMade(lan.Lan):
    def web(self, side, namespace, address):
        if side == "near":
            with open(self.file(HALF_MADE), "w", encoding="ascii"):
                pass
            while os.path.exists(self.file(HALF_MADE)):  # bound: the test
                time.sleep(LOOK_S)
        super().web(side, namespace, address)


if __name__ == "__main__":
    lan.Lan = HalfMade
    lan.main(*sys.argv[1:])
