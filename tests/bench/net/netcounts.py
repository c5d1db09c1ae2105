# SPDX-License-Identifier: Apache-2.0
"""Instructions for each unit of work: of what netbench says on a machine whose clock counts them, and of what a plugin counted; pure."""

import re
from statistics import median

from errors import EmuError

FIELD = re.compile(r"(\w+)=([0-9.]+)")
# what -> (name, unit, the field that is time in us, how many units it was for)
KINDS = {
    "tx": ("tcp-tx-kib", "instructions/KiB", "us", lambda got: got["mib"] * 1024),
    "rx": ("tcp-rx-kib", "instructions/KiB", "us", lambda got: got["mib"] * 1024),
    "rtt": ("tcp-rtt-count", "instructions", "median_us", lambda got: 1),
    "pps": ("pps-64-count", "instructions/frame", "in_us", lambda got: got["arrived"]),
}


def per_unit(lines, shift, command):
    """Figures of the LINES of netbench, one of each kind, where an instruction takes 2^SHIFT ns; waiting with nothing to do counts as time."""
    found = {}
    for line in lines:
        kind = line.split()[1] if line.startswith("netbench: ") else None
        if kind in KINDS:
            name, unit, field, units = KINDS[kind]
            got = {key: float(value) for key, value in FIELD.findall(line)}
            found[name] = {"value": round(got[field] * 1000 / 2 ** shift / units(got)), "unit": unit, "command": command}
    if len(found) != len(KINDS):
        raise EmuError(f"netbench said only {sorted(found)}: {lines[-4:]}")
    return found


def of_trips(found, command):
    """Figures of FOUND {cpus: ({VM: exits}, us)}: a sum for each number of processors, and the time."""
    figures = {}
    for cpus, (exits, least) in found.items():
        figures[f"trip-exits-{cpus}-cpus"] = {"value": round(sum(exits.values()), 2), "unit": "exits", "command": command, "exits": exits}
        figures[f"trip-min-{cpus}-cpus"] = {"value": least, "unit": "us", "command": command}
    return figures


def of_plain(found, exits, command):
    """Figures of FOUND {"tunnel", "spread", "plain"} -> {"tx", "rx"} -> rounds -> instructions of each processor, where the median of the rounds counts; a share is the
    smaller of both ways. EXITS of VMs go with those of the tunnel."""
    rounds = {name: {what: [(max if name == "spread" else sum)(each) for each in of_rounds] for what, of_rounds in whats.items()} for name, whats in found.items()}
    middle = {name: {what: median(values) for what, values in whats.items()} for name, whats in rounds.items()}
    figures = {f"{name}-{what}-kib": {"value": round(value), "unit": "instructions/KiB", "command": command, "rounds": [round(each) for each in rounds[name][what]]}
               for name, whats in middle.items() for what, value in whats.items()}
    for what in middle["tunnel"]:
        figures[f"tunnel-{what}-kib"]["exits"] = exits[what]
    for name, figure in (("spread", "ipsec-share-busiest"), ("tunnel", "ipsec-share-count")):
        share = min(100 * middle["plain"][what] / middle[name][what] for what in middle[name])
        figures[figure] = {"value": round(share, 1), "unit": "%", "command": command, "note": "the smaller of tx and rx"}
    return figures
