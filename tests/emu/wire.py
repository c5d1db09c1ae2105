# SPDX-License-Identifier: Apache-2.0
"""The cable between the emulated card and the test network: QEMU's stream socket on one side, a raw socket on a veth on
the other. Records every frame; must not look into one.

usage: python3 wire.py INTERFACE PEER SOCKET PCAP     runs in the network namespace; says `ready` when both sides are open
       python3 wire.py INTERFACE PCAP                 records only, and of each frame only the beginning
"""

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
FRAME_MAX = 65536 + 64
BEGINNING = 256
SIOCETHTOOL = 0x8946
# ethtool commands that switch an offload: what leaves the veth must be what a real wire would carry.
OFFLOADS = {"rx checksum": 0x15, "tx checksum": 0x17, "scatter-gather": 0x19, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}
PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, FRAME_MAX, 1)


def offloads_off(interface):
    """Frames on a veth may otherwise be larger than the MTU and without checksums."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for command in OFFLOADS.values():
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            request = struct.pack("16sP", interface.encode(), ctypes.addressof(value))
            try:
                fcntl.ioctl(sock, SIOCETHTOOL, request)
            except OSError:
                pass  # a kernel without this offload has nothing to switch off


class Pcap:
    """A capture file that is complete after every frame."""

    def __init__(self, path):
        self.file = open(path, "wb", buffering=0)
        self.file.write(PCAP_HEADER)

    def add(self, frame, most=FRAME_MAX):
        now = time.time()
        kept = frame[:most]
        head = struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(kept), len(frame))
        self.file.write(head + kept)


def whole_frames(buffer):
    """QEMU puts the length, 4 bytes big-endian, in front of each frame. Returns the frames and what is left."""
    frames = []
    while len(buffer) >= 4:
        size = struct.unpack(">I", buffer[:4])[0]
        if size > FRAME_MAX:
            raise SystemExit(f"wire: a frame of {size} bytes from the emulator")
        if len(buffer) < 4 + size:
            break
        frames.append(buffer[4:4 + size])
        buffer = buffer[4 + size:]
    return frames, buffer


def carry(card, raw, pcap):
    """One connection of the emulator, until it goes."""
    buffer = b""
    while True:
        ready = select.select([card, raw], [], [])[0]
        if raw in ready:
            frame, origin = raw.recvfrom(FRAME_MAX)
            if origin[2] != socket.PACKET_OUTGOING:
                pcap.add(frame)
                try:
                    card.sendall(struct.pack(">I", len(frame)) + frame)
                except OSError:
                    return
        if card in ready:
            data = card.recv(65536)
            if not data:
                return
            frames, buffer = whole_frames(buffer + data)
            for frame in frames:
                pcap.add(frame)
                try:
                    raw.send(frame)
                except OSError:
                    pass  # longer than the MTU, or the interface is down: a real wire would lose it too


def open_raw(interface):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    raw.bind((interface, ETH_P_ALL))
    return raw


def record(interface, capture):
    """Until it is ended; both directions."""
    raw = open_raw(interface)
    pcap = Pcap(capture)
    print("ready", flush=True)
    while True:
        pcap.add(raw.recv(FRAME_MAX), BEGINNING)


def main(interface, peer, path, capture):
    offloads_off(interface)
    offloads_off(peer)  # who sends into the veth is the one that leaves checksums out
    raw = open_raw(interface)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if os.path.exists(path):
        os.unlink(path)
    listener.bind(path)
    listener.listen(1)
    pcap = Pcap(capture)
    print("ready", flush=True)
    while True:
        card, _ = listener.accept()
        carry(card, raw, pcap)
        card.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    (record if len(sys.argv) == 3 else main)(*sys.argv[1:])
