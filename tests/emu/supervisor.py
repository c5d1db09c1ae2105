# SPDX-License-Identifier: Apache-2.0
"""Owns one QEMU: starts it, splits its serial line into log files, types on it what clients ask, ends it.

A process of its own, started by starter.py; it lives exactly as long as QEMU does. It reads its orders
(JSON) from standard input and answers with one JSON line on standard output when QEMU runs.
"""

import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

import machine
from last_words import LastWords
from rundir import Process, RunDir
from serial_log import SerialLog, console_of

BACKLOG_MAX = 4 << 20  # bytes a slow reader of the line socket may lag behind
TYPED_MAX = 1 << 16  # bytes for the serial port that the machine has not read yet
CONSOLES_MAX = 32
READ_BYTES = 65536
GOODBYE_S = 2.0
LAN_DOWN_S = 30.0
PR_SET_PDEATHSIG = 1
SO_SNDBUFFORCE = 32
SERIAL_BYTES = 8 << 20  # the kernel counts some 800 for each that comes alone


def die_with_parent():
    """Runs in QEMU's process before QEMU: no supervisor, no QEMU."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_lan(rundir, command):
    """
    The keeper of the test network, once the network is up. It holds the other end of a pipe of ours: however this
    process ends, the network goes. Gives back the process, or the reason why there is none.
    """
    with open(rundir.file("lan.log"), "wb") as log:
        keeper = subprocess.Popen(  # pylint: disable=consider-using-with
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=rundir.path, start_new_session=True)
    try:
        answer = json.loads(keeper.stdout.readline())
    except ValueError:
        answer = {"error": f"the test network did not start; see {rundir.file('lan.log')}"}
    keeper.stdout.close()
    if "error" in answer:
        keeper.stdin.close()
        keeper.wait()
        return None, answer["error"]
    return keeper, None


class Reader:
    """One client of the line socket: told how much of hv.log there is, then each new line. May send {"serial": text}."""

    def __init__(self, sock, offset):
        sock.setblocking(False)
        self.sock = sock
        self.pending = b""
        self.orders = b""
        self.put({"offset": offset})

    def put(self, message):
        self.pending += json.dumps(message).encode() + b"\n"

    def take(self):
        """The texts that it wants typed; None: it is gone or does not make sense."""
        try:
            data = self.sock.recv(READ_BYTES)
            *orders, self.orders = (self.orders + data).split(b"\n")
            texts = [json.loads(order)["serial"].encode("ascii") for order in orders]
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return texts if data and len(self.orders) <= TYPED_MAX else None

    def flush(self):
        """Send what the socket takes. False: the reader is gone or too slow."""
        try:
            while self.pending:
                self.pending = self.pending[self.sock.send(self.pending):]
        except BlockingIOError:
            return len(self.pending) <= BACKLOG_MAX
        except OSError:
            return False
        return True


def serial_pair():
    """
    Two sockets for the serial port, the second for QEMU, which sends each byte by itself: of such the usual buffer holds some 280, and when this process had no
    processor for a second the core, which waits for the port only so long, lost bytes in the middle of a line.
    """
    near, far = socket.socketpair()
    for option in (SO_SNDBUFFORCE, socket.SO_SNDBUF):  # the first for root alone, the second up to the system's limit
        try:
            far.setsockopt(socket.SOL_SOCKET, option, SERIAL_BYTES)
            break
        except PermissionError:
            pass
    return near, far


class Supervisor:
    def __init__(self, rundir, qemu, arguments, owner_fd, lan):
        self.rundir = rundir
        self.command = [qemu, *arguments]
        self.lan = lan
        self.held = {}
        self.owner_fd = owner_fd
        self.log = SerialLog()
        self.files = {}
        self.readers = {}
        self.selector = selectors.DefaultSelector()
        self.stopping = None
        self.started = time.time()
        self.child = None
        self.serial = None
        self.last_words = None
        self.typed = b""

    def listen(self, name):
        """A listening unix socket in the run directory, whatever the length of its path."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        os.chdir(self.rundir.path)
        sock.bind(name)
        sock.listen(8)
        return sock

    def start_qemu(self):
        """QEMU gets its sockets open, so clients may connect before it has looked at them."""
        self.serial, far = serial_pair()
        own, own_far = socket.socketpair()
        self.last_words = LastWords(own)
        sockets = {machine.FD_SERIAL: far, machine.FD_QMP: self.listen("qmp.sock"),
                   machine.FD_CTL: self.listen("ctl.sock"), machine.FD_OWN: own_far}
        command = self.command
        for word, sock in sockets.items():
            command = [part.replace(word, str(sock.fileno())) for part in command]
        env = dict(os.environ, TMPDIR=self.rundir.path)
        with open("qemu.log", "wb") as errors:
            self.child = subprocess.Popen(  # pylint: disable=consider-using-with
                command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env=env,
                pass_fds=[s.fileno() for s in sockets.values()], preexec_fn=die_with_parent)
        for sock in sockets.values():
            sock.close()

    def write_state(self, **more):
        if not self.held:
            pids = {"supervisor": os.getpid(), "qemu": self.child.pid, **({"lan": self.lan.pid} if self.lan else {})}
            self.held = {name: [pid, Process.of(pid).start] for name, pid in pids.items()}
        self.rundir.write_state({**self.held, "command": self.command, "started": self.started, **more})

    def end_lan(self):
        """Let go of the pipe and wait; what does not go then, `emu stop` ends."""
        if self.lan:
            self.lan.stdin.close()
            try:
                self.lan.wait(LAN_DOWN_S)
            except subprocess.TimeoutExpired:
                pass

    def append(self, name, data):
        """Logs are unbuffered: what a reader of the file sees is what there is."""
        if name not in self.files:
            # pylint: disable-next=consider-using-with
            self.files[name] = open(self.rundir.file(name), "ab", buffering=0)
        self.files[name].write(data)

    def take_lines(self, lines):
        """Each line has its moment in hv.times, which is never behind hv.log."""
        now = f"{time.time():.6f}\n".encode()
        for line in lines:
            self.append("hv.times", now)
            self.append("hv.log", line.encode() + b"\n")
            console = console_of(line)
            if console and (len(self.files) < CONSOLES_MAX or f"console-{console[0]}.log" in self.files):
                self.append(f"console-{console[0]}.log", console[1].encode() + b"\n")
            self.tell({"line": line})

    def tell(self, message):
        for reader in list(self.readers.values()):
            reader.put(message)
            self.flush(reader)

    def say_goodbye(self, how):
        """The last message, with a moment for readers that lag behind."""
        for reader in list(self.readers.values()):
            reader.put({"gone": how})
            reader.sock.settimeout(GOODBYE_S)
            try:
                reader.sock.sendall(reader.pending)
            except OSError:
                pass  # that reader sees the end of the stream instead
            reader.sock.close()

    def flush(self, reader):
        if not reader.flush():
            self.drop(reader)
        elif reader.pending:
            self.selector.modify(reader.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, reader)
        else:
            self.selector.modify(reader.sock, selectors.EVENT_READ, reader)

    def drop(self, reader):
        self.selector.unregister(reader.sock)
        self.readers.pop(reader.sock.fileno())
        reader.sock.close()

    def accept(self, server):
        sock, _ = server.accept()
        reader = Reader(sock, os.fstat(self.files["hv.log"].fileno()).st_size)
        self.readers[sock.fileno()] = reader
        self.selector.register(sock, selectors.EVENT_READ, reader)
        self.flush(reader)

    def read_serial(self):
        """False at the end of the line: QEMU is gone."""
        try:
            data = self.serial.recv(READ_BYTES)
        except ConnectionError:
            data = b""
        self.append("serial.raw", data)
        self.take_lines(self.log.feed(data) if data else self.log.close())
        return bool(data)

    def type_pending(self):
        """As much as the serial port takes now; the rest when it takes more."""
        try:
            self.typed = self.typed[self.serial.send(self.typed, socket.MSG_DONTWAIT):]
        except BlockingIOError:
            pass
        except OSError:
            self.typed = b""  # QEMU is gone; reading says so
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.typed else 0)
        self.selector.modify(self.serial, wanted, "serial")

    def carry_out(self, reader):
        """What a client of the line socket asks. One that asks for too much is let go."""
        texts = reader.take()
        if texts is None or len(self.typed) + sum(map(len, texts)) > TYPED_MAX:
            self.drop(reader)
            return
        self.typed += b"".join(texts)
        self.type_pending()

    def turn(self, lines_socket):
        """Handle what is ready. False when the serial line has ended."""
        for key, events in self.selector.select():
            if key.data == "serial":
                if events & selectors.EVENT_WRITE:
                    self.type_pending()
                if events & selectors.EVENT_READ and not self.read_serial():
                    return False
            elif key.data == "own":
                if not self.last_words.hear():
                    self.selector.unregister(key.fd)
            elif key.data == "accept":
                self.accept(lines_socket)
            elif key.data == "signal":
                os.read(key.fd, 64)
                self.stop("asked to stop")
            elif key.data == "owner":
                self.selector.unregister(key.fd)
                self.stop("the command that owned it ended")
            elif isinstance(key.data, Reader) and key.data.sock.fileno() in self.readers:
                if events & selectors.EVENT_READ:
                    self.carry_out(key.data)
                else:
                    self.flush(key.data)
        return True

    def stop(self, why):
        if not self.stopping:
            self.stopping = why
            self.child.kill()  # its disk is a snapshot that is thrown away: nothing to save

    def why_it_ended(self):
        """QEMU's reason, where it gave one: guest-shutdown, guest-reset, host-signal; its registers are kept then."""
        self.last_words.hear_out()
        if self.last_words.registers:
            self.append("registers.txt", self.last_words.registers.replace("\r", "").encode())
        return f": {self.last_words.reason}" if self.last_words.reason else ""

    def run(self, ready):
        """Until QEMU has ended. READY is called once it runs."""
        lines_socket = self.listen("lines.sock")
        self.append("hv.log", b"")
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self.start_qemu()
        self.write_state()
        self.selector.register(self.serial, selectors.EVENT_READ, "serial")
        self.selector.register(self.last_words.sock, selectors.EVENT_READ, "own")
        self.selector.register(lines_socket, selectors.EVENT_READ, "accept")
        self.selector.register(wake_read, selectors.EVENT_READ, "signal")
        if self.owner_fd is not None:
            self.selector.register(self.owner_fd, selectors.EVENT_READ, "owner")
        ready()
        while self.turn(lines_socket):  # bound: the life of QEMU
            pass
        status = self.child.wait()
        self.end_lan()
        how = self.stopping or f"QEMU ended by itself with status {status}{self.why_it_ended()}"
        self.write_state(ended=how, status=status)
        self.say_goodbye(how)
        for name in ("qmp.sock", "ctl.sock", "lines.sock"):
            if os.path.exists(name):
                os.unlink(name)


def main():
    orders = json.load(sys.stdin)
    rundir = RunDir(orders["rundir"])
    lock = rundir.lock()
    if lock is None:
        state = rundir.state()
        since = time.strftime(" since %H:%M:%S", time.localtime(state["started"])) if "started" in state else ""
        pid = (state.get("supervisor") or ["unknown"])[0]
        print(json.dumps({"error": f"a machine is running in {rundir.path} already{since} (process {pid}); to end it: "
                          f"{os.path.dirname(os.path.abspath(__file__))}/emu stop --run-dir {rundir.path}"}), flush=True)
        return
    rundir.clean()
    lan = None
    if orders["lan"]:
        lan, why = start_lan(rundir, orders["lan"])
        if why:
            print(json.dumps({"error": why}), flush=True)
            return

    def ready():
        print(json.dumps({"ok": True}), flush=True)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.close(null)

    Supervisor(rundir, orders["qemu"], orders["arguments"], orders["owner_fd"], lan).run(ready)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # the starter reaps this one; the child belongs to nobody and outlives it
    os.setsid()
    main()
