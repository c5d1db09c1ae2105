# SPDX-License-Identifier: Apache-2.0
"""Has adminvm carry out a command: one line to COM1, the answer among the lines of its console.

The line is `@ID WORDS`, the answer `@ID| output` (`@ID+ output` where the line goes on) and at last `@ID= STATUS`.
Only lines that the core ascribes to adminvm count; ID is new for each command, so old answers are none.
"""

import re
import secrets

from errors import EmuError, UsageError
from lines import HOPELESS, Follower
from serial_log import console_of

VM = "adminvm"
READY = f"hv: vm {VM} ready"
REFUSED = f"hv: vm {VM} refused"
ENDED = (REFUSED, f"hv: vm {VM} stopped")
WORDS_MAX, LINE_BYTES_MAX = 8, 255  # what adminvm takes, service-vms/adminvm/admin_line.h
WAIT_S = 90.0
ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


def line_of(command, name):
    """The line for COM1. COMMAND may begin with bhctl: adminvm runs nothing else."""
    words = command.split()
    words = words[1:] if words[:1] == ["bhctl"] else words
    if not command.isascii() or not command.isprintable() or not words:
        raise UsageError(f"admin {command!r}: wanted printable words, such as 'bhctl status'")
    line = f"@{name} {' '.join(words)}"
    if len(words) > WORDS_MAX or len(line) > LINE_BYTES_MAX:
        raise UsageError(f"admin: adminvm takes {WORDS_MAX} words after bhctl and {LINE_BYTES_MAX} bytes in all")
    return line


class Answer:
    """Give it all lines of a machine, one after the other; what the command NAME said is in `output` and `status`."""

    def __init__(self, name):
        self.marks = {f"@{name}{kind}": kind for kind in "|+="}
        self.output = ""
        self.status = None

    def feed(self, line):
        """True: this was the last line of the answer."""
        vm, text = console_of(line) or (None, "")
        mark, _, rest = text.partition(" ")
        kind = self.marks.get(mark) if vm == VM else None
        if kind == "=":
            if not rest.isdecimal():
                raise EmuError(f"adminvm said {text!r}, which is no exit status")
            self.status = int(rest)
        elif kind:
            rest = ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), rest)
            self.output += rest + ("\n" if kind == "|" else "")
        return self.status is not None


def run(rundir, command, timeout_s=WAIT_S):
    """(output, exit status) of COMMAND. Errors: as Follower.wait, and adminvm's end before its answer."""
    name = secrets.token_hex(6)
    line = line_of(command, name)
    answer = Answer(name)
    with Follower(rundir) as follower:
        state = ""
        while follower.queue:  # bound: what the machine has said before
            said = follower.next(0)
            state = said if said.startswith((READY, *ENDED)) else state
        if state.startswith(REFUSED):
            raise EmuError(f"there is nobody to ask: {state}")
        if state != READY:
            follower.wait(f"the line {READY!r}", lambda said: said == READY, timeout_s,
                          lambda said: said.startswith((*HOPELESS, REFUSED)))
        follower.send("\n" + line + "\n")  # the first line end rids it of what others left half typed
        follower.wait(f"adminvm's answer to {command!r}", answer.feed, timeout_s,
                      lambda said: said.startswith((*HOPELESS, *ENDED)))
    return answer.output, answer.status
