# SPDX-License-Identifier: Apache-2.0
"""The emu command line: parses it, calls the module that does the work, turns errors into exit statuses."""

import argparse
import json
import os
import shlex
import sys

import admin
import errors
import events
import foreground
import keys
import machine
import screen
import starter
import witness
from audit import report
from errors import EmuError
from lan import GATE_MAC, Lan
from lines import HOPELESS, REFUSED, Follower, read_log
from qmp import Qmp
from rundir import RunDir
from serial_log import console_of, fields

ROOT = os.path.relpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
RUN_DIR = os.path.normpath(os.path.join(ROOT, "out", "run"))
IMAGE = os.path.normpath(os.path.join(ROOT, "out", "bulkhead.img"))
READY_S = 120.0
EDGES = (("work", "vpnvm"), ("vpnvm", "work"), ("vpnvm", "netvm"), ("personal", "netvm"))  # of the default site
EVENTS_S = 10.0

EPILOG = f"""\
exit status:
  {errors.EXIT_OK}  done
  {errors.EXIT_FAILED}  the machine refused, ended or did something else than was asked
  {errors.EXIT_USAGE}  the command line is wrong
  {errors.EXIT_DEADLINE}  the time was up; the message says what was waited for
  {errors.EXIT_NO_MACHINE}  no machine is running in the run directory
  admin has that of bhctl, or {errors.EXIT_NO_ANSWER} more than these

files in the run directory:
  hv.log            what Bulkhead says on the serial port, from its first line on
  hv.times          when each line of it came, in seconds since 1970
  console-VM.log    the part of it that came from that VM
  qmp.sock          QEMU's machine protocol
  serial.raw        every byte of the serial port, the firmware's too
  qemu.log          what QEMU itself complains about
  registers.txt     the processors' registers when the machine ended itself
  wire.pcap         every frame between the card and the test network

the test network:
  Two network namespaces, made by start and run, gone after stop: a DHCP server, a web server, an IPsec gateway and a
  web server that only its tunnel reaches. `info` names their addresses. They are made as root or, for an ordinary user,
  in a user namespace; where that is forbidden: --without nic.
"""


def options_of(args, display="none"):
    return machine.Options(args.image, args.without, args.memory, args.cpus, args.thread, display,
                           args.qemu, args.net, args.gateway, args.disk, args.card)


def cmd_start(args):
    rundir = starter.start(args.run_dir, options_of(args))
    print(f"emu: started in {rundir.path}")


def cmd_run(args):
    args.status = foreground.run(args.run_dir, args, options_of, RUN_DIR)


def wait_ready(rundir, timeout_s):
    """The `hv: ready` line of a machine; refusals and halts end the wait."""
    with Follower(rundir) as follower:
        return follower.wait("the line 'hv: ready'", lambda line: line.startswith("hv: ready"), timeout_s,
                             lambda line: line.startswith(HOPELESS))


def cmd_wait_ready(args):
    rundir = RunDir(args.run_dir)
    rundir.running()
    print(wait_ready(rundir, args.timeout))


def cmd_console(args):
    rundir = RunDir(args.run_dir)
    path = rundir.console_log(args.vm)
    if not os.path.exists(path):
        vms = sorted({c[0] for c in map(console_of, read_log(rundir)) if c})
        raise EmuError(f"VM {args.vm} has printed nothing; consoles so far: {' '.join(vms) or 'none'}")
    with open(path, encoding="ascii") as log:
        sys.stdout.write(log.read())


def cmd_events(args):
    rundir = RunDir(args.run_dir)
    if args.wait:
        found = events.wait(rundir, args.vm, args.wait, args.timeout, args.since)
    else:
        rundir.running()
        found = events.so_far(rundir, args.vm)
    for event in found[args.since:]:
        print(json.dumps(event))


def cmd_screenshot(args):
    rundir = RunDir(args.run_dir)
    rundir.running()
    with Qmp(rundir.file("ctl.sock")) as qmp:
        picture = screen.take(qmp, rundir)
    with open(args.file, "wb") as out:
        out.write(screen.png(picture))
    print(f"emu: {args.file}: {picture.width}x{picture.height}")


def cmd_audit(args):
    rundir = RunDir(args.run_dir)
    rundir.running()
    findings, counts = witness.audit(rundir)
    seen = ", ".join(f"{count} {what}" for what, count in counts.items())
    if findings:
        print("\n".join(report(findings)))
        raise EmuError(f"{len(findings)} findings ({seen})")
    print(f"audit: clean ({seen})")


