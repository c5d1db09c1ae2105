# SPDX-License-Identifier: Apache-2.0
"""Writes physical memory from outside, by QEMU's gdb server. Only for scenarios that break a machine; reading is physmem.py's."""

import re

from errors import EmuError
from qmp import connect_unix

SOCKET = "gdb.sock"
ARGUMENTS = ("-gdb", f"unix:{SOCKET},server=on,wait=off")  # for Context.start(extra=...)
ANSWER_S = 30.0
ANSWER = re.compile(rb"\$((?!T)[^#]*)#..")  # T: that the machine stands still now, which is no answer
GO_ON = "D"
PIECE = 256  # bytes in one packet, well below what the server takes


class Gdb:
    """A connection: the machine stands still until it is closed."""

    def __init__(self, rundir):
        self.sock = connect_unix(rundir.file(SOCKET), ANSWER_S)
        self.ask("Qqemu.PhyMemMode:1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.ask(GO_ON)
        finally:
            self.sock.close()

    def ask(self, text):
        """Send one packet; its answer must be OK."""
        self.sock.sendall(f"${text}#{sum(text.encode()) & 255:02x}".encode())
        got = b""
        while not (packet := ANSWER.search(got)):  # bound: the socket's deadline, and the end of the stream
            data = self.sock.recv(4096)
            if not data:
                raise EmuError(f"QEMU's gdb server went away instead of answering {text[:20]!r}")
            got += data
        if text != GO_ON:  # the server has said goodbye, and the machine may be over by now
            self.sock.sendall(b"+")
        if packet.group(1) != b"OK":
            raise EmuError(f"QEMU's gdb server answered {packet.group(1)!r} to {text[:20]!r}")

    def write(self, hpa, data):
        for at in range(0, len(data), PIECE):
            part = data[at:at + PIECE]
            self.ask(f"M{hpa + at:x},{len(part):x}:{part.hex()}")
