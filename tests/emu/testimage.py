# SPDX-License-Identifier: Apache-2.0
"""Small disk images of bare-metal guests for scenarios, right ones and wrong ones.

The description is packed here a second time, from the layout in hypervisor/abi/hv_system.h: scenarios need
descriptions and images that the bundle compiler would refuse to make.
"""

import hashlib
import os
import re
import shutil
import struct
import subprocess
import tempfile

from errors import EmuError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
OUT = os.path.join(ROOT, "out")
DOM_MAX, CHAN_MAX, DEV_MAX = 16, 64, 16
ENABLED, PROTECTED, SCREEN, CONSOLE, CHECKPOINT, AUTORESTART = 1, 2, 4, 8, 16, 32
ROLE_TEST = 6
MATCH_CLASS, MATCH_ID = 1, 2
KIND_RAW, KIND_INPUT = 0, 3
FOCUSED = 0xFFFE
RESET_BUS, RESET_ALL = 4, 7
CLASS_NIC, CLASS_USB = 0x0200, 0x0C03
IMAGE_MIB = 96
SECRET_GPA = 0x20000  # also where mkvm leaves room, build-image/tools/guest.h


class Vm:
    """One domain of a test description; VM_FILE changes what the image file holds before it is written.

    PARAMETER (old, new): bytes that stand in the image once and are replaced before it is hashed.
    BUDGET (budget, period): of its processor, in microseconds.
    RESTART (count, window in s): of starts by itself. PROGRESS (ms, missed): how it is judged.
    SECRET: its secret file, to go to SECRET_GPA; SECRET_FILE changes what is on the disk instead.
    CAPSULE: bytes it may leave to its next life.
    """

    def __init__(self, name, payload, mib=16, cpu=2, flags=ENABLED | CONSOLE, rights=0, vm_file=None, parameter=None,
                 priority=3, budget=(1000, 2000), secret=b"", secret_file=None, restart=(5, 60), progress=(0, 0), start=0, capsule=0, spare=0):
        self.name = name
        self.payload = payload
        self.mib = mib
        self.cpu = cpu
        self.flags = flags
        self.rights = rights
        self.vm_file = vm_file or (lambda data: data)
        self.parameter = parameter
        self.priority = priority
        self.budget = budget
        self.secret = secret
        self.secret_file = secret_file or (lambda data: data)
        self.restart = restart
        self.progress = progress
        self.start_ms = start
        self.capsule = capsule
        self.spare = spare  # MiB

    def pack(self, digest):
        policy = (ROLE_TEST, self.flags, self.rights, self.mib, self.cpu, self.priority, *self.budget, 0xC0C0C0, 0, *self.restart)
        secret_digest = hashlib.sha256(self.secret).digest() if self.secret else bytes(32)
        return (struct.pack("<16s32s32s32x", self.name.encode(), digest, secret_digest) + struct.pack("<12I", *policy) +
                struct.pack("<QII2III8x", SECRET_GPA if self.secret else 0, len(self.secret), self.spare, *self.progress, self.capsule, self.start_ms))


class Device:
    """One assigned function: the first of a PCI class. VM is an index into the list of VMs.

    MATCH (kind, index): VALUE is of another kind, and not the first such function is meant.
    """

    def __init__(self, name, vm, value, guest_devfn=0x80, bar_gpa=0x80000000, flags=0, match=(MATCH_CLASS, 0), reset=RESET_BUS):
        self.name = name
        self.numbers = (vm, match[0], value, match[1], guest_devfn, reset, bar_gpa, flags)

    def pack(self):
        return struct.pack("<16s6IQI12x", self.name.encode(), *self.numbers)


class Channel:
    """One channel between two VMs, by their index; TO FOCUSED: whichever VM with a screen has the focus."""

    def __init__(self, name, sender, to, ring=8192, msg_max=4096):
        self.name = name
        self.numbers = (sender, to, KIND_INPUT if to == FOCUSED else KIND_RAW, ring, msg_max, 0, 0)

    def pack(self):
        return struct.pack("<16s2H5I24x", self.name.encode(), *self.numbers)


