# SPDX-License-Identifier: Apache-2.0
"""Figures as one table for people and one file for programs; comparison with a baseline. Pure; runs nothing."""

import json
import os

GROWTH = 0.03  # of an instruction count, over the baseline
# Figure: unit, goal (at most), which group measures it. The order is that of the table.
FIGURES = {
    "null-hypercall": ("instructions", 250, "counts"),
    "cpuid-exit": ("instructions", 220, "counts"),
    "msr-deadline": ("instructions", None, "counts"),
    "irq-to-handler": ("instructions", None, "counts"),
    "vm-switch": ("instructions", None, "counts"),
    "wake-up": ("instructions", None, "counts"),
    "doorbell": ("instructions", None, "counts"),
    "send-64": ("instructions", 700, "counts"),
    "send-64-whole": ("instructions", None, "counts"),
    "send-1k": ("instructions", 700, "counts"),
    "send-1k-whole": ("instructions", None, "counts"),
    "send-64k": ("instructions", 1500, "counts"),
    "send-64k-whole": ("instructions", None, "counts"),
    "batch-32x1500": ("instructions", 250, "counts"),
    "batch-32x1500-whole": ("instructions", None, "counts"),
    "copy-per-byte": ("instructions", None, "counts"),
    "create-first-instruction": ("ms", 20, "tiny"),
    "kill-per-mib": ("ms/MiB", None, "tiny"),
    "restore-dirty": ("ms", 25, "product"),
    "restore-full": ("ms", 70, "product"),
    "boot-exits": ("exits", 900, "boot"),
    "ready-all": ("s", 12, "product"),
    "memory-core": ("MiB", 5, "product"),  # 4 MiB and 4 bytes for each frame of the 1 GiB that the machine has
    "memory-per-vm": ("MiB", 0.25, "product"),
    "memory-per-screen": ("MiB", None, "product"),
    "image-size": ("MiB", None, "product"),
    "idle-exits": ("1/s", 60, "product"),
    "tcp-tx": ("MiB/s", None, "network"),
    "tcp-rx": ("MiB/s", None, "network"),
    "tcp-rtt-min": ("us", None, "network"),
    "pps-64": ("1/s", None, "network"),
    "ipsec-share": ("%", None, "network"),
    "tcp-tx-kib": ("instructions/KiB", None, "network-counts"),
    "tcp-rx-kib": ("instructions/KiB", None, "network-counts"),
    "tcp-rtt-count": ("instructions", None, "network-counts"),
    "pps-64-count": ("instructions/frame", None, "network-counts"),
}
SHARE_OF_PEER = {"tcp-tx-kib": 0.5, "tcp-rx-kib": 0.5, "tcp-rtt-count": 0.5}  # goals that are a share of the peer's figure
COLUMNS = ("figure", "ours", "peer", "ratio", "goal", "met", "unit", "made by")


def read(path):
    """A file of figures; {} where there is none."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(path, what):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(what, out, indent=2)
        out.write("\n")


def grown(figures, baseline):
    """What is wrong with FIGURES {name: count} beside BASELINE: counts that rose, counts that are not there, counts nobody knows."""
    wrong = [f"{name}: measured, but not in the baseline" for name in figures if name not in baseline]
    for name, before in baseline.items():
        if name not in figures:
            wrong.append(f"{name}: in the baseline, but not measured")
        elif figures[name] > before * (1 + GROWTH):
            wrong.append(f"{name}: {figures[name]:g} instructions, {figures[name] / before * 100 - 100:.1f} % over the baseline's {before:g}")
    return wrong


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def row(name, ours, peer):
    """The cells of one figure; OURS, PEER: {"value", "command"} or None."""
    unit, goal, _ = FIGURES[name]
    mine, theirs = (figure["value"] if figure else None for figure in (ours, peer))
    if name in SHARE_OF_PEER and theirs:
        goal = SHARE_OF_PEER[name] * theirs
    ratio = mine / theirs if mine is not None and theirs else None
    met = "" if goal is None or mine is None else "yes" if mine <= goal else "NO"
    return (name, number(mine), number(theirs), number(ratio), number(goal), met, unit, (ours or peer)["command"])


def report(ours, peer):
    """The table as text. OURS, PEER: {figure: {"value", "command"}}."""
    rows = [COLUMNS] + [row(name, ours.get(name), peer.get(name)) for name in FIGURES if name in ours or name in peer]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) if i in (0, 5, 6, 7) else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(cells, widths))).rstrip() for cells in rows)
