# SPDX-License-Identifier: Apache-2.0
"""What `emu events` believes, waits for and says, on lines of a stand-in machine."""

import json
import subprocess
import unittest

import events
from errors import EmuError
from qmp import Qmp
from test_driver import LIMIT_S, DriverCase

READS = "[work] evdump: reads 3 devices"
H_DOWN, H_UP, SYN = (1, 35, 1), (1, 35, 0), (0, 0, 0)


def says(vm, *seen):
    return [f"[{vm}] EV " + json.dumps({"device": "Bulkhead keyboard", "type": kind, "code": code, "value": value,
                                        "time": 8.742543}) for kind, code, value in seen]


class ReaderTest(unittest.TestCase):
    def reader(self, *lines):
        reader = events.Reader("work")
        for line in lines:
            reader.feed(line)
        return reader

    def test_only_events_of_the_vm(self):
        reader = self.reader(READS, *says("work", H_DOWN), *says("personal", H_UP), "hv: x", "[work] hello",
                             *says("work-2", H_UP), 'EV {"type": 1}', "[work] say EV {}")
        self.assertEqual([(e["type"], e["code"], e["value"]) for e in reader.events], [H_DOWN])

    def test_key_events_count_once_a_syn_followed(self):
        reader = self.reader(READS, *says("work", H_DOWN, H_UP))
        self.assertEqual(reader.keys(0), 0)
        reader = self.reader(READS, *says("work", H_DOWN, SYN, H_UP))
        self.assertEqual(reader.keys(0), 1)
        reader.feed(says("work", SYN)[0])
        self.assertEqual([reader.keys(since) for since in range(5)], [2, 1, 1, 0, 0])

    def test_a_line_that_is_none_is_an_error(self):
        for text in ("EV {", "EV 5", "EV []", 'EV {"device":"x","type":1,"code":2,"value":3}'):
            with self.assertRaisesRegex(EmuError, "begins like an event"):
                events.event_of(text)


class EventsTest(DriverCase):
    """The command, on a machine that says lines."""

    def printed(self, *words):
        return [json.loads(line) for line in self.emu("events", *words).splitlines()]

    def test_all_so_far_and_since(self):
        self.emu("start", orders={"say": ["hv: one", READS, "[personal] evdump: reads 3 devices",
                                          *says("work", H_DOWN, SYN, H_UP, SYN), "hv: ready"]})
        self.emu("wait-ready")
        self.assertEqual([(e["type"], e["code"], e["value"]) for e in self.printed("work")],
                         [H_DOWN, SYN, H_UP, SYN])
        self.assertEqual(self.printed("work", "--since", "2")[0],
                         {"device": "Bulkhead keyboard", "type": 1, "code": 35, "value": 0, "time": 8.742543})
        self.assertEqual(self.printed("personal"), [])
        self.assertEqual(len(self.printed("work", "--wait", "2")), 4)

    def test_nobody_who_reads_is_no_silence(self):
        self.emu("start", orders={"say": ["hv: one", READS, "[personal] evdump: reads 0 devices", "hv: ready"]})
        self.emu("wait-ready")
        self.assertIn("nobody in VM personal reads", self.emu("events", "personal", status=1))
        self.assertIn("its evdump names no devices",
                      self.emu("events", "personal", "--wait", "1", "--timeout", "0.5", status=3))

    def test_deadline_says_what_was_waited_for(self):
        self.emu("start", orders={"say": ["hv: one", READS, *says("work", H_DOWN, SYN, H_UP), "hv: ready"]})
        self.emu("wait-ready")
        text = self.emu("events", "work", "--wait", "2", "--timeout", "0.5", status=3)
        self.assertIn("waited 0.5 s for 2 key events in VM work", text)
        self.assertIn("1 of them came", text)
        self.assertIn("after the first 1 events",
                      self.emu("events", "work", "--since", "1", "--wait", "2", "--timeout", "0.5", status=3))

    def test_events_that_come_while_waiting(self):
        self.emu("start", orders={"say": ["hv: one", READS, *says("work", H_DOWN, SYN, H_UP, SYN)], "wait": True})
        with subprocess.Popen(self.command("events", "work", "--wait", "2"), env=self.env,
                              stdout=subprocess.PIPE, text=True) as waiter:
            with Qmp(self.rundir.file("ctl.sock")) as qmp:
                qmp.command("go")
            self.assertEqual(len(waiter.communicate(timeout=LIMIT_S)[0].splitlines()), 4)

    def test_no_machine_and_wrong_usage(self):
        self.emu("events", "work", status=4)
        self.emu("events", "work", "--wait", "1", status=4)
        self.emu("events", "work", "--since", "-1", status=2)


if __name__ == "__main__":
    unittest.main()
