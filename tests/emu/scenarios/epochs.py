#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Service VMs of the shipped machine that die, are off and come back: keys are let go at once, and any order of starting works. Needs root."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import admin  # noqa: E402
import events  # noqa: E402
import frames  # noqa: E402
import keys  # noqa: E402
from desk import CODES, EV_KEY, HELLO, SYN, Desk  # noqa: E402
from lan import Lan  # noqa: E402
from runner import run, scenario  # noqa: E402

LINE_S = 180
CARRY_S = 180
CARRIED = {"ip-6", "udp", "ip-1"}  # HTTP, DNS and ping
# They are switched off in the order of one row and on in that of the next, one right after the other.
ORDERS = (("netvm", "vpnvm", "usbvm", "inputvm"), ("inputvm", "usbvm", "vpnvm", "netvm"), ("vpnvm", "inputvm", "netvm", "usbvm"),
          ("usbvm", "netvm", "inputvm", "vpnvm"), ("netvm", "inputvm", "usbvm", "vpnvm"))
DOWN, UP = [(EV_KEY, CODES["h"], 1), SYN], [(EV_KEY, CODES["h"], 0), SYN]


def command(context, words):
    context.doing = f"bhctl {words}"
    output, status = admin.run(context.rundir, f"bhctl {words}")
    context.check(status == 0, f"bhctl {words}: status {status}: {output}")


def after(context, begin, what, wanted, count=1):
    """COUNT lines since line BEGIN that WANTED likes."""
    return context.until(what, lambda: [line for line in context.lines()[begin:] if wanted(line)][count - 1:], LINE_S)


def keyboard(line):
    return line.startswith("[inputvm] inputvmd: device") and line.endswith("keyboard")


def held_and_killed(desk, vm):
    """A key is held, VM is killed and stays dead: the focused VM has let go of the key before anybody comes back."""
    context = desk.context
    desk.send([keys.key_event("h", True)])
    desk.expect("work", DOWN)
    begin = len(context.lines())
    command(context, f"kill {vm}")
    after(context, begin, f"the death of {vm}", lambda line: line == f"hv: vm {vm} dead (killed), memory clean")
    desk.expect("work", UP)
    lives = [line for line in context.lines()[begin:] if line.startswith(f"hv: vm {vm} dom=")]
    context.check(not lives, f"{vm} was to stay dead: {lives}")
    desk.send(keys.strokes_of_text("a"))  # to nobody
    desk.send([keys.key_event("h", False)])
    begin = len(context.lines())
    command(context, f"on {vm}")
    after(context, begin, f"the next life of {vm}", lambda line: line == f"hv: vm {vm} ready")
    after(context, begin, "the keyboard to be offered again", keyboard)
    desk.send(keys.strokes_of_text("hello"))
    desk.expect("work", HELLO)


@scenario(deadline_s=600)
def keys_held(context):
    """usbvm or inputvm is killed while a key is held: it is let go while nobody is there; on again, devices are offered again and typing works"""
    desk = Desk(context)
    for vm in ("usbvm", "inputvm"):
        held_and_killed(desk, vm)


class Paths:
    """Both ways into the network, judged by what arrives at their ends."""

    def __init__(self, context):
        self.context = context
        self.lan = Lan(context.rundir.path)
        info = self.lan.info()
        self.ends = {"work": (self.lan.file("far.pcap"), info["marker"]), "personal": (info["wire"], info["near_marker"])}
        self.forbidden = [info["inner_prefix"], info["far_prefix"]], info["marker"]

    def work(self):
        """Each VM's marker arrives in HTTP, DNS and ping from now on."""
        begin = {vm: len(frames.read(path)) for vm, (path, _) in self.ends.items()}
        for vm, (path, marker) in self.ends.items():
            self.context.until(f"{vm}'s marker at its end in HTTP, DNS and ping",
                               lambda vm=vm, path=path, marker=marker: CARRIED <= frames.kinds_with(frames.read(path)[begin[vm]:], marker), CARRY_S)
        clear = frames.in_the_clear(frames.read(self.ends["personal"][0]), *self.forbidden)
        self.context.check(not clear, "in the clear:\n  " + "\n  ".join(clear[:10]))


@scenario(deadline_s=1200)
def orders(context):
    """netvm, vpnvm, usbvm and inputvm switched off and on again in several orders: each time typing and both network paths work"""
    desk = Desk(context, net="lan")
    paths = Paths(context)
    paths.work()
    for leave, come in zip(ORDERS, ORDERS[1:]):
        begin = len(context.lines())
        for vm in leave:
            command(context, f"off {vm} --now")
        for vm in leave:
            after(context, begin, f"{vm} to be off", lambda line, vm=vm: line == f"hv: vm {vm} off (off), memory clean")
        begin, since = len(context.lines()), time.monotonic()
        for vm in come:
            command(context, f"on {vm}")
        after(context, begin, "all four", lambda line: line.startswith("hv: vm ") and line.endswith(" ready"), 4)
        after(context, begin, "the keyboard", keyboard)
        desk.skip()
        desk.send(keys.strokes_of_text("hello"))
        desk.expect("work", HELLO)
        paths.work()
        print(f"# on in the order {', '.join(come)}: keys and both paths after {time.monotonic() - since:.0f} s", flush=True)
    strays = events.so_far(context.rundir, "personal")
    context.check(not strays, f"personal, which never had the focus, read {strays}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
