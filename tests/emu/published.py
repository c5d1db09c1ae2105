# SPDX-License-Identifier: Apache-2.0
"""What the core said on the serial port about its tables; believed only as far as memory agrees."""

from errors import EmuError
from serial_log import fields


def number(text, base):
    try:
        return int(text, base)
    except ValueError as error:
        raise EmuError(f"the core published {text!r} where a number of base {base} belongs") from error


def extent(text):
    """'address+bytes', both hexadecimal, as [first, end)."""
    first, _, size = text.partition("+")
    first, size = number(first, 16), number(size, 16)
    return first, first + size


def bdf(text):
    """'01:00.0', or a hexadecimal number: bus in bits 15..8, device and function below."""
    if ":" not in text:
        return number(text, 16)
    bus, _, rest = text.partition(":")
    device, _, function = rest.partition(".")
    return number(bus, 16) << 8 | number(device, 16) << 3 | number(function, 16)


class Vm:
    def __init__(self, name, values):
        self.name = name
        self.dom = number(values["dom"], 10)
        self.ncr3 = number(values["ncr3"], 16)
        self.ram = extent(values["ram"])


class Published:
    """The lines `hv: roots`, `hv: vm`, `hv: windows` and `hv: device`; the last one of a name counts."""

    def __init__(self, lines):
        self.roots = None
        self.vms = {}
        self.windows = []
        self.devices = {}  # function -> name of the VM it is assigned to
        self.source_ids = {}
        self.read(lines)
        if self.roots is None:
            raise EmuError("the core has not published its tables (no line 'hv: roots')")
        self.cr3 = number(self.roots["cr3"], 16)
        self.frames = number(self.roots["frames"], 16)
        self.frames_count = number(self.roots["count"], 10)
        pool = number(self.roots["ptpool"], 16)
        self.ptpool = pool, pool + number(self.roots["pages"], 10) * 4096
        self.core = extent(self.roots["core"])

    def read(self, lines):
        """Lines that came after those known."""
        for line in lines:
            if line.startswith("hv: "):
                self._take(line.split()[1:], fields(line), line)

    def _take(self, words, values, line):
        try:
            if words[0] == "roots":
                self.roots = values
            elif words[0] == "vm" and "ncr3" in values:
                vm = Vm(words[1], values)
                self.vms[vm.dom] = vm
            elif words[0] == "windows":
                first = number(values["va"], 16)
                self.windows.append((first, first + number(values["bytes"], 16)))
            elif words[0] == "device" and "bdf" in values:
                self.devices[bdf(values["bdf"])] = values["vm"]
            elif words[0] == "ioapic" and "bdf" in values:
                self.source_ids[bdf(values["bdf"])] = "I/O APIC"
        except (KeyError, IndexError) as error:
            raise EmuError(f"the core's line lacks {error}: {line}") from error

    def vm_of(self, function):
        """The Vm a function is assigned to; None when that VM never ran, or there is none."""
        name = self.devices.get(function)
        return next((vm for vm in self.vms.values() if vm.name == name), None)

    def dom_name(self, dom):
        return self.vms[dom].name if dom in self.vms else f"domain {dom}"
