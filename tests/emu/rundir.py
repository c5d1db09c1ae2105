# SPDX-License-Identifier: Apache-2.0
"""The run directory: names of its files, who runs in it, and how that is ended. Knows no QEMU options."""

import fcntl
import json
import os
import select
import signal

from errors import EmuError, NoMachineError

TERM_S = 10.0


def process_start(pid):
    """When PID was started in clock ticks since boot, or None; with the pid it names one process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return int(stat.read().rsplit(b")", 1)[1].split()[19])
    except (OSError, IndexError, ValueError):
        return None


class Process:
    """One process, held by pid and start time so that a recycled pid is never touched."""

    def __init__(self, pid, start):
        self.pid = pid
        self.start = start

    @classmethod
    def of(cls, pid):
        return cls(pid, process_start(pid))

    def _open(self):
        try:
            fd = os.pidfd_open(self.pid)
        except OSError:
            return None
        if self.start is None or process_start(self.pid) != self.start:
            os.close(fd)
            return None
        return fd

    def alive(self):
        fd = self._open()
        if fd is None:
            return False
        ended = select.select([fd], [], [], 0)[0]
        os.close(fd)
        return not ended

    def end(self, term_s=TERM_S, signals=(signal.SIGTERM, signal.SIGKILL)):
        """Ask, wait, insist. True when it is gone."""
        fd = self._open()
        if fd is None:
            return True
        try:
            for number in signals:
                try:
                    signal.pidfd_send_signal(fd, number)
                except OSError:
                    return True
                if select.select([fd], [], [], term_s)[0]:
                    return True
            return False
        finally:
            os.close(fd)


class RunDir:
    """Paths and state of one machine."""

    def __init__(self, path):
        self.path = os.path.abspath(path)

    def file(self, name):
        return os.path.join(self.path, name)

    @property
    def hv_log(self):
        return self.file("hv.log")

    def console_log(self, name):
        return self.file(f"console-{name}.log")

    def lock(self):
        """Take the directory for this process; give back the descriptor, or None when it is taken."""
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        fd = os.open(self.file("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        return fd

    def clean(self):
        """Remove what an earlier machine left; only names this program makes."""
        for name in os.listdir(self.path) if os.path.isdir(self.path) else []:
            if (name in ("hv.log", "hv.times", "serial.raw", "qemu.log", "registers.txt", "state.json")
                    or name.startswith("console-") and name.endswith(".log")
                    or name.endswith(".sock")):
                os.unlink(self.file(name))

    def write_state(self, state):
        with open(self.file("state.json.new"), "w", encoding="utf-8") as out:
            json.dump(state, out, indent=1)
            out.write("\n")
        os.replace(self.file("state.json.new"), self.file("state.json"))

    def state(self):
        """What the supervisor wrote last; {} where there never was one."""
        try:
            with open(self.file("state.json"), encoding="utf-8") as data:
                return json.load(data)
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise EmuError(f"{self.file('state.json')}: {error}") from error

    def processes(self):
        """The supervisor first: it ends QEMU, and with it the keeper of the network, by itself."""
        state = self.state()
        return [Process(*state[key]) for key in ("supervisor", "qemu", "lan") if state.get(key)]

    def running(self):
        """The state of the running machine; raises when there is none."""
        state = self.state()
        if not state.get("supervisor") or not Process(*state["supervisor"]).alive():
            how = state.get("ended")
            raise NoMachineError(f"no machine is running in {self.path}" +
                                 (f" (the last one: {how})" if how else ""))
        return state

    def stop(self):
        """End everything that runs here. True when something did."""
        processes = self.processes()
        was = any(p.alive() for p in processes)
        for process in processes:
            if not process.end():
                raise EmuError(f"process {process.pid} does not end, not even by SIGKILL")
        for name in os.listdir(self.path) if os.path.isdir(self.path) else []:
            if name.endswith(".sock"):
                os.unlink(self.file(name))
        return was
