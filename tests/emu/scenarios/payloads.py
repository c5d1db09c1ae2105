#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bare-metal guests under the real loader and core: what they are given, refused, and what is left of them."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import screen  # noqa: E402
import testimage  # noqa: E402
from physmem import PAGE  # noqa: E402
from published import Published  # noqa: E402
from runner import run, scenario  # noqa: E402
from serial_log import console_of, fields  # noqa: E402
from testimage import Channel, Device, Vm  # noqa: E402

LINE_S = 120  # the firmware comes before
REFUSED = 5  # states and causes of hypervisor/abi/hv_hypercall.h
EXIT, DIGEST, IMAGE, DEVICE, OFF, HEADER = 1, 9, 10, 11, 13, 15
STOP_MS = 3000  # of hypervisor/abi/hv_event.h
FOCUS, ADMIN = 1, 2  # rights
GOOD = Vm("good", "status", mib=32, cpu=1, rights=ADMIN)
HELLO = ["ram 1000000", "life 1", "unknown call b", "info outside RAM 2", "admin call 3", "msr 10 d",
         r"line with \x1b[2J escape and", "hv: forged", "REFUSED: forged", "hv: halt"]


def start(context, *vms, devices=(), channels=(), **options):
    context.start(image=testimage.build(context.rundir.path, vms, devices, channels), **options)


def vm_line(context, name, *words):
    """The first line of the core about VM NAME with all of WORDS."""
    return context.wait_seen(f"the core's line about {name} with {' and '.join(words)}",
                             lambda line: line.startswith(f"hv: vm {name} ") and all(w in line for w in words),
                             LINE_S, lambda line: line.startswith("hv: halt"))


def started(context, name):
    """[first, end) of the VM's memory, once it runs."""
    ram = fields(vm_line(context, name, "ncr3="))["ram"]
    first, size = (int(part, 16) for part in ram.split("+"))
    return first, first + size


def memory(context, first, end):
    return context.memory(first, end - first)


def said(context, name):
    """Everything VM NAME has written so far."""
    consoles = [console_of(line) for line in context.lines()]
    return [c[1] for c in consoles if c and c[0] == name]


def audited(context, vms):
    """The second witness saw the pages of VMS running machines and has no complaint."""
    counts = context.audit()
    context.check(counts["VM leaves"] >= vms, f"{vms} VMs run, but the audit saw {counts}")


def two_running(context, **options):
    start(context, Vm("one", "stay", cpu=2), Vm("two", "stay", mib=32, cpu=1), **options)
    first, second = started(context, "one"), started(context, "two")
    context.check(first[1] - first[0] == 16 << 20 and second[1] - second[0] == 32 << 20,
                  f"memory given: {first} and {second}")
    line = context.wait_ready()
    context.check(line == "hv: ready vms=2", f"two VMs are to be ready, the core says: {line}")
    for name in ("one", "two"):
        context.check(said(context, name) == ["staying"], f"{name} wrote {said(context, name)}")
    audited(context, 2)


@scenario(deadline_s=600)
def two_vms(context):
    """two VMs run on two processors, none sees the other's memory"""
    two_running(context, cpus=2)


@scenario(deadline_s=600)
def two_vms_on_one_processor(context):
    """two VMs run on one processor, none sees the other's memory"""
    two_running(context, cpus=1)


@scenario(deadline_s=600)
def answers(context):
    """a VM gets the answers the ABI promises, and cannot forge a line of the core"""
    start(context, Vm("guest", "hello"))
    context.wait_ready()
    vm_line(context, "guest", "memory clean")
    lines = said(context, "guest")
    context.check(lines == ["guest"] + HELLO, f"expected {['guest'] + HELLO}, the VM wrote {lines}")
    forged = [line for line in context.lines() if line.startswith(("hv: halt", "REFUSED:")) or
              (line.startswith("hv: ") and "forged" in line)]
    context.check(not forged, f"a guest forged {forged}")


@scenario(deadline_s=600)
def memory_of_the_dead(context):
    """the memory of a VM that has ended is zero, and in no table"""
    start(context, Vm("short", "hello"), Vm("long", "stay", cpu=1))
    first, end = started(context, "short")
    vm_line(context, "short", "memory clean")
    left = memory(context, first, end)
    context.check(not any(left), f"{len(left) - left.count(0)} bytes are left at {first:#x}..{end:#x}")
    audited(context, 1)


@scenario(deadline_s=600)
def memory_of_the_living(context):
    """the check for zeros can fail: the memory of a VM that runs is not zero"""
    start(context, Vm("long", "stay"))
    first, end = started(context, "long")
    context.wait_ready()
    context.check(any(memory(context, first, end)), "the memory of a running VM reads as zeros")


def told_refused(context, name, reason, cause):
    """VM good has asked the core how NAME is, and is told that it was refused; the bar gives the REASON."""
    expected = [name, f"state {REFUSED}", f"cause {cause:x}", "life 0"]
    context.check(said(context, "good") == expected, f"VM good was to be told {expected}, it wrote {said(context, 'good')}")
    wanted = f"{name}:{reason} good".upper()
    context.until(f"the bar to say {wanted!r}", lambda: wanted in screen.bar_line(context.picture(), 1), LINE_S)


