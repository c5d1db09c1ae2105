# SPDX-License-Identifier: Apache-2.0
"""Figures of cycles, and what is read of lines and frames while they are written."""

import os
import struct
import tempfile
import types
import unittest

import figures
import soak
from records import ACK, ICMP, RST, TCP, Capture, Journal, Segment, beyond
from test_frames import ETHER, ipv4
from workstation import Stream


def record(vm, how="cold", single=True, packet=None, **steps):
    return {"cycle": vm, "vms": [vm], "single": single, "lives": {vm: {"how": how, "steps": steps}}, **({"work packet": packet} if packet else {})}


class FiguresTest(unittest.TestCase):
    def test_percentiles_are_values_that_were_measured(self):
        values = [float(n) for n in range(1, 101)]
        self.assertEqual([figures.percentile(values, part) for part in (50, 95, 100)], [50.0, 95.0, 100.0])
        self.assertEqual([figures.percentile([3.0, 1.0], part) for part in (50, 95)], [1.0, 3.0])
        self.assertEqual(figures.percentile([7.0], 1), 7.0)

    def test_outages_of_single_deaths_alone(self):
        rows = figures.outages([record("netvm", ready=2.0, packet=3.0), record("netvm", ready=4.0, packet=5.0), record("netvm", single=False, ready=9.0)])
        self.assertEqual(rows, [{"vm": "netvm", "how": "cold", "what": "is ready", "n": 2, "p50": 2.0, "p95": 4.0, "max": 4.0},
                                {"vm": "netvm", "how": "cold", "what": "first packet of work at the far server", "n": 2, "p50": 3.0, "p95": 5.0, "max": 5.0}])

    def test_budget_in_the_order_in_which_steps_end(self):
        rows = figures.budget([record("netvm", kernel=1.0, link=4.0, attach=1.5, ready=4.1, packet=4.3)], ["kernel", "link", "attach", "ready"])
        self.assertEqual([(row["step"], row["takes"]) for row in rows], [("kernel", 1.0), ("attach", 0.5), ("link", 2.5), ("ready", 0.1), ("first packet", 0.2)])

    def test_detection_comes_first_and_counts_apart(self):
        some = [record("netvm", ready=2.0), record("netvm", ready=3.0)]
        for one, seconds in zip(some, (7.0, 8.0)):
            one["lives"]["netvm"]["detect"] = seconds
        self.assertEqual([(row["step"], row["takes"], row["ends"]) for row in figures.budget(some, ["ready"])], [("detect", 7.0, 0.0), ("ready", 2.0, 2.0)])
        self.assertEqual([(row["what"], row["p50"], row["max"]) for row in figures.outages(some)], [(figures.NOTICED, 7.0, 8.0), ("is ready", 2.0, 3.0)])

    def test_ratio_where_both_are_known(self):
        rows = figures.outages([record("netvm", ready=4.0), record("netvm", how="restored", ready=0.5), record("usbvm", how="restored", ready=1.0)])
        rows += [{"vm": "netvm", "how": how, "what": figures.NOTICED, "p50": 1.0} for how in ("restored", "cold")]  # has nothing to do with it
        self.assertEqual(figures.ratios(rows), [{"vm": "netvm", "what": "is ready", "cold": 4.0, "restored": 0.5, "ratio": 0.125}])

    def test_a_table_has_a_row_for_each(self):
        self.assertEqual(figures.table([{"a": "x", "b": 1.5}], ("a", "b")), "| a | b     |\n|---|-------|\n| x | 1.500 |")

    def test_the_signs_of_the_open_fault(self):
        self.assertTrue(soak.open_fault("nobody asked for this: hv: vm work stopped: triple-fault code=0 rip=1 cr2=fffffe0000000080 cr3=2 efer=d01"))
        self.assertTrue(soak.open_fault("the machine has ended QEMU ended by itself with status 0: guest-reset"))
        self.assertFalse(soak.open_fault("hv: vm work stopped: triple-fault code=0 rip=1 cr2=0 cr3=2"))
        self.assertFalse(soak.open_fault("waited 30 s for the tunnel, in vain QEMU ended by itself with status 0: guest-shutdown"))

    def test_the_same_seed_is_the_same_order(self):
        names = [cycle.name for cycle in soak.schedule(["netvm", "mixed"], 30, 3)]
        self.assertEqual(names, [cycle.name for cycle in soak.schedule(["netvm", "mixed"], 30, 3)])
        self.assertNotEqual(names, [cycle.name for cycle in soak.schedule(["netvm", "mixed"], 30, 4)])
        self.assertEqual(len(names), 60)
        self.assertGreaterEqual(names.count("netvm"), 30)


class RecordsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(lambda: [os.unlink(os.path.join(self.folder, name)) for name in os.listdir(self.folder)] and os.rmdir(self.folder))

    def append(self, name, data):
        with open(os.path.join(self.folder, name), "ab") as file:
            file.write(data)

    def test_a_line_is_told_once_with_its_moment(self):
        journal = Journal(types.SimpleNamespace(hv_log=os.path.join(self.folder, "hv.log"), file=lambda name: os.path.join(self.folder, name)))
        self.append("hv.times", b"1.5\n2.5\n3.")
        self.append("hv.log", b"one\ntw")
        self.assertEqual(journal.more(), [(1.5, "one")])
        self.append("hv.log", b"o\n")
        self.assertEqual(journal.more(), [(2.5, "two")])
        self.append("hv.log", b"three\n")
        self.assertEqual(journal.more(), [])
        self.append("hv.times", b"5\n")
        self.assertEqual(journal.more(), [(3.5, "three")])
        self.assertEqual(journal.wait("it", lambda text: text.startswith("t"), 1, begin=2), ((3.5, "three"), 2))

    def test_a_frame_is_told_once_it_is_whole(self):
        path = os.path.join(self.folder, "wire.pcap")
        whole = struct.pack("<IIII", 7, 250000, 3, 3) + b"abc"
        self.append("wire.pcap", bytes(24) + whole + whole[:-1])
        capture = Capture(path)
        self.assertEqual(capture.more(), [(7.25, b"abc")])
        self.assertEqual(capture.more(), [])
        self.append("wire.pcap", b"c")
        self.assertEqual(capture.more(), [(7.25, b"abc")])

    @staticmethod
    def tcp(ack, flags=ACK, ports=(4000, 80), source="0a4e0001"):
        return ipv4(6, struct.pack(">HHIIBBHHH", *ports, 1, ack, 0x50, flags, 0, 0, 0), source)

    def test_what_a_segment_says(self):
        segment = Segment(self.tcp(77))
        self.assertEqual((segment.protocol, segment.source, segment.ports, segment.ack, segment.flags), (TCP, "10.78.0.1", (4000, 80), 77, ACK))
        self.assertEqual(Segment(ipv4(1, b"\x08\0" + bytes(6))).protocol, ICMP)
        self.assertIsNone(Segment(ipv4(1, b"\0\0" + bytes(6))).protocol)
        self.assertIsNone(Segment(ETHER + b"\x08\x06" + bytes(40)).protocol)
        self.assertTrue(beyond(5, 0xFFFFFFF0))
        self.assertFalse(beyond(0xFFFFFFF0, 5) or beyond(5, 5))

    def test_only_progress_of_the_own_connection_counts(self):
        stream = Stream("work")
        stream.port = 4000
        for when, frame in enumerate([self.tcp(10), self.tcp(10), self.tcp(9), self.tcp(11), self.tcp(99, ports=(4001, 80)),
                                      self.tcp(99, source="0a4d0002"), ipv4(1, b"\x08\0" + bytes(6))]):
            stream.take(when, frame, Segment(frame))
        self.assertEqual((stream.acks, stream.echoes, stream.resets), ([0, 3], [6], []))
        for ports, source in (((4000, 80), "0a4e0001"), ((80, 4000), "0a4d0002"), ((80, 4001), "0a4d0002")):
            frame = self.tcp(1, RST, ports, source)
            stream.take(8, frame, Segment(frame))
        self.assertEqual(len(stream.resets), 2)
        stream.forget(3)
        self.assertEqual(stream.acks, [3])


if __name__ == "__main__":
    unittest.main()
