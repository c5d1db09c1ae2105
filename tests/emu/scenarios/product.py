#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The disk image that ships, as `make run` boots it. Needs root for the test network."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import admin  # noqa: E402
import frames  # noqa: E402
import keys  # noqa: E402
import testimage  # noqa: E402
from desk import HELLO, Desk  # noqa: E402
from lan import Lan  # noqa: E402
from runner import run, scenario  # noqa: E402

READY_S = 240
TUNNEL_S = 180
CARRY_S = 180
CARRIED = {"ip-6", "udp", "ip-1"}  # HTTP, DNS and ping
VMS_ON = ("adminvm", "inputvm", "netvm", "personal", "usbvm", "vpnvm", "work")


@scenario(deadline_s=600)
def boots(context):
    """every VM that is on gets ready, the focus is with `work`, what `work` carries goes by the tunnel alone; the audit is clean"""
    context.start(net="lan")
    context.wait_ready(READY_S)
    lines = context.lines()
    for vm in VMS_ON:
        context.check(f"hv: vm {vm} ready" in lines, f"{vm} did not say that it is ready")
    context.check("hv: focus work generation=2" in lines, "the focus is not with work")
    context.wait_seen("the tunnel", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)
    lan = Lan(context.rundir.path)
    sas = lan.gateway("--list-sas")
    context.check("ESTABLISHED" in sas and "AES_GCM_16-256" in sas, f"the gateway's view of the tunnel:\n{sas}")
    net = lan.info()
    context.until("work's marker at the far server in HTTP, DNS and ping",
                  lambda: CARRIED <= frames.kinds_with(frames.read(lan.file("far.pcap")), net["marker"]), CARRY_S)
    context.until("personal's marker on the wire in HTTP, DNS and ping",
                  lambda: CARRIED <= frames.kinds_with(frames.read(net["wire"]), net["near_marker"]), CARRY_S)
    clear = frames.in_the_clear(frames.read(net["wire"]), [net["inner_prefix"], net["far_prefix"]], net["marker"])
    context.check(not clear, "in the clear:\n  " + "\n  ".join(clear[:10]))
    context.picture()


@scenario(deadline_s=600)
def one_processor(context):
    """all VMs run on a machine with one processor: ready, a key arrives in the focused VM"""
    desk = Desk(context, cpus=1)
    desk.send(keys.strokes_of_text("hello"))
    desk.expect("work", HELLO)
    context.check({vm["cpu"] for vm in desk.status().values()} == {0}, "a VM runs elsewhere than on the only processor")


def switched_off(text):
    """An edit: the VM is off."""
    return text.replace("[VM]\n", "[VM]\nEnabled=no\n", 1)


def without_clear_edge(text):
    """An edit: nobody but vpnvm has a path to the network."""
    return "".join(line for line in text.splitlines(True) if line.split() != ["net", "personal", "netvm"])


@scenario(deadline_s=600)
def edited_site(context):
    """usbvm with Enabled=no and no line `net personal netvm`: six VMs, no device in usbvm, no address for `personal`; work has its tunnel"""
    context.start(image=testimage.build_product(context.rundir.path, {"usbvm.vm": switched_off, "edges": without_clear_edge}),
                  net="lan")
    context.wait_ready(READY_S)
    context.wait_seen("the tunnel", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)
    context.check("hv: ready vms=6" in context.lines(), "not six VMs got ready")
    output, _ = admin.run(context.rundir, "bhctl status --json")
    vms = {vm["name"]: vm for vm in json.loads(output)["vms"]}
    context.check((vms["usbvm"]["state"], vms["inputvm"]["state"]) == ("off", "ready"), f"usbvm and inputvm: {output}")
    leases = Lan(context.rundir.path).leases()
    context.check(len(leases) == 1, f"one VM is to have an address, that of vpnvm: {leases}")
    counts = context.audit()
    context.check(counts["contexts"] == 1, f"one device is to be assigned, the card: {counts}")


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
