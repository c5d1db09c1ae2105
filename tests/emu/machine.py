# SPDX-License-Identifier: Apache-2.0
"""The emulated machine as a QEMU command line; pure but for looking whether files exist, starts nothing."""

import os
import shutil

from errors import EmuError, UsageError

WITHOUT = ("svm", "npt", "iommu", "intremap", "nic", "usb")
MEMORY_MIB = 1024
# VMs run on processors 1 to 4. None runs on 0: QEMU (7.2 to 10.0) clears a flag of processor 0 without a lock whenever another
# processor restores x87 state (cpu_clear_ignne), and so undoes what VMRUN or VMEXIT sets there just then. See README.md.
CPUS = 5
NIC_MAC = "52:54:00:b8:00:01"
FIRMWARE = ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd")
# Descriptors the supervisor hands to QEMU are named in the command line by these words.
FD_SERIAL = "@serial@"
FD_QMP = "@qmp@"
FD_CTL = "@ctl@"
FD_OWN = "@own@"
DISPLAYS = ("none", "window", "vnc")
NETS = ("lan", "none")
CARDS = ("e1000e", "vmxnet3")
SCREEN = "screen"
CARD_SOCKET = "card.sock"  # in the run directory, where QEMU is started: an absolute path may be too long for a socket


class Options:
    """What `emu start` was asked for, checked; travels to the supervisor as JSON."""

    def __init__(self, image, without=(), memory=MEMORY_MIB, cpus=CPUS, thread="multi",
                 display="none", extra=(), net="lan", gateway="gateway", disk=None, card="e1000e", linux=None):
        for name in without:
            if name not in WITHOUT:
                raise UsageError(f"--without {name}: known are {' '.join(WITHOUT)}")
        if not 64 <= memory <= 65536:
            raise UsageError(f"--memory {memory}: from 64 to 65536 MiB")
        if not 1 <= cpus <= 8:
            raise UsageError(f"--cpus {cpus}: from 1 to 8")
        if thread not in ("single", "multi"):
            raise UsageError(f"--thread {thread}: single or multi")
        if display not in DISPLAYS:
            raise UsageError(f"display {display}: one of {' '.join(DISPLAYS)}")
        if card not in CARDS:
            raise UsageError(f"--card {card}: one of {' '.join(CARDS)}")
        if net not in NETS:
            raise UsageError(f"--net {net}: one of {' '.join(NETS)}")
        self.image = os.path.abspath(image)
        self.without = sorted(set(without))
        self.memory = memory
        self.cpus = cpus
        self.thread = thread
        self.display = display
        self.extra = list(extra)
        self.net = "none" if "nic" in without else net
        self.gateway = gateway
        self.disk = os.path.abspath(disk) if disk else None
        self.card = card
        self.linux = linux  # (initial file system, command line): the image is a Linux kernel, and there is no Bulkhead

    def as_dict(self):
        return dict(vars(self))


def edge_mac(own, peer):
    """The Ethernet address of VM OWN on its edge with PEER, as service-vms/proto/PROTO.md defines it."""
    total = 0xCBF29CE484222325
    for byte in own.encode().ljust(16, b"\0") + peer.encode().ljust(16, b"\0"):
        total = ((total ^ byte) * 0x100000001B3) & (1 << 64) - 1
    total ^= total >> 40
    return (b"\x02" + (total & (1 << 40) - 1).to_bytes(5, "big")).hex(":")


def find_qemu():
    """The emulator's path; EMU_QEMU overrides it."""
    name = os.environ.get("EMU_QEMU", "qemu-system-x86_64")
    path = shutil.which(name)
    if not path:
        raise EmuError(f"{name} is not installed; build-image/setup test installs what tests need")
    return path


def find_firmware():
    """The UEFI firmware's code; it keeps its variables in memory, so that every start is fresh."""
    for path in FIRMWARE:
        if os.path.exists(path):
            return path
    raise EmuError(f"no UEFI firmware ({' or '.join(FIRMWARE)}); build-image/setup test installs it")


def comma(path):
    """A path as QEMU's option parser wants it."""
    return path.replace(",", ",,")


