# SPDX-License-Identifier: Apache-2.0
"""A screen without glass (Xvfb) and a person in front of it (xdotool): what a window on it gets and shows."""

import ctypes
import os
import shutil
import struct
import subprocess
import tempfile
import time

import screen
from errors import DeadlineError, EmuError

SIZE = (1600, 1000)
START_S = 10
LOOK_S = 0.1
CLIENT_MESSAGE = 33


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise EmuError(f"{program} is not installed; build-image/setup test installs it")


def parse_xwd(data):
    """The picture in a window dump of 32 bits per pixel, which is what Xvfb keeps its screen in."""
    words = struct.unpack(">25I", data[:100])
    size, width, height, row, colours = words[0], words[4], words[5], words[12], words[19]
    if words[1] != 7 or words[11] != 32 or words[7] != 0:
        raise EmuError(f"not a window dump of 32 bits, lowest byte first: {words}")
    start = size + 12 * colours
    pixels = b"".join(data[start + y * row:start + y * row + 4 * width] for y in range(height))
    out = bytearray(3 * width * height)
    out[0::3], out[1::3], out[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
    return screen.Picture(width, height, bytes(out))


class XDisplay:
    """An X display of its own. Use as a context manager."""

    def __init__(self):
        need("Xvfb", "xdotool")
        # pylint: disable=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix="emu-x-")
        read_end, write_end = os.pipe()
        with open(os.path.join(self.folder.name, "log"), "wb") as log:
            self.server = subprocess.Popen(
                ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp",
                 "-fbdir", self.folder.name], pass_fds=[write_end], stdout=log, stderr=log)
        os.close(write_end)
        with os.fdopen(read_end) as answer:
            self.display = ":" + answer.readline().strip()
        if self.display == ":":
            with open(os.path.join(self.folder.name, "log"), encoding="utf-8") as log:
                why = log.read().strip()
            self.end()
            raise EmuError(f"Xvfb did not start: {why[-500:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.server.terminate()
        self.server.wait()
        self.folder.cleanup()

    def environment(self):
        """What a program needs to open its window here."""
        return {**{k: v for k, v in os.environ.items() if k not in ("WAYLAND_DISPLAY", "XAUTHORITY")},
                "DISPLAY": self.display}

    def hand(self, *words):
        """xdotool: what the person does; gives back what it prints."""
        done = subprocess.run(["xdotool", *words], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode and words[0] != "search":
            raise EmuError(f"xdotool {' '.join(words)}: {done.stdout.strip()}")
        return done.stdout.strip()

    def window(self, name, timeout_s):
        """The number of the window whose title holds NAME, once it is there."""
        deadline = time.monotonic() + timeout_s
        while True:  # bound: the deadline
            found = self.hand("search", "--onlyvisible", "--name", name).split()
            if found:
                return found[0]
            if time.monotonic() > deadline:
                raise DeadlineError(f"waited {timeout_s} s for a window with the name {name}, in vain")
            time.sleep(LOOK_S)

    def title(self, window):
        return self.hand("getwindowname", window)

    def wait_title(self, window, what, wanted, timeout_s):
        """Wait for a title that WANTED likes."""
        deadline = time.monotonic() + timeout_s
        while not wanted(self.title(window)):  # bound: the deadline
            if time.monotonic() > deadline:
                raise DeadlineError(f"waited {timeout_s} s for a title {what}, in vain; it is {self.title(window)!r}")
            time.sleep(LOOK_S)

    def press(self, *keys):
        """Keys pressed one after the other and let go in the opposite order, by their X names."""
        self.hand(*[word for key in keys for word in ("keydown", key)],
                  *[word for key in reversed(keys) for word in ("keyup", key)])

    def close(self, window):
        """What the cross in a window's corner does: ask its owner to close it."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        display = ctypes.c_void_p(x11.XOpenDisplay(self.display.encode()))
        if not display:
            raise EmuError(f"display {self.display} cannot be opened")
        protocols, delete = (x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
        # XClientMessageEvent: type, serial, send_event, display, window, message_type, format, five longs.
        event = struct.pack("@iLiPLLi5l", CLIENT_MESSAGE, 0, 1, 0, int(window), protocols, 32, delete, 0, 0, 0, 0)
        x11.XSendEvent(display, ctypes.c_ulong(int(window)), 0, ctypes.c_long(0), ctypes.create_string_buffer(event, 192))
        x11.XCloseDisplay(display)

    def picture(self):
        """What is on the screen now."""
        with open(os.path.join(self.folder.name, "Xvfb_screen0"), "rb") as dump:
            return parse_xwd(dump.read())
