# SPDX-License-Identifier: Apache-2.0
"""A person looking by VNC: the part of the remote framebuffer protocol (RFC 6143) that QEMU's server needs."""

import socket
import struct
import time

import keys
import screen
from errors import EmuError
from qmp import connect_unix

TIMEOUT_S = 20
RAW = 0
GAP_S = 0.06
SHIFT_L, ENTER = 0xFFE1, 0xFF0D  # as X numbers keys
# 32 bits per pixel, 24 of them used, lowest byte first, true colour, 8 bits each of red, green, blue.
PIXELS = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)


class Viewer:
    """One connection to the server that listens on the unix socket PATH. Use as a context manager."""

    def __init__(self, path):
        self.sock = connect_unix(path, TIMEOUT_S)
        version = self.read(12)
        self.sock.sendall(b"RFB 003.008\n")
        kinds = self.read(self.read(1)[0])
        if version != b"RFB 003.008\n" or b"\1" not in kinds:
            raise EmuError(f"a VNC server of version {version!r} with security {list(kinds)}")
        self.sock.sendall(b"\1")
        if self.read(4) != bytes(4):
            raise EmuError("the VNC server refuses the connection")
        self.sock.sendall(b"\1")  # others may look too
        self.width, self.height = struct.unpack(">HH", self.read(4))
        self.read(16)
        self.name = self.read(struct.unpack(">I", self.read(4))[0]).decode()
        self.sock.sendall(b"\0\0\0\0" + PIXELS + struct.pack(">BxHi", 2, 1, RAW))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                part = self.sock.recv(size - len(data))
            except socket.timeout as error:
                raise EmuError(f"the VNC server was silent for {TIMEOUT_S} s") from error
            if not part:
                raise EmuError("the VNC server closed the connection")
            data += part
        return data

    def key(self, symbol, down):
        """SYMBOL: as X numbers keys; a letter is its own."""
        self.sock.sendall(struct.pack(">BB2xI", 4, down, symbol))

    def press(self, *symbols):
        """Pressed one after the other and let go in the opposite order."""
        for symbol in symbols:
            self.key(symbol, 1)
        for symbol in reversed(symbols):
            self.key(symbol, 0)

    def type(self, text):
        """A text on a US keyboard, as fast as a person can: the emulated keyboard holds 16 events."""
        for letter in text:
            shift = [SHIFT_L] if letter in keys.SHIFTED or letter.isupper() else []
            self.press(*shift, ENTER if letter == "\n" else ord(letter))
            time.sleep(GAP_S)

    def picture(self):
        """The whole screen now."""
        self.sock.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, self.width, self.height))
        rows = [bytes(3 * self.width)] * self.height
        if self.read(1) != b"\0":
            raise EmuError("the VNC server sends something else than a picture")
        for _ in range(struct.unpack(">xH", self.read(3))[0]):
            left, top, width, height, encoding = struct.unpack(">HHHHi", self.read(12))
            if encoding != RAW:
                raise EmuError(f"a rectangle with encoding {encoding}")
            for y in range(top, top + height):
                data = self.read(4 * width)
                row = bytearray(3 * width)
                row[0::3], row[1::3], row[2::3] = data[2::4], data[1::4], data[0::4]
                rows[y] = rows[y][:3 * left] + bytes(row) + rows[y][3 * (left + width):]
        return screen.Picture(self.width, self.height, b"".join(rows))