def processor(options):
    off = [f"-{flag}" for flag in ("svm", "npt") if flag in options.without]
    return ",".join(["max"] + off)


def iommu(options):
    """First on the command line: QEMU only then routes every device through it."""
    if "iommu" in options.without:
        return []
    remap = "off" if "intremap" in options.without else "on"
    return ["-device", f"intel-iommu,intremap={remap},aw-bits=48,caching-mode=off"]


def devices(options):
    """Each assigned card is alone behind its own port, so that the port can reset it."""
    args = []
    if "nic" not in options.without:
        wire = "netdev=wire," if options.net == "lan" else ""
        if wire:
            args += ["-netdev", f"stream,id=wire,server=off,addr.type=unix,addr.path={CARD_SOCKET}"]
        args += ["-device", "pcie-root-port,id=port1,chassis=1,addr=0x4",
                 "-device", f"{options.card},id=nic,{wire}mac={NIC_MAC},bus=port1,romfile="]
    if "usb" not in options.without:
        args += ["-device", "pcie-root-port,id=port2,chassis=2,addr=0x5",
                 "-device", "qemu-xhci,id=usb,bus=port2",
                 "-device", "usb-kbd,bus=usb.0", "-device", "usb-mouse,bus=usb.0",
                 "-device", "usb-tablet,bus=usb.0"]
    if options.disk:  # its file may be changed while the machine runs: nothing of it is kept, nothing is written to it
        args += ["-drive", f"if=none,id=second,format=raw,file={comma(options.disk)},snapshot=on,file.locking=off",
                 "-device", "pcie-root-port,id=port3,chassis=3,addr=0x6",
                 "-device", "nvme,id=disk,drive=second,serial=second,bus=port3"]
    return args


def boot(options, firmware):
    """What is started: the disk by the firmware, or a kernel by QEMU itself."""
    if options.linux:
        initrd, cmdline = options.linux
        return ["-kernel", options.image, "-initrd", initrd, "-append", cmdline]
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={comma(firmware)}",
            "-drive", f"if=none,id=e,format=raw,file={comma(options.image)},snapshot=on",
            "-device", "ide-hd,drive=e,bootindex=0"]


def display(options, vnc_path):
    """
    QEMU's own keys are moved out of the way, so that Ctrl+Alt+digit reaches the machine.

    GTK's menu takes Ctrl+Alt+1; SDL takes Ctrl+Alt+G and lets the mouse go at Ctrl+Alt+2, unless its keys are on the right Ctrl.
    VNC takes Ctrl+Alt+1 to 9 to choose among QEMU's screens, unless it shows one device's only.
    """
    return {"none": ["-display", "none"],
            "window": ["-display", "sdl,grab-mod=rctrl"],
            "vnc": ["-display", "none", "-vnc", f"unix:{comma(vnc_path)},display={SCREEN}"]}[options.display]


def qemu_arguments(options, firmware, vnc_path):
    """Everything after the program's name."""
    return [
        "-name", "bulkhead", "-nodefaults", "-no-user-config",
        "-action", "reboot=shutdown,shutdown=pause",  # supervisor.py looks at what has ended, then lets it go
        "-M", "q35,i8042=off,kernel-irqchip=off",
        "-accel", f"tcg,thread={options.thread}", "-cpu", processor(options),
        "-smp", str(options.cpus), "-m", str(options.memory),
        *iommu(options),
        *boot(options, firmware),
        "-device", f"VGA,id={SCREEN},addr=0x2",
        *devices(options),
        "-chardev", f"socket,id=com1,fd={FD_SERIAL}", "-serial", "chardev:com1",
        "-chardev", f"socket,id=qmp,fd={FD_QMP},server=on,wait=off", "-mon", "chardev=qmp,mode=control",
        "-chardev", f"socket,id=ctl,fd={FD_CTL},server=on,wait=off", "-mon", "chardev=ctl,mode=control",
        "-chardev", f"socket,id=own,fd={FD_OWN}", "-mon", "chardev=own,mode=control",
        *display(options, vnc_path),
        *options.extra,
    ]
