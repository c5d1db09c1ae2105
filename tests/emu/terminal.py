# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal who starts one command: keys go in, text comes out, and what the command leaves is found."""

import fcntl
import os
import pty
import re
import secrets
import select
import subprocess
import termios
import time

from errors import DeadlineError

MARK = "EMU_TERMINAL"
CTRL_C = b"\x03"
READ_BYTES = 65536
LEAVE_S = 20
LOOK_S = 0.1


class Terminal:
    """
    COMMAND in a session with a controlling terminal. Use as a context manager.

    uid        the user it runs as, if not this one
    shell      a shell leads the session, as usual; else the command does, as after `ssh -t HOST COMMAND`
    """

    def __init__(self, command, folder, environment=None, uid=None, shell=True):
        self.mark = secrets.token_hex(16)
        self.text = ""
        self.master, slave = pty.openpty()
        who = {"user": uid, "group": uid, "extra_groups": []} if uid else {}
        if shell:
            command = ["sh", "-c", '"$@"; exit $?', "sh", *command]
        self.child = subprocess.Popen(  # pylint: disable=consider-using-with
            command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
            env={**(environment or os.environ), MARK: self.mark},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **who)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()
        deadline = time.monotonic() + LEAVE_S
        while self.left() and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def read(self, deadline):
        """More text; False when there will be none or the time is up."""
        if self.master is None or not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self.master, READ_BYTES)
        except OSError:
            data = b""  # the last program that had the terminal open has gone
        self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    def wait(self, pattern, timeout_s):
        """The match of PATTERN in the text so far, once there is one."""
        deadline = time.monotonic() + timeout_s
        while True:  # bound: the deadline
            found = re.search(pattern, self.text, re.MULTILINE)
            if found:
                return found
            if not self.read(deadline):
                why = f"waited {timeout_s} s" if self.child.poll() is None else f"it ended with status {self.child.returncode}"
                raise DeadlineError(f"the terminal never showed {pattern!r}: {why}. It shows:\n{self.text[-2000:]}")

    def type(self, data):
        os.write(self.master, data)

    def command_pid(self):
        """The process of the command under the shell."""
        with open(f"/proc/{self.child.pid}/task/{self.child.pid}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def hang_up(self):
        """Close the terminal's window: who leads the session gets SIGHUP, and when it has gone the others."""
        if self.master is not None:
            os.close(self.master)
            self.master = None

    def end(self, timeout_s):
        """Read on until the command has ended; its exit status."""
        deadline = time.monotonic() + timeout_s
        while self.read(deadline):
            pass
        try:
            return self.child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise DeadlineError(f"waited {timeout_s} s for the end of the command. It shows:\n{self.text[-2000:]}") from error

    def left(self):
        """Processes that this command started, directly or not, and that are still there."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    ours = f"{MARK}={self.mark}".encode() in file.read().split(b"\0")
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace").replace("\0", " ").strip()
            except OSError:
                continue  # it has just gone
            if ours:
                found.append(f"process {pid}: {words}")
        return found
