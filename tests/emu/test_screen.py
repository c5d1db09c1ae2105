# SPDX-License-Identifier: Apache-2.0
"""Reading a screen without knowing its font, and writing PNG files."""

import random
import unittest

from errors import EmuError
from screen import Picture, bar_line, core_font, find_text, parse_ppm

CELL = (8, 19)
TEXT = "REFUSED: found nothing, needed everything"


def paint(text, columns=80, width=700, top=40, height=200, seed=7):
    """A picture with TEXT in a font nobody has seen before."""
    dice = random.Random(seed)
    font = {letter: [dice.getrandbits(8) | 1 for _ in range(CELL[1])] for letter in sorted(set(text))}
    font[" "] = [0] * CELL[1]
    rows = [bytearray(width) for _ in range(height)]
    left = (width - columns * CELL[0]) // 2
    for at, letter in enumerate(text):
        x, y = left + at % columns * CELL[0], top + at // columns * CELL[1]
        for dy, bits in enumerate(font[letter]):
            for dx in range(8):
                rows[y + dy][x + dx] = bits >> dx & 1
    return Picture(width, height, b"".join(bytes((0, p * 90, 0)) for row in rows for p in row))


class FindTextTest(unittest.TestCase):
    def test_finds_the_text_where_it_stands(self):
        self.assertEqual(find_text(paint(TEXT), TEXT), (30, 40))

    def test_finds_a_text_that_wraps(self):
        text = TEXT + " and " + TEXT[9:] + " again"
        self.assertEqual(find_text(paint(text), text), (30, 40))

    def test_finds_a_text_of_two_lines(self):
        picture = paint(TEXT + " " * (80 - len(TEXT)) + TEXT[9:])
        self.assertEqual(find_text(picture, TEXT + "\n" + TEXT[9:]), (30, 40))
        self.assertIsNone(find_text(picture, TEXT + "\n" + TEXT[8:]))

    def test_one_letter_more_less_or_other_is_another_text(self):
        picture = paint(TEXT)
        for other in (TEXT + "!", TEXT.replace("found", "fount"), TEXT.replace("nothing", "noting")):
            self.assertIsNone(find_text(picture, other), other)

    def test_an_empty_screen_shows_nothing(self):
        self.assertIsNone(find_text(Picture(700, 200, bytes(700 * 200 * 3)), TEXT))

    def test_a_text_of_few_letters_is_not_looked_for(self):
        with self.assertRaises(EmuError):
            find_text(paint(TEXT), "aaaa bbbb")


def bar(text, paper=(16, 16, 16), ink=(255, 80, 80), lines=2, width=640):
    """A picture with TEXT in the second line of the bar, as bar.c draws it: each dot doubled."""
    letters = {letter: look for look, letter in core_font().items()}
    pixels = [[paper] * width for _ in range(16 * lines + 8)]
    for at, letter in enumerate(text):
        for x, column in enumerate(letters[letter]):
            for y in (y for y in range(7) if column >> y & 1):
                for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
                    pixels[16 + 1 + 2 * y + dy][4 + 12 * at + 2 * x + dx] = ink
    return Picture(width, len(pixels), b"".join(bytes(p) for row in pixels for p in row))


class BarTest(unittest.TestCase):
    def test_reads_what_the_core_draws(self):
        for text in ("NETVM:NO-DEVICE USBVM", "A", ""):
            self.assertEqual(bar_line(bar(text), 1), text)
        self.assertEqual(bar_line(bar("NETVM"), 0), "")

    def test_any_ink_on_any_paper(self):
        self.assertEqual(bar_line(bar("WORK", paper=(9, 200, 7), ink=(0, 0, 0)), 1), "WORK")

    def test_a_dot_more_is_no_letter(self):
        picture = bar("WORK")
        at = ((16 + 1) * picture.width + 4 + 2 * 2) * 3
        picture.pixels = picture.pixels[:at] + b"\xff" + picture.pixels[at + 1:]
        self.assertEqual(bar_line(picture, 1), "?ORK")


class PpmTest(unittest.TestCase):
    def test_what_qemu_writes(self):
        picture = parse_ppm(b"P6\n2 1\n255\n\x00\x01\x02\x0a\x20\xff")
        self.assertEqual((picture.width, picture.height, picture.pixels), (2, 1, b"\x00\x01\x02\x0a\x20\xff"))

    def test_what_is_no_picture(self):
        for data in (b"", b"P6", b"P5\n1 1\n255\n\0", b"P6\n1 1\n65535\n" + bytes(6), b"P6\n2 2\n255\n\0",
                     b"P6\n0 1\n255\n"):
            with self.assertRaises(EmuError, msg=data):
                parse_ppm(data)


if __name__ == "__main__":
    unittest.main()
