# SPDX-License-Identifier: Apache-2.0
"""Hears from QEMU why the machine ended and asks for its registers before it goes. Never talks while the machine runs."""

import json

READ_BYTES = 65536
ASKED = "registers"


class LastWords:
    """A monitor of QEMU's that is nobody else's. QEMU is told to pause where a machine ends: `quit` comes from here."""

    def __init__(self, sock):
        sock.setblocking(False)
        self.sock = sock
        self.buffer = b""
        self.reason = None
        self.registers = None

    def _send(self, name, **more):
        try:
            self.sock.sendall(json.dumps({"execute": name, **more}).encode() + b"\n")
        except OSError:
            pass  # it is gone already, as after a signal

    def _take(self, message):
        if "QMP" in message:
            self._send("qmp_capabilities")
        elif message.get("event") == "SHUTDOWN" and self.reason is None:  # our own quit is one as well
            self.reason = message["data"]["reason"]
            self._send("human-monitor-command", id=ASKED, arguments={"command-line": "info registers -a"})
        elif message.get("id") == ASKED:
            self.registers = message.get("return") or json.dumps(message)
            self._send("quit")

    def hear(self):
        """What has come. False: QEMU has closed its end."""
        try:
            data = self.sock.recv(READ_BYTES)
        except BlockingIOError:
            return True
        except ConnectionError:
            data = b""
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        return bool(data)

    def hear_out(self):
        """All that is left; QEMU has ended."""
        self.sock.setblocking(True)
        while self.hear():  # bound: what QEMU wrote before it ended
            pass
        self.sock.close()
