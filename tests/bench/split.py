# SPDX-License-Identifier: Apache-2.0
"""Of what the core spends on a send and on a switch of VMs: which part on what. Counted by a plugin of the emulator, and held against the guests' own count."""

import re

import counts
import turns
from errors import EmuError

SAMPLES = counts.SAMPLES
# Label in the sender, messages of a call, bytes of each.
SENDS = {"send-64": ("phase_64", 1, 64), "send-1k": ("phase_1k", 1, 1024), "send-64k": ("phase_64k", 1, counts.LONGEST), "batch-32x1500": ("phase_batch", counts.BATCH, counts.FRAME)}
PARTS = {"-": "exit", "chan_send": "checks", "chan_send_one": "checks", "memcpy": "copy", "dom_post": "doorbell"}  # function: the part that it is, with what it calls
SWITCH = "hlt sched_pick"
AGREE = 0.03  # between the plugin's count of a call and the guest's
GUEST_MOST = 30  # instructions of the guest's own in its count: arguments and results of the call
# Instructions of svm_enter that are there for nothing but that one VM learns nothing of another, or of the core, by speculation: at least one of each.
FLUSHES = {"buffers": r"verw\s", "return stack": r"call\s+[0-9a-f]+ <svm_enter\+", "return stack, taken back": r"add\s+\$0x100,%rsp$",
           "registers": r"xor\s+(%\w+),\1$", "fault address": r"mov\s+%rcx,%cr2$"}


def flushes(code):
    """Addresses of those instructions in CODE, the disassembly of the core."""
    body = re.search(r"<svm_enter>:\n(.*?)(?:\n\n|\Z)", code, re.S).group(1)
    lines = [re.match(r"\s*([0-9a-f]+):\s+(.*?)\s*(?:#.*)?$", line) for line in body.splitlines()]
    found = {what: [int(line.group(1), 16) for line in lines if line and re.match(pattern, line.group(2))] for what, pattern in FLUSHES.items()}
    missing = [what for what, places in found.items() if not places]
    if missing:
        raise EmuError(f"svm_enter does not flush: {missing}")
    return [place for places in found.values() for place in places]


def parts(name, kinds, figures):
    """The parts of the sends NAME, per message, of the call in the middle of all; FIGURES: what the guests counted."""
    label, messages, size = SENDS[name]
    whole = figures[f"{name}-whole"]
    kind = kinds.get(f"vmmcall {name}")
    if kind is None or not SAMPLES / 2 <= len(kind.samples) == kind.turns <= SAMPLES or any(set(sample) != set(PARTS) for sample in kind.samples):
        raise EmuError(f"{name}: {SAMPLES} calls behind {label} were to be counted, there are {kind and (kind.turns, kind.samples[:1])}")
    middle = sorted(kind.samples, key=lambda sample: sum(sample.values()))[kind.turns // 2]
    if messages == 1 and not sum(middle.values()) * (1 - AGREE) <= whole <= sum(middle.values()) * (1 + AGREE) + GUEST_MOST:
        raise EmuError(f"{name}: the plugin counted {sum(middle.values())} instructions, the guest {whole}")
    # The way in and out is that of a call that does nothing, a byte costs what the guest found, and the receiver sleeps: it is rung for.
    least = {"-": figures["null-hypercall"], "memcpy": messages * size * figures["copy-per-byte"], "dom_post": 1}
    if any(middle[scope] < count * (1 - AGREE) for scope, count in least.items()):
        raise EmuError(f"{name}: the parts cannot be {middle}, at least {least} was expected")
    return {f"{name}-{part}": sum(middle[scope] for scope, of in PARTS.items() if of == part) / messages for part in PARTS.values()}


def of_switch(kinds, places, whole):
    """The flushes of a switch of VMs, and what is left of WHOLE without them. PLACES: where they lie at run time."""
    kind = kinds.get(SWITCH)
    if kind is None:
        raise EmuError(f"no turn was a switch: {sorted(kinds)}")
    each = sum(kind.places.get(place, 0) for place in places) / kind.turns
    return {"vm-switch-flushes": (each, "instructions that are there for nothing else, in each switch; they are not left out anywhere: vm-switch-unflushed is the difference"),
            "vm-switch-unflushed": whole - each}


def run(context):
    """{figure: instructions} of the machine of counts.run."""
    core = turns.Core()
    phases = [(name, counts.symbol("sender", label)) for name, (label, *_) in SENDS.items()]
    whole = counts.run(context, turns.arguments(core, ["sched_pick"], [scope for scope in PARTS if scope != "-"], phases))
    turns.finish(context)
    kinds, vmrun = turns.written()
    figures = {}
    for name in SENDS:
        figures.update(parts(name, kinds, whole))
    return {**figures, **of_switch(kinds, [place + vmrun - core.vmrun for place in flushes(core.code)], whole["vm-switch"])}
