# SPDX-License-Identifier: Apache-2.0
"""The shipped machine with a person at its keyboard and screen; judges nothing by itself but what a call says."""

import json
import time

import admin
import events
import keys
import screen
import testimage

READY_S = 240
EVENTS_S = 120  # nothing is waited for longer than it takes; a slow machine takes its time
PICTURE_S = 60
SETTLED_S = 2
EV_SYN, EV_KEY, EV_REL, EV_ABS = range(4)
REL_X, REL_Y, ABS_X, ABS_Y, BTN_LEFT = 0, 1, 0, 1, 0x110
CODES = {"h": 35, "e": 18, "l": 38, "o": 24, "a": 30}
SYN = (EV_SYN, 0, 0)
REPEAT_SYN = [(EV_SYN, 0, 1)]


def stroke(letter):
    """What a press and a release of LETTER are for a VM."""
    return [(EV_KEY, CODES[letter], 1), SYN, (EV_KEY, CODES[letter], 0), SYN]


HELLO = [event for letter in "hello" for event in stroke(letter)]


def heard(edits):
    """EDITS, and the consoles of both VMs on."""
    def edit(name):
        return lambda text: testimage.with_console(edits[name](text) if name in edits else text)

    return {**edits, "work.vm": edit("work.vm"), "personal.vm": edit("personal.vm")}


def bar_height(picture):
    """Rows of the picture above the VM's own: the bar's two lines of text."""
    return 2 * screen.BAR_CELL[1] * picture.width * 3


class Desk:
    """The shipped machine with a person at it; what each VM read since it was last asked."""

    def __init__(self, context, edits=None, **options):
        """EDITS as for testimage.build_product, in addition to what makes the VMs heard; OPTIONS as for Context.start."""
        self.context = context
        self.read = {"work": 0, "personal": 0}
        self.typist = keys.Typist(self.send, self.read_by_focus, context.until)
        context.start(image=testimage.build_product(context.rundir.path, heard(edits or {})), **options)
        context.wait_ready(READY_S)
        for vm in ("keyboard", "pointer", "absolute"):
            context.wait_seen(f"inputvm knowing a {vm}", lambda line, vm=vm: line.startswith("[inputvm] inputvmd: device") and
                              line.endswith(vm), EVENTS_S)
        for vm in self.read:
            context.wait_seen(f"{vm} reading its devices", lambda line, vm=vm: line.startswith(f"[{vm}] evdump: reads"), EVENTS_S)

    def send(self, strokes):
        with self.context.qmp() as qmp:
            keys.send(qmp, strokes)

    def enter(self, text):
        """Type a line and press Enter."""
        self.typist.line(text)

    def read_by_focus(self):
        """[(type, code, value)] that the VM with the focus has read so far."""
        return [(event["type"], event["code"], event["value"]) for event in events.so_far(self.context.rundir, self.changes()[-1].split()[2])]

    def status(self):
        """What `bhctl status` says of each VM, by name."""
        self.context.doing = "asking adminvm for the status"
        output, status = admin.run(self.context.rundir, "bhctl status --json")
        self.context.check(status == 0, f"bhctl status ended with {status}: {output}")
        return {vm["name"]: vm for vm in json.loads(output)["vms"]}

    def command(self, name, **arguments):
        with self.context.qmp() as qmp:
            qmp.command(name, **arguments)

    def chord(self, names, focus):
        """Press a chord and wait until the core says that FOCUS has the focus."""
        before = len(self.changes())
        self.send(keys.strokes_of_chord(names))
        after = self.context.until(f"the focus of {focus} after {names}", lambda: self.changes()[before:], EVENTS_S)
        self.context.check(after[-1].startswith(f"hv: focus {focus} "), f"after {names}: {after[-1]}")

    def changes(self):
        """The core's lines about the focus up to now."""
        return [line for line in self.context.lines() if line.startswith("hv: focus ")]

    def news(self, vm):
        """[(type, code, value)] that VM read since it was last asked, without the repeats of a key that is held."""
        found = events.so_far(self.context.rundir, vm)[self.read[vm]:]
        read = [(event["type"], event["code"], event["value"]) for event in found]
        return [event for event in read if event not in REPEAT_SYN and event[::2] != (EV_KEY, 2)], len(found)

    def skip(self):
        """What was read up to now is no part of an answer."""
        self.read = {vm: len(events.so_far(self.context.rundir, vm)) for vm in self.read}

    def expect_both(self, wanted):
        """Each VM reads exactly WANTED[vm]. What comes later is part of the next answer."""
        deadline = time.monotonic() + EVENTS_S
        for vm, events_wanted in sorted(wanted.items(), key=lambda item: -len(item[1])):
            self.context.doing = f"waiting for {len(events_wanted)} events in {vm}"
            got, count = self.news(vm)
            while len(got) < len(events_wanted) and time.monotonic() < deadline:
                time.sleep(0.05)  # between two looks; the deadline is above
                got, count = self.news(vm)
            self.read[vm] += count
            self.context.check(got == events_wanted, f"{vm} read {got} within {EVENTS_S} s, not {events_wanted}")

    def expect(self, vm, wanted):
        """VM reads exactly WANTED, and the other one nothing."""
        self.expect_both({"work": [], "personal": [], vm: wanted})

    def picture(self, what, wanted):
        """The first picture that WANTED likes: what a VM draws is seen a moment later."""
        def look():
            picture = self.context.picture()
            return picture if wanted(picture) else None

        return self.context.until(f"a picture with {what}", look, PICTURE_S)

    def settled(self, what, wanted):
        """As picture, of a VM that has drawn all it had to: it tells nobody when it has, so for SETTLED_S nothing may have changed."""
        seen = [time.monotonic(), None]

        def still(picture):
            if seen[1] is None or picture.pixels != seen[1].pixels:
                seen[:] = time.monotonic(), picture
            return wanted(picture) and time.monotonic() - seen[0] > SETTLED_S

        return self.picture(f"{what}, and nothing more", still)


def area(picture):
    """What belongs to the VM."""
    return picture.pixels[bar_height(picture):]
