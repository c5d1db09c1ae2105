# SPDX-License-Identifier: Apache-2.0
"""The emu command from outside, with a stand-in for QEMU: what starts, ends, waits and says what."""

import glob
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

import machine
from qmp import Qmp
from rundir import Process, RunDir, process_start
from supervisor import serial_pair

HERE = os.path.dirname(os.path.realpath(__file__))
LIMIT_S = 20


class DriverCase(unittest.TestCase):
    """A run directory with a long name, and the emu command as a program."""

    def setUp(self):
        # pylint: disable-next=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix="emu-test-")
        self.image = os.path.join(self.folder.name, "disk.img")
        with open(self.image, "wb") as image:
            image.write(b"x")
        self.run_dir = os.path.join(self.folder.name, "a-name-that-is-long-" * 6, "run")
        os.makedirs(os.path.dirname(self.run_dir))
        self.rundir = RunDir(self.run_dir)
        self.env = dict(os.environ, EMU_QEMU=os.path.join(HERE, "fake_qemu.py"))
        self.env.pop("DISPLAY", None)
        self.env.pop("WAYLAND_DISPLAY", None)

    def tearDown(self):
        self.rundir.stop()
        self.folder.cleanup()

    def command(self, *words, orders=None):
        words = [words[0], "--run-dir", self.run_dir, *words[1:]]
        if orders is not None:
            net = [] if "EMU_LAN" in self.env else ["--net", "none"]
            words += ["--image", self.image, *net, "--", json.dumps(orders)]
        return [sys.executable, os.path.join(HERE, "emu"), *words]

    def emu(self, *words, orders=None, status=0):
        """Run one command; it must end with STATUS. Gives back what it printed, both streams."""
        done = subprocess.run(self.command(*words, orders=orders), env=self.env, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def processes(self):
        return [Process(*self.rundir.state()[key]) for key in ("supervisor", "qemu")]

    def assert_all_end(self, processes):
        """Each of them ends by itself within the limit."""
        for process in processes:
            try:
                fd = os.pidfd_open(process.pid)
            except ProcessLookupError:
                continue
            ended = select.select([fd], [], [], LIMIT_S)[0]
            os.close(fd)
            self.assertTrue(ended, f"process {process.pid} is still there")


class SiteTest(unittest.TestCase):
    @staticmethod
    def places(folder):
        """{file: the numbers it gives as the VM's processor} of the site in FOLDER."""
        found = {}
        for path in glob.glob(os.path.join(os.path.dirname(os.path.dirname(HERE)), folder, "*.vm")):
            with open(path, encoding="ascii") as text:
                found[path] = re.findall(r"(?m)^Cpu=(\d+)$", text.read())
        return found

    def named(self, folder):
        return {os.path.basename(path): cpus for path, cpus in self.places(folder).items()}

    def test_no_vm_on_processor_0(self):
        """README.md says why; a site that is run in the emulator places each VM on another processor of those it has."""
        files = {path: cpus for folder in ("build-image/site", "tests/emu/sites/*", "tests/site-link", "tests/bench/net/site")
                 for path, cpus in self.places(folder).items()}
        self.assertGreater(len(files), 20)
        for path, cpus in files.items():
            self.assertEqual([1 <= int(cpu) < machine.CPUS for cpu in cpus], [True], path)

    def test_who_shares_its_processor_with_nobody(self):
        product = self.named("build-image/site")
        for vm in ("netvm", "vpnvm", "personal"):
            self.assertEqual(list(product.values()).count(product[f"{vm}.vm"]), 1, product)

    def test_what_is_measured_runs_where_the_product_does(self):
        product, measured = self.named("build-image/site"), self.named("tests/bench/net/site")
        self.assertEqual(measured, {name: product[name] for name in measured})


class SerialTest(unittest.TestCase):
    @staticmethod
    def room(near, far):
        """How many single bytes go in before somebody reads."""
        far.setblocking(False)
        sent = 0
        with near, far:
            try:
                while sent < 1 << 20:
                    sent += far.send(b"x")
            except BlockingIOError:
                pass
        return sent

    def test_the_serial_port_has_room_for_bytes_that_come_alone(self):
        self.assertGreater(self.room(*serial_pair()), 1.9 * self.room(*socket.socketpair()))


class DriverTest(DriverCase):
    def test_life(self):
        self.assertIn("started", self.emu("start", orders={"say": [
            "noise", "hv: one", "[work] hello", "[work] there", "hv: ready vms=1"]}))
        self.assertEqual(self.emu("wait-ready", "--timeout", "10"), "hv: ready vms=1\n")
        self.assertEqual(self.emu("console", "work"), "hello\nthere\n")
        self.assertIn("consoles so far: work", self.emu("console", "play", status=1))
        with open(self.rundir.hv_log, encoding="ascii") as log:
            self.assertEqual(log.readline(), "hv: one\n")
        known = json.loads(self.emu("info", "--json"))
        self.assertTrue(known["ready"])
        self.assertEqual((known["macs"]["card"], known["macs"]["personal-netvm"]), ("52:54:00:b8:00:01", "02:c7:77:eb:d2:e5"))
        processes = self.processes()
        self.assertTrue(all(p.alive() for p in processes))
        self.assertIn("stopped", self.emu("stop"))
        self.assertFalse(any(p.alive() for p in processes))
        self.assertEqual([n for n in os.listdir(self.run_dir) if n.endswith(".sock")], [])
        self.assertIn("nothing was running", self.emu("stop"))
        self.emu("info", status=4)

    def test_second_start_says_that_one_is_running(self):
        self.emu("start", orders={})
        text = self.emu("start", orders={}, status=1)
        self.assertIn("running", text)
        self.assertIn(str(self.processes()[0].pid), text)
        self.assertTrue(all(p.alive() for p in self.processes()))

    def test_start_after_stop_forgets_the_old_logs(self):
        self.emu("start", orders={"say": ["hv: old", "[old] x", "hv: ready"]})
        self.emu("wait-ready")
        self.emu("stop")
        self.emu("start", orders={"say": ["hv: new", "hv: ready"]})
        self.emu("wait-ready")
        self.assertFalse(os.path.exists(self.rundir.console_log("old")))
        with open(self.rundir.hv_log, encoding="ascii") as log:
            self.assertEqual(log.read(), "hv: new\nhv: ready\n")

    def test_deadline_says_what_was_waited_for(self):
        self.emu("start", orders={"say": ["hv: one"]})
        text = self.emu("wait-ready", "--timeout", "0.5", status=3)
        self.assertIn("waited 0.5 s for the line 'hv: ready'", text)
        self.assertIn("| hv: one", text)

    def test_line_that_comes_while_waiting(self):
        self.emu("start", orders={"say": ["hv: ready vms=2"], "wait": True})
        with subprocess.Popen(self.command("wait-ready"), env=self.env, stdout=subprocess.PIPE, text=True) as waiter:
            with Qmp(self.rundir.file("ctl.sock")) as qmp:
                qmp.command("go")
            self.assertEqual(waiter.communicate(timeout=LIMIT_S)[0], "hv: ready vms=2\n")

    def test_refusal_ends_the_wait(self):
        self.emu("start", orders={"say": ["REFUSED: found none, needed one"]})
        begin = time.monotonic()
        self.assertIn("can no longer come: REFUSED: found none", self.emu("wait-ready", status=1))
        self.assertLess(time.monotonic() - begin, LIMIT_S)

    def test_guest_line_ends_no_wait(self):
        self.emu("start", orders={"say": ["hv: a", "[w] hv: ready vms=1", "[w] REFUSED: x"]})
        self.emu("wait-ready", "--timeout", "0.5", status=3)

    def test_machine_that_dies_while_waiting(self):
        self.emu("start", orders={"say": ["hv: one"], "die": 3, "wait": True})
        with subprocess.Popen(self.command("wait-ready"), env=self.env, stderr=subprocess.PIPE, text=True) as waiter:
            with Qmp(self.rundir.file("ctl.sock")) as qmp:
                with self.assertRaises(Exception):
                    qmp.command("go")
            text = waiter.communicate(timeout=LIMIT_S)[1]
        self.assertNotEqual(waiter.returncode, 0)
        self.assertRegex(text, "status 3|no machine is running")

    def test_qemu_that_refuses_to_start(self):
        text = self.emu("start", orders={"complain": "no such device"}, status=1)
        self.assertIn("QEMU did not start: no such device", text)
        self.emu("info", status=4)

    def test_no_image(self):
        os.unlink(self.image)
        self.assertIn("no such image", self.emu("start", orders={}, status=1))

    def test_killed_supervisor_takes_qemu_along(self):
        self.emu("start", orders={})
        processes = self.processes()
        os.kill(processes[0].pid, signal.SIGKILL)
        self.assert_all_end(processes)
        self.emu("info", status=4)
        self.emu("start", orders={})

    def test_stop_touches_no_process_that_got_the_same_number(self):
        with subprocess.Popen(["sleep", "60"]) as other:
            start = process_start(other.pid)
            os.makedirs(self.run_dir)
            self.rundir.write_state({"supervisor": [other.pid, start - 1], "qemu": [other.pid, start - 1]})
            self.emu("stop")
            self.assertIsNone(other.poll())
            other.kill()

    def test_interrupted_run_leaves_nothing(self):
        for number, status in ((signal.SIGINT, 0), (signal.SIGTERM, None), (signal.SIGKILL, None)):
            with subprocess.Popen(self.command("run", "--headless", orders={"say": ["hv: one"]}),
                                  env=self.env, stdout=subprocess.PIPE, text=True) as person:
                for line in person.stdout:
                    if line == "hv: one\n":
                        break
                processes = self.processes()
                self.assertTrue(all(p.alive() for p in processes))
                person.send_signal(number)
                person.communicate(timeout=LIMIT_S)
            self.assert_all_end(processes)
            if status is not None:
                self.assertEqual(person.returncode, status)

    def test_second_run_says_that_one_is_running(self):
        self.emu("start", orders={})
        self.assertIn("running", self.emu("run", "--headless", orders={}, status=1))

    def test_run_without_display_says_how_to_look(self):
        text = self.emu("run", orders={"say": ["hv: x"], "die": 0})
        self.assertIn("vnc.sock", text)
        self.assertIn("switched off", text)

    def test_reset_is_told_from_being_switched_off(self):
        text = self.emu("run", "--headless", orders={"say": ["hv: x"], "reset": True})
        self.assertIn("reset itself", text)
        self.assertNotIn("switched off", text)
        self.assertEqual(self.rundir.state()["ended"], "QEMU ended by itself with status 0: guest-reset")
        with open(self.rundir.file("registers.txt"), encoding="ascii") as registers:
            self.assertEqual(registers.read(), "CPU#0\nRIP=1234\n")

    def test_screenshot(self):
        self.emu("start", orders={})
        target = os.path.join(self.folder.name, "s.png")
        self.emu("screenshot", target)
        with open(target, "rb") as picture:
            data = picture.read()
        self.assertTrue(data.startswith(b"\x89PNG\r\n\x1a\n"))
        at = data.index(b"IDAT")
        size = int.from_bytes(data[at - 4:at], "big")
        rows = zlib.decompress(data[at + 4:at + 4 + size])
        self.assertEqual(rows, bytes(13) + b"\0" + b"\xff\x00\x00" * 2 + bytes(6))

    def test_wrong_usage(self):
        self.emu("start", "--without", "sound", status=2)
        self.emu("start", "--memory", "1", status=2)
        self.emu("stop", orders={}, status=2)

    def test_keys_and_mouse_reach_the_monitor(self):
        self.emu("start", orders={})
        self.emu("key", "ctrl-a")
        self.emu("type", "B")
        self.emu("mouse", "-5", "7")
        with open(self.rundir.file("qemu.log"), encoding="ascii") as log:
            sent = [json.loads(line) for line in log]
        self.assertEqual([(e["data"]["key"]["data"], e["data"]["down"]) for events in sent[:-1] for e in events],
                         [("ctrl", True), ("a", True), ("a", False), ("ctrl", False),
                          ("shift", True), ("b", True), ("b", False), ("shift", False)])
        self.assertEqual([(e["data"]["axis"], e["data"]["value"]) for e in sent[-1]], [("x", -5), ("y", 7)])
        self.emu("key", "a--b", status=2)

    def test_no_network(self):
        self.emu("start", orders={})
        self.assertIn("no network", self.emu("wire", status=1))
        self.assertIn("no gateway", self.emu("gateway", "--list-sas", status=1))


class NetworkTest(DriverCase):
    """The keeper of the network, played by a stand-in, lives as long as the supervisor and QEMU, and no longer."""

    def setUp(self):
        super().setUp()
        self.env["EMU_LAN"] = os.path.join(HERE, "fake_lan.py")
        self.up = self.rundir.file("network-is-up")

    def command(self, *words, orders=None):
        words = [*words, "--gateway", "none"] if words[0] in ("start", "run") else words
        return super().command(*words, orders=orders)

    def lan(self):
        return Process(*self.rundir.state()["lan"])

    def test_stop_waits_for_the_network(self):
        self.emu("start", orders={})
        self.assertTrue(os.path.exists(self.up))
        self.emu("stop")
        self.assertFalse(os.path.exists(self.up))

    def test_killed_processes_take_the_network_along(self):
        for victim in (0, 1):
            self.emu("start", orders={})
            processes = [*self.processes(), self.lan()]
            os.kill(processes[victim].pid, signal.SIGKILL)
            self.assert_all_end(processes)
            self.assertFalse(os.path.exists(self.up), f"after the end of process {victim}")

    def test_network_that_does_not_come_up(self):
        self.env["FAKE_LAN"] = "no cable"
        self.assertIn("no cable", self.emu("start", orders={}, status=1))
        self.emu("info", status=4)
        self.env["FAKE_LAN"] = "die"
        self.assertIn("network did not start", self.emu("start", orders={}, status=1))

    def test_qemu_that_refuses_to_start_takes_the_network_along(self):
        self.assertIn("no such device", self.emu("start", orders={"complain": "no such device"}, status=1))
        self.assertFalse(os.path.exists(self.up))


class CommandLineTest(unittest.TestCase):
    def line(self, **options):
        return " ".join(machine.qemu_arguments(machine.Options("i.img", **options), "fw", "v"))

    def test_what_is_left_out(self):
        full = self.line()
        for name, part in (("iommu", "intel-iommu"), ("nic", "e1000e"), ("usb", "qemu-xhci")):
            self.assertIn(part, full)
            self.assertNotIn(part, self.line(without=[name]))
        self.assertIn("-cpu max ", full)
        self.assertIn("-cpu max,-svm ", self.line(without=["svm"]))
        self.assertIn("-cpu max,-npt ", self.line(without=["npt"]))
        self.assertIn("intremap=off", self.line(without=["intremap"]))
        self.assertIn("-device vmxnet3,id=nic,", self.line(card="vmxnet3"))

    def test_a_kernel_in_the_place_of_the_disk(self):
        text = self.line(linux=("root.cpio", "console=ttyS0"))
        self.assertIn("-kernel " + os.path.abspath("i.img") + " -initrd root.cpio -append console=ttyS0", text)
        self.assertNotIn("pflash", text)
        self.assertNotIn("ide-hd", text)
        self.assertIn("pflash", self.line())
        self.assertNotIn("-kernel", self.line())

    def test_the_iommu_comes_before_every_other_device(self):
        words = machine.qemu_arguments(machine.Options("i.img"), "fw", "v")
        self.assertTrue(words[words.index("-device") + 1].startswith("intel-iommu"))


if __name__ == "__main__":
    unittest.main()
