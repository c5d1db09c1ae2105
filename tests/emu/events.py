# SPDX-License-Identifier: Apache-2.0
"""The input events that a VM reads from /dev/input, as its evdump says them on the console; presses nothing.

An event is a dict: device, type, code, value, and time in seconds of the VM's clock since its start.
"""

import json
import re

from errors import EmuError
from lines import HOPELESS, Follower, read_log
from serial_log import console_of

EV_SYN, EV_KEY = 0, 1
READS = re.compile(r"evdump: reads [1-9][0-9]* devices")
EVENT = "EV "
KEYS = ("device", "type", "code", "value", "time")


def event_of(text):
    """The event in a console line without the VM's name, or None where the line is none."""
    if not text.startswith(EVENT):
        return None
    try:
        event = json.loads(text[len(EVENT):])
        return {key: event[key] for key in KEYS}
    except (ValueError, TypeError, KeyError) as error:
        raise EmuError(f"this line begins like an event and is none: {text}") from error


class Reader:
    """Give it all lines of a machine, one after the other; it keeps the events of one VM."""

    def __init__(self, vm):
        self.vm = vm
        self.reads = False
        self.events = []

    def feed(self, line):
        console = console_of(line)
        if not console or console[0] != self.vm:
            return
        self.reads = bool(READS.fullmatch(console[1])) or self.reads
        event = event_of(console[1])
        if event:
            self.events.append(event)

    def keys(self, since):
        """How many presses, releases and repeats came after the first SINCE events and are complete: a SYN followed."""
        types = [event["type"] for event in self.events[since:]]
        end = max((at for at, kind in enumerate(types) if kind == EV_SYN), default=0)
        return types[:end].count(EV_KEY)


def so_far(rundir, vm):
    """All events of VM up to now. That nobody reads its devices is an error: silence would show nothing."""
    reader = Reader(vm)
    for line in read_log(rundir):
        reader.feed(line)
    if not reader.reads:
        raise EmuError(f"nobody in VM {vm} reads /dev/input: its evdump names no devices. It needs Console=yes in the "
                       "VM's file of the site, and an inputvm that is on")
    return reader.events


def wait(rundir, vm, count, timeout_s, since=0):
    """All events of VM, once COUNT key events came after the first SINCE events. Errors: as Follower.wait."""
    reader = Reader(vm)

    def enough(line):
        reader.feed(line)
        return reader.keys(since) >= count

    after = f" after the first {since} events" if since else ""
    try:
        with Follower(rundir) as follower:
            follower.wait(f"{count} key events in VM {vm}{after}", enough, timeout_s,
                          lambda line: line.startswith(HOPELESS))
    except EmuError as error:
        seen = f"{reader.keys(since)} of them came" if reader.reads else "its evdump names no devices"
        raise type(error)(f"{error}\n  {seen}") from error
    return reader.events
