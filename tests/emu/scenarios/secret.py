#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""vpnvm's private key: where it is and where it is not, on the disk and in the machine's memory, both read from outside. Needs root."""

import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import admin  # noqa: E402
import screen  # noqa: E402
import testimage  # noqa: E402
from physmem import PAGE  # noqa: E402
from published import Published  # noqa: E402
from runner import IMAGE, run, scenario  # noqa: E402
from starter import PKI  # noqa: E402
from testimage import Vm  # noqa: E402

READY_S = 240
TUNNEL_S = 180
END_S = 120
SCALAR = b"\x02\x01\x01\x04\x30"  # what stands before the 48 bytes of a P-384 key
MAGIC = b"BHSECR1\0"
READ_BYTES = 64 << 20


def file(name):
    with open(os.path.join(PKI, name), "rb") as data:
        return data.read()


def needles():
    """{what: bytes} that only who has the key can have: its number both ways round, and the two lines of text that hold it."""
    lines = [line for line in file("vpnvm.key").split() if len(line) == 64 and b"-" not in line]
    der = base64.b64decode(b"".join(file("vpnvm.key").split(b"-----")[2].split()))
    at = der.index(SCALAR) + len(SCALAR)
    number = der[at:at + 48]
    return {"number": number, "number backwards": number[::-1], "first line": lines[0], "second line": lines[1]}


def found(data):
    """{what: how often} of the key in DATA."""
    return {what: data.count(needle) for what, needle in needles().items() if needle in data}


def on_the_disk(context):
    """Of all files on the disk the secret file has the key, and no other; that the search sees what is in an image is shown by the certificate."""
    files = testimage.files_of(IMAGE)
    holders = [name for name, data in files.items() if found(data)]
    secrets = [name for name, data in files.items() if data[32:40] == MAGIC]
    context.check(len(secrets) == 1 and holders == secrets, f"the key is in {holders}, the secret file is {secrets}")
    context.check(files[secrets[0]][64:] == file("vpnvm.key"), "the secret file does not hold the key as it was made")
    certificate = file("vpnvm.pem")
    seen = [name for name, data in files.items() if certificate in data]
    context.check(len(seen) == 1, f"vpnvm's certificate was to be seen in one image, it is in {seen}: the search for the key shows nothing")


def memory(qmp, context, first, end):
    """[first, end) of physical memory, of a machine that stands still."""
    path = context.rundir.file("memory.bin")
    parts = []
    for at in range(first, end, READ_BYTES):
        qmp.command("pmemsave", val=at, size=min(READ_BYTES, end - at), filename=path)
        with open(path, "rb") as dump:
            parts.append(dump.read())
        os.unlink(path)
    return b"".join(parts)


def in_memory(context):
    """{name of the VM: what of the key is in its memory}, {VM: its memory's first pages}, and what is in no VM's."""
    vms = Published(context.lines()).vms.values()
    hits, low = {}, {}
    with context.qmp() as qmp:
        qmp.command("stop")
        for vm in vms:
            data = memory(qmp, context, *vm.ram)
            hits[vm.name], low[vm.name] = found(data), data[:1 << 20]
        qmp.command("cont")
    return hits, low


def vm_line(context, name, word, since=0):
    context.until(f"the core's line about {name} with {word}",
                  lambda: any(line.startswith(f"hv: vm {name} ") and word in line for line in context.lines()[since:]), END_S)