def build_file(*parts):
    """The path of something `make all` builds."""
    path = os.path.join(OUT, *parts)
    if not os.path.exists(path):
        raise EmuError(f"{os.path.relpath(path)} is not built; make all builds it")
    return path


def tool(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise EmuError(f"{words[0]} failed with status {done.returncode}: {done.stdout.strip()}")


def lay_out(vm, folder):
    """The bytes of the VM's image as the build makes them."""
    path = os.path.join(folder, "vm.img")
    tool(build_file("host", "mkvm"), "--payload", build_file("payload", vm.payload + ".elf"),
         "--ram", f"{vm.mib}M", "-o", path)
    with open(path, "rb") as image:
        data = image.read()
    os.unlink(path)
    if vm.parameter:
        if data.count(vm.parameter[0]) != 1:
            raise EmuError(f"the mark of the parameter is {data.count(vm.parameter[0])} times in payload {vm.payload}")
        data = data.replace(*vm.parameter)
    return data


def description(vms, digests, devices, channels):
    """struct hv_system: a header and three tables of fixed length."""
    doms = b"".join(vm.pack(digest) for vm, digest in zip(vms, digests)).ljust(200 * DOM_MAX, b"\0")
    chans = b"".join(c.pack() for c in channels).ljust(64 * CHAN_MAX, b"\0")
    tables = doms + chans + b"".join(d.pack() for d in devices).ljust(64 * DEV_MAX, b"\0")
    header = struct.pack("<QII32sIHHHHI56x", 0x31535953564842, 2, 120 + len(tables), b"scenario", 1, len(vms),
                         len(channels), len(devices), 0xFFFF, 0)
    return header + tables


def build(folder, vms, devices=(), channels=()):
    """A disk image with loader, core, VMS, DEVICES and CHANNELS in FOLDER; gives back its path."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "disk.img")
    files = {}
    digests = []
    for vm in vms:
        data = lay_out(vm, folder)
        digests.append(hashlib.sha256(data).digest())
        name = "bulkhead/vm/" + digests[-1].hex()
        data = vm.vm_file(data)
        if files.setdefault(name, data) != data:
            raise EmuError(f"two VMs have the same image, but the file of {vm.name} is to be another")
        if vm.secret:
            files["bulkhead/vm/" + hashlib.sha256(vm.secret).hexdigest()] = vm.secret_file(vm.secret)
    files["bulkhead/system.bin"] = description(vms, digests, devices, channels)
    with open(build_file("efi", "bulkhead.efi"), "rb") as loader:
        files["EFI/BOOT/BOOTX64.EFI"] = loader.read()
    with open(path, "wb") as disk:
        disk.truncate(IMAGE_MIB << 20)
    tool("mformat", "-F", "-i", path, "::")
    tool("mmd", "-i", path, "::/EFI", "::/EFI/BOOT", "::/bulkhead", "::/bulkhead/vm")
    for name, data in ((name, data) for name, data in files.items() if data is not None):
        part = os.path.join(folder, "part.bin")
        with open(part, "wb") as out:
            out.write(data)
        tool("mcopy", "-i", path, part, "::/" + name)
        os.unlink(part)
    return path


ESP = "@@1M"  # where the partition of a built disk image begins, for mtools


def files_of(image):
    """{name: bytes} of the files below bulkhead/ on the disk IMAGE."""
    with tempfile.TemporaryDirectory() as folder:
        tool("mcopy", "-s", "-i", image + ESP, "::/bulkhead", folder)
        files = {}
        for parent, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(parent, name)
                with open(path, "rb") as data:
                    files[os.path.relpath(path, folder)] = data.read()
    return files


def with_file(folder, image, name, change):
    """A copy of the disk IMAGE in FOLDER with the file NAME as CHANGE makes it of its bytes (None: without it); gives back its path."""
    os.makedirs(folder, exist_ok=True)
    path, part = os.path.join(folder, "disk.img"), os.path.join(folder, "part.bin")
    before = files_of(image)[name]
    after = change(before)
    if after == before:
        raise EmuError(f"the change of {name} changes nothing")
    shutil.copyfile(image, path)
    tool("mdel", "-i", path + ESP, "::/" + name)
    if after is not None:
        with open(part, "wb") as out:
            out.write(after)
        tool("mcopy", "-i", path + ESP, part, "::/" + name)
        os.unlink(part)
    return path


def build_site(folder, site):
    """A disk image of the site tests/emu/sites/SITE in FOLDER, made as the product's is; gives back its path."""
    return build_from(folder, os.path.join(ROOT, "tests", "emu", "sites", site))


def build_product(folder, edits):
    """
    As build_site, of the site that ships with EDITS: {file: function from its text to the text wanted}.

    A function that changes nothing is an error: the test would show nothing of its edit.
    """
    source = os.path.join(folder, "site")
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "build-image", "site"), source)
    for name, edit in edits.items():
        with open(os.path.join(source, name), "r+", encoding="utf-8") as file:
            before = file.read()
            after = edit(before)
            if after == before:
                raise EmuError(f"the edit of build-image/site/{name} changes nothing")
            file.seek(0)
            file.truncate()
            file.write(after)
    return build_from(folder, source)


