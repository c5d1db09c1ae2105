#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make run` as a person meets it: window, VNC, the ways to leave, as root and as an ordinary user."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import half_lan  # noqa: E402
import screen  # noqa: E402
import starter  # noqa: E402
import testimage  # noqa: E402
from errors import DeadlineError  # noqa: E402
from lan import Lan  # noqa: E402
from lines import Follower  # noqa: E402
from rfb import Viewer  # noqa: E402
from rundir import RunDir  # noqa: E402
from runner import HERE as EMU, ROOT, run, scenario  # noqa: E402
from terminal import CTRL_C, Terminal  # noqa: E402
from testimage import Vm  # noqa: E402
from xdisplay import XDisplay  # noqa: E402

START_S = 120  # nothing is waited for longer than it takes; a slow machine takes its time
READY_S = 240
SOON_S = 90
FETCH_S = 240
END_S = 120
QUESTIONS_MAX, TYPED_S = 4, 20
WINDOW = (1280, 800)  # what OVMF sets on QEMU's VGA
CELL = (8, 16)  # of Linux' console
NOBODY = 65534
# No part of what is typed has its equal letters where the answer has them: see screen.find_text.
QUESTION, ANSWER = "echo lazy dog | sed 's/z/ick brown fox ju/'", "laick brown fox juy dog"
CTRL_L, ALT_L = 0xFFE3, 0xFFE9  # as X numbers keys


