#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Switches one feature of a network interface, as `ethtool -K` does, which is not needed for anything else.

usage: ethfeature.py INTERFACE gro|tso on|off
"""

import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
COMMANDS = {"gro": 0x2C, "tso": 0x1F}  # ETHTOOL_SGRO, ETHTOOL_STSO


def switch(interface, feature, wanted):
    """OSError says what the kernel refused."""
    value = array.array("B", struct.pack("II", COMMANDS[feature], wanted))
    with socket.socket() as sock:
        fcntl.ioctl(sock, SIOCETHTOOL, struct.pack("16sQ16x", interface.encode(), value.buffer_info()[0]))


if __name__ == "__main__":
    switch(sys.argv[1], sys.argv[2], sys.argv[3] == "on")
