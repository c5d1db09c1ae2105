#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing is left of a machine and its network, whichever part of them is killed. Needs root, as the network does."""

import os
import select
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import starter  # noqa: E402
import testimage  # noqa: E402
from errors import EmuError  # noqa: E402
from lan import Lan  # noqa: E402
from machine import Options  # noqa: E402
from rundir import Process  # noqa: E402
from runner import run, scenario  # noqa: E402
from testimage import Vm  # noqa: E402

END_S = 60


def start(context):
    """A machine with a network and its gateway; gives back its processes by name."""
    image = testimage.build(context.rundir.path, [Vm("one", "stay")])
    context.start(image=image, net="lan", gateway=gateway())
    left = Lan(context.rundir.path).left()
    context.check(sum(line.startswith("namespace") for line in left) == 2 and
                  sum(line.startswith("process") for line in left) >= 6, f"of a running network there is only {left}")
    return {name: Process(*context.rundir.state()[name]) for name in ("supervisor", "qemu", "lan")}


def gateway():
    """A gateway too, where the demo certificates are built."""
    return "gateway" if os.path.exists(os.path.join(starter.PKI, "gateway.pem")) else "none"


def wait_end(context, process, name):
    try:
        fd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    ended = select.select([fd], [], [], END_S)[0]
    os.close(fd)
    context.check(ended, f"{name} is still there after {END_S} s")


def nothing_left(context):
    context.ended = True
    left = Lan(context.rundir.path).left()
    context.check(not left, "left behind:\n  " + "\n  ".join(left))


def killed(context, victim):
    """VICTIM gets signal 9; everything else must go by itself, without emu stop."""
    processes = start(context)
    os.kill(processes[victim].pid, signal.SIGKILL)
    context.doing = f"waiting for the end of everything after {victim} was killed"
    for name, process in processes.items():
        wait_end(context, process, name)
    nothing_left(context)


@scenario(deadline_s=600)
def qemu_killed(context):
    """QEMU is killed: network, namespaces and mounts go by themselves"""
    killed(context, "qemu")


@scenario(deadline_s=600)
def supervisor_killed(context):
    """the supervisor is killed: QEMU, network, namespaces and mounts go by themselves"""
    killed(context, "supervisor")


@scenario(deadline_s=600)
def keeper_killed(context):
    """the keeper of the network is killed: emu stop ends what it left"""
    os.kill(start(context)["lan"].pid, signal.SIGKILL)
    context.check(Lan(context.rundir.path).left(), "the network went with its keeper: this shows nothing of emu stop")
    starter.stop(context.rundir)
    nothing_left(context)


@scenario(deadline_s=600)
def stopped(context):
    """emu stop leaves no process, namespace or mount"""
    start(context)
    starter.stop(context.rundir)
    nothing_left(context)


@scenario(deadline_s=600)
def network_half_made(context):
    """a network that fails when most of it is there leaves nothing, and no machine is started"""
    image = testimage.build(context.rundir.path, [Vm("one", "stay")])
    with tempfile.TemporaryDirectory() as pki:
        for name in ("gateway.pem", "ca.pem"):  # the gateway comes last, and its key is missing
            with open(os.path.join(pki, name), "wb"):
                pass
        usual, starter.PKI = starter.PKI, pki
        try:
            starter.start(context.rundir.path, Options(image))
        except EmuError as error:
            context.check("gateway.key" in str(error), f"it failed for another reason: {error}")
        else:
            context.check(False, "the machine started without its network")
        finally:
            starter.PKI = usual
    context.check(os.path.exists(context.rundir.file("near-web.log")), "the network failed before anything of it was made")
    nothing_left(context)


if __name__ == "__main__":
    sys.exit(run([os.path.basename(__file__)[:-3]]))