def one_refused(context, word, reason, cause, vm_file):
    """VM bad, whose image file went through VM_FILE, is refused with WORD; VM good runs and is told why, as is the bar."""
    start(context, Vm("bad", "stay", vm_file=vm_file), GOOD)
    vm_line(context, "bad", "refused", word)
    vm_line(context, "bad", "memory clean")
    vm_line(context, "good", "ready")
    told_refused(context, "bad", reason, cause)
    context.check(not said(context, "bad"), f"a VM that was refused wrote {said(context, 'bad')}")
    audited(context, 1)


def flipped_at(offset):
    return lambda data: data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1:]


@scenario(deadline_s=600)
def image_with_one_bit_flipped(context):
    """a VM whose image differs in one bit of its code is not started, the other runs"""
    one_refused(context, "digest", "wrong-digest", DIGEST, flipped_at(-4096))


@scenario(deadline_s=600)
def image_header_with_one_bit_flipped(context):
    """a VM whose image header differs in an unused bit is not started, the other runs"""
    one_refused(context, "digest", "wrong-digest", DIGEST, flipped_at(4090))


@scenario(deadline_s=600)
def image_missing(context):
    """a VM whose image is not on the disk is not started, the other runs"""
    one_refused(context, "image file missing", "no-image", IMAGE, lambda data: None)


@scenario(deadline_s=600)
def image_cut_short(context):
    """a VM whose image lacks its last page is not started, the other runs"""
    one_refused(context, "length", "bad-image", HEADER, lambda data: data[:-4096])


NIC = Device("nic", 0, testimage.CLASS_NIC)
USB = Device("usb", 1, testimage.CLASS_USB, bar_gpa=0x90000000)


@scenario(deadline_s=600)
def devices(context):
    """two VMs own a device each: its registers and DMA are theirs, in the tables of processor and IOMMU"""
    start(context, Vm("net", "stay"), Vm("usb", "stay", mib=32, cpu=1), devices=(NIC, USB))
    context.check(context.wait_ready() == "hv: ready vms=2", "two VMs are to be ready")
    counts = context.audit()
    context.check(counts["contexts"] == 2, f"two functions are assigned, the audit saw {counts}")
    context.check(counts["device leaves"] >= 2 and counts["interrupt entries"] >= 2, f"the audit saw {counts}")


@scenario(deadline_s=600)
def device_missing(context):
    """a VM whose device is not there is marked and not started, the other runs with its own"""
    start(context, Vm("net", "stay"), GOOD, devices=(NIC, USB), without=["nic"])
    vm_line(context, "net", "refused", "device")
    vm_line(context, "good", "ready")
    context.check(not said(context, "net"), f"a VM that was refused wrote {said(context, 'net')}")
    told_refused(context, "net", "no-device", DEVICE)
    counts = context.audit()
    context.check(counts["contexts"] == 1, f"one function is assigned, the audit saw {counts}")


@scenario(deadline_s=600)
def device_of_the_dead(context):
    """after the death of its VM a device has no context and no interrupt entry"""
    start(context, Vm("net", "hello"), Vm("usb", "stay", mib=32, cpu=1), devices=(NIC, USB))
    vm_line(context, "net", "dead", "memory clean")
    vm_line(context, "usb", "ready")
    counts = context.audit()
    context.check(counts["contexts"] == 1, f"one function is left assigned, the audit saw {counts}")


KEYS = {"one": [b"right: key for one", b"last: end for one"], "two": [b"right: key for two", b"last: end for two"]}
WRONG_KEYS = [b"wrong: the focus has just moved", b"wrong: the focus is elsewhere", b"wrong: generation to come",
              b"wrong: nobody has the focus"]
AGAIN, STALE = 4, 6


@scenario(deadline_s=600)
def stale_keys(context):
    """input with another generation of the focus, or while another VM has it, reaches nobody; with the right one it does"""
    vms = (Vm("typist", "typist", rights=ADMIN | FOCUS),
           Vm("one", "listener", mib=32, cpu=1, flags=testimage.ENABLED | testimage.CONSOLE | testimage.SCREEN),
           Vm("two", "listener", mib=32, cpu=1, flags=testimage.ENABLED | testimage.CONSOLE | testimage.SCREEN))
    start(context, *vms, channels=[Channel("input", 0, testimage.FOCUSED)])
    context.check(context.wait_ready() == "hv: ready vms=3", "three VMs are to be ready")
    for name, keys in KEYS.items():
        last = f"[{name}] {keys[-1].decode()}"
        context.wait_seen(f"the last message to {name}", lambda line, last=last: line == last, LINE_S)
        context.check(said(context, name) == [key.decode() for key in keys], f"{name} heard {said(context, name)}")
    answers_were = ["one 0", f"just moved {STALE}", "two 0", f"elsewhere {STALE}", f"to come {STALE}", f"nobody {STALE}",
                    f"nobody, old {STALE}", "end 0", "end 0"]
    context.check(said(context, "typist") == answers_were, f"the core answered {said(context, 'typist')}")
    for name, keys in KEYS.items():
        held = memory(context, *started(context, name))
        context.check(all(key in held for key in keys), f"the memory of {name} lacks what was sent to it")
        other = [key for key in WRONG_KEYS + sum(KEYS.values(), []) if key not in keys and key in held]
        context.check(not other, f"the memory of {name} holds {other}")
    audited(context, 3)


