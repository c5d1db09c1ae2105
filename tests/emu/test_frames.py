# SPDX-License-Identifier: Apache-2.0
"""What frames are taken for, and which of them are found in the clear."""

import os
import struct
import tempfile
import time
import unittest

import frames
import wire

ETHER = bytes(12)


def ipv4(protocol, payload, source="0a4e0001", target="0a4d0002", offset=0):
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, offset, 64, protocol, 0)
    return ETHER + b"\x08\0" + head + bytes.fromhex(source + target) + payload


def udp(source, target, payload):
    return struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload


def outer(protocol, payload):
    return ipv4(protocol, payload, "c0a84d32", "c0a84d01")


class KindTest(unittest.TestCase):
    def test_ipv4(self):
        for frame, kind in ((outer(17, udp(68, 67, b"x" * 20)), "dhcp"), (outer(17, udp(500, 500, b"x" * 20)), "ike"),
                            (outer(17, udp(4500, 4500, bytes(4) + b"x" * 20)), "ike"),
                            (outer(17, udp(4500, 4500, b"\xff")), "ike"),
                            (outer(17, udp(4500, 4500, b"\0\0\0\1" + b"x" * 20)), "esp"),
                            (outer(17, udp(5000, 53, b"x")), "udp"), (outer(50, b"x" * 20), "esp"),
                            (outer(6, b"x" * 20), "ip-6"), (ipv4(17, udp(68, 67, b"x" * 20), offset=1), "fragment"),
                            (outer(17, b"x"), "udp")):
            self.assertEqual(frames.kind(frame), kind)

    def test_unreachable(self):
        for quoted, kind in ((outer(17, udp(4500, 4500, b"abcd")), "esp-unreachable"), (outer(50, b"x" * 8), "esp-unreachable"),
                             (outer(17, udp(5000, 53, b"abcd")), "ip-1"), (outer(17, udp(4500, 4500, b""))[:-16], "ip-1")):
            self.assertEqual(frames.kind(outer(1, b"\3\3" + bytes(6) + quoted[14:])), kind)
        self.assertEqual(frames.kind(outer(1, b"\x08\0" + bytes(6) + outer(50, b"x" * 8)[14:])), "ip-1")

    def test_peers(self):
        ike, esp = outer(17, udp(500, 500, b"x" * 20)), ipv4(50, b"x" * 20, "c0a84d01", "c0a84d32")
        other = ipv4(50, b"x" * 20, "c0a84d32", "08080808")
        self.assertEqual(frames.peers([ike, esp, ipv4(6, b"x")]), {("192.168.77.1", "192.168.77.50")})
        self.assertEqual(frames.peers([ike, other]), {("192.168.77.1", "192.168.77.50"), ("192.168.77.50", "8.8.8.8")})
        self.assertEqual(frames.peers([]), set())
        self.assertIsNone(frames.ends(ETHER + b"\x86\xdd" + bytes(40)))

    def test_others(self):
        neighbour = ETHER + b"\x86\xdd" + bytes(6) + b"\x3a\xff" + bytes(32)
        listener = ETHER + b"\x86\xdd" + bytes(6) + b"\0\1" + bytes(32) + b"\x3a\0" + bytes(6) + b"\x8f" + bytes(8)
        for frame, kind in ((ETHER + b"\x08\x06" + bytes(28), "arp"), (neighbour + b"\x87" + bytes(8), "nd"),
                            (listener, "nd"), (neighbour + b"\x80" + bytes(8), "ipv6"), (neighbour, "ipv6"),
                            (ETHER + b"\x81\0" + bytes(30), "ethertype-8100"), (b"x", "short")):
            self.assertEqual(frames.kind(frame), kind)

    def test_dhcp(self):
        def dhcp(options):
            return outer(17, udp(68, 67, bytes(236) + b"\x63\x82\x53\x63" + options))

        for options, number in ((b"\x35\1\1\xff", 1), (b"\x0c\2ab\0\x35\1\3\xff", 3), (b"\x0c\x01\x35\xff\x35\1\1", None),
                                (b"\x0c\xff\x35\1\1", None), (b"\x35", None), (b"", None)):
            self.assertEqual(frames.dhcp_type(dhcp(options)), number)
        self.assertIsNone(frames.dhcp_type(outer(17, udp(5000, 53, bytes(240) + b"\x35\1\1\xff"))))

    def test_announced(self):
        def arp(sender, target):
            return ETHER + b"\x08\x06" + bytes(7) + b"\1" + bytes(6) + bytes(sender) + bytes(6) + bytes(target)

        def advertisement(kind, flags):
            return ETHER + b"\x86\xdd" + bytes(6) + b"\x3a\xff" + bytes(32) + bytes([kind, 0, 0, 0, flags, 0, 0, 0]) + bytes(15) + b"\1"

        for frame, address in ((arp((10, 0, 0, 1), (10, 0, 0, 1)), "10.0.0.1"), (arp((10, 0, 0, 1), (10, 0, 0, 2)), None),
                               (advertisement(136, 0x20), "::1"), (advertisement(136, 0x60), None), (advertisement(135, 0x20), None),
                               (outer(6, b"x" * 40), None)):
            self.assertEqual(frames.announced(frame), address)

    def test_tcp(self):
        segment = struct.pack(">HHIIBB", 80, 4000, 1, 2, 0x50, 0x11) + bytes(6)
        self.assertEqual(frames.tcp(outer(6, segment)), ("192.168.77.50", 80, "192.168.77.1", 4000, 0x11))
        self.assertIsNone(frames.tcp(outer(6, segment[:12])))
        self.assertIsNone(frames.tcp(outer(17, udp(80, 4000, b"x" * 20))))


class ClearTest(unittest.TestCase):
    def clear(self, *seen):
        return [line.split(": ")[0] for line in
                frames.in_the_clear(seen, ["10.78.0.0/24", "10.77.0.2/32"], "secret")]

    def test_what_may_be_seen(self):
        self.assertEqual(self.clear(outer(17, udp(4500, 4500, b"abcd")), outer(6, b"x" * 20)), [])

    def test_what_may_not(self):
        self.assertEqual(self.clear(ipv4(6, b"x")), ["ip-6 with 10.78.0.1", "ip-6 with 10.77.0.2"])
        self.assertEqual(self.clear(outer(6, b"a secret")), ["ip-6 with the marker"])
        asks = ETHER + b"\x08\x06" + bytes(24) + bytes.fromhex("0a4d0002")
        self.assertEqual(self.clear(asks), ["arp with 10.77.0.2"])

    def test_reads_what_the_wire_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.pcap")
            record = wire.Pcap(path)
            record.add(b"one")
            record.add(b"three")
            self.assertEqual(frames.read(path), [b"one", b"three"])
            self.assertAlmostEqual(frames.timed(path)[1][0], time.time(), delta=60)
            record.file.write(b"half of a record's head"[:9])
            record.file.close()
            self.assertEqual(frames.read(path), [b"one", b"three"])


if __name__ == "__main__":
    unittest.main()
