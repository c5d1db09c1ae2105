# SPDX-License-Identifier: Apache-2.0
"""Figures as one table for people and one file for programs; comparison with a baseline. Pure; runs nothing."""

import json
import os

GROWTH = 0.03  # of an instruction count, over the baseline
PARTS = ("exit", "checks", "copy", "doorbell")  # of a send
VMS = ("netvm", "usbvm", "inputvm", "vpnvm", "adminvm", "work", "personal")
# Figure: unit, goal (at most; of AT_LEAST at least; of SHARE_OF_PEER see there), which group measures it. The order is that of the table.
FIGURES = {
    "null-hypercall": ("instructions", 250, "counts"),
    "cpuid-exit": ("instructions", 220, "counts"),
    "msr-deadline": ("instructions", None, "counts"),
    "irq-to-handler": ("instructions", None, "counts"),
    "vm-switch": ("instructions", None, "counts"),
    "vm-switch-flushes": ("instructions", None, "split"),
    "vm-switch-unflushed": ("instructions", None, "split"),
    "wake-up": ("instructions", None, "counts"),
    "doorbell": ("instructions", None, "counts"),
    "send-64": ("instructions", 700, "counts"),
    "send-64-whole": ("instructions", None, "counts"),
    **{f"send-64-{part}": ("instructions", None, "split") for part in PARTS},
    "send-1k": ("instructions", 700, "counts"),
    "send-1k-whole": ("instructions", None, "counts"),
    **{f"send-1k-{part}": ("instructions", None, "split") for part in PARTS},
    "send-64k": ("instructions", 1500, "counts"),
    "send-64k-whole": ("instructions", None, "counts"),
    **{f"send-64k-{part}": ("instructions", None, "split") for part in PARTS},
    "batch-32x1500": ("instructions", 250, "counts"),
    "batch-32x1500-whole": ("instructions", None, "counts"),
    **{f"batch-32x1500-{part}": ("instructions", None, "split") for part in PARTS},
    "copy-per-byte": ("instructions", None, "counts"),
    "create-first-instruction": ("ms", 20, "tiny"),
    "kill-per-mib": ("ms/MiB", None, "tiny"),
    "restore-written-per-mib": ("ms/MiB", None, "restored"),
    "restore-compared-per-mib": ("ms/MiB", None, "restored"),
    "restore-changed-per-mib": ("ms/MiB", None, "restored"),
    "restore-dirty": ("ms", 25, "product"),
    "restore-full": ("ms", 70, "product"),
    "boot-exits": ("exits", 900, "boot"),
    "ready-all": ("s", 12, "product"),
    "memory-core": ("MiB", 5, "product"),  # 4 MiB and 4 bytes for each frame of the 1 GiB that the machine has
    "memory-per-vm": ("MiB", 0.25, "product"),
    "memory-per-screen": ("MiB", None, "product"),
    **{f"memory-{what}-{vm}": ("MiB", None, "product") for vm in VMS for what in ("given", "used", "checkpoint")},
    "image-size": ("MiB", None, "product"),
    **{f"image-size-{vm}": ("MiB", None, "product") for vm in VMS},
    "idle-exits": ("1/s", 60, "product"),
    "neighbour-traces": ("packets", 0, "neighbours"),
    "tcp-tx": ("MiB/s", None, "network"),
    "tcp-rx": ("MiB/s", None, "network"),
    "tcp-rtt-min": ("us", None, "network"),
    "pps-64": ("1/s", None, "network"),
    **{f"{path}-{figure}": (unit, None, "network") for path in ("tunnel", "plain")
       for figure, unit in (("tcp-tx", "MiB/s"), ("tcp-rx", "MiB/s"), ("tcp-rtt-min", "us"), ("pps-64", "1/s"))},
    "ipsec-share": ("%", 80, "network"),
    "tcp-tx-kib": ("instructions/KiB", None, "network-counts"),
    "tcp-rx-kib": ("instructions/KiB", None, "network-counts"),
    "tcp-rtt-count": ("instructions", None, "network-counts"),
    "pps-64-count": ("instructions/frame", None, "network-counts"),
    **{f"{path}-{way}-kib": ("instructions/KiB", None, "network-share") for path in ("tunnel", "spread", "plain") for way in ("tx", "rx")},
    "ipsec-share-busiest": ("%", 80, "network-share"),
    "ipsec-share-count": ("%", None, "network-share"),
}
AT_LEAST = ("tcp-tx", "tcp-rx", "ipsec-share", "ipsec-share-busiest", "ipsec-share-count")
# Goals that are so many times the peer's figure. Those in TIMES are of one host at one time: the peer's of another day are no goal.
SHARE_OF_PEER = {"tcp-tx": 2, "tcp-rx": 2, "tcp-rtt-min": 0.5, "tcp-tx-kib": 0.5, "tcp-rx-kib": 0.5, "tcp-rtt-count": 0.5}
TIMES = ("MiB/s", "us")
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


