# SPDX-License-Identifier: Apache-2.0
"""Splits what comes out of COM1 into our lines and the consoles of VMs; pure, does no input or output.

Until the first line of ours the firmware owns the port and clears screens on it; that part is dropped.
Nothing that comes later is dropped, and nothing that is passed on can move a terminal's cursor.
"""

import re

LINE_MAX = 16384
OWN_START = ("bulkhead: ", "REFUSED:", "hv: ")
ESCAPE = re.compile(rb"\x1b(\[[0-9;?=]*[ -/]*[@-~]|[@-Z\\^_])")
CONSOLE = re.compile(r"\[([a-z0-9-]{1,15})\] ?(.*)")
KEY_VALUE = re.compile(r"(?<!\S)([a-z][a-z0-9_]*)=(\S*)")


def printable(data):
    """The bytes as text of printable ASCII; all others become \\xNN."""
    return "".join(chr(b) if 0x20 <= b < 0x7F or b == 9 else f"\\x{b:02x}" for b in data)


def console_of(line):
    """(name, text) of a console line of a VM, or None for a line of ours."""
    match = CONSOLE.fullmatch(line)
    return (match.group(1), match.group(2)) if match else None


def fields(line):
    """The key=value words of a line as a dict; a key that comes twice keeps its first value."""
    found = {}
    for key, value in KEY_VALUE.findall(line):
        found.setdefault(key, value)
    return found


class SerialLog:
    """Feed bytes, get finished lines."""

    def __init__(self):
        self.partial = b""
        self.started = False

    def feed(self, data):
        """The lines that became complete with DATA, as text without line end."""
        pieces = (self.partial + data).split(b"\n")
        self.partial = pieces.pop()
        if len(self.partial) > LINE_MAX:
            pieces.append(self.partial)
            self.partial = b""
        return [line for line in map(self._line, pieces) if line is not None]

    def close(self):
        """The last line, where the machine died within it."""
        rest, self.partial = self.partial, b""
        line = self._line(rest) if rest else None
        return [] if line is None else [line]

    def _line(self, raw):
        raw = raw.rstrip(b"\r")
        if not self.started:
            raw = ESCAPE.sub(b"", raw).replace(b"\r", b"").replace(b"\0", b"")
            if not raw.decode("latin-1").startswith(OWN_START):
                return None
            self.started = True
        return printable(raw)
