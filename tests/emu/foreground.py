# SPDX-License-Identifier: Apache-2.0
"""A machine for a person at a terminal: shows the log, ends with Ctrl-C or the window, leaves nothing."""

import errno
import getpass
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import time

import starter
from errors import EmuError
from lan import Lan
from lines import Follower, Gone
from machine import find_qemu
from rundir import RunDir
from serial_log import console_of

LOOK_S = 1.0
END_S = 60.0
EMU = os.path.relpath(os.path.join(starter.HERE, "emu"))
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """A signal that asks this program to end; its number is the argument."""


def on_signal(number, _):
    raise Ended(number)


def deaf():
    """From here on nothing interrupts the cleaning up."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def has_window():
    """Whether there is a display and QEMU can open a window; else why not."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False, "there is no display here"
    known = subprocess.run([find_qemu(), "-display", "help"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, check=False).stdout.split()
    if "sdl" not in known:
        return False, "QEMU has no window support (apt-get install qemu-system-gui)"
    return True, ""


def start(path, args, options_of, owner):
    """The machine, in a window where one opens. Gives back its directory, how it is looked at, and why there is no window."""
    display, why = "none", ""
    if not args.headless:
        window, why = has_window()
        display = "window" if window else "vnc"
    try:
        return starter.start(path, options_of(args, display), owner_fd=owner.fileno()), display, why
    except EmuError as error:
        if display != "window" or "initialize SDL" not in str(error):
            raise
        why = f"the display {os.environ.get('DISPLAY', '')} cannot be opened"
    return starter.start(path, options_of(args, "vnc"), owner_fd=owner.fileno()), "vnc", why


def say_how_to_look(rundir, display, why):
    """How to see it, how to get the mouse back, how to leave."""
    print(f"emu: the machine runs in {rundir.path}")
    if display == "window":
        print("emu: its window is open. Every key but the right Ctrl goes to the machine; the mouse leaves at the window's "
              "edge, right Ctrl + G lets it go")
    if display == "vnc":
        path = rundir.file("vnc.sock")
        print(f"emu: no window: {why}. To look, by VNC:")
        print(f"emu:   on this machine:  vncviewer {shlex.quote(path)}")
        print(f"emu:   from another:     ssh -f -N -L 5999:{shlex.quote(path)} {getpass.getuser()}@{socket.gethostname()} && "
              "vncviewer localhost:99")
        print("emu:   vncviewer is in Debian's package tigervnc-viewer; F8 opens its menu and gives the mouse back")
    print("emu: Ctrl-C ends it" + ("; so does closing the window" if display == "window" else "") +
          f". What the VMs say: {EMU} console VM, or all of it in {os.path.relpath(rundir.hv_log)}", flush=True)


def lines_to_paste(rundir, default_dir):
    """[(command, what it should show)]: four for another terminal; without a network, those that need none."""
    where = "" if rundir.path == os.path.abspath(default_dir) else f" --run-dir {shlex.quote(os.path.relpath(rundir.path))}"
    net = Lan(rundir.path).info()
    tunnel = [("type", rf"$'wget -qO- {net['far_url']} | sha256sum\n'", f"work shows {net['far_sha256'][:12]}..., by the tunnel"),
              ("gateway", "--list-sas", "the tunnel as its other end sees it")] if net else []
    lines = [*tunnel[:1], ("key", "ctrl-alt-2", "personal's screen, as Ctrl+Alt+2 does; ctrl-alt-1: back"), *tunnel[1:],
             ("audit", "", "who reaches which memory, seen from outside")]
    return [(f"{EMU} {verb}{where} {words}".rstrip(), what) for verb, words, what in lines]


def say_what_to_try(rundir, default_dir):
    lines = lines_to_paste(rundir, default_dir)
    width = max(len(command) for command, _ in lines)
    print(f"emu: ready. To paste into another terminal, in {os.getcwd()}:")
    for command, what in lines:
        print(f"  {command:{width}}   # {what}")
    sys.stdout.flush()


def nobody_reads():
    """
    Whether the terminal, or what else read the output, has gone.

    Without a shell in between only make gets the signal, and it waits for this program.
    """
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return bool(poll.poll(0))


def follow(rundir, default_dir, consoles):
    """Show the log, that of the VMs too where CONSOLES is true, until the machine ends."""
    try:
        with Follower(rundir) as follower:
            while True:  # bound: the life of the machine
                line = follower.next(time.monotonic() + LOOK_S)
                if line is None:
                    if nobody_reads():
                        raise Ended(signal.SIGHUP)
                    continue
                if consoles or not console_of(line):
                    print(line, flush=True)
                if line.startswith("hv: ready"):
                    say_what_to_try(rundir, default_dir)
    except Gone as error:
        if "status 0" not in str(error):
            raise EmuError(f"the machine ended: {error}") from error
        if "guest-reset" in str(error):
            print("emu: the machine reset itself; its processors' registers are in registers.txt")
            return
    print("emu: the machine was switched off")


def leave(rundir, mine):
    """Let go of the machine, wait until its supervisor has gone, end what is left then."""
    deaf()
    mine.shutdown(socket.SHUT_WR)
    mine.settimeout(END_S)
    try:
        mine.recv(1)
    except TimeoutError:
        pass  # stop insists
    starter.stop(rundir)


def run(path, args, options_of, default_dir):
    """Start, follow the log, end. Every way out of here ends the machine; gives back the exit status."""
    for number in ENDINGS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, on_signal)
    mine, owner = socket.socketpair()  # the machine ends when this process, however it ends, lets go of its end
    rundir = RunDir(path)
    ours = True
    try:
        try:
            rundir, display, why = start(path, args, options_of, owner)
        except EmuError:
            ours = False  # it is not there, or it is somebody else's
            raise
        finally:
            owner.close()
        say_how_to_look(rundir, display, why)
        follow(rundir, default_dir, args.consoles)
        return 0
    except Ended as ended:
        deaf()
        number = ended.args[0]
        if number != signal.SIGHUP:
            print("\nemu: ended", flush=True)
        return 0 if number == signal.SIGINT else 128 + number
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return 128 + signal.SIGHUP  # the terminal has gone, its signal is on the way
    finally:
        if ours:
            leave(rundir, mine)
        mine.close()
