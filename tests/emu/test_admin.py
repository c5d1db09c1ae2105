# SPDX-License-Identifier: Apache-2.0
"""What `emu admin` types, which lines it takes for the answer, how it ends; a stand-in plays adminvm."""

import subprocess
import time
import unittest

import admin
from errors import EmuError, UsageError
from lines import Follower
from qmp import Qmp, connect_unix
from test_driver import LIMIT_S, DriverCase

UP = ["hv: one", "hv: vm adminvm ready", "hv: ready vms=1"]
ANSWER = ["[adminvm] @{id}| VM state", "[work] @{id}| not mine", "[adminvm] @{id}+ a long ", "hv: between",
          "[adminvm] @{id}| line \\x5c", "[adminvm] @old= 9", "@{id}= 8", "[work] @{id}= 7", "[adminvm] @{id}| ",
          "[adminvm] @{id}= 1", "[adminvm] @{id}| late"]


class LineTest(unittest.TestCase):
    def test_line(self):
        for command in ("status --json", "bhctl status --json", "  bhctl   status  --json "):
            self.assertEqual(admin.line_of(command, "x1"), "@x1 status --json")

    def test_what_adminvm_would_not_take(self):
        for command in ("", "  ", "bhctl", "kill a\nkill b", "kill \x1b", "kill \u00e9", "a " * 9, "x" * 253):
            with self.assertRaises(UsageError, msg=command):
                admin.line_of(command, "x1")
        self.assertEqual(len(admin.line_of("x" * 251, "x1")), 255)
        admin.line_of("a " * 8, "x1")


class AnswerTest(unittest.TestCase):
    def test_only_adminvm_answers(self):
        answer = admin.Answer("q")
        ends = [line for line in (text.replace("{id}", "q") for text in ANSWER[:-1]) if answer.feed(line)]
        self.assertEqual(ends, ["[adminvm] @q= 1"])
        self.assertEqual((answer.output, answer.status), ("VM state\na long line \\\n\n", 1))

    def test_a_status_that_is_none(self):
        with self.assertRaisesRegex(EmuError, "no exit status"):
            admin.Answer("q").feed("[adminvm] @q= 0x")


class AdminTest(DriverCase):
    def test_output_and_status(self):
        self.emu("start", orders={"say": UP, "admin": {"kill work": ANSWER, "status": ["[adminvm] @{id}= 0"]}})
        self.assertEqual(self.emu("admin", "bhctl kill work", status=1), "VM state\na long line \\\n\n")
        self.assertEqual(self.emu("admin", "status"), "")

    def test_what_others_left_half_typed_does_not_matter(self):
        self.emu("start", orders={"say": UP, "admin": {"status": ["[adminvm] @{id}= 0"]}})
        with Follower(self.rundir) as other:
            other.send("@x sta")
            self.emu("admin", "status", "--timeout", "5")

    def test_no_answer_says_what_was_waited_for(self):
        self.emu("start", orders={"say": UP, "admin": {}})
        self.assertIn("waited 0.5 s for adminvm's answer to 'bhctl status'",
                      self.emu("admin", "bhctl status", "--timeout", "0.5", status=123))

    def test_before_adminvm_is_ready_nothing_is_typed(self):
        self.emu("start", orders={"say": [*UP, "hv: vm adminvm stopped: exit"],
                                  "admin": {"status": ["[adminvm] @{id}= 0"]}})
        self.emu("wait-ready")
        self.assertIn("waited 0.5 s for the line 'hv: vm adminvm ready'",
                      self.emu("admin", "status", "--timeout", "0.5", status=123))

    def test_adminvm_that_comes_later(self):
        self.emu("start", orders={"say": UP, "wait": True, "admin": {"status": ["[adminvm] @{id}= 0"]}})
        with subprocess.Popen(self.command("admin", "status"), env=self.env) as waiter:
            with Qmp(self.rundir.file("ctl.sock")) as qmp:
                qmp.command("go")
            self.assertEqual(waiter.wait(LIMIT_S), 0)

    def test_adminvm_that_cannot_answer(self):
        self.emu("start", orders={"say": UP, "admin": {"status": ["hv: vm adminvm stopped: killed"]}})
        self.assertIn("can no longer come: hv: vm adminvm stopped", self.emu("admin", "status", status=121))
        self.emu("stop")
        self.assertIn("no machine", self.emu("admin", "status", status=124))
        self.emu("start", orders={"say": ["hv: one", "hv: vm adminvm refused: image"], "admin": {}})
        self.emu("wait-ready", "--timeout", "0.5", status=3)
        self.assertIn("nobody to ask: hv: vm adminvm refused", self.emu("admin", "status", status=121))

    def test_wrong_usage(self):
        self.emu("start", orders={})
        self.assertIn("wanted printable words", self.emu("admin", "", status=122))


class LineSocketTest(DriverCase):
    """Clients of the supervisor that behave badly harm nobody but themselves."""

    def client(self):
        sock = connect_unix(self.rundir.file("lines.sock"), LIMIT_S)
        self.addCleanup(sock.close)
        return sock

    def test_one_that_reads_late_gets_everything(self):
        self.emu("start", orders={"say": ["hv: " + "x" * 1000, "hv: ready"], "times": 3000, "wait": True})
        with Follower(self.rundir) as late:
            with Qmp(self.rundir.file("ctl.sock")) as qmp:
                qmp.command("go")
            with Follower(self.rundir) as early:
                for _ in range(6000):
                    self.assertIsNotNone(early.next(time.monotonic() + LIMIT_S))
            for _ in range(6000):
                self.assertIsNotNone(late.next(time.monotonic() + LIMIT_S))

    def test_one_that_talks_nonsense_is_let_go(self):
        self.emu("start", orders={"say": ["hv: ready"]})
        for data in (b"x\n", b"5\n", b'{"serial": 5}\n', b'{"serial": "\xc3\xa9"}\n', b"x" * (1 << 17)):
            client = self.client()
            client.sendall(data)
            while client.recv(65536):
                pass
        self.emu("wait-ready", "--timeout", "10")

    def test_one_that_types_more_than_the_machine_reads(self):
        self.emu("start", orders={"say": ["hv: ready"]})
        client = self.client()
        try:
            for _ in range(1000):
                client.sendall(b'{"serial": "' + b"x" * 60000 + b'"}\n')
        except ConnectionError:
            pass
        else:
            self.fail("it was not let go")
        self.emu("wait-ready", "--timeout", "10")


if __name__ == "__main__":
    unittest.main()