def no_display(**more):
    """The environment of somebody without a display."""
    return {**{k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY")}, **more}


def make_run(context, environment, *words, shell=True):
    """`make run` in a terminal, in the scenario's own folder."""
    return Terminal(["make", "--no-print-directory", "run", f"RUN_ARGS={' '.join(['--run-dir', context.rundir.path, *words])}"],
                    ROOT, environment, shell=shell)


def nothing_left(context, terminal, within_s=0):
    """Of what TERMINAL's command started nothing is there, at once or WITHIN_S."""
    context.ended = True
    context.doing = "looking what is left"
    deadline = time.monotonic() + within_s
    while True:  # bound: the deadline
        left = Lan(context.rundir.path).left() + terminal.left()
        if not left:
            return
        context.check(time.monotonic() < deadline, f"left behind after {within_s} s:\n  " + "\n  ".join(left))
        time.sleep(0.1)


def look(context, picture_of, what, wanted, timeout_s=SOON_S):
    """The first picture that WANTED likes; the last one is kept as a file."""
    context.doing = f"waiting for {what} on the screen"
    deadline = time.monotonic() + timeout_s
    while True:  # bound: the deadline
        picture = picture_of()
        if wanted(picture):
            return
        if time.monotonic() > deadline:
            with open(os.path.join(context.rundir.path, "seen.png"), "wb") as out:
                out.write(screen.png(picture))
            raise DeadlineError(f"waited {timeout_s} s for {what} on the screen, in vain; the bar says "
                                f"{screen.bar_line(picture, 0)!r}; see seen.png")
        time.sleep(0.3)  # between two looks; the deadline is above


def ask(context, picture_of, write, wipe):
    """WRITE types the question, which is then on the screen. A machine without a processor repeats keys that are let go late: WIPE, and anew."""
    for _ in range(QUESTIONS_MAX - 1):
        write()
        try:
            look(context, picture_of, "what was typed", lambda picture: screen.find_text(picture, QUESTION, CELL), TYPED_S)
            return
        except DeadlineError:
            wipe()
    write()
    look(context, picture_of, "what was typed", lambda picture: screen.find_text(picture, QUESTION, CELL), SOON_S)


def focused(picture):
    """Whom the bar names."""
    words = screen.bar_line(picture, 0).split()
    return words[1].lower() if words[:1] == ["FOCUS:"] and len(words) > 1 else None


def focus(context, name, press):
    """PRESS makes the core say that the VM NAME has the focus."""
    before = sum(line.startswith("hv: focus ") for line in context.lines())
    press()
    said = ""
    while sum(line.startswith("hv: focus ") for line in context.follower.seen) <= before:  # bound: each wait has a deadline
        said = context.wait(f"the focus of {name}", lambda line: line.startswith("hv: focus "), SOON_S)
    context.check(said.startswith(f"hv: focus {name} "), f"the chord led to: {said}")


def keyboard(context):
    """Follow the machine's log until the keyboard is known and typing can begin."""
    context.follower = Follower(context.rundir)
    context.wait_seen("inputvm knowing a keyboard", lambda line: line.startswith("[inputvm] inputvmd: device") and
                      line.endswith("keyboard"), SOON_S)


def window_picture(desk):
    """What the window shows; it stands in the corner of the screen."""
    whole = desk.picture()
    rows = [whole.pixels[3 * y * whole.width:3 * (y * whole.width + WINDOW[0])] for y in range(WINDOW[1])]
    return screen.Picture(*WINDOW, b"".join(rows))


def paste(context, terminal):
    """The lines that `make run` gives to paste, each done as it stands; they must work and show what they promise."""
    terminal.wait(r"^  \S+ audit .*\n", SOON_S)
    lines = re.findall(r"^  (\S.*?) +# ", terminal.text.split("emu: ready")[1], re.MULTILINE)
    context.check(len(lines) == 4, f"there are {len(lines)} lines to paste: {lines}")
    answers = []
    for line in lines:
        context.doing = f"pasting {line}"
        done = subprocess.run(["bash", "-c", line], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL, timeout=SOON_S, check=False)
        context.check(done.returncode == 0, f"{line}: status {done.returncode}: {done.stdout}")
        answers.append(done.stdout)
    context.check("ESTABLISHED" in answers[2] and "clean" in answers[3], f"the lines answered {answers}")


@scenario(deadline_s=1200)
def window(context):
    """a person types in the window and presses the chords: they arrive; right Ctrl + G frees the mouse; the lines to paste work; closing ends all"""
    with XDisplay() as desk, make_run(context, desk.environment()) as terminal:
        terminal.wait("^emu: its window is open", START_S)
        win = desk.window("QEMU", SOON_S)
        terminal.wait("^emu: ready", READY_S)
        keyboard(context)
        for words in (("windowmove", win, "0", "0"), ("mousemove", "640", "400"), ("windowfocus", win), ("click", "1")):
            desk.hand(*words)
        ask(context, lambda: window_picture(desk), lambda: desk.hand("type", "--delay", "60", QUESTION), lambda: desk.press("ctrl", "u"))
        context.check(not screen.find_text(window_picture(desk), ANSWER, CELL), "the answer is there before the question was asked")
        desk.press("Return")
        look(context, lambda: window_picture(desk), "the answer of work's shell",
             lambda picture: screen.find_text(picture, ANSWER, CELL))

        desk.press("ctrl", "alt", "g")
        for chord, name in (("2", "personal"), ("1", "work")):
            focus(context, name, lambda chord=chord: desk.press("ctrl", "alt", chord))
            look(context, lambda: window_picture(desk), f"the bar naming {name}",
                 lambda picture, name=name: focused(picture) == name)
        context.check("Right-Ctrl-G" in desk.title(win), f"Ctrl+Alt+G did not go to the machine; the title is {desk.title(win)!r}")
        desk.press("Control_R", "g")
        desk.wait_title(win, "without 'exit grab'", lambda title: "exit grab" not in title, SOON_S)
        desk.hand("mousemove", "1500", "950")
        context.check("x:1500 y:950" in desk.hand("getmouselocation"), f"the mouse is {desk.hand('getmouselocation')}")

        context.wait_seen("a lease for work", lambda line: line.startswith("[vpnvm] udhcpd: sending ACK"), SOON_S)
        paste(context, terminal)
        look(context, lambda: window_picture(desk), "personal's screen",
             lambda picture: focused(picture) == "personal")
        focus(context, "work", lambda: desk.press("ctrl", "alt", "1"))
        digest = Lan(context.rundir.path).info()["far_sha256"]
        look(context, lambda: window_picture(desk), "the checksum of the far file",
             lambda picture: screen.find_text(picture, digest, CELL), FETCH_S)

        with make_run(context, desk.environment()) as second:
            context.check(second.end(START_S) != 0, "a second make run succeeded")
            pid = context.rundir.state()["supervisor"][0]
            context.check(f"a machine is running in {context.rundir.path} already" in second.text and f"process {pid}" in second.text,
                          f"a second make run says: {second.text}")
        desk.close(win)
        context.doing = "waiting for the end after the window was closed"
        context.check(terminal.end(END_S) == 0 and "switched off" in terminal.text, f"it ended with: {terminal.text[-300:]}")
        nothing_left(context, terminal)


def endings(context, how, *qemu, begun="^hv: bulkhead core", shell=True, within_s=0, **environment):
    """The machine with its network is ended by HOW after BEGUN was seen: nothing is left when `make run` is gone, or WITHIN_S."""
    image = testimage.build(context.rundir.path, [Vm("one", "stay")])
    with make_run(context, no_display(**environment), "--image", image, "--headless", *qemu, shell=shell) as terminal:
        terminal.wait(begun, START_S)
        how(terminal)
        context.doing = "waiting for the end of make run"
        terminal.end(END_S)
        nothing_left(context, terminal, within_s)


@scenario(deadline_s=1200)
def ctrl_c(context):
    """Ctrl-C in the terminal: no process, namespace or mount is left"""
    endings(context, lambda terminal: terminal.type(CTRL_C))


@scenario(deadline_s=1200)
def terminated(context):
    """SIGTERM to make: no process, namespace or mount is left"""
    endings(context, lambda terminal: os.kill(terminal.command_pid(), signal.SIGTERM))


@scenario(deadline_s=1200)
def terminal_gone(context):
    """the terminal goes (SIGHUP): no process, namespace or mount is left"""
    endings(context, lambda terminal: terminal.hang_up(), within_s=END_S)  # the shell does not wait


@scenario(deadline_s=1200)
def terminal_gone_without_a_shell(context):
    """the terminal goes, only make hears of it, and there is nothing to print: no process, namespace or mount is left"""
    endings(context, lambda terminal: terminal.hang_up(), "--", "-S", begun="^emu: Ctrl-C ends it", shell=False)


@scenario(deadline_s=1200)
def ctrl_c_at_once(context):
    """Ctrl-C while the network is only half made: no process, namespace or mount is left"""
    half_made = context.rundir.file(half_lan.HALF_MADE)

    def when_half_made(terminal):
        context.until("the network to stand half made", lambda: os.path.exists(half_made), START_S)
        context.check(not os.path.exists(context.rundir.file("qmp.sock")), "there is a machine before its network")
        terminal.type(CTRL_C)
        os.unlink(half_made)

    for name in (half_made, context.rundir.file("qmp.sock")):
        if os.path.exists(name):
            os.unlink(name)
    endings(context, when_half_made, begun="", EMU_LAN=half_lan.__file__)


@scenario(deadline_s=600)
def killed_scenario(context):
    """the process of a scenario is killed (SIGKILL, SIGTERM): no process, namespace or mount of its machine and network is left"""
    image = testimage.build(context.rundir.path, [Vm("one", "stay")])
    for number in (signal.SIGKILL, signal.SIGTERM):
        name = f"run-killed-by-{number.name.lower()}"
        path = os.path.join(os.path.dirname(context.rundir.path), name)
        code = (f"import sys; sys.path.insert(0, {EMU!r}); import runner\n"
                f"def stay(context):\n    context.start({image!r}, net='lan')\n    context.wait_ready()\n    print('there', flush=True)\n    sys.stdin.read()\n"
                f"stay.deadline_s = 600\nprint(runner.run_one({name!r}, stay))")
        try:
            with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
                context.doing = "waiting for the machine of another process"
                said = child.stdout.readline()
                context.check(said == "there\n", f"the process that was to be killed said {said!r}")
                context.check(any("qemu" in line for line in Lan(path).left()), "it has no machine")
                child.send_signal(number)
            context.until(f"the end of what a process had that ended by {number.name}", lambda path=path: not Lan(path).left(), END_S)
        finally:
            starter.stop(RunDir(path))


@contextlib.contextmanager
def ordinary_users_copy(context):
    """A folder of an ordinary user with what `make run` needs once the image is built; its machine becomes the scenario's."""
    own = context.rundir
    with tempfile.TemporaryDirectory(prefix="emu-user-") as folder:
        os.chmod(folder, 0o755)
        os.makedirs(os.path.join(folder, "out"))
        shutil.copytree(os.path.join(ROOT, "tests", "emu"), os.path.join(folder, "tests", "emu"))
        shutil.copy(testimage.build_file("bulkhead.img"), os.path.join(folder, "out"))
        shutil.copytree(testimage.build_file("vpn"), os.path.join(folder, "out", "vpn"))
        for where, _, names in os.walk(folder):
            for name in (".", *names):
                os.chown(os.path.join(where, name), NOBODY, NOBODY)
        context.rundir = RunDir(os.path.join(folder, "out", "run"))
        try:
            yield folder
        finally:
            context.end()
            context.rundir = own
            if os.path.isdir(os.path.join(folder, "out", "run")):
                shutil.copytree(os.path.join(folder, "out", "run"), own.path, dirs_exist_ok=True,
                                ignore=lambda _, names: [name for name in names if not name.endswith((".log", ".png"))])


def user_environment():
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


@scenario(deadline_s=1200)
def ordinary_user_by_vnc(context):
    """an ordinary user without display gets the whole machine and its network, looks, types and presses the chord by VNC; Ctrl-C ends all"""
    with ordinary_users_copy(context) as folder, \
            Terminal(["tests/emu/emu", "run"], folder, user_environment(), NOBODY) as terminal:
        path = terminal.wait(r"^emu:   on this machine:  vncviewer (\S+)$", START_S).group(1)
        terminal.wait("^emu: ready", READY_S)
        context.check(f"-L 5999:{path} " in terminal.text, f"it does not say how to look from afar: {terminal.text}")
        keyboard(context)
        with Viewer(path) as viewer:
            ask(context, viewer.picture, lambda: viewer.type(QUESTION), lambda: viewer.press(CTRL_L, ord("u")))
            viewer.type("\n")
            look(context, viewer.picture, "the answer of work's shell", lambda picture: screen.find_text(picture, ANSWER, CELL))
            focus(context, "personal", lambda: viewer.press(CTRL_L, ALT_L, ord("2")))
            look(context, viewer.picture, "the bar naming personal",
                 lambda picture: focused(picture) == "personal")
        context.wait_seen("the tunnel", lambda line: line == "[vpnvm] vpnvmd: tunnel up", SOON_S)
        with Terminal(["tests/emu/emu", "gateway", "--list-sas"], folder, user_environment(), NOBODY) as asked:
            context.check(asked.end(SOON_S) == 0 and "ESTABLISHED" in asked.text, f"the gateway answers the user: {asked.text}")
        owners = {os.stat(f"/proc/{context.rundir.state()[name][0]}").st_uid for name in ("supervisor", "qemu", "lan")}
        context.check(owners == {NOBODY}, f"the machine runs as users {owners}")
        terminal.type(CTRL_C)
        context.doing = "waiting for the end after Ctrl-C"
        terminal.end(END_S)
        nothing_left(context, terminal, END_S)  # the shell does not wait


@contextlib.contextmanager
def user_namespace():
    """A user namespace whose users are those of the system, but whose settings are its own: the words that enter it."""
    with subprocess.Popen(["unshare", "--user", "cat"], stdin=subprocess.PIPE) as holder:
        here = os.readlink("/proc/self/ns/user")
        deadline = time.monotonic() + SOON_S
        while os.readlink(f"/proc/{holder.pid}/ns/user") == here:
            if time.monotonic() > deadline:
                raise DeadlineError(f"waited {SOON_S} s for a user namespace, in vain")
            time.sleep(0.01)
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{holder.pid}/{name}", "w", encoding="ascii") as out:
                out.write("0 0 65536\n")
        yield ["nsenter", "--user", "--target", str(holder.pid), "--"]
        holder.stdin.close()


@scenario(deadline_s=1200)
def forbidden_to_an_ordinary_user(context):
    """where user namespaces are forbidden it ends with one line that names what and the command that permits it; with that it works"""
    with ordinary_users_copy(context) as folder, user_namespace() as enter:
        subprocess.run([*enter, "sh", "-c", "echo 0 >/proc/sys/user/max_user_namespaces"], check=True)
        as_user = [*enter, "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "tests/emu/emu", "run", "--headless"]
        with Terminal(as_user, folder, user_environment()) as terminal:
            context.check(terminal.end(SOON_S) == 1, f"it ended with: {terminal.text}")
            context.check(len(terminal.text.splitlines()) == 1 and "forbidden" in terminal.text, f"it says: {terminal.text}")
            nothing_left(context, terminal)
        named = re.search(r"sudo sysctl ([a-z_.]+)=(\d+);", terminal.text)
        context.check(named, f"it names no command: {terminal.text}")
        path = "/proc/sys/" + named.group(1).replace(".", "/")
        subprocess.run([*enter, "sh", "-c", f"echo {named.group(2)} >{path}"], check=True)
        with Terminal(as_user, folder, user_environment()) as terminal:
            terminal.wait("^hv: bulkhead core", START_S)
            terminal.type(CTRL_C)
            terminal.end(END_S)
            nothing_left(context, terminal, END_S)


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
