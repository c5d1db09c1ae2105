#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for QEMU in the driver's own tests: a serial port that says what it is told, a small monitor.

Orders come as the last argument, JSON: {"say": [lines], "die": status, "complain": text, "wait": true}.
It dies when the first client of the monitor has gone. With "wait" it speaks, and then dies, when somebody
runs the monitor command "go".
"""

import json
import os
import re
import socket
import sys

PPM = b"P6\n4 2\n255\n" + bytes(12) + b"\xff\x00\x00" * 2 + bytes(6)


def descriptor(name):
    """The inherited socket of chardev NAME."""
    match = re.search(rf"socket,id={name},fd=(\d+)", " ".join(sys.argv))
    return socket.socket(fileno=int(match.group(1)))


def answer(request, speak):
    if request["execute"] == "screendump":
        with open(request["arguments"]["filename"], "wb") as out:
            out.write(PPM)
    if request["execute"] == "input-send-event":
        print(json.dumps(request["arguments"]["events"]), flush=True)
    if request["execute"] == "go":
        speak()
    return {"return": {}, "id": request["id"]}


def serve(server, speak, orders):
    """The monitor: one client after the other."""
    while True:  # bound: the supervisor ends this process
        client, _ = server.accept()
        stream = client.makefile("rw", encoding="ascii")
        stream.write('{"QMP": {}}\n')
        stream.flush()
        for line in stream:
            stream.write('{"event": "NOISE"}\n' + json.dumps(answer(json.loads(line), speak)) + "\n")
            stream.flush()
        if "die" in orders and "wait" not in orders:
            os._exit(orders["die"])


def main():
    orders = json.loads(sys.argv[-1])
    if "complain" in orders:
        sys.exit(orders["complain"])
    serial = descriptor("com1")

    def speak():
        serial.sendall("".join(line + "\n" for line in orders.get("say", [])).encode())
        if "die" in orders and "wait" in orders:
            os._exit(orders["die"])

    if not orders.get("wait"):
        speak()
    serve(descriptor("ctl"), speak, orders)


if __name__ == "__main__":
    main()
