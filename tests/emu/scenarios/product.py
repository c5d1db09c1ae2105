#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The disk image that ships, as `make run` boots it. Needs root for the test network."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import keys  # noqa: E402
from desk import HELLO, Desk  # noqa: E402
from lan import Lan  # noqa: E402
from runner import run, scenario  # noqa: E402

READY_S = 120
TUNNEL_S = 60
VMS_ON = ("adminvm", "inputvm", "netvm", "personal", "usbvm", "vpnvm", "work")


@scenario(deadline_s=240)
def boots(context):
    """every VM that is on gets ready, the focus is with `work`, and the gateway has the tunnel; the audit is clean"""
    context.start(net="lan")
    context.wait_ready(READY_S)
    lines = context.lines()
    for vm in VMS_ON:
        context.check(f"hv: vm {vm} ready" in lines, f"{vm} did not say that it is ready")
    context.check("hv: focus work generation=2" in lines, "the focus is not with work")
    context.wait_seen("the tunnel", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)
    sas = Lan(context.rundir.path).gateway("--list-sas")
    context.check("ESTABLISHED" in sas and "AES_GCM_16-256" in sas, f"the gateway's view of the tunnel:\n{sas}")
    context.picture()


@scenario(deadline_s=240)
def one_processor(context):
    """all VMs run on a machine with one processor: ready, a key arrives in the focused VM"""
    desk = Desk(context, cpus=1)
    desk.send(keys.strokes_of_text("hello"))
    desk.expect("work", HELLO)
    context.check({vm["cpu"] for vm in desk.status().values()} == {0}, "a VM runs elsewhere than on the only processor")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
