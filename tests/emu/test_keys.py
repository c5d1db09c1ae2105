# SPDX-License-Identifier: Apache-2.0
"""Which key events a chord and a text become."""

import unittest

import keys
from errors import UsageError


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


if __name__ == "__main__":
    unittest.main()
