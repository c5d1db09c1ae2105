#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for QEMU in the driver's own tests: a serial port that says what it is told, a small monitor.

Orders come as the last argument, JSON: {"say": [lines], "times": n, "die": status, "complain": text, "wait": true,
"admin": {words: [lines]}}. It dies when the first client of the monitor has gone. With "wait" it speaks, and then
dies, when somebody runs the monitor command "go". A line `@ID WORDS` typed on the serial port is answered by the
lines that "admin" has for WORDS, with ID in place of {id}.
"""

import json
import os
import re
import socket
import sys
import threading

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


def listen(serial, answers):
    """The serial port as adminvm reads it."""
    for line in serial.makefile("r", encoding="ascii", newline="\n"):
        name, _, words = line.strip().removeprefix("@").partition(" ")
        lines = [text.replace("{id}", name) for text in answers.get(words, [])]
        serial.sendall("".join(text + "\n" for text in lines).encode())


def main():
    orders = json.loads(sys.argv[-1])
    if "complain" in orders:
        sys.exit(orders["complain"])
    serial = descriptor("com1")

    def speak():
        serial.sendall("".join(line + "\n" for line in orders.get("say", [])).encode() * orders.get("times", 1))
        if "die" in orders and "wait" in orders:
            os._exit(orders["die"])

    if "admin" in orders:
        threading.Thread(target=listen, args=(serial, orders["admin"]), daemon=True).start()
    if not orders.get("wait"):
        speak()
    serve(descriptor("ctl"), speak, orders)


if __name__ == "__main__":
    main()
