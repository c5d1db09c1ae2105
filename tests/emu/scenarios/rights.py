#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the kernel of each service VM lets its daemons do, read beside them. Needs root for the test network."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import testimage  # noqa: E402
from runner import run, scenario  # noqa: E402

READY_S = 240
SAID_S = 180
NOBODY, ROOT = 65534, 0
KILL, SETGID, SETUID, SETPCAP, NET_BIND, NET_ADMIN, NET_RAW = (1 << n for n in (5, 6, 7, 8, 10, 12, 13))
DAC_OVERRIDE, SYS_ADMIN = 1 << 1, 1 << 21
# (VM, daemon): user, capabilities it has, capabilities it and its programs could ever have, system call filter
TABLE = {
    ("adminvm", "admind"): (NOBODY, SYS_ADMIN, SYS_ADMIN, 2),
    ("inputvm", "inputvmd"): (NOBODY, 0, 0, 2),
    ("netvm", "netvmd"): (NOBODY, 0, 0, 2),
    ("usbvm", "usbvmd"): (NOBODY, DAC_OVERRIDE, DAC_OVERRIDE, 2),
    ("vpnvm", "charon"): (101, NET_ADMIN, NET_ADMIN | NET_BIND, 2),
    ("vpnvm", "udhcpc"): (103, NET_ADMIN | NET_RAW | NET_BIND, NET_ADMIN | NET_RAW | NET_BIND, 0),
    ("vpnvm", "udhcpd"): (102, NET_RAW | NET_BIND, NET_RAW | NET_BIND, 0),
    ("vpnvm", "vpnvmd"): (ROOT, *[KILL | SETGID | SETUID | SETPCAP | NET_BIND | NET_ADMIN | NET_RAW] * 2, 0),
}
VMS = sorted({vm for vm, _ in TABLE})


def watched(vm):
    """An edit of a VM's file: the image with a reader beside the daemon."""
    return lambda text: text.replace("[VM]\n", f"[VM]\nImage=rights-{vm}.img\n", 1)


@scenario(deadline_s=600)
def daemons(context):
    """every daemon of a service VM has the user, capabilities and filter of the table, once its VM is ready and for as long as it is looked at"""
    edits = {f"{vm}.vm": watched(vm) for vm in VMS}
    context.start(image=testimage.build_product(context.rundir.path, edits), net="lan")
    context.wait_ready(READY_S)
    begin = len(context.lines())
    context.wait_seen("the tunnel", lambda line: line == "[vpnvm] vpnvmd: tunnel up", SAID_S)
    wanted = {}
    for (vm, daemon), (user, now, ever, mode) in TABLE.items():
        wanted[f"[{vm}] rights {daemon} "] = f"Uid={user} CapEff={now:016x} CapBnd={ever:016x} NoNewPrivs=1 Seccomp={mode}"

    def said():
        found = {}
        for line in context.lines()[begin:]:
            start = next((start for start in wanted if line.startswith(start)), None)
            if start:
                found.setdefault(start, []).append(line[len(start):])
        return found if len(found) == len(wanted) and all(len(lines) > 1 for lines in found.values()) else None

    found = context.until("two lines about each daemon", said, SAID_S)
    wrong = {start + line for start, lines in found.items() for line in lines if line != wanted[start]}
    context.check(not wrong, "not as in the table:\n  " + "\n  ".join(sorted(wrong)))
    reports = tuple(f"[{vm}] rights " for vm in VMS)
    strangers = {line for line in context.lines()[begin:] if line.startswith(reports) and not line.startswith(tuple(wanted))}
    context.check(not strangers, f"not in the table: {strangers}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