def variant(folder, name, vm, files):
    """
    The image of VM as the build makes it, but for FILES of its root: {path: text}, each in the place of one that is there.

    It lies in FOLDER as NAME.img; gives back its path.
    """
    os.makedirs(folder, exist_ok=True)
    base, left = os.path.join(folder, name), dict(files)
    with open(build_file("vm", f"{vm}.list"), encoding="utf-8") as file:
        lines = [line.split() for line in file]
    for number, line in enumerate(lines):
        if line[:1] == ["file"] and line[1] in left:
            source = f"{base}.{number}"
            with open(source, "w", encoding="utf-8") as out:
                out.write(left.pop(line[1]))
            line[3] = source
    if left:
        raise EmuError(f"the root of {vm} has no {' '.join(left)}")
    with open(f"{base}.list", "w", encoding="utf-8") as out:
        out.write("".join(" ".join(line) + "\n" for line in lines))
    tool(build_file("host", "mkcpio"), f"{base}.list", f"{base}.cpio")
    with open(build_file("vm", f"{vm}.args"), encoding="utf-8") as file:
        ram, cmdline = re.fullmatch(r"--ram (\S+)  --cmdline (.*)", file.read().strip()).groups()
    tool(build_file("host", "mkvm"), "--kernel", build_file("pkg", "linux", "vmlinux"), "--initrd", f"{base}.cpio", "--cmdline", cmdline,
         "--ram", ram, "-o", f"{base}.img")
    return f"{base}.img"


def second_disk(folder, *images):
    """A disk for adminvm with the files IMAGES, in FOLDER; gives back its path."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "second.img")
    if os.path.exists(path):
        os.unlink(path)
    tool(os.path.join(ROOT, "build-image", "tools", "mkdisk"), path, *images)
    return path


def with_console(text):
    """An edit for build_product: the VM's console is heard."""
    return text.replace("[VM]\n", "[VM]\nConsole=yes\n", 1)


def build_from(folder, source):
    """A disk image of the site in the folder SOURCE; gives back its path."""
    os.makedirs(folder, exist_ok=True)
    description_file, path = os.path.join(folder, "system.bin"), os.path.join(folder, "disk.img")
    vm_folder = os.path.join(OUT, "vm")
    bhctl = build_file("host", "bhctl")
    tool(bhctl, "bundle", "build", source, "--vmdir", vm_folder, "-o", description_file)
    images = sorted(name for name in os.listdir(vm_folder) if name.endswith((".img", ".secret")))
    tool("env", f"BHCTL={bhctl}", os.path.join(ROOT, "build-image", "tools", "mkimg"), "-o", path,
         "--efi", build_file("efi", "bulkhead.efi"), "--system", description_file,
         "--vm", *(os.path.join(vm_folder, name) for name in images))
    return path