@scenario(deadline_s=600)
def kept(context):
    """vpnvm's key is in one file of the disk and in vpnvm's memory alone; killed, in no VM's; started again, its tunnel is back"""
    on_the_disk(context)
    context.start(net="lan")
    context.wait_ready(READY_S)
    context.wait_seen("the tunnel", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)
    hits, low = in_memory(context)
    context.check(len(hits) == 7 and [name for name in hits if hits[name]] == ["vpnvm"], f"of the key there is in memory {hits}")
    context.check("first line" in hits["vpnvm"], f"vpnvm has not even the file: {hits['vpnvm']}")
    given = low["vpnvm"][testimage.SECRET_GPA:testimage.SECRET_GPA + PAGE]
    context.check(not any(given), "where the core put the secret it still lies")
    context.check(any(low["vpnvm"][:testimage.SECRET_GPA]), "not even the boot parameters are in vpnvm's first pages: zeros show nothing")
    before = len(context.lines())
    output, status = admin.run(context.rundir, "kill vpnvm")
    context.check(status == 0, f"bhctl kill vpnvm: {output}")
    vm_line(context, "vpnvm", "memory clean", before)
    hits, _ = in_memory(context)
    context.check(len(hits) == 7 and not any(hits.values()), f"of a dead vpnvm's key there is in memory {hits}")
    before = len(context.lines())
    output, status = admin.run(context.rundir, "on vpnvm")
    context.check(status == 0, f"bhctl on vpnvm: {output}")
    context.until("the tunnel of vpnvm's second life", lambda: "[vpnvm] vpnvmd: tunnel up" in context.lines()[before:], TUNNEL_S)


def flipped(at):
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


@scenario(deadline_s=600)
def with_one_bit_flipped(context):
    """one bit of the secret file on the disk is another one: vpnvm is refused, log, status and bar say why; the six others run"""
    name = next(name for name, data in testimage.files_of(IMAGE).items() if data[32:40] == MAGIC)
    context.start(image=testimage.with_file(context.rundir.path, IMAGE, name, flipped(200)), net="lan")
    context.check(context.wait_ready(READY_S) == "hv: ready vms=6", "six VMs are to be ready")
    context.check("hv: vm vpnvm refused: secret digest differs from the description" in context.lines(), "the core did not say why vpnvm does not run")
    output, _ = admin.run(context.rundir, "bhctl status --json")
    vms = {vm["name"]: vm for vm in json.loads(output)["vms"]}
    vpnvm = vms.pop("vpnvm")
    context.check((vpnvm["state"], vpnvm["epoch"], vpnvm["last_stop"]["cause"]) == ("refused", 0, "bad-secret"), f"bhctl says of vpnvm {vpnvm}")
    context.check({vm["state"] for vm in vms.values()} == {"ready"}, f"not all others are ready: {vms}")
    context.until("the bar to say so", lambda: "VPNVM:BAD-SECRET" in screen.bar_line(context.picture(), 1), END_S)


SECRET = bytes(range(7, 39)) + b"a secret that nobody else has" * 300


def start_two(context, secret_file):
    context.start(image=testimage.build(context.rundir.path, [Vm("owner", "stay", secret=SECRET, secret_file=secret_file), Vm("other", "stay", cpu=1)]))


def owner_refused(context, why, secret_file):
    """VM owner is refused because of WHY, its memory is zero; the other runs."""
    start_two(context, secret_file)
    vm_line(context, "owner", f"refused: secret {why}")
    vm_line(context, "owner", "refused (bad-secret), memory clean")
    context.check(context.wait_ready() == "hv: ready vms=1", "one VM is to be ready")


@scenario(deadline_s=600)
def whole(context):
    """a secret of three pages lies in the memory of its VM, whole and followed by zeros, and in no other VM's"""
    start_two(context, None)
    context.wait_ready()
    with context.qmp() as qmp:
        data = {vm.name: memory(qmp, context, *vm.ram) for vm in Published(context.lines()).vms.values()}
    given = data["owner"][testimage.SECRET_GPA:testimage.SECRET_GPA + 4 * PAGE]
    context.check(2 * PAGE < len(SECRET) < 3 * PAGE and given == SECRET.ljust(4 * PAGE, b"\0"), "the secret is not what and where it was to be")
    context.check(SECRET[:PAGE] not in data["other"] and SECRET[32:61] not in data["other"], "the other VM has it too")


@scenario(deadline_s=600)
def with_another_salt(context):
    """the salt alone is another one, the secret the right one: refused"""
    owner_refused(context, "digest differs", flipped(0))


@scenario(deadline_s=600)
def missing(context):
    """the secret file is not on the disk: refused"""
    owner_refused(context, "file missing", lambda data: None)


@scenario(deadline_s=600)
def too_long(context):
    """the secret file on the disk is one byte longer: refused"""
    owner_refused(context, "file missing, or not as long", lambda data: data + b"x")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
