# SPDX-License-Identifier: Apache-2.0
"""Kills VMs of a workstation that works, for as long as is wanted, and says what it saw; see kills.py for what each cycle must show."""

import argparse
import os
import random
import re
import signal
import sys
import time

import figures
import gdb
import kills
from errors import EXIT_FAILED, EXIT_OK, EXIT_USAGE
from runner import OUT, run_one
from rundir import RunDir

JUDGED = ("netvm", "usbvm", "inputvm", "vpnvm")  # their progress
WHOLE = ("netvm", "usbvm")  # restored whole: nothing tells that gdb wrote into a VM
ASKED = rf"hv: vm ({'|'.join(JUDGED)}) stopped: (no-progress|panic) .*"
KINDS = {"swap": kills.while_swapping, **{vm: lambda vm=vm: [kills.one(vm)] for vm in kills.ROLES}, "mixed": kills.mixed,
         "hang": lambda: [kills.fault("hang", vm) for vm in JUDGED], "panic": lambda: [kills.fault("panic", vm) for vm in WHOLE]}
STARTS = ("restored", "cold")
CYCLE_S = 600
BOOT_S = 600
FAULT = "failures with the signs of the emulator's lost flag"
MACHINES_MAX = 20  # one for each failure

EPILOG = f"""\
kinds: {' '.join(KINDS)}
  A VM's name: that one is killed each time. swap: netvm, with its spare image half written, while it is written, on trial, on its way back. mixed: all VMs, alone, again while they come up, with the other end of a channel,
  during a change of focus, netvm while its image is swapped, all service VMs at once, in an order given by --seed. hang: a VM whose progress is judged
  hangs with its interrupts off, each in turn. panic: the kernel of netvm or usbvm panics. Both say how long it takes until the core has noticed.

exit status:
  {EXIT_OK}  all cycles were made, each showed what it must
  {EXIT_FAILED}  one did not, or the machine ended: a fresh one goes on; after {MACHINES_MAX} machines the run is over. Or it was ended before all were
     made (Ctrl-C, SIGTERM): after the cycle under way, with the figures so far
  {EXIT_USAGE}  the command line is wrong
"""


def parser_of():
    parser = argparse.ArgumentParser(prog="soak", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--cycles", type=int, default=40, metavar="N", help="of each kind (default %(default)s)")
    parser.add_argument("--only", default="mixed", metavar="KIND[,KIND...]", help="default %(default)s")
    parser.add_argument("--starts", default="restored", metavar="HOW[,HOW]",
                        help="restored: service VMs come back from their checkpoints, as they ship; cold: a machine in which none has one (default %(default)s)")
    parser.add_argument("--card", help="netvm's card, as for emu start (default: emu's)")
    parser.add_argument("--every", type=int, default=10, metavar="N", help="a line of progress every N cycles (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the order (default %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    return parser


def schedule(kinds, count, seed):
    """COUNT cycles of each of KINDS, in an order that is the same for the same seed."""
    todo = []
    for kind in kinds:
        ways = KINDS[kind]()
        todo += [ways[at % len(ways)] for at in range(count)]
    random.Random(seed).shuffle(todo)
    return todo


def open_fault(text):
    """Does TEXT, why a machine was at its end, have the signs of the fault that README.md calls open? It counts as a failure all the same."""
    return "guest-reset" in text or re.search(r"stopped: triple-fault .* cr2=fffffe0000000080 ", text) is not None


class Soak:
    """What is left to do, and what was seen so far."""

    def __init__(self, kinds, args):
        self.plan = [(start, schedule(kinds, args.cycles, args.seed)) for start in args.starts.split(",")]
        self.all = sum(len(todo) for _, todo in self.plan)
        self.every = args.every
        self.options = {"card": args.card} if args.card else {}
        if {"hang", "panic"} & set(kinds):
            self.options.update(asked=ASKED, extra=gdb.ARGUMENTS)
        self.ended = False
        self.begin = time.monotonic()
        self.records, self.failures = [], []
        self.counts = {"cycles": 0, "kills": 0, "of VMs that ran": 0, "machines": 0, "bytes downloaded": 0, **dict.fromkeys(kills.COUNTED, 0), FAULT: 0}

    def one_machine(self, context, todo, cold):
        """Cycles until there are no more, or one fails."""
        self.counts["machines"] += 1
        machine = kills.Kills(context, cold, **self.options)
        try:
            while todo and not self.ended:  # bound: the cycles
                cycle = todo.pop(0)
                context.doing = f"killing {cycle.name}"
                self.records.append(machine.run(cycle))
                self.counts["cycles"] += 1
                self.counts["kills"] += len(cycle.strikes)
                self.progress()
        finally:
            self.counts["of VMs that ran"] += machine.deaths()
            for what, count in machine.counts.items():
                self.counts[what] += count
        self.counts["bytes downloaded"] += sum(machine.end().values())

    def end(self, *_):
        """A signal: the cycle that is under way is the last one."""
        self.ended = True
        print("soak: ending after this cycle", flush=True)

    def progress(self):
        done = self.counts["cycles"]
        if done % self.every == 0 or done == self.all:
            print(f"soak: {done} of {self.all} cycles, {(time.monotonic() - self.begin) / done:.1f} s each, {len(self.failures)} failed", flush=True)

    def run(self):
        """All of it."""
        for start, todo in self.plan:
            while todo and not self.ended and self.counts["machines"] < MACHINES_MAX:
                def function(context, start=start, todo=todo):
                    self.one_machine(context, todo, start == "cold")
                function.deadline_s = BOOT_S + CYCLE_S * len(todo)
                why = run_one("soak", function)
                if why:
                    self.failures.append(why)
                    self.counts[FAULT] += open_fault(f"{why} {RunDir(os.path.join(OUT, 'soak')).state().get('ended')}")
                    print(f"soak: FAILED: {why}", flush=True)

    def good(self):
        return self.counts["cycles"] == self.all and not self.failures

    def result(self):
        result = figures.result_of(self.records, {**self.counts, "cycles failed": len(self.failures)}, list(kills.STEPS) + ["works"])
        result["failures"] = self.failures
        return result


def main(argv):
    args = parser_of().parse_args(argv)
    kinds = args.only.split(",")
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or args.cycles < 1 or args.every < 1:
        print(f"soak: {f'no kind {unknown[0]}; there are: ' + ' '.join(KINDS) if unknown else '-n and --every take numbers from 1 on'}", file=sys.stderr)
        return EXIT_USAGE
    if not set(args.starts.split(",")) <= set(STARTS):
        print(f"soak: --starts {args.starts}: {' or '.join(STARTS)}, or both with a comma", file=sys.stderr)
        return EXIT_USAGE
    soak = Soak(kinds, args)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, soak.end)
    soak.run()
    result = soak.result()
    if args.json:
        figures.write(args.json, result)
    print(figures.report(result), flush=True)
    return EXIT_OK if soak.good() else EXIT_FAILED