def goal_of(name, theirs):
    """What is wanted of figure NAME beside the peer's value THEIRS, or None."""
    if name in SHARE_OF_PEER:
        return SHARE_OF_PEER[name] * theirs if theirs else None
    return FIGURES[name][1] if name in FIGURES else None


def unit_of(name, figure):
    return FIGURES[name][0] if name in FIGURES else figure.get("unit", "-")


def verdict(name, mine, theirs, fresh):
    """Is the goal met: "yes", "NO", "?" where the peer's figure is of another run (not FRESH) and would have to be of this one, "" without a goal or figure."""
    goal = goal_of(name, theirs)
    if goal is None or mine is None:
        return ""
    if name in SHARE_OF_PEER and FIGURES[name][0] in TIMES and not fresh:
        return "?"
    return "yes" if (mine >= goal if name in AT_LEAST else mine <= goal) else "NO"


def row(name, ours, peer, fresh=False):
    """The cells of one figure; OURS, PEER: {"value", "command"} or None; FRESH: PEER is of this run."""
    mine, theirs = (figure["value"] if figure else None for figure in (ours, peer))
    goal = goal_of(name, theirs)
    wanted = "-" if goal is None else (">= " if name in AT_LEAST else "<= ") + number(goal)
    ratio = mine / theirs if mine is not None and theirs else None
    return (name, number(mine), number(theirs), number(ratio), wanted, verdict(name, mine, theirs, fresh),
            unit_of(name, ours or peer), (ours or peer)["command"])


def shown(ours, peer):
    """The figures of which there is one, in the table's order; those that FIGURES does not list at the end."""
    there = {**ours, **peer}
    return [name for name in FIGURES if name in there] + [name for name in there if name not in FIGURES]


def report(ours, peer, fresh=False):
    """The table as text. OURS, PEER: {figure: {"value", "command"}}; FRESH: PEER is of this run."""
    rows = [COLUMNS] + [row(name, ours.get(name), peer.get(name), fresh) for name in shown(ours, peer)]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) if i in (0, 5, 6, 7) else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(cells, widths))).rstrip() for cells in rows)


def footer(ours, peer, fresh=False):
    """Below the table: which goals are missed, which were not looked at, what was tried for figures with a note, which commands made ours."""
    cells = [row(name, ours.get(name), peer.get(name), fresh) for name in shown(ours, peer)]
    met = {word: [line[0] for line in cells if line[5] == word] for word in ("yes", "NO", "?")}
    open_goals = [name for name in FIGURES if name not in ours and (FIGURES[name][1] is not None or name in SHARE_OF_PEER)]
    lines = [f"goals: {len(met['yes'])} met, {len(met['NO'])} missed" + (": " + ", ".join(met["NO"]) if met["NO"] else "")]
    if met["?"]:
        lines.append("not judged, for the peer's figure is not of this run: " + ", ".join(met["?"]))
    if open_goals:
        lines.append("goals not measured in this run: " + ", ".join(open_goals))
    lines += [f"{name}: {figure['note']}" for name, figure in ours.items() if figure.get("note")]
    lines.append("made by: " + "; ".join(dict.fromkeys(figure["command"] for figure in ours.values())))
    return "\n".join(lines)
