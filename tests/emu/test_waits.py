# SPDX-License-Identifier: Apache-2.0
"""Waits of a driver that stands still itself while what it waits for comes."""

import os
import socket
import tempfile
import threading
import time
import unittest
from unittest import mock

from errors import DeadlineError
from lines import Follower
from rundir import RunDir
from waits import until


class UntilTest(unittest.TestCase):
    def test_what_came_while_nobody_looked(self):
        looks = iter((False, True))
        with mock.patch("waits.time.monotonic", side_effect=(0, 0, 9)):  # begin, first look, and then the time is over
            self.assertTrue(until("the second look", lambda: next(looks), 5, 0))

    def test_what_never_comes(self):
        with self.assertRaisesRegex(DeadlineError, "waited 0.05 s for nothing"):
            until("nothing", lambda: None, 0.05, 0.01)


class FollowerTest(unittest.TestCase):
    def setUp(self):
        # pylint: disable-next=consider-using-with
        self.folder = tempfile.TemporaryDirectory()
        self.rundir = RunDir(self.folder.name)
        self.rundir.write_state({"supervisor": None})
        with open(self.rundir.hv_log, "wb"):
            pass
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(os.path.join(self.folder.name, "lines.sock"))
        self.server.listen()
        self.peer = None

    def tearDown(self):
        self.peer.close()
        self.server.close()
        self.folder.cleanup()

    def greet(self):
        self.peer, _ = self.server.accept()
        self.peer.sendall(b'{"offset": 0}\n')

    def test_a_line_that_is_there_at_the_deadline(self):
        supervisor = threading.Thread(target=self.greet)
        supervisor.start()
        with Follower(self.rundir) as follower:
            supervisor.join()
            self.peer.sendall(b'{"line": "hv: one"}\n')
            self.assertEqual(follower.next(time.monotonic() - 1), "hv: one")
            self.assertIsNone(follower.next(time.monotonic() - 1))


if __name__ == "__main__":
    unittest.main()
