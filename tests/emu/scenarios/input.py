#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The way of a key through usbvm and inputvm to the VM with the focus, and to no other."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import keys  # noqa: E402
import screen  # noqa: E402
from desk import (ABS_X, ABS_Y, BTN_LEFT, CODES, EV_ABS, EV_KEY, EV_REL, EVENTS_S, HELLO, REL_X, REL_Y, SYN,  # noqa: E402
                  Desk, area, stroke)
from runner import run, scenario  # noqa: E402

SWITCHES = 60
AGAIN_S = 180
PICK = "CTRL+ALT+1..9"


@scenario(deadline_s=600)
def typing(context):
    """hello reaches the focused VM as exactly those events and the other gets none; the chord turns it round and reaches neither"""
    desk = Desk(context)
    first = desk.picture("the bar naming work", lambda p: screen.bar_line(p, 0).startswith("FOCUS:  WORK "))
    desk.send(keys.strokes_of_text("hello"))
    desk.expect("work", HELLO)
    typed = desk.settled("what was typed", lambda p: area(p) != area(first))
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


@scenario(deadline_s=600)
def switches(context):
    """a key in the same burst as the chord before it reaches the new VM and no other, sixty times"""
    desk = Desk(context)
    for turn in range(SWITCHES):
        letter, vm = "he"[turn % 2], ("work", "personal")[turn % 2]
        burst = keys.strokes_of_chord(f"ctrl-alt-{turn % 2 + 1}") + keys.strokes_of_text(letter)
        desk.command("input-send-event", events=burst)  # eight events; the emulated keyboard holds 16
        desk.expect(vm, stroke(letter))


def nobody(desk):
    """The attention key: the bar names nobody and how to pick a VM, what is typed goes nowhere."""
    desk.chord("ctrl-alt-pause", "nobody")
    picture = desk.picture("the bar naming nobody", lambda p: screen.bar_line(p, 0).startswith("FOCUS:  NOBODY "))
    line = screen.bar_line(picture, 0)
    desk.context.check(PICK in line, f"the bar was to say {PICK}, it says {line!r}")
    desk.send(keys.strokes_of_text("he"))  # with a chord before and behind it no more than the emulated keyboard holds: there is no reader to wait for


@scenario(deadline_s=600)
def hands(context):
    """a key held across a switch is let go in the old VM and unknown to the new one; nobody's keys arrive nowhere; mouse, tablet, unplugging"""
    desk = Desk(context)
    desk.send([keys.key_event("h", True)])
    desk.expect("work", [(EV_KEY, CODES["h"], 1), SYN])
    desk.chord("ctrl-alt-2", "personal")
    desk.expect("work", [(EV_KEY, CODES["h"], 0), SYN])
    desk.send([keys.key_event("h", False)] + keys.strokes_of_text("a"))
    desk.expect("personal", stroke("a"))

    nobody(desk)
    desk.chord("ctrl-alt-2", "personal")
    desk.send(keys.strokes_of_text("a"))
    desk.expect("personal", stroke("a"))

    # One after the other: mouse and tablet are two devices in the VM, and who reads both may take the later one's events first.
    desk.send(keys.strokes_of_mouse(10, -5))
    desk.expect("personal", [(EV_REL, REL_X, 10), (EV_REL, REL_Y, -5), SYN])
    desk.send([[{"type": "abs", "data": {"axis": axis, "value": value}} for axis, value in (("x", 20000), ("y", 300))]])
    desk.send([{"type": "btn", "data": {"down": down, "button": "left"}} for down in (True, False)])
    desk.expect("personal", [(EV_ABS, ABS_X, 20000), (EV_ABS, ABS_Y, 300), SYN, (EV_KEY, BTN_LEFT, 1), SYN, (EV_KEY, BTN_LEFT, 0), SYN])

    desk.command("device_add", driver="usb-kbd", id="second")
    context.wait("inputvm knowing the second keyboard", lambda line: line.startswith("[inputvm] inputvmd: device 4 ") and
                 line.endswith("keyboard"), EVENTS_S)
    desk.send([keys.key_event("h", True)])
    desk.expect("personal", [(EV_KEY, CODES["h"], 1), SYN])
    desk.command("device_del", id="second")
    desk.expect("personal", [(EV_KEY, CODES["h"], 0), SYN])
    desk.send(keys.strokes_of_text("a"))
    desk.expect("personal", stroke("a"))


@scenario(deadline_s=600)
def again(context):
    """an inputvm that dies while a key is held is started again by the core alone: the key is let go, attention key, chord and typing work"""
    desk = Desk(context, {"inputvm.vm": lambda text: text.replace("Memory=32M", "Memory=32M\nImage=inputvm-mortal.img").replace("[Restart]\n", "[Restart]\nCapsule=1K\n")})
    desk.send([keys.key_event("h", True)])
    desk.expect("work", [(EV_KEY, CODES["h"], 1), SYN])
    desk.command("device_add", driver="usb-kbd", id="second")
    context.wait("the death of inputvm", lambda line: line.startswith("hv: vm inputvm stopped: exit code=137 "), EVENTS_S)
    desk.command("device_del", id="second")
    context.wait("the next life of inputvm and its keyboard: what is typed before reaches nobody",
                 lambda line: line.startswith("[inputvm] inputvmd: device") and line.endswith("keyboard"), AGAIN_S)
    context.until("its readiness", lambda: context.lines().count("hv: vm inputvm ready") == 2, AGAIN_S)
    desk.expect("work", [(EV_KEY, CODES["h"], 0), SYN])
    desk.send([keys.key_event("h", False)])
    nobody(desk)
    desk.chord("ctrl-alt-1", "work")
    desk.send(keys.strokes_of_text("hello"))
    desk.expect("work", HELLO)
    status = desk.status()["inputvm"]
    context.check((status["epoch"], status["restarts"], status["state"]) == (2, 1, "ready"), f"inputvm: {status}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
