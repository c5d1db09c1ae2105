#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for QEMU in the driver's own tests: a serial port that says what it is told, a small monitor.

Orders come as the last argument, JSON: {"say": [lines], "times": n, "die": status, "complain": text, "wait": true,
"admin": {words: [lines]}, "reset": true}. It dies when the first client of the monitor has gone. With "wait" it speaks, and then
dies, when somebody runs the monitor command "go". A line `@ID WORDS` typed on the serial port is answered by the
lines that "admin" has for WORDS, with ID in place of {id}. With "reset" the machine resets
itself instead of dying and waits to be let go; it ends with status 7 when it is asked for something else first.
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
        if orders.get("reset"):
            reset(descriptor("own"))


def reset(monitor):
    """What QEMU says of a machine that has reset itself, to the monitor that nobody else has."""
    stream = monitor.makefile("rw", encoding="ascii")

    def say(message):
        stream.write(json.dumps(message) + "\n")
        stream.flush()

    say({"QMP": {}})
    assert json.loads(stream.readline())["execute"] == "qmp_capabilities"
    say({"return": {}})
    say({"event": "SHUTDOWN", "data": {"guest": True, "reason": "guest-reset"}})
    asked = json.loads(stream.readline())
    if asked["execute"] != "human-monitor-command" or asked["arguments"] != {"command-line": "info registers -a"}:
        os._exit(7)
    say({"return": "CPU#0\r\nRIP=1234\r\n", "id": asked["id"]})
    wanted = json.loads(stream.readline())["execute"] == "quit"
    say({"event": "SHUTDOWN", "data": {"guest": False, "reason": "host-qmp-quit"}})
    os._exit(0 if wanted else 7)


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
