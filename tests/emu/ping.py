# SPDX-License-Identifier: Apache-2.0
"""One ICMP echo request. usage: python3 ping.py ADDRESS     exit 0: it was answered within a second"""

import os
import socket
import struct
import sys
import time

WAIT_S = 1.0


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def main(address):
    """True: an answer to this very request came from ADDRESS."""
    number = os.getpid() & 0xFFFF
    request = struct.pack(">BBHHH", 8, 0, 0, number, 1)
    request = struct.pack(">BBHHH", 8, 0, checksum(request), number, 1)
    end = time.monotonic() + WAIT_S
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.sendto(request, (address, 0))
        while time.monotonic() < end:  # bound: the deadline
            sock.settimeout(max(end - time.monotonic(), 0.01))
            try:
                data, sender = sock.recvfrom(2048)
            except TimeoutError:
                return False
            header = (data[0] & 15) * 4
            if sender[0] == address and data[header:header + 1] == b"\0" and data[header + 4:header + 6] == struct.pack(">H", number):
                return True
    return False


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1]))
