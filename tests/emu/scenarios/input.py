#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The way of a key through usbvm and inputvm to the VM with the focus, and to no other."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import events  # noqa: E402
import keys  # noqa: E402
import screen  # noqa: E402
import testimage  # noqa: E402
from errors import DeadlineError  # noqa: E402
from runner import run, scenario  # noqa: E402

READY_S = 120
EVENTS_S = 20
PICTURE_S = 10
HEARD = {"work.vm": testimage.with_console, "personal.vm": testimage.with_console}
EV_SYN, EV_KEY, EV_REL, EV_ABS = range(4)
REL_X, REL_Y, ABS_X, ABS_Y, BTN_LEFT = 0, 1, 0, 1, 0x110
CODES = {"h": 35, "e": 18, "l": 38, "o": 24, "a": 30}
SYN = (EV_SYN, 0, 0)
REPEAT_SYN = [(EV_SYN, 0, 1)]


def stroke(letter):
    """What a press and a release of LETTER are for a VM."""
    return [(EV_KEY, CODES[letter], 1), SYN, (EV_KEY, CODES[letter], 0), SYN]


HELLO = [event for letter in "hello" for event in stroke(letter)]


def bar_height(picture):
    """Rows of the picture above the VM's own: the bar's two lines of text."""
    return 2 * screen.BAR_CELL[1] * picture.width * 3


class Desk:
    """The shipped machine with a person at it; what each VM read since it was last asked."""

    def __init__(self, context):
        self.context = context
        self.read = {"work": 0, "personal": 0}
        context.start(image=testimage.build_product(context.rundir.path, HEARD))
        context.wait_ready(READY_S)
        for vm in ("keyboard", "pointer", "absolute"):
            context.wait_seen(f"inputvm knowing a {vm}", lambda line, vm=vm: line.startswith("[inputvm] inputvmd: device") and
                              line.endswith(vm), EVENTS_S)
        for vm in self.read:
            context.wait_seen(f"{vm} reading its devices", lambda line, vm=vm: line.startswith(f"[{vm}] evdump: reads"), EVENTS_S)

    def send(self, strokes):
        with self.context.qmp() as qmp:
            keys.send(qmp, strokes)

    def command(self, name, **arguments):
        with self.context.qmp() as qmp:
            qmp.command(name, **arguments)

    def chord(self, names, focus):
        """Press a chord and wait until the core says that FOCUS has the focus."""
        before = len([line for line in self.context.lines() if line.startswith("hv: focus ")])
        self.send(keys.strokes_of_chord(names))
        self.context.doing = f"waiting for the focus of {focus} after {names}"
        deadline = time.monotonic() + EVENTS_S
        while True:  # bound: the deadline
            lines = [line for line in self.context.lines() if line.startswith("hv: focus ")]
            if len(lines) > before:
                self.context.check(lines[-1].startswith(f"hv: focus {focus} "), f"after {names}: {lines[-1]}")
                return
            if time.monotonic() > deadline:
                raise DeadlineError(f"{names}: the core said nothing of the focus in {EVENTS_S} s")
            time.sleep(0.05)

    def news(self, vm):
        """[(type, code, value)] that VM read since it was last asked, without the repeats of a key that is held."""
        found = events.so_far(self.context.rundir, vm)[self.read[vm]:]
        read = [(event["type"], event["code"], event["value"]) for event in found]
        return [event for event in read if event not in REPEAT_SYN and event[::2] != (EV_KEY, 2)], len(found)

    def expect(self, vm, wanted):
        """VM reads exactly WANTED, and the other one nothing. What comes later is part of the next answer."""
        self.context.doing = f"waiting for {len(wanted)} events in {vm}"
        deadline = time.monotonic() + EVENTS_S
        got, count = self.news(vm)
        while len(got) < len(wanted) and time.monotonic() < deadline:
            time.sleep(0.05)
            got, count = self.news(vm)
        self.context.check(got == wanted, f"{vm} read {got} within {EVENTS_S} s, not {wanted}")
        self.read[vm] += count
        other = "personal" if vm == "work" else "work"
        stray, count = self.news(other)
        self.read[other] += count
        self.context.check(not stray, f"{other}, which has not the focus, read {stray}")

    def picture(self, what, wanted):
        """The first picture that WANTED likes: what a VM draws is seen a moment later."""
        deadline = time.monotonic() + PICTURE_S
        while True:  # bound: the deadline
            picture = self.context.picture()
            if wanted(picture):
                return picture
            if time.monotonic() > deadline:
                raise DeadlineError(f"waited {PICTURE_S} s for a picture with {what}, in vain; the bar says: "
                                    f"{screen.bar_line(picture, 0)!r}")
            time.sleep(0.1)


