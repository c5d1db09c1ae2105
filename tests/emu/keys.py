# SPDX-License-Identifier: Apache-2.0
"""Presses keys and moves the mouse of a machine through QMP; knows nothing of who in the machine gets them.

The events go to the emulated USB devices: there is no other keyboard in the machine (i8042=off).
"""

import time

from errors import EmuError, UsageError

# The emulated keyboard holds 16 events and loses what comes then; a guest that polls slowly must not lose any, and no person is faster.
GAP_S = 0.03
AT_ONCE = 12  # events that nobody need have read
EV_KEY, REPEATED = 1, 2
MODIFIERS = (29, 42, 56)  # left Ctrl, Shift and Alt, of which a program that reads text knows no repeat
WIPE = "ctrl-u"  # empties a shell's line
LINES_MAX = 5
READ_S = 60
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


class Typist:
    """
    Types lines into whatever VM has the focus, looking at what it reads.

    send       presses keys: the strokes
    read       [(type, code, value)] that the VM has read so far
    until      waits: what for, in words; what is asked again and again; a deadline in seconds
    """

    def __init__(self, send, read, until):
        self.send, self.read, self.until = send, read, until

    def keys(self):
        return [(code, value) for kind, code, value in self.read() if kind == EV_KEY]

    def pressed(self):
        """Presses and releases that were read so far."""
        return sum(value != REPEATED for _, value in self.keys())

    def type(self, strokes):
        """Press STROKES, no faster than they are read: until the last one was. Gives back the codes of keys that were repeated meanwhile."""
        begin = len(self.keys())
        for at in range(0, len(strokes), AT_ONCE):
            part = strokes[at:at + AT_ONCE]
            count = self.pressed() + len(part)
            self.send(part)
            self.until("what is typed to be read", lambda count=count: self.pressed() >= count, READ_S)
        return [code for code, value in self.keys()[begin:] if value == REPEATED and code not in MODIFIERS]

    def line(self, text):
        """
        Type TEXT on an empty line, then Enter.

        A key whose release is late, for the machine or the emulator had no processor, is repeated by the VM that reads it, as by any. A person
        sees that and begins the line anew; so does this.
        """
        for _ in range(LINES_MAX):
            self.type(strokes_of_chord(WIPE))
            if not self.type(strokes_of_text(text)):
                self.type(strokes_of_text("\n"))
                return
        raise EmuError(f"{LINES_MAX} times the machine was so slow that keys of the line {text!r} were repeated")
