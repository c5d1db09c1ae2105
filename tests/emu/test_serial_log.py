# SPDX-License-Identifier: Apache-2.0
"""The splitter of the serial line: what is dropped, what is passed on, what a guest cannot do."""

import unittest

from serial_log import LINE_MAX, SerialLog, console_of, fields


class SerialLogTest(unittest.TestCase):
    def lines(self, *pieces):
        log = SerialLog()
        found = []
        for piece in pieces:
            found += log.feed(piece)
        return found + log.close()

    def test_firmware_is_dropped_until_our_first_line(self):
        data = (b"\x1b[2J\x1b[01;01H\x1b[=3hBdsDxe: loading Boot0001\r\n\0\x1b[0m\x1b[37m\x1b[40m"
                b"bulkhead: one\r\nBdsDxe: two\r\nhv: three\n")
        self.assertEqual(self.lines(data), ["bulkhead: one", "BdsDxe: two", "hv: three"])

    def test_each_kind_of_first_line(self):
        for first in ("bulkhead: x", "REFUSED: x", "hv: x"):
            self.assertEqual(self.lines(b"noise\n" + first.encode() + b"\n"), [first])

    def test_byte_by_byte_gives_the_same(self):
        data = b"\x1b[2Jnoise\r\nhv: a\r\n[work] b\nlast"
        self.assertEqual(self.lines(*(bytes([b]) for b in data)), self.lines(data))
        self.assertEqual(self.lines(data), ["hv: a", "[work] b", "last"])

    def test_nothing_that_moves_a_cursor_is_passed_on(self):
        self.assertEqual(self.lines(b"hv: a\n[w] \x1b[1A\x07\xff\rb\n"), ["hv: a", "[w] \\x1b[1A\\x07\\xff\\x0db"])

    def test_a_line_without_end_is_cut(self):
        found = self.lines(b"hv: a\n", b"x" * (LINE_MAX + 1), b"y\n")
        self.assertEqual([len(line) for line in found], [5, LINE_MAX + 1, 1])

    def test_nothing_of_ours_gives_no_line(self):
        self.assertEqual(self.lines(b"shell> hv: no\r\n", b"x" * (3 * LINE_MAX)), [])


class ConsoleTest(unittest.TestCase):
    def test_names(self):
        self.assertEqual(console_of("[work] hello"), ("work", "hello"))
        self.assertEqual(console_of("[work] "), ("work", ""))
        for line in ("hv: x", "[Work] x", "[../x] y", "[] x", " [work] x", "[sixteen-letters-] x"):
            self.assertIsNone(console_of(line), line)

    def test_a_guest_line_that_looks_like_ours_stays_a_guest_line(self):
        self.assertEqual(console_of("[work] hv: ready vms=9"), ("work", "hv: ready vms=9"))

    def test_fields(self):
        self.assertEqual(fields("hv: vm a dom=1 ram=0+1 x== dom=2 Q=3 b=c=d"),
                         {"dom": "1", "ram": "0+1", "x": "=", "b": "c=d"})


if __name__ == "__main__":
    unittest.main()
