# SPDX-License-Identifier: Apache-2.0
"""A machine for a person at a terminal: shows the log, ends with Ctrl-C or the window, leaves nothing."""

import os
import subprocess
import time

import starter
from errors import EmuError
from lan import Lan
from lines import Follower, Gone
from machine import find_qemu

LOOK_S = 3600.0


def has_window():
    """Whether there is a display and QEMU can open a window on it; else why not."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False, "there is no display here"
    known = subprocess.run([find_qemu(), "-display", "help"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, check=False).stdout.split()
    if "sdl" not in known:
        return False, "QEMU has no window support (apt-get install qemu-system-gui)"
    return True, ""


def say_what_to_try(rundir):
    """Four lines to paste, where there is a network; each with what it should answer."""
    net = Lan(rundir.path).info()
    if not net:
        return
    emu = os.path.relpath(os.path.join(starter.HERE, "emu")) + f" {{}} --run-dir {os.path.relpath(rundir.path)}"
    print(f"emu: to paste, in work:  wget -qO- {net['far_url']} | sha256sum    # {net['far_sha256'][:16]}...")
    print(f"emu:   in personal:      wget -qO- {net['near_url']} | sha256sum   # {net['near_sha256'][:16]}...")
    print(f"emu:   here:             {emu.format('gateway')} --list-sas    # the tunnel as its other end sees it")
    print(f"emu:   here:             {emu.format('audit')}")


def say_how_to_look(rundir, display, why):
    """What to paste, and how to leave."""
    print(f"emu: the machine runs in {rundir.path}")
    if display == "window":
        print("emu: its window is open; right Ctrl + G takes and gives back the mouse")
    if display == "vnc":
        socket = rundir.file("vnc.sock")
        print(f"emu: no window: {why}. To look, on this machine: vncviewer {socket}")
        print(f"emu:   from another: ssh -N -L 5999:{socket} <this machine>, then vncviewer localhost:99")
    print("emu: Ctrl-C ends it" + ("; so does closing the window" if display == "window" else ""))


def run(path, args, options_of):
    """Start, follow the log, end. Every way out of here ends the machine."""
    if args.headless:
        display, why = "none", ""
    else:
        window, why = has_window()
        display = "window" if window else "vnc"
    read_end, write_end = os.pipe()  # the machine ends when this process, however it ends, lets go
    try:
        rundir = starter.start(path, options_of(args, display), owner_fd=read_end)
    finally:
        os.close(read_end)
    say_how_to_look(rundir, display, why)
    say_what_to_try(rundir)
    try:
        with Follower(rundir) as follower:
            while True:  # bound: the life of the machine
                line = follower.next(time.monotonic() + LOOK_S)
                if line is not None:
                    print(line, flush=True)
    except Gone as error:
        if "status 0" not in str(error):
            raise EmuError(f"the machine ended: {error}") from error
        print("emu: the machine was switched off")
    except KeyboardInterrupt:
        print("\nemu: ended")
    finally:
        starter.stop(rundir)
        os.close(write_end)
