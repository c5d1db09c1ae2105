# SPDX-License-Identifier: Apache-2.0
"""The shipped machine at work: a download that never ends and a ping in both pVMs, a person typing, adminvm at hand.

Says what happened when, by the serial line, the wire, the far server and the events that the pVMs read; judges nothing.
"""

import json
import re
import secrets
import select
import time

import admin
import events
import frames
import keys
import waits
from desk import CODES, EVENTS_S, Desk
from errors import DeadlineError, EmuError
from lan import Lan
from lines import HOPELESS
from machine import edge_mac
from published import Published
from records import ACK, ICMP, LOOK_S, RST, TCP, Capture, Journal, Segment, beyond
from witness import auditor_of

TUNNEL_S = 180
STREAM_S = 240
ANSWER_S = 120
TICK_MS = 20
PING_S = "0.02"
ENTER_UP = (events.EV_KEY, 28, 0)
PVMS = ("work", "personal")
SIDES = {"work": "far", "personal": "near"}
CHORDS = {"work": "ctrl-alt-1", "personal": "ctrl-alt-2"}
UNASKED = re.compile(r"hv: vm \S+ stopped: (?!killed ).*|hv: vm \S+ refused: .*")
INNER_START = "10.78.0."


class Stream:
    """What a pVM gets and sends, as its server and the wire see it. Moments: of requests to be echoed, of bytes acknowledged."""

    def __init__(self, vm):
        self.vm = vm
        self.port = None
        self.high = None
        self.echoes, self.acks, self.resets = [], [], []

    def take(self, when, frame, segment):
        """A frame at the server's end of the pVM's way; those that come from the pVM tell."""
        if segment.protocol == TCP and self.port in segment.ports and segment.flags & RST:
            self.resets.append(f"{when:.3f} {frame[:64].hex()}")
        mine = segment.source.startswith(INNER_START) if self.vm == "work" else frame[6:12].hex(":") == edge_mac("personal", "netvm")
        if not mine:
            return
        if segment.protocol == ICMP:
            self.echoes.append(when)
        elif segment.ports == (self.port, 80) and segment.flags & ACK and (self.high is None or beyond(segment.ack, self.high)):
            self.high = segment.ack
            self.acks.append(when)

    def forget(self, before):
        """What happened before that moment is of no interest any more."""
        self.echoes = [when for when in self.echoes if when >= before]
        self.acks = [when for when in self.acks if when >= before]


