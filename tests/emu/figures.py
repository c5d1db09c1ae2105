# SPDX-License-Identifier: Apache-2.0
"""Figures of many cycles: percentiles, tables for people, JSON for programs. Pure; runs nothing."""

import json
import os

MEASURES = (  # key of a record, what a table calls it
    ("work packet", "first packet of work at the far server"),
    ("work connection", "work's connection goes on"),
    ("personal packet", "first packet of personal on the wire"),
    ("personal connection", "personal's connection goes on"),
    ("release", "a held key is let go"),
)
NOTICED = "fault noticed (comes before)"
ENDS = (("image or checkpoint in place", "runs again"), ("ready", "is ready"), ("works", "does its work"))


def percentile(values, part):
    """The smallest value that PART of them do not exceed: no figure that was not measured."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


def summary(values):
    return {"n": len(values), "p50": percentile(values, 50), "p95": percentile(values, 95), "max": max(values)}


def by_vm(records):
    """{(VM, how its life began): its records}, of cycles with one death."""
    found = {}
    for record in records:
        if record["single"]:
            vm = record["vms"][0]
            found.setdefault((vm, record["lives"][vm]["how"]), []).append(record)
    return found


def outages(records):
    """[{vm, how, what, n, p50, p95, max}], seconds from the death as the core said it; from the fault to there for NOTICED."""
    rows = []
    for (vm, how), some in by_vm(records).items():
        noticed = [record["lives"][vm]["detect"] for record in some if "detect" in record["lives"][vm]]
        if noticed:
            rows.append({"vm": vm, "how": how, "what": NOTICED, **summary(noticed)})
        steps = [record["lives"][vm]["steps"] for record in some]
        rows += [{"vm": vm, "how": how, "what": what, **summary([step[key] for step in steps])}
                 for key, what in ENDS if all(key in step for step in steps)]
        for key, what in MEASURES:
            values = [record[key] for record in some if key in record]
            if values:
                rows.append({"vm": vm, "how": how, "what": what, **summary(values)})
    return rows


def budget(records, order):
    """[{vm, how, step, p50}]: how long each step took after the one before it, in the order in which they mostly end; ORDER: known steps."""
    rows = []
    for (vm, how), some in by_vm(records).items():
        ends = {step: [record["lives"][vm]["steps"][step] for record in some if step in record["lives"][vm]["steps"]] for step in order}
        ends["first packet"] = [min(record[key] for key in ("work packet", "personal packet") if key in record) for record in some
                                if "work packet" in record or "personal packet" in record]
        known = sorted((percentile(values, 50), step) for step, values in ends.items() if values)
        before = 0
        noticed = [record["lives"][vm]["detect"] for record in some if "detect" in record["lives"][vm]]
        if noticed:
            rows.append({"vm": vm, "how": how, "step": "detect", "ends": 0.0, "takes": percentile(noticed, 50)})
        for end, step in known:
            rows.append({"vm": vm, "how": how, "step": step, "ends": end, "takes": round(end - before, 4)})
            before = end
    return rows


def ratios(rows):
    """[{vm, what, cold, restored, ratio}]: medians of a restored life against a cold start, where both were measured."""
    at = {(row["vm"], row["what"], row["how"]): row["p50"] for row in rows}
    return [{"vm": vm, "what": what, "cold": at[vm, what, "cold"], "restored": value, "ratio": round(value / at[vm, what, "cold"], 3)}
            for (vm, what, how), value in at.items() if how == "restored" and what != NOTICED and (vm, what, "cold") in at]


def table(rows, columns):
    """Rows as a table that is aligned on a terminal and right in Markdown."""
    cells = [list(columns), *([f"{row[c]:.3f}" if isinstance(row[c], float) else str(row[c]) for c in columns] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def report(result):
    """What a person reads of the result of a run."""
    parts = ["Outage in seconds, from the core's line about the death; a fault is noticed so long before it", table(result["outages"], ("vm", "how", "what", "n", "p50", "p95", "max"))]
    parts += ["Steps in seconds, medians", table(result["budget"], ("vm", "how", "step", "takes", "ends"))]
    if result["ratios"]:
        parts += ["A restored life against a cold start", table(result["ratios"], ("vm", "what", "restored", "cold", "ratio"))]
    parts += ["Counts", table([{"what": what, "count": count} for what, count in result["counts"].items()], ("what", "count"))]
    return "\n\n".join(parts)


def result_of(records, counts, order):
    rows = outages(records)
    return {"counts": counts, "outages": rows, "budget": budget(records, order), "ratios": ratios(rows), "cycles": records}


def write(path, result):
    """As JSON, whole or not at all."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as out:
        json.dump(result, out, indent=1)
        out.write("\n")
    os.replace(path + ".new", path)
