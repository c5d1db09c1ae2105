# SPDX-License-Identifier: Apache-2.0
"""Instructions for each unit of work: of what netbench says on a machine whose clock counts them, and of what a plugin counted; pure."""

import re

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


def of_plain(found, exits, command):
    """Figures of FOUND {"tunnel", "plain"} -> {"tx", "rx"} -> rounds, where the fewest count; the share is the smaller of both ways. EXITS of VMs go with theirs."""
    best = {name: {what: min(rounds) for what, rounds in whats.items()} for name, whats in found.items()}
    figures = {f"{name}-{what}-kib": {"value": round(value), "unit": "instructions/KiB", "command": command, "rounds": [round(each) for each in found[name][what]]}
               for name, whats in best.items() for what, value in whats.items()}
    for what in best["tunnel"]:
        figures[f"tunnel-{what}-kib"]["exits"] = exits[what]
    share = min(100 * best["plain"][what] / best["tunnel"][what] for what in best["tunnel"])
    figures["ipsec-share-count"] = {"value": round(share, 1), "unit": "%", "command": command, "note": "the smaller of tx and rx"}
    return figures
