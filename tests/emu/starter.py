# SPDX-License-Identifier: Apache-2.0
"""Starts a supervisor and with it a machine; must leave nothing behind when that fails."""

import json
import os
import subprocess
import sys

import machine
import ordinary
from errors import EmuError
from lan import Lan
from qmp import Qmp
from rundir import RunDir
from lines import wait_gone

HERE = os.path.dirname(os.path.abspath(__file__))
SUPERVISOR = os.path.join(HERE, "supervisor.py")
PKI = os.path.join(os.path.dirname(os.path.dirname(HERE)), "out", "vpn")


def qemu_complaint(rundir):
    """What QEMU said on its way out."""
    try:
        with open(rundir.file("qemu.log"), encoding="utf-8", errors="replace") as log:
            return log.read().strip()[-2000:]
    except FileNotFoundError:
        return ""


def lan_command(path, options):
    """What keeps the test network of this machine, or None; EMU_LAN overrides the program."""
    if options.net != "lan":
        return None
    pki = []
    if options.gateway != "none":
        if not os.path.exists(os.path.join(PKI, f"{options.gateway}.pem")):
            raise EmuError(f"{os.path.relpath(PKI)} has no certificate of {options.gateway}; make image makes those of "
                           "the demo, --gateway none starts without a gateway")
        pki = [PKI, options.gateway]
    if "EMU_LAN" in os.environ:
        return [sys.executable, os.environ["EMU_LAN"], "keep", path, *pki]
    return ordinary.inside([sys.executable, os.path.join(HERE, "lan.py"), "keep", path, *pki])


def stop(rundir):
    """End everything that runs there, also a network whose keeper was killed. True when something did."""
    was = rundir.stop()
    Lan(rundir.path).down()
    return was


def start(path, options, owner_fd=None):
    """A running machine in PATH, its monitor answering. OWNER_FD: a pipe whose end ends the machine."""
    if not os.path.isfile(options.image):
        raise EmuError(f"{options.image}: no such image; make image builds out/bulkhead.img")
    if options.disk and not os.path.isfile(options.disk):
        raise EmuError(f"{options.disk}: no such disk; build-image/tools/mkdisk makes one")
    rundir = RunDir(path)
    arguments = machine.qemu_arguments(options, machine.find_firmware(), "vnc.sock")
    orders = {"rundir": rundir.path, "qemu": machine.find_qemu(), "arguments": arguments,
              "owner_fd": owner_fd, "lan": lan_command(rundir.path, options)}
    done = subprocess.run([sys.executable, SUPERVISOR], input=json.dumps(orders), text=True,
                          stdout=subprocess.PIPE, pass_fds=[owner_fd] if owner_fd else [], check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {"error": "the supervisor did not start"}
    if "error" in answer:
        raise EmuError(answer["error"])
    try:
        with Qmp(rundir.file("ctl.sock")) as qmp:
            qmp.command("query-status")
    except EmuError as error:
        wait_gone(rundir)
        stop(rundir)
        raise EmuError(f"QEMU did not start: {qemu_complaint(rundir) or error}") from error
    return rundir
