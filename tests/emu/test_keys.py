# SPDX-License-Identifier: Apache-2.0
"""Which key events a chord and a text become."""

import unittest

import keys
from errors import EmuError, UsageError

CODES = {name: code for code, name in enumerate(("ctrl", "u", "v", "w", "ret"), 100)} | {"ctrl": keys.MODIFIERS[0]}


def short(strokes):
    """One word for each event: +name pressed, -name let go."""
    return " ".join(("+" if s["data"]["down"] else "-") + s["data"]["key"]["data"] for s in strokes)


class KeysTest(unittest.TestCase):
    def test_a_chord_is_let_go_in_the_opposite_order(self):
        self.assertEqual(short(keys.strokes_of_chord("ctrl-alt-2")), "+ctrl +alt +2 -2 -alt -ctrl")
        self.assertEqual(short(keys.strokes_of_chord("minus")), "+minus -minus")

    def test_text_in_the_us_layout(self):
        self.assertEqual(short(keys.strokes_of_text("hi")), "+h -h +i -i")
        self.assertEqual(short(keys.strokes_of_text("A?")), "+shift +a -a -shift +shift +slash -slash -shift")
        self.assertEqual(short(keys.strokes_of_text("0 \n")), "+0 -0 +spc -spc +ret -ret")

    def test_every_printable_character_has_keys_of_its_own(self):
        chords = [keys.chord_of_character(chr(code)) for code in range(32, 127)]
        self.assertEqual(len(set(chords)), 95)

    def test_what_no_key_writes(self):
        for wrong in ("\xe4", "\x01", "\u0660"):
            self.assertRaises(UsageError, keys.chord_of_character, wrong)
        for wrong in ("", "-", "ctrl-", "ctrl--a"):
            self.assertRaises(UsageError, keys.strokes_of_chord, wrong)

    def test_both_axes_of_the_mouse_are_one_report(self):
        self.assertEqual([[(e["data"]["axis"], e["data"]["value"]) for e in report]
                          for report in keys.strokes_of_mouse(5, -3)], [[("x", 5), ("y", -3)]])
        self.assertEqual(keys.strokes_of_mouse(0, 0), [])


class Screen:
    """A VM that reads keys and repeats V as often as REPEATS says, press by press; knows what stands on its line, and the lines that were entered."""

    def __init__(self, *repeats):
        self.repeats = list(repeats)
        self.events, self.waiting, self.most = [], 0, 0
        self.text, self.lines, self.ctrl = "", [], False

    def send(self, strokes):
        self.waiting += len(strokes)
        self.most = max(self.most, self.waiting)
        for stroke in strokes:
            name, down = stroke["data"]["key"]["data"], stroke["data"]["down"]
            again = self.repeats.pop(0) if name == "v" and down and self.repeats else 0
            self.events += [(1, CODES[name], int(down)), (0, 0, 0)] + [(1, CODES[name], 2), (0, 0, 1)] * again
            self.ctrl = down if name == "ctrl" else self.ctrl
            if down and name != "ctrl":
                self.write(name, 1 + again)

    def write(self, name, times):
        if self.ctrl or name == "ret":
            self.lines += [self.text] if name == "ret" else []
            self.text = ""
        else:
            self.text += name * times

    def until(self, _, holds, __):
        assert holds()
        self.waiting = 0

    def typist(self):
        return keys.Typist(self.send, lambda: self.events, self.until)


class TypistTest(unittest.TestCase):
    def test_a_line_is_typed_once(self):
        screen = Screen()
        screen.text = "w"  # left by somebody else
        screen.typist().line("vwv")
        self.assertEqual((screen.lines, sum(event == (1, CODES["w"], 1) for event in screen.events)), (["vwv"], 1))

    def test_a_line_with_a_repeated_key_is_typed_anew(self):
        screen = Screen(0, 3, 1)
        screen.typist().line("vwv")
        self.assertEqual(screen.lines, ["vwv"])

    def test_no_more_at_once_than_a_keyboard_holds(self):
        screen = Screen()
        screen.typist().line("vw" * 20)
        self.assertEqual((screen.lines, screen.most), (["vw" * 20], keys.AT_ONCE))

    def test_a_machine_that_always_repeats_is_an_error(self):
        screen = Screen(*[1] * 10)
        self.assertRaises(EmuError, screen.typist().line, "v")
        self.assertEqual(screen.lines, [])


if __name__ == "__main__":
    unittest.main()
