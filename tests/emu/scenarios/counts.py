#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions that the core spends on single operations, on a clock that counts them: no more than the baseline says."""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "bench")]
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import counts  # noqa: E402
import table  # noqa: E402
from runner import run, scenario  # noqa: E402


BASELINE = os.path.join(os.path.dirname(counts.__file__), "baseline.json")


@scenario(deadline_s=600)
def baseline(context):
    """single operations cost no more instructions of the core than tests/bench/baseline.json allows"""
    figures = counts.run(context)
    allowed = table.read(BASELINE)
    context.check(allowed, "there is no baseline")
    for name, value in figures.items():
        print(f"# {name} {value:g} (baseline {allowed.get(name)})", flush=True)
    wrong = table.grown(figures, allowed)
    context.check(not wrong, "\n  ".join(["instructions:"] + wrong))


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
