#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for lan.py in the driver's own tests: its network is a file. FAKE_LAN: the reason why it fails, or `die`."""

import json
import os
import sys

why = os.environ.get("FAKE_LAN")
if why == "die":
    sys.exit(1)
if why:
    print(json.dumps({"error": why}))
    sys.exit(0)
network = os.path.join(sys.argv[2], "network-is-up")
with open(network, "w", encoding="ascii"):
    pass
print(json.dumps({"ok": True}), flush=True)
while os.read(0, 64):  # bound: the life of the supervisor
    pass
os.unlink(network)