def info(rundir):
    """What is known of the machine, as the JSON object `info --json` prints."""
    state = rundir.running()
    lines = read_log(rundir)
    ready = [line for line in lines if line.startswith("hv: ready")]
    vms = {}
    for line in lines:
        if line.startswith("hv: vm "):
            vms.setdefault(line.split()[2], {}).update(fields(line))
    return {"run_dir": rundir.path, "qmp": rundir.file("qmp.sock"), "hv_log": rundir.hv_log,
            "macs": {"card": machine.NIC_MAC, "gateway": GATE_MAC,
                     **{f"{vm}-{peer}": machine.edge_mac(vm, peer) for vm, peer in EDGES}}, **Lan(rundir.path).info(),
            "supervisor_pid": state["supervisor"][0], "qemu_pid": state["qemu"][0],
            "qemu_command": state["command"], "ready": bool(ready), "vms": vms,
            "refused": [line for line in lines if line.startswith(REFUSED)],
            "consoles": {c[0]: rundir.console_log(c[0]) for c in map(console_of, lines) if c}}


def cmd_info(args):
    known = info(RunDir(args.run_dir))
    if args.json:
        print(json.dumps(known, indent=1))
        return
    for key, value in known.items():
        text = value if isinstance(value, str) else json.dumps(value)
        print(f"{key}: {text}")


def cmd_wire(args):
    path = RunDir(args.run_dir).file("wire.pcap")
    if not os.path.exists(path):
        raise EmuError(f"{path}: nothing was recorded; the machine has no network")
    print(path)


def cmd_gateway(args):
    rundir = RunDir(args.run_dir)
    rundir.running()
    words = shlex.split(args.words)
    words = words[1:] if words[:1] == ["swanctl"] else words
    print(Lan(rundir.path).gateway(*words), end="")


def cmd_admin(args):
    """The status is bhctl's; where bhctl gave none it is one that bhctl never gives."""
    rundir = RunDir(args.run_dir)
    try:
        rundir.running()
        output, args.status = admin.run(rundir, args.words, args.timeout)
    except EmuError as error:
        error.exit_status += errors.EXIT_NO_ANSWER
        raise
    sys.stdout.write(output)


def press(args, strokes):
    rundir = RunDir(args.run_dir)
    rundir.running()
    with Qmp(rundir.file("ctl.sock")) as qmp:
        keys.send(qmp, strokes)


def cmd_key(args):
    press(args, keys.strokes_of_chord(args.chord))


def cmd_type(args):
    press(args, keys.strokes_of_text(args.text))


def cmd_mouse(args):
    press(args, keys.strokes_of_mouse(args.right, args.down))


def cmd_stop(args):
    was = starter.stop(RunDir(args.run_dir))
    print("emu: stopped" if was else "emu: nothing was running")


