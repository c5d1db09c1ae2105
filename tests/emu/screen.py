# SPDX-License-Identifier: Apache-2.0
"""Pictures of the machine's screen: QEMU's PPM in, PNG out, and what a test asks of a picture."""

import os
import re
import struct
import zlib

from errors import EmuError

PIXELS_MAX = 64 << 20
LETTERS_MIN = 12
FONT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "hypervisor", "core", "font.c")
BAR_LEFT = 4
BAR_CELL = (12, 16)


class Picture:
    """Width, height and the pixels, three bytes each, row by row."""

    def __init__(self, width, height, pixels):
        if len(pixels) != width * height * 3:
            raise EmuError(f"a picture of {width}x{height} with {len(pixels)} bytes")
        self.width = width
        self.height = height
        self.pixels = pixels

    def mask(self):
        """One byte per pixel, row by row: 1 where it is not black."""
        channels = (self.pixels[0::3], self.pixels[1::3], self.pixels[2::3])
        merged = int.from_bytes(channels[0], "big") | int.from_bytes(channels[1], "big") | \
            int.from_bytes(channels[2], "big")
        data = merged.to_bytes(self.width * self.height, "big").translate(b"\0" + b"\1" * 255)
        return [data[y * self.width:(y + 1) * self.width] for y in range(self.height)]


def glyph(rows, x, y, cell):
    return b"".join(row[x:x + cell[0]] for row in rows[y:y + cell[1]])


def shows(rows, lines, left, top, cell):
    """Whether LINES stand there: same letters look the same, different ones differ, a space is empty."""
    looks = {" ": bytes(cell[0] * cell[1])}
    letters = {looks[" "]: " "}
    for number, line in enumerate(lines):
        for column, letter in enumerate(line):
            seen = glyph(rows, left + column * cell[0], top + number * cell[1], cell)
            if looks.setdefault(letter, seen) != seen or letters.setdefault(seen, letter) != letter:
                return False
    return True


def find_text(picture, text, cell=(8, 19), columns_min=80):
    """
    Where TEXT stands on a screen of character cells: (left, top) in pixels, or None.

    The console is centred and wraps at its last column, as UEFI's does; TEXT may have line ends. No font is needed: a text with
    many different letters fits no other text.
    """
    if len(set(text)) < LETTERS_MIN:
        raise EmuError(f"too few different letters to recognise: {text!r}")
    rows = picture.mask()
    for columns in range(picture.width // cell[0], columns_min - 1, -1):
        left = (picture.width - columns * cell[0]) // 2
        lines = [part[i:i + columns] for part in text.split("\n") for i in range(0, len(part), columns)]
        height = cell[1] * len(lines)
        tops = [top for top in range(picture.height - height + 1) if shows(rows, lines, left, top, cell)]
        if tops:  # it still reads when a few lines are cut off: take the place with the most ink
            return left, max(tops, key=lambda top: sum(map(sum, rows[top:top + height])))
    return None


def core_font():
    """{picture of a letter: letter} as the core draws them: a tuple of columns, each the set of its dots."""
    with open(FONT, encoding="ascii") as source:
        columns = re.findall(r"\{((?:0x[0-9a-f]{2}(?:, )?){5})\}", source.read())
    return {tuple(int(part, 16) for part in letter.split(", ")): chr(ord(" ") + at) for at, letter in enumerate(columns)}


def bar_line(picture, number):
    """The text of line NUMBER (0, 1) of the bar, small letters as capitals; what is no letter of the core's is a question mark."""
    font = core_font()
    top, text = number * BAR_CELL[1] + 1, []

    def dot(x, y):
        at = (y * picture.width + x) * 3
        return picture.pixels[at:at + 3]

    for left in range(BAR_LEFT, picture.width - BAR_CELL[0] + 1, BAR_CELL[0]):
        paper = dot(left + BAR_CELL[0] - 1, top)  # the last column of a cell is empty
        look = tuple(sum(1 << y for y in range(7) if dot(left + 2 * x, top + 2 * y) != paper) for x in range(5))
        text.append(font.get(look, "?"))
    return "".join(text).rstrip()


def parse_ppm(data):
    """A binary PPM with 8 bits per channel, as QEMU's screendump writes it."""
    words = []
    at = 0
    while len(words) < 4:  # bound: each turn takes a byte
        end = at
        while end < len(data) and not data[end:end + 1].isspace():
            end += 1
        if end == at and end >= len(data):
            raise EmuError("the screendump is no picture")
        if end > at:
            words.append(data[at:end])
        at = end + 1
    if words[0] != b"P6" or words[3] != b"255":
        raise EmuError(f"the screendump is not a P6 picture of 8 bits: {words!r}")
    width, height = int(words[1]), int(words[2])
    if not 0 < width * height <= PIXELS_MAX:
        raise EmuError(f"a screendump of {width}x{height}")
    return Picture(width, height, data[at:at + width * height * 3])


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(picture):
    """The picture as a PNG file."""
    size = picture.width * 3
    rows = b"".join(b"\0" + picture.pixels[y * size:(y + 1) * size] for y in range(picture.height))
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 6)) +
            chunk(b"IEND", b""))


def take(qmp, rundir):
    """The screen now."""
    path = rundir.file("screen.ppm")
    qmp.command("screendump", filename=path)
    try:
        with open(path, "rb") as dump:
            return parse_ppm(dump.read())
    finally:
        os.unlink(path)