class Workstation:
    def __init__(self, context, edits=None, asked=None, **options):
        """ASKED: what of UNASKED is no surprise to this test, a pattern. OPTIONS as for Context.start."""
        self.context = context
        self.asked = self.always = re.compile(asked or r"(?!)")
        desk = Desk(context, edits, net="lan", **options)
        context.wait_seen("the tunnel", lambda line: line == "[vpnvm] vpnvmd: tunnel up", TUNNEL_S)
        self.vms = {vm for vm, status in desk.status().items() if status["state"] == "ready"}
        self.serial = context.follower.sock  # to type on; from here on the lines come from the journal
        self.journal = Journal(context.rundir)
        self.readers = {vm: events.Reader(vm) for vm in PVMS}
        self.read = {vm: 0 for vm in PVMS}
        self.lan = Lan(context.rundir.path)
        self.info = self.lan.info()
        self.captures = {"wire": Capture(self.info["wire"]), "far": Capture(self.lan.file("far.pcap"))}
        self.streams = {vm: Stream(vm) for vm in PVMS}
        self.clear = []
        self.published = None
        self.focus = None
        self.typist = keys.Typist(self.send, self.read_by_focus, self.until)
        self.look()

    def expects(self, pattern):
        """From now on what fits PATTERN is no surprise either; None: no more."""
        self.asked = re.compile(f"{self.always.pattern}|{pattern}") if pattern else self.always

    # What has happened

    def look(self):
        """Read on in every record."""
        while select.select([self.serial], [], [], 0)[0]:  # bound: what the supervisor has sent; it knows no way to send nothing
            if not self.serial.recv(65536):
                raise EmuError("the machine has ended")
        lines = [text for _, text in self.journal.more()]
        for text in lines:
            for reader in self.readers.values():
                reader.feed(text)
            if text.startswith("hv: focus "):
                self.focus = text.split()[2]
        if self.published is None:
            self.published = Published(lines)
        else:
            self.published.read(lines)
        bad = next((text for text in lines if text.startswith(HOPELESS) or (UNASKED.fullmatch(text) and not self.asked.fullmatch(text))), None)
        if bad:
            raise EmuError(f"nobody asked for this: {bad}")
        for name, vm in (("wire", "personal"), ("far", "work")):
            self._look_at_frames(name, self.streams[vm])

    def _look_at_frames(self, name, stream):
        new = self.captures[name].more()
        for when, frame in new:
            segment = Segment(frame)
            if segment.protocol is not None:
                stream.take(when, frame, segment)
        if name == "wire":
            secret = [self.info["inner_prefix"], self.info["far_prefix"]]
            self.clear += frames.in_the_clear([frame for _, frame in new], secret, self.info["marker"])

    def until(self, what, holds, timeout_s):
        """What HOLDS gives back once that is not false; reads on meanwhile."""
        def seen():
            self.look()
            return holds()

        self.context.doing = f"waiting for {what}"
        return waits.until(what, seen, timeout_s, LOOK_S)

    def line(self, what, wanted, timeout_s, begin):
        """(moment, text) of the first line from number BEGIN on that WANTED likes."""
        return self.until(what, lambda: next((pair for pair in self.journal.lines[begin:] if wanted(pair[1])), None), timeout_s)

    # adminvm

    def order(self, words):
        """Type a command of bhctl for adminvm; what `answer` needs to know."""
        name = secrets.token_hex(6)
        begin = len(self.journal.lines)
        self.serial.sendall(json.dumps({"serial": "\n" + admin.line_of(words, name) + "\n"}).encode() + b"\n")
        return words, admin.Answer(name), begin

    def answer(self, order, timeout_s=ANSWER_S, status=0):
        """What bhctl printed; it must have ended with STATUS."""
        words, answer, begin = order
        at = [begin]

        def complete():
            new = self.journal.lines[at[0]:]
            at[0] = len(self.journal.lines)
            return any([answer.feed(text) for _, text in new])

        self.until(f"adminvm's answer to bhctl {words}", complete, timeout_s)
        self.context.check(answer.status == status, f"bhctl {words}: status {answer.status}: {answer.output}")
        return answer.output

    def status(self):
        """{VM: what bhctl status says of it}."""
        return {vm["name"]: vm for vm in json.loads(self.answer(self.order("status --json")))["vms"]}

    # The person

    def send(self, strokes):
        with self.context.qmp() as qmp:
            keys.send(qmp, strokes)

    def enter(self, text):
        """Type a line and press Enter."""
        self.typist.line(text)

    def read_by_focus(self):
        """[(type, code, value)] that the VM with the focus has read so far."""
        return [(event["type"], event["code"], event["value"]) for event in self.readers[self.focus].events]

    def choose(self, vm):
        """The chord of VM, which then has the focus."""
        self.send(keys.strokes_of_chord(CHORDS[vm]))
        self.until(f"the focus of {vm}", lambda: self.focus == vm, EVENTS_S)

    def news(self, vm):
        """[(type, code, value)] that VM read since it was last asked, without the repeats of a key that is held."""
        read = [(event["type"], event["code"], event["value"]) for event in self.readers[vm].events[self.read[vm]:]]
        return [event for event in read if event != (events.EV_SYN, 0, 1) and event[::2] != (events.EV_KEY, 2)]

    def skip(self):
        """What the VMs have read up to now is no part of an answer."""
        self.look()
        self.read = {vm: len(reader.events) for vm, reader in self.readers.items()}

    def read_events(self, wanted, what):
        """{VM: what it read since it was last asked}, once that of the one with the focus ends with WANTED, or the time is up."""
        try:
            self.until(f"{what} in {self.focus}", lambda: not wanted or self.news(self.focus)[-len(wanted):] == wanted, EVENTS_S)
        except DeadlineError:
            pass  # who asked sees what is wrong
        got = {vm: self.news(vm) for vm in PVMS}
        self.read = {vm: len(reader.events) for vm, reader in self.readers.items()}
        return got

    # The traffic

    def begin_stream(self, vm):
        """VM, which gets the focus, begins its download and its ping."""
        server = self.info[f"{SIDES[vm]}_url"].split("/")[2]
        notes = len(self.notes(vm, "tick begin"))
        self.choose(vm)
        self.skip()
        self.enter(f"wget -qO- http://{server}/tick?{TICK_MS}|sha256sum >/dev/console&")
        self.enter(f"ping -i {PING_S} {server} >/dev/null&")
        begun = self.until(f"the download of {vm}", lambda: self.notes(vm, "tick begin")[notes:], STREAM_S)
        stream = self.streams[vm]
        stream.port, stream.high, stream.resets = int(begun[0].split()[-1]), None, []  # an earlier one ended with the VM's life
        self.flows(vm, time.time())
        self.until(f"{vm} to have read what was typed", lambda: self.news(vm).count(ENTER_UP) == 2, EVENTS_S)
        self.skip()

    def flows(self, vm, since):
        """Wait until VM's server saw requests and acknowledgements from after that moment."""
        self.until(f"the traffic of {vm}", lambda: self.flows_since(vm, since), STREAM_S)

    def flows_since(self, vm, moment):
        """Both kinds came after that moment."""
        stream = self.streams[vm]
        return stream.echoes and stream.acks and stream.echoes[-1] > moment and stream.acks[-1] > moment

    def notes(self, vm, what):
        """The lines of VM's server's log that hold WHAT."""
        return [line for line in self.lan.said(f"{SIDES[vm]}-web.requests") if what in line]

    def end_streams(self):
        """The downloads come to their end: {VM: bytes}. Each VM's sum is the server's: nothing was lost, nothing came twice."""
        sizes = {}
        for vm in PVMS:
            begin = len(self.journal.lines)
            with open(self.lan.file(f"{SIDES[vm]}-web.finish"), "w", encoding="ascii"):
                pass
            text = self.line(f"the end of the download of {vm}", lambda text, vm=vm: text.startswith(f"[{vm}] ") and text.endswith("  -"), STREAM_S, begin)[1]
            note = self.notes(vm, f" {self.streams[vm].port} ")[-1].split()
            self.context.check(note[3:4] == ["end"] and text.split()[1] == note[-1], f"{vm} has {text.split()[1]}, its server says {' '.join(note)}")
            sizes[vm] = int(note[-2])
        return sizes

    def ike(self):
        """The gateway's numbers of its IKE associations: a new one for each authentication."""
        return re.findall(r"^road: #(\d+), ESTABLISHED", self.lan.gateway("--list-sas"), re.M)

    # The tables

    def auditor(self):
        """The second witness's view of the tables now."""
        self.look()
        self.context.doing = "auditing the machine's tables"
        return auditor_of(self.context.rundir, self.published)
