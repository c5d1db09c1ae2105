#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""VMs of the shipped machine are killed while it works; tests/emu/soak does the same for hours. Needs root for the test network."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import figures  # noqa: E402
import kills  # noqa: E402
from runner import run, scenario  # noqa: E402

KILLS = 40
STORMS = 4


@scenario(deadline_s=900)
def cycles(context):
    """each VM killed alone, again on its way up, with its neighbour, in a change of focus: connections, tunnel, keys, focus and tables as before"""
    machine = kills.Kills(context)
    records = [machine.run(cycle) for cycle in kills.mixed() + [kills.all_at_once()] * (STORMS - 1)]
    sizes = machine.end()
    kills_in_all = sum(record["kills"] for record in records)
    context.check(kills_in_all >= KILLS, f"{kills_in_all} times a VM was killed, not {KILLS}")
    print(f"# {len(records)} cycles, {kills_in_all} kills, {machine.deaths()} of them of a VM that ran; downloaded by work {sizes['work']} and by personal {sizes['personal']} bytes, none lost", flush=True)
    for row in figures.outages(records):
        print(f"# {row['vm']} ({row['how']}): {row['what']} after {row['p50']:.2f} s", flush=True)


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
