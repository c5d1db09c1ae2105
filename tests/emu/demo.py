# SPDX-License-Identifier: Apache-2.0
"""Shows what the death of a service VM costs the person who works: two downloads run, somebody types, four VMs are killed in turn."""

import sys
import threading
import time

import figures
import keys
import kills
from errors import EXIT_FAILED, EXIT_OK, EXIT_USAGE, EmuError
from events import EV_KEY
from runner import run_one
from workstation import PVMS

KILLED = ("netvm", "usbvm", "inputvm", "vpnvm")
DOES = {"netvm": "the network card", "usbvm": "keyboard and mouse", "inputvm": "who gets a key", "vpnvm": "the tunnel of work"}
LETTER, CODE = "a", 30
FENCE, FENCE_CODES = "ctrl-u", (29, 22)  # what is typed last: keys arrive in order. It also empties the shell's line
BEFORE_S = 1
PAUSE_S = 0.1  # between two letters: a fast hand
AROUND = 20  # events read before the death and after the return: 5 letters
DEMO_S = 900
USAGE = """usage: demo-restart
Boots the workstation, lets work and personal download while somebody types, kills netvm, usbvm, inputvm and vpnvm in turn and says
what each death cost: how long packets and keys stood still, and what was lost.
Exit status: 0 no byte was lost, no connection reset, every VM came back; 1 otherwise; 2 wrong usage
"""
COLUMNS = ("killed", "that is", "back after", "work's net still", "personal's net still", "keys still", "keys typed", "keys lost", "bytes lost", "connections reset")


def say(text):
    print(f"demo: {text}", flush=True)


def longest(moments, begin, end):
    """The longest time without one of MOMENTS from BEGIN to END."""
    inside = [begin, *(when for when in moments if begin < when < end), end]
    return max(later - sooner for sooner, later in zip(inside, inside[1:]))


class Typist:
    """Types one letter after the other, whatever happens, until told to stop; knows which of them arrived in work."""

    def __init__(self, station):
        self.station = station
        self.pressed = []
        self.end = threading.Event()
        self.failed = None
        self.thread = threading.Thread(target=self.type, daemon=True)
        station.skip()
        self.thread.start()

    def type(self):
        try:
            while not self.end.wait(PAUSE_S):  # bound: the test
                self.pressed.append(time.time())
                self.station.send(keys.strokes_of_text(LETTER))
        except EmuError as error:
            self.failed = error

    def stop(self):
        """The moments of presses that work has read; it and the other VM have read nothing else."""
        station = self.station
        self.end.set()
        self.thread.join()
        if self.failed:
            raise self.failed
        station.send(keys.strokes_of_chord(FENCE))
        station.until("the last key", lambda: (EV_KEY, FENCE_CODES[-1], 0) in station.news("work"), kills.AGAIN_S)
        wrong = [event for vm in PVMS for event in station.news(vm)
                 if event[0] == EV_KEY and (vm != "work" or event[1] not in (CODE, *FENCE_CODES))]
        if wrong:
            raise kills.Wrong(f"keys that nobody typed, or in the wrong VM: {wrong}")
        press = f'"type":1,"code":{CODE},"value":1'
        found = [when for when, text in station.journal.lines if when > self.pressed[0] and text.startswith("[work] EV ") and press in text]
        station.skip()
        return found


def killed(machine, vm):
    """One death while somebody types: a row of the table."""
    station, cycle = machine.station, kills.one(vm)
    say(f"killing {vm} ({DOES[vm]}) while {PVMS[0]} and {PVMS[1]} download and somebody types ...")
    typist = Typist(station)
    station.until("somebody to type", lambda: len(station.news("work")) > AROUND, kills.AGAIN_S)
    begin, first = len(station.journal.lines), time.time()
    for stream in station.streams.values():
        stream.forget(first - BEFORE_S)
    machine.strike(cycle, begin)
    machine.settle(cycle, begin)
    record = {"lives": machine.times(cycle, begin)["lives"]}
    machine.network(cycle, record)
    seen = len(station.news("work"))
    station.until("some more keys", lambda: len(station.news("work")) > seen + AROUND, kills.AGAIN_S)
    end = time.time()
    presses = typist.stop()
    steps = record["lives"][vm]["steps"]
    took = steps.get("works", steps["ready"])
    say(f"  {vm} is back after {took:.1f} s")
    row = {"killed": vm, "that is": DOES[vm], "back after": took,
           "work's net still": longest(station.streams["work"].echoes, first, end), "personal's net still": longest(station.streams["personal"].echoes, first, end),
           "keys still": longest(presses, first, end), "keys typed": len(typist.pressed), "keys lost": len(typist.pressed) - len(presses),
           "connections reset": machine.counts[kills.RESET]}
    machine.unchanged(cycle, begin)
    return row


def demo(context):
    """netvm, usbvm, inputvm and vpnvm killed in turn"""
    say("starting the workstation: seven VMs, a network with a gateway, two downloads (half a minute) ...")
    machine = kills.Kills(context)
    rows = [killed(machine, vm) for vm in KILLED]
    sizes = machine.end()
    for row in rows:
        row["bytes lost"] = 0  # the sums that both VMs made of all they got are the servers': end() has compared them
    print(figures.table(rows, COLUMNS))
    say(f"times in seconds. work downloaded {sizes['work']} bytes by the tunnel, personal {sizes['personal']}, over all four deaths in one connection each;")
    say("the SHA-256 of what each got is the one of what its server sent. Keys typed while usbvm or inputvm is away are lost, none goes astray.")


demo.deadline_s = DEMO_S


def main(argv):
    if argv:
        print(USAGE, end="", file=sys.stdout if argv == ["--help"] else sys.stderr)
        return EXIT_OK if argv == ["--help"] else EXIT_USAGE
    why = run_one("demo-restart", demo)
    if why:
        say(f"FAILED: {why}")
    return EXIT_FAILED if why else EXIT_OK
