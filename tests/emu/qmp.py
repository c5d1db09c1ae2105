# SPDX-License-Identifier: Apache-2.0
"""A client of QEMU's machine protocol (QMP) over a unix socket; it knows nothing of Bulkhead."""

import json
import os
import socket
import time

from errors import DeadlineError, EmuError

GREETING_S = 30.0  # another client may be talking to the monitor
COMMAND_S = 30.0


class QmpError(EmuError):
    """QEMU refused a command, or went away."""


def connect_unix(path, timeout_s):
    """Connect to a unix socket whose path may be longer than the 107 bytes an address holds."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout_s)
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        sock.connect(f"/proc/self/fd/{folder}/{os.path.basename(path)}")
    except OSError:
        sock.close()
        raise
    finally:
        os.close(folder)
    return sock


class Qmp:
    """One connection. Use as a context manager; every wait ends."""

    def __init__(self, path):
        self.path = path
        self.buffer = b""
        self.next_id = 1
        try:
            self.sock = connect_unix(path, GREETING_S)
        except OSError as error:
            raise QmpError(f"{path}: {error.strerror or error}") from error
        try:
            self._read_greeting()
            self.command("qmp_capabilities")
        except BaseException:
            self.sock.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def _read_greeting(self):
        reply = self._read_object(time.monotonic() + GREETING_S, "the greeting of QEMU's monitor")
        if "QMP" not in reply:
            raise QmpError(f"{self.path}: no QMP greeting but {reply!r}")

    def _read_object(self, deadline, what):
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlineError(f"deadline passed while waiting for {what} at {self.path}")
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                continue
            except OSError as error:
                raise QmpError(f"{self.path}: {error.strerror}") from error
            if not data:
                raise QmpError(f"{self.path}: QEMU closed the monitor while emu waited for {what}")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def command(self, name, timeout_s=COMMAND_S, **arguments):
        """Run one QMP command and give back its result; events in between are dropped."""
        ident = self.next_id
        self.next_id += 1
        message = {"execute": name, "id": ident}
        if arguments:
            message["arguments"] = arguments
        deadline = time.monotonic() + timeout_s
        self.sock.settimeout(timeout_s)
        try:
            self.sock.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise QmpError(f"{self.path}: {error.strerror or error}") from error
        while True:  # bound: the deadline of _read_object
            reply = self._read_object(deadline, f"the answer to QMP {name}")
            if reply.get("id") != ident:
                continue
            if "error" in reply:
                raise QmpError(f"QMP {name}: {reply['error'].get('desc', reply['error'])}")
            return reply["return"]

    def human(self, line, timeout_s=COMMAND_S):
        """Run one command of the human monitor and give back what it prints."""
        text = self.command("human-monitor-command", timeout_s, **{"command-line": line})
        return text.replace("\r\n", "\n")
