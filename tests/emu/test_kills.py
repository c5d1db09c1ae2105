# SPDX-License-Identifier: Apache-2.0
"""Each judgement of a cycle says no when what it looks at is wrong; the workstation is played."""

import types
import unittest

import kills
from runner import Failure


class Lines:
    """A journal that is written down."""

    def __init__(self, *texts):
        self.lines = [(float(when), text) for when, text in enumerate(texts)]


class Station:
    """What a cycle asks a workstation, answered as the test says."""

    def __init__(self):
        self.journal = Lines()
        self.focus = "work"
        self.read = {"work": [], "personal": []}
        self.streams = {vm: types.SimpleNamespace(port=4000, resets=[], echoes=[2.5, 9.0], acks=[2.5, 9.5]) for vm in ("work", "personal")}
        self.clear = []
        self.numbers = ["1"]
        self.said = []
        self.findings = []
        self.frames = {"contexts": 2, "frames of word 0x5000001": 8192}
        self.core = 4096
        self.digest, self.spare = "0", False
        self.faults = 0

    def auditor(self):
        return types.SimpleNamespace(findings=self.findings, shape=lambda: dict(self.frames))

    def status(self):
        return {"netvm": {"state": "ready", "digest": self.digest, "spare": {"in_use": self.spare}, "memory": {"core_bytes": self.core}, "iommu_faults": self.faults, "devices": []},
                "work": {"state": "ready", "digest": "1", "spare": None, "memory": {"core_bytes": 0}, "iommu_faults": 0, "devices": []}}

    def read_events(self, *_):
        return self.read

    def ike(self):
        return self.numbers

    def notes(self, _, what):
        return [line for line in ["1 10.78.0.1 tick begin 10.78.0.1 4000"] + self.said if what in line]

    def flows(self, *_):
        pass

    def choose(self, vm):
        self.focus = vm

    def send(self, _):
        pass


