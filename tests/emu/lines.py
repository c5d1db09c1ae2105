# SPDX-License-Identifier: Apache-2.0
"""Follows a machine's log line by line, waits for lines with a deadline, types on the serial port."""

import json
import select
import time

from errors import DeadlineError, EmuError, NoMachineError
from qmp import connect_unix

TAIL_LINES = 8
CONNECT_S = 10.0
REFUSED = "REFUSED:"
HOPELESS = (REFUSED, "hv: halt")  # after such a line no VM becomes ready


class Gone(EmuError):
    """The machine ended while somebody waited for a line."""


def read_log(rundir):
    """All lines so far, also of a machine that has ended."""
    try:
        with open(rundir.hv_log, encoding="ascii") as log:
            return log.read().splitlines()
    except FileNotFoundError:
        return []


def tail(lines, count=TAIL_LINES):
    """The last lines as they belong under an error message."""
    if not lines:
        return "\n  (no line of Bulkhead was seen on the serial port)"
    return "\n  last lines seen:" + "".join(f"\n  | {line}" for line in lines[-count:])


class Follower:
    """The lines of a machine from its first one on; of one that has ended, those it left."""

    def __init__(self, rundir):
        self.rundir = rundir
        self.buffer = b""
        self.seen = []
        self.gone = None
        self.sock = None
        try:
            self.sock = connect_unix(rundir.file("lines.sock"), CONNECT_S)
            self.sock.settimeout(None)
        except OSError as error:
            if not rundir.state():
                raise NoMachineError(f"no machine was ever started in {rundir.path}") from error
        first = self._message(time.monotonic() + CONNECT_S) if self.sock else {"gone": self._how()}
        if first is None:
            raise DeadlineError(f"waited {CONNECT_S:g} s for the supervisor in {rundir.path}, in vain")
        self.gone = first.get("gone")
        with open(rundir.hv_log, "rb") as log:
            self.queue = log.read(first.get("offset", -1)).decode("ascii").splitlines()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.sock:
            self.sock.close()

    def _how(self):
        """How the machine ended, as far as somebody lived to write it down."""
        return self.rundir.state().get("ended", "its supervisor was killed")

    def _message(self, deadline):
        """The next message of the supervisor, or None at the deadline: when none is there, for this process may have stood still meanwhile."""
        while b"\n" not in self.buffer:  # bound: the deadline, and what is there then
            if not select.select([self.sock], [], [], max(0, deadline - time.monotonic()))[0]:
                return None
            try:
                data = self.sock.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                return {"gone": self._how()}
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def send(self, text):
        """Type TEXT on the machine's serial port."""
        if not self.sock:
            raise Gone(self.gone)
        try:
            self.sock.sendall(json.dumps({"serial": text}).encode() + b"\n")
        except OSError as error:
            raise Gone(self._how()) from error

    def next(self, deadline):
        """The next line; None at the deadline; raises Gone when the machine has ended."""
        if not self.queue:
            if self.gone:
                raise Gone(self.gone)
            message = self._message(deadline)
            if message is None:
                return None
            if "gone" in message:
                self.gone = message["gone"]
                raise Gone(self.gone)
            self.queue.append(message["line"])
        line = self.queue.pop(0)
        self.seen.append(line)
        return line

    def wait(self, what, wanted, timeout_s, fatal=lambda line: False):
        """
        The first line from here on that WANTED likes.

        what       for the message, such as "'hv: ready'"
        fatal      a line it likes ends the wait at once
        errors     DeadlineError, Gone, EmuError for a fatal line; each says what was waited for
        """
        deadline = time.monotonic() + timeout_s
        while True:  # bound: the deadline
            try:
                line = self.next(deadline)
            except Gone as error:
                raise Gone(f"the machine ended ({error}) while emu waited for {what}" +
                           tail(self.seen)) from error
            if line is None:
                raise DeadlineError(f"waited {timeout_s:g} s for {what}, in vain" + tail(self.seen))
            if wanted(line):
                return line
            if fatal(line):
                raise EmuError(f"waited for {what}, but it can no longer come: {line}" + tail(self.seen))


def wait_gone(rundir, timeout_s=10.0):
    """Give a machine that is ending the time to do so. True when it has ended."""
    deadline = time.monotonic() + timeout_s
    try:
        with Follower(rundir) as follower:
            while follower.next(deadline) is not None:
                pass
        return False
    except (Gone, NoMachineError):
        return True