@scenario(deadline_s=600)
def messages_of_the_dead(context):
    """what a sender left unread before its death is never delivered after it; what its next life sends is"""
    start(context, Vm("mortal", "mortal"), Vm("heir", "heir", mib=32, cpu=1, rights=ADMIN),
          channels=[Channel("will", 0, 1)])
    vm_line(context, "heir", "ready")
    heard = said(context, "heir")
    context.check(heard == ["lying 60", f"ack of another epoch {STALE}", "ack 0", "lost 60", "life 2, message 0",
                            "life 2, message 1"], f"the receiver said {heard}")
    context.wait_ready()
    sent = said(context, "mortal")
    context.check(sent == ["sent 0", "sent 0", f"not yet {AGAIN}", "sent 0", "sent 0"], f"the sender said {sent}")


@scenario(deadline_s=600)
def asked_to_stop(context):
    """a VM that is to be off is asked and may end by itself; one that does not listen is stopped after 3 s, or at once where that is asked for"""
    start(context, Vm("deaf", "stay"), Vm("polite", "polite"), Vm("asker", "asker", mib=32, cpu=1, rights=ADMIN))
    vm_line(context, "asker", "ready")
    heard = [line.split() for line in said(context, "asker")]
    context.check([words[0] for words in heard] == ["off", "took", "cause"] * 2 + ["on", "off", "took", "cause"], f"asker said {heard}")
    took = [int(words[1], 16) for words in heard if words[0] == "took"]
    print(f"# off after {took} ms: deaf, polite, deaf without being asked", flush=True)
    context.check([words[1] for words in heard if words[0] == "cause"] == [f"{OFF:x}", f"{EXIT:x}", f"{OFF:x}"], f"asker was told {heard}")
    context.check(STOP_MS <= took[0] < 4 * STOP_MS and max(took[1:]) < STOP_MS, f"it took {took} ms, the bound is {STOP_MS}")
    context.check(said(context, "polite") == ["asked to stop"], f"polite said {said(context, 'polite')}")
    for name, cause in (("deaf", "off"), ("polite", "exit")):
        vm_line(context, name, f"stopped: {cause}")
        vm_line(context, name, f"off ({cause}), memory clean")


KEPT = 7 << 24  # kind of frame in hypervisor/include/frames.h, for VM 0
BEFORE, AFTER = (f"written {when} the seal{end} ".encode() for when, end in (("before", ""), ("after", "!")))
SWAPPER = {"in it": 0, "behind it": 1, "far behind it": 1, "not a page of it": 1, "not a page": 1, "from a register": 2, "where there is none": 1,
           "of nobody": 3, "too long": 1, "start it unsealed": 7, "seal": 0, "at once": 9, "sealed": 9, "seal again": 9, "start it": 3, "confirm it": 7}


def kept_extents(context):
    """[(first, end)] of the frames that the core keeps for VM 0, by its own table, read from outside."""
    published = Published(context.lines())
    words = struct.unpack(f"<{published.frames_count}I", context.memory(published.frames, published.frames_count * 4))
    found = []
    for frame in (number for number, word in enumerate(words) if word == KEPT):
        if found and found[-1][1] == frame * PAGE:
            found[-1][1] += PAGE
        else:
            found.append([frame * PAGE, (frame + 1) * PAGE])
    return found


@scenario(deadline_s=600)
def spare_image(context):
    """an administrator's VM writes an image that nobody allowed: only into the spare, nothing after the seal, and it is not started"""
    start(context, Vm("target", "stay", spare=2), Vm("swapper", "swapper", mib=32, cpu=1, rights=ADMIN))
    vm_line(context, "swapper", "ready")
    heard = {line.rpartition(" ")[0]: int(line.rpartition(" ")[2], 16) for line in said(context, "swapper")}
    context.check(heard == SWAPPER, f"swapper was told {heard}")
    extents = kept_extents(context)
    context.check([end - first for first, end in extents] == [2 << 20], f"kept for target: {extents}")
    spare = memory(context, *extents[0])
    page = (BEFORE * PAGE)[:PAGE]
    context.check(spare[:PAGE] == page and spare[-PAGE:] == page, "the spare does not hold what was written before the seal")
    context.check(AFTER not in spare, "something was written after the seal")
    lives = [line for line in context.lines() if line.startswith("hv: vm target dom=")]
    context.check(len(lives) == 1, f"target was started again: {lives}")
    audited(context, 2)


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