def area(picture):
    """What belongs to the VM."""
    return picture.pixels[bar_height(picture):]


@scenario(deadline_s=240)
def typing(context):
    """hello reaches the focused VM as exactly those events and the other gets none; the chord turns it round and reaches neither"""
    desk = Desk(context)
    first = desk.picture("the bar naming work", lambda p: screen.bar_line(p, 0).startswith("FOCUS:  WORK "))
    desk.send(keys.strokes_of_text("hello"))
    desk.expect("work", HELLO)
    typed = desk.picture("what was typed", lambda p: area(p) != area(first))
    context.check(screen.bar_line(typed, 0) == screen.bar_line(first, 0), "typing changed the bar")

    desk.chord("ctrl-alt-2", "personal")
    other = desk.picture("the bar naming personal", lambda p: screen.bar_line(p, 0).startswith("FOCUS:  PERSONAL "))
    desk.send(keys.strokes_of_text("hello"))
    desk.expect("personal", HELLO)  # and nothing of the chord
    desk.picture("what was typed in personal", lambda p: area(p) not in (area(other), area(typed)))

    desk.chord("ctrl-alt-1", "work")
    desk.picture("work's own screen as it was left", lambda p: p.pixels == typed.pixels)
    desk.send(keys.strokes_of_text("a"))
    desk.expect("work", stroke("a"))


@scenario(deadline_s=240)
def hands(context):
    """a key held across a switch is let go in the old VM and unknown to the new one; nobody's keys arrive nowhere; mouse, tablet, unplugging"""
    desk = Desk(context)
    desk.send([keys.key_event("h", True)])
    desk.expect("work", [(EV_KEY, CODES["h"], 1), SYN])
    desk.chord("ctrl-alt-2", "personal")
    desk.expect("work", [(EV_KEY, CODES["h"], 0), SYN])
    desk.send([keys.key_event("h", False)] + keys.strokes_of_text("a"))
    desk.expect("personal", stroke("a"))

    desk.chord("ctrl-alt-pause", "nobody")
    desk.send(keys.strokes_of_text("hello"))
    desk.chord("ctrl-alt-2", "personal")
    desk.send(keys.strokes_of_text("a"))
    desk.expect("personal", stroke("a"))

    desk.send(keys.strokes_of_mouse(10, -5))
    desk.send([[{"type": "abs", "data": {"axis": axis, "value": value}} for axis, value in (("x", 20000), ("y", 300))]])
    desk.send([{"type": "btn", "data": {"down": down, "button": "left"}} for down in (True, False)])
    desk.expect("personal", [(EV_REL, REL_X, 10), (EV_REL, REL_Y, -5), SYN, (EV_ABS, ABS_X, 20000), (EV_ABS, ABS_Y, 300), SYN,
                             (EV_KEY, BTN_LEFT, 1), SYN, (EV_KEY, BTN_LEFT, 0), SYN])

    desk.command("device_add", driver="usb-kbd", id="second")
    context.wait("inputvm knowing the second keyboard", lambda line: line.startswith("[inputvm] inputvmd: device 4 ") and
                 line.endswith("keyboard"), EVENTS_S)
    desk.send([keys.key_event("h", True)])
    desk.expect("personal", [(EV_KEY, CODES["h"], 1), SYN])
    desk.command("device_del", id="second")
    desk.expect("personal", [(EV_KEY, CODES["h"], 0), SYN])
    desk.send(keys.strokes_of_text("a"))
    desk.expect("personal", stroke("a"))


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
