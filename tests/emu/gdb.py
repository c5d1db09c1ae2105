# SPDX-License-Identifier: Apache-2.0
"""Writes physical memory from outside, by QEMU's gdb server. Only for scenarios that break a machine; reading is physmem.py's."""

import re

import testimage
from errors import EmuError
from published import Published
from qmp import connect_unix

SOCKET = "gdb.sock"
ARGUMENTS = ("-gdb", f"unix:{SOCKET},server=on,wait=off")  # for Context.start(extra=...)
ANSWER_S = 30.0
ANSWER = re.compile(rb"\$((?!T)[^#]*)#..")  # T: that the machine stands still now, which is no answer
GO_ON = "D"
KERNEL_MAP = 0xFFFFFFFF80000000  # of the service kernel, which is not relocated
TIMER = "asm_sysvec_apic_timer_interrupt"  # what the kernel runs at the next tick, interrupts off
SPIN, FAULT = b"\xeb\xfe", b"\x0f\x0b"  # an endless loop, an undefined instruction
PIECE = 256  # bytes in one packet, well below what the server takes


class Gdb:
    """A connection: the machine stands still until it is closed."""

    def __init__(self, rundir):
        self.sock = connect_unix(rundir.file(SOCKET), ANSWER_S)
        self.ask("Qqemu.PhyMemMode:1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.ask(GO_ON)
        finally:
            self.sock.close()

    def ask(self, text):
        """Send one packet; its answer must be OK."""
        self.sock.sendall(f"${text}#{sum(text.encode()) & 255:02x}".encode())
        got = b""
        while not (packet := ANSWER.search(got)):  # bound: the socket's deadline, and the end of the stream
            data = self.sock.recv(4096)
            if not data:
                raise EmuError(f"QEMU's gdb server went away instead of answering {text[:20]!r}")
            got += data
        if text != GO_ON:  # the server has said goodbye, and the machine may be over by now
            self.sock.sendall(b"+")
        if packet.group(1) != b"OK":
            raise EmuError(f"QEMU's gdb server answered {packet.group(1)!r} to {text[:20]!r}")

    def write(self, hpa, data):
        for at in range(0, len(data), PIECE):
            part = data[at:at + PIECE]
            self.ask(f"M{hpa + at:x},{len(part):x}:{part.hex()}")


def in_kernels(context, names, symbol, code):
    """CODE where the kernels of these VMs, which run, have SYMBOL."""
    with open(testimage.build_file("pkg", "linux", "System.map"), encoding="ascii") as table:
        place = next(int(line.split()[0], 16) for line in table if line.split()[2] == symbol) - KERNEL_MAP
    vms = {vm.name: vm for vm in Published(context.lines()).vms.values()}
    with Gdb(context.rundir) as machine:
        for name in names:
            machine.write(vms[name].ram[0] + place, code)
