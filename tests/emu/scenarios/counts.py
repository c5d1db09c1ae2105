#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions of single operations and of a network edge, on a clock that counts them: no more than the baseline, or half of Xen's."""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "bench")]
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import counts  # noqa: E402
import table  # noqa: E402
import times  # noqa: E402
from runner import run, scenario  # noqa: E402


BENCH = os.path.dirname(counts.__file__)
BASELINE = os.path.join(BENCH, "baseline.json")
XEN = os.path.join(BENCH, "xen.json")


@scenario(deadline_s=1200)
def baseline(context):
    """single operations cost no more instructions of the core than tests/bench/baseline.json allows"""
    figures = counts.run(context)
    allowed = table.read(BASELINE)
    context.check(allowed, "there is no baseline")
    for name, value in figures.items():
        print(f"# {name} {value:g} (baseline {allowed.get(name)})", flush=True)
    wrong = table.grown(figures, allowed)
    context.check(not wrong, "\n  ".join(["instructions:"] + wrong))


@scenario(deadline_s=1200)
def network(context):
    """TCP between two VMs takes at most half of the instructions that it takes between two of Xen's, each way and there and back"""
    figures, peer = times.network(context, "--counted"), table.read(XEN)["figures"]
    wrong = []
    for name in ("tcp-tx-kib", "tcp-rx-kib", "tcp-rtt-count"):
        ours, most = figures[name]["value"], table.SHARE_OF_PEER[name] * peer[name]["value"]
        print(f"# {name} {ours:g} (at most {most:g})", flush=True)
        wrong += [f"{name}: {ours:g} instructions, at most {most:g}"] if ours > most else []
    context.check(not wrong, "\n  ".join(["instructions of the whole machine:"] + wrong))


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
