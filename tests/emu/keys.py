# SPDX-License-Identifier: Apache-2.0
"""Presses keys and moves the mouse of a machine through QMP; knows nothing of who in the machine gets them.

The events go to the emulated USB devices: there is no other keyboard in the machine (i8042=off).
"""

import time

from errors import UsageError

# The emulated keyboard holds 16 events; a guest that polls slowly must not lose any, and no person is faster.
GAP_S = 0.03
PLAIN = {" ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
         ";": "semicolon", "'": "apostrophe", "`": "grave_accent", "\\": "backslash", ",": "comma", ".": "dot",
         "/": "slash"}
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', [*"1234567890", "minus", "equal", "bracket_left", "bracket_right",
                                              "semicolon", "apostrophe", "grave_accent", "backslash", "comma", "dot",
                                              "slash"]))


def key_event(name, down):
    return {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}


def strokes_of_chord(chord):
    """The events of keys pressed one after the other and let go in the opposite order; each one a report of its own."""
    names = chord.split("-")
    if not all(names):
        raise UsageError(f"key {chord!r}: QEMU's key names joined by '-', such as ctrl-alt-2")
    return [key_event(name, True) for name in names] + [key_event(name, False) for name in reversed(names)]


def chord_of_character(character):
    """The keys of the US layout that write CHARACTER."""
    if character in PLAIN:
        return PLAIN[character]
    if character in SHIFTED:
        return "shift-" + SHIFTED[character]
    if character.isascii() and character.isalnum():
        return ("shift-" if character.isupper() else "") + character.lower()
    raise UsageError(f"type: the US layout has no key for {character!r}")


def strokes_of_text(text):
    return [event for character in text for event in strokes_of_chord(chord_of_character(character))]


def strokes_of_mouse(right, down):
    """Both axes in one report."""
    moves = [{"type": "rel", "data": {"axis": axis, "value": value}} for axis, value in (("x", right), ("y", down)) if value]
    return [moves] if moves else []


def send(qmp, strokes):
    """STROKES: events, or lists of events that belong into one report."""
    for stroke in strokes:
        qmp.command("input-send-event", events=stroke if isinstance(stroke, list) else [stroke])
        time.sleep(GAP_S)