def count_of(text):
    """A number of things, as the command line takes it."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 on")
    return int(text)


def add_machine_options(parser):
    parser.add_argument("--image", default=IMAGE, help="disk image (default %(default)s)")
    parser.add_argument("--without", action="append", default=[], choices=machine.WITHOUT,
                        help="leave this out of the machine; may be given several times")
    parser.add_argument("--memory", type=int, default=machine.MEMORY_MIB, metavar="MIB",
                        help="default %(default)s")
    parser.add_argument("--cpus", type=int, default=machine.CPUS, metavar="N", help="default %(default)s")
    parser.add_argument("--thread", choices=("single", "multi"), default="multi",
                        help="host threads of the emulated processors (default %(default)s)")
    parser.add_argument("--disk", metavar="FILE", help="a second disk, for adminvm (build-image/tools/mkdisk makes one)")
    parser.add_argument("--net", choices=machine.NETS, default="lan",
                        help="lan: the card is on the test network; none: no cable (default %(default)s)")
    parser.add_argument("--card", choices=machine.CARDS, default="e1000e", help="the network card (default %(default)s)")
    parser.add_argument("--gateway", default="gateway", metavar="CERTIFICATE",
                        help="what the gateway shows, a name in out/vpn; none: there is no gateway (default %(default)s)")


def parser_of():
    parser = argparse.ArgumentParser(
        prog="emu", description="Run Bulkhead in an emulated machine and look at it from outside.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--run-dir", default=RUN_DIR, metavar="D", help="default %(default)s")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, function, text, **more):
        sub = commands.add_parser(name, parents=[common], help=text, description=text, **more)
        sub.set_defaults(function=function)
        return sub

    sub = command("start", cmd_start, "start a machine in the background",
                  epilog="Arguments after -- go to QEMU as they are.")
    add_machine_options(sub)
    sub = command("run", cmd_run, "start a machine, show its log, end it with Ctrl-C",
                  epilog="Arguments after -- go to QEMU as they are.")
    add_machine_options(sub)
    sub.add_argument("--headless", action="store_true", help="no window and no VNC")
    sub.add_argument("--consoles", action="store_true", help="show what the VMs say too")
    sub = command("wait-ready", cmd_wait_ready, "wait until every VM has said that it is ready")
    sub.add_argument("--timeout", type=float, default=READY_S, metavar="S", help="default %(default)s")
    sub = command("console", cmd_console, "print what a VM has written on its console")
    sub.add_argument("vm", metavar="VM")
    sub = command("events", cmd_events, "print the input events that a VM read from /dev/input, one JSON object a line",
                  epilog="The VM is a demo VM whose console goes to the serial port (Console=yes): its evdump says them.")
    sub.add_argument("vm", metavar="VM")
    sub.add_argument("--since", type=count_of, default=0, metavar="N", help="leave out the first N (default %(default)s)")
    sub.add_argument("--wait", type=count_of, metavar="N",
                     help="first wait until N key events (presses, releases) are among them")
    sub.add_argument("--timeout", type=float, default=EVENTS_S, metavar="S",
                     help="of --wait, default %(default)s")
    sub = command("screenshot", cmd_screenshot, "write the screen into a PNG file")
    sub.add_argument("file", metavar="F.png")
    command("audit", cmd_audit, "walk every page table, context and interrupt table from outside",
            epilog="The machine stands still meanwhile. Findings are printed; the exit status is then 1.")
    sub = command("key", cmd_key, "press keys together and let them go")
    sub.add_argument("chord", metavar="CHORD", help="QEMU's key names joined by '-', such as ctrl-alt-2")
    sub = command("type", cmd_type, "type a text on the keyboard, US layout")
    sub.add_argument("text", metavar="TEXT")
    sub = command("mouse", cmd_mouse, "move the mouse")
    sub.add_argument("right", type=int, metavar="DX")
    sub.add_argument("down", type=int, metavar="DY")
    command("wire", cmd_wire, "print the path of the record of all frames (pcap)")
    sub = command("gateway", cmd_gateway, "ask the gateway of the test network",
                  epilog="Example: emu gateway --list-sas")
    sub.add_argument("words", metavar="'COMMAND'", help="arguments of swanctl in one word")
    sub = command("admin", cmd_admin, "run bhctl in adminvm: its output, its exit status",
                  epilog=f"Example: emu admin 'bhctl restart netvm'. Where bhctl gave no exit status it is "
                         f"{errors.EXIT_NO_ANSWER} more than emu's usual one.")
    sub.add_argument("words", metavar="'COMMAND'", help="a command of bhctl in one word, with or without bhctl")
    sub.add_argument("--timeout", type=float, default=admin.WAIT_S, metavar="S", help="default %(default)s")
    sub = command("info", cmd_info, "print what is known of the machine")
    sub.add_argument("--json", action="store_true", help="as one JSON object")
    command("stop", cmd_stop, "end the machine; also right when none is running")
    return parser


def main(argv):
    """One command; gives back the exit status."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # where ip, dnsmasq and swanctl are, and ordinary users do not look
    qemu = []
    if "--" in argv:
        qemu = argv[argv.index("--") + 1:]
        argv = argv[:argv.index("--")]
    if argv[:1] == ["gateway"] and argv[-1] not in ("gateway", "-h", "--help"):
        argv = [*argv[:-1], " " + argv[-1]]  # the command is one word, not an option of ours
    args = parser_of().parse_args(argv)
    args.qemu = qemu
    if qemu and args.command not in ("start", "run"):
        print(f"emu {args.command}: takes no QEMU arguments", file=sys.stderr)
        return errors.EXIT_USAGE
    try:
        args.status = errors.EXIT_OK
        args.function(args)
        return args.status
    except EmuError as error:
        print(f"emu {args.command}: {error}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return errors.EXIT_FAILED
    except KeyboardInterrupt:
        return 130