class JudgementTest(unittest.TestCase):
    def setUp(self):
        self.machine = kills.Kills.__new__(kills.Kills)
        self.station = Station()
        self.machine.station = self.station

        def check(holds, text):
            if not holds:
                raise Failure(text)

        self.machine.context = types.SimpleNamespace(check=check)
        self.machine.volume = {}
        self.machine.counts = dict.fromkeys(kills.COUNTED, 0)
        self.machine.ike = ["1"]
        self.machine.shape, self.machine.core = self.machine.measure()
        self.cycle = kills.one("netvm")
        self.record = {"lives": {"netvm": {"death": 1.0, "start": 2.0}}}

    def red(self, what, judgement, *arguments):
        with self.assertRaises(Failure):
            judgement(*arguments)
        if what:
            self.assertEqual(self.machine.counts[what], 1)

    def network(self):
        self.machine.network(self.cycle, self.record)

    def test_network_as_it_should_be(self):
        self.network()
        self.assertEqual({key: value for key, value in self.record.items() if key != "lives"},
                         {"work packet": 1.5, "work connection": 1.5, "personal packet": 1.5, "personal connection": 1.5})

    def test_how_long_a_fault_goes_unnoticed(self):
        self.station.journal = Lines("hv: vm netvm stopped: no-progress code=0", "hv: vm netvm dom=1 ncr3=1 running on cpu 1, from its checkpoint", "hv: vm netvm ready")
        life = self.machine.times(kills.fault("hang", "netvm"), 0, -2.5)["lives"]["netvm"]
        self.assertEqual((life["detect"], life["how"], life["steps"]["ready"]), (2.5, "restored, hung", 2.0))
        self.assertNotIn("detect", self.machine.times(kills.both("netvm", "netvm"), 0, -2.5)["lives"]["netvm"])

    def test_a_death_of_another_cause_is_not_waited_for(self):
        waited = []
        self.station.line = lambda _what, wanted, *_: waited.append(wanted)
        self.machine.death("netvm", kills.fault("panic", "netvm"), 0)
        self.assertEqual([waited[0](f"hv: vm netvm stopped: {cause} code=0") for cause in ("panic", "killed", "no-progress")], [True, False, False])

    def test_a_reset(self):
        self.station.streams["personal"].resets.append("RST")
        self.red(kills.RESET, self.network)

    def test_a_connection_the_server_lost(self):
        self.station.said.append("5 10.78.0.1 tick broken 10.78.0.1 4000 ConnectionResetError")
        self.red(kills.RESET, self.network)

    def test_something_in_the_clear(self):
        self.station.clear.append("udp")
        self.red(kills.CLEAR, self.network)

    def test_an_authentication_without_reason(self):
        self.station.numbers = ["2"]
        self.red(kills.IKE, self.network)

    def test_an_authentication_of_a_new_vpnvm(self):
        self.cycle = kills.one("vpnvm")
        self.record = {"lives": {"vpnvm": {"death": 1.0, "start": 2.0}}}
        self.station.numbers = ["2"]
        self.network()

    def test_no_tunnel(self):
        self.station.numbers = []
        self.red(None, self.network)

    def test_keys(self):
        key = (1, 30, 1)
        self.station.read = {"work": [key], "personal": []}
        self.machine.expect([key], "a key")
        self.station.read = {"work": [key], "personal": [key]}
        self.red(kills.KEYS, self.machine.expect, [key], "a key")

    def test_keys_missing_or_too_many(self):
        for wrong in ([], [(1, 30, 1)] * 2, [(1, 31, 1)]):
            self.machine.counts[kills.KEYS] = 0
            self.station.read = {"work": wrong, "personal": []}
            self.red(kills.KEYS, self.machine.expect, [(1, 30, 1)], "a key")

    def test_a_focus_that_nobody_gave(self):
        self.station.journal = Lines("hv: focus personal generation=3")
        self.red(None, self.machine.hands, self.cycle, 0)
        self.station.journal = Lines("hv: focus nobody generation=3")
        self.red(None, self.machine.hands, self.cycle, 0)

    def chord(self, work, personal=(), *lines):
        """What a cycle says to these events after a chord that a death cut, with what was typed behind them."""
        self.station.journal = Lines(*lines)
        self.station.read = {"work": list(work) + kills.TYPED, "personal": list(personal)}
        self.machine.hands(kills.while_switching("usbvm"), 0)

    def test_a_chord_that_was_cut_leaves_nothing_pressed(self):
        ctrl, alt, two = ([(1, code, value) for value in (1, 0)] for code in (29, 56, 3))
        syn, given = kills.SYN, "hv: focus personal generation=3"
        for left in ((), (ctrl[0], syn, ctrl[1], syn), (ctrl[0], syn, alt[0], syn, alt[1], ctrl[1], syn), (alt[0], syn, two[0], syn, two[1], syn, alt[1], syn)):
            self.chord(left)
        self.chord((), (ctrl[0], syn, ctrl[1], syn), given)
        for wrong in ((ctrl[0], syn), (ctrl[1], syn), (ctrl[0], ctrl[0], ctrl[1]), ((1, 30, 1), syn, (1, 30, 0), syn)):
            self.machine.counts[kills.KEYS] = 0
            self.red(kills.KEYS, self.chord, wrong)
        self.machine.counts[kills.KEYS] = 0
        self.red(kills.KEYS, self.chord, (), (ctrl[0], syn, ctrl[1], syn))  # personal never had the focus
        self.red(None, self.chord, (), (), "hv: focus adminvm generation=3")

    def test_typing_after_a_chord(self):
        self.station.read = {"work": kills.TYPED[:-2], "personal": []}
        self.red(kills.KEYS, self.machine.hands, kills.while_switching("usbvm"), 0)

    def test_the_machine_as_it_was(self):
        self.machine.unchanged(self.cycle, 0)

    def test_a_frame_that_is_not_given_back(self):
        self.station.frames["frames of word 0x5000001"] -= 1
        self.red(None, self.machine.unchanged, self.cycle, 0)

    def test_an_owner_who_was_not_there(self):
        self.station.frames["frames of word 0x6000001"] = 1
        self.red(None, self.machine.unchanged, self.cycle, 0)

    def test_more_memory_of_the_core(self):
        self.station.core += 4096
        self.red(None, self.machine.unchanged, self.cycle, 0)

    def test_another_image_stays(self):
        self.station.spare = True
        self.red(None, self.machine.unchanged, self.cycle, 0)
        self.station.spare, self.station.digest = False, "2"
        self.red(None, self.machine.unchanged, self.cycle, 0)

    def test_a_fault_of_a_device(self):
        self.station.faults = 1
        self.red(None, self.machine.unchanged, self.cycle, 0)
        self.station.faults = 0
        self.station.journal = Lines("hv: iommu fault bdf=100 (nobody's) address=0 reason=2 write=0")
        self.red(None, self.machine.unchanged, self.cycle, 0)

    def test_a_finding_of_the_audit(self):
        self.station.findings = ["work reaches a frame of personal"]
        self.red(kills.AUDIT, self.machine.unchanged, self.cycle, 0)

    def test_a_core_that_says_more_each_time(self):
        self.station.journal = Lines("hv: one", "hv: two")
        self.machine.unchanged(self.cycle, 0)
        self.machine.unchanged(self.cycle, 1)
        self.station.journal = Lines("hv: one", "hv: two", "hv: three")
        self.red(None, self.machine.unchanged, self.cycle, 0)


class BackTest(unittest.TestCase):
    def test_only_the_last_life_counts(self):
        machine = kills.Kills.__new__(kills.Kills)
        stopped, runs, ready = "hv: vm netvm stopped: killed code=0", "hv: vm netvm dom=2 ram=0+0 life=2 running on cpu 1", "hv: vm netvm ready"
        for texts, back in (((ready,), False), ((stopped,), False), ((stopped, runs), False), ((stopped, runs, ready), True), ((stopped, runs, ready, stopped), False),
                            ((stopped, runs, ready, stopped, runs), False), ((stopped, runs, ready, stopped, runs, ready), True), ((runs, ready), False)):
            machine.station = types.SimpleNamespace(journal=Lines(*texts))
            self.assertEqual(machine.back("netvm", 0), back, texts)

    def test_a_vm_with_work_is_back_when_it_does_it(self):
        machine = kills.Kills.__new__(kills.Kills)
        life = ("hv: vm vpnvm stopped: killed code=0", "hv: vm vpnvm dom=5 ram=0+0 life=2 running on cpu 1", "hv: vm vpnvm ready")
        for texts, back in ((life, False), ((*life, "[vpnvm] vpnvmd: tunnel up"), True), (("[vpnvm] vpnvmd: tunnel up", *life), False)):
            machine.station = types.SimpleNamespace(journal=Lines(*texts))
            self.assertEqual(machine.back("vpnvm", 0), back, texts)


if __name__ == "__main__":
    unittest.main()
