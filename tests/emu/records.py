# SPDX-License-Identifier: Apache-2.0
"""What a machine and its wire leave behind, read on from where the last look ended, each thing with its moment; judges nothing.

Moments are seconds since 1970 by the clock of the computer that emulates: the supervisor's for a line, the recorder's for a frame.
"""

import os
import struct

import waits
from frames import ETHERNET, FILE_HEADER, IPV4, RECORD

LOOK_S = 0.02
TCP = 6
ICMP = 1
ACK, RST = 0x10, 0x04


class Journal:
    """All lines of a machine as (moment, text)."""

    def __init__(self, rundir):
        self.paths = rundir.hv_log, rundir.file("hv.times")
        self.offsets = [0, 0]
        self.rest = [[], []]
        self.lines = []

    def _read(self, which):
        with open(self.paths[which], "rb") as file:
            file.seek(self.offsets[which])
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.offsets[which] += len(whole)
        self.rest[which] += whole.decode("ascii").splitlines()

    def more(self):
        """The lines since the last call."""
        for which in (0, 1):  # the times are never behind
            self._read(which)
        count = min(len(rest) for rest in self.rest)
        new = [(float(when), text) for text, when in zip(*(rest[:count] for rest in self.rest))]
        self.rest = [rest[count:] for rest in self.rest]
        self.lines += new
        return new

    def wait(self, what, wanted, timeout_s, begin=0):
        """(moment, text) of the first line from number BEGIN on that WANTED likes, and its number."""
        at = [begin]

        def found():
            self.more()
            first, at[0] = at[0], len(self.lines)
            return next(((self.lines[number], number) for number in range(first, at[0]) if wanted(self.lines[number][1])), None)

        return waits.until(what, found, timeout_s, LOOK_S)


class Capture:
    """The frames of a pcap file as (moment, bytes)."""

    def __init__(self, path):
        self.path = path
        self.offset = FILE_HEADER

    def more(self):
        """The frames since the last call that are whole."""
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            data = file.read()
        at, frames = 0, []
        while at + RECORD.size <= len(data):  # bound: the data
            seconds, micro, size, _ = RECORD.unpack_from(data, at)
            if at + RECORD.size + size > len(data):
                break
            at += RECORD.size
            frames.append((seconds + micro / 1e6, data[at:at + size]))
            at += size
        self.offset += at
        return frames


class Segment:
    """What matters of a TCP segment, or of an echo request, in a frame; `protocol` is None for everything else."""

    def __init__(self, frame):
        self.protocol = None
        self.source = self.ports = self.ack = self.flags = None
        if len(frame) < ETHERNET + 28 or struct.unpack_from(">H", frame, 12)[0] != IPV4:
            return
        at = ETHERNET + 4 * (frame[ETHERNET] & 15)
        self.source = ".".join(str(byte) for byte in frame[ETHERNET + 12:ETHERNET + 16])
        if frame[ETHERNET + 9] == TCP and len(frame) >= at + 20:
            self.protocol = TCP
            self.ports = struct.unpack_from(">HH", frame, at)
            self.ack = struct.unpack_from(">I", frame, at + 8)[0]
            self.flags = frame[at + 13]
        elif frame[ETHERNET + 9] == ICMP and frame[at] == 8:
            self.protocol = ICMP


def beyond(new, old):
    """Is the sequence number NEW after OLD, on the circle?"""
    return 0 < (new - old) % (1 << 32) < 1 << 31


def size_of(path):
    return os.path.getsize(path) if os.path.exists(path) else 0
