# SPDX-License-Identifier: Apache-2.0
"""The test network: two namespaces of its own with a DHCP server, a near web server, an IPsec gateway and a far web
server that only the tunnel reaches. Must touch no interface, address or route outside them.

    card -- wire.py -- wire0|lan0 (gate) -- far1|far0 (far)
     (wire.pcap: every frame)                 (far.pcap: what came out of the tunnel)

usage: python3 lan.py up DIR [PKI [CERTIFICATE]] | down DIR | gateway DIR swanctl-arguments...
       python3 lan.py keep DIR [PKI [CERTIFICATE]]     up; down again when standard input ends
PKI is the folder with ca.pem and CERTIFICATE.pem and .key (default gateway); without it there is no gateway.
"""

import hashlib
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import time

from errors import EmuError
from qmp import connect_unix
from rundir import Process

HERE = os.path.dirname(os.path.abspath(__file__))
NEAR = "192.168.77.1"
NEAR_NET = "192.168.77.0/24"
POOL = "192.168.77.50,192.168.77.150"
FAR_GATE = "10.77.0.1"
FAR = "10.77.0.2"
FAR_NET = "10.77.0.0/24"
INNER = "10.78.0.0/24"
GATE_MAC = "52:54:00:b8:00:fe"
LEASE = "2m"  # the shortest dnsmasq gives: leases are renewed while a test looks
DOMAIN = "bulkhead.test"
OWN = ("near", "far", "wire", "gateway.log", "leases", "hostile.log")  # how the names of its files begin
GATEWAY_NAME = "gateway.bulkhead.test"
FILE_BYTES = 10 << 20
START_S = 60.0
CHARON = "/usr/lib/ipsec/charon"
VICI = "unix://gateway.vici"  # in the network's folder: an absolute path may be too long for a socket
NAMESPACES = "/run/netns"
# What a run leaves behind on purpose: the files served, the frames seen, the logs. The rest goes with the network.
PASSING = ("lan.json", "card.sock", "gateway.vici", "near-dnsmasq.pid", "far-dnsmasq.pid")


def run(*command, **options):
    """A command that must work; its words are the error when it does not."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        raise EmuError(f"{' '.join(command)}: {done.stdout.strip()}")
    return done.stdout


def need(*programs):
    for program in programs:
        if not (os.path.exists(program) or shutil.which(program)):
            raise EmuError(f"{program} is not installed; build-image/setup test installs it")


def namespaces():
    return os.listdir(NAMESPACES) if os.path.isdir(NAMESPACES) else []


def is_open(path):
    """A file is there; at a socket somebody answers, which is later."""
    if not os.path.exists(path):
        return False
    if not stat.S_ISSOCK(os.stat(path).st_mode):
        return True
    try:
        connect_unix(path, START_S).close()
        return True
    except ConnectionRefusedError:
        return False


class Lan:
    """The network of one run directory."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        self.state = os.path.join(self.path, "lan.json")
        tag = hashlib.sha256(self.path.encode()).hexdigest()[:8]
        self.gate, self.far = f"bh-{tag}-gate", f"bh-{tag}-far"
        self.processes = []
        self.markers = {}

    def file(self, name):
        return os.path.join(self.path, name)

    def inside(self, namespace, *command):
        return ["ip", "netns", "exec", namespace, *command]

    def save(self):
        with open(self.state, "w", encoding="utf-8") as out:
            json.dump({"processes": [(name, p.pid, p.start) for name, p in self.processes], "markers": self.markers}, out)

    def known(self):
        """What `save` wrote; {} where no network is up."""
        try:
            with open(self.state, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def spawn(self, name, command, ready=None, environment=None):
        """A daemon of the network, in the network's folder; READY: `line`, or the file or socket it must open."""
        log = open(self.file(f"{name}.log"), "ab")
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if ready == "line" else log,
                                 stderr=log, start_new_session=True, cwd=self.path, env=environment)
        log.close()
        self.processes.append((name, Process.of(child.pid)))
        self.save()
        end = time.monotonic() + START_S
        if ready == "line" and child.stdout.readline().strip() != b"ready":
            raise EmuError(f"{name} did not start; see {self.file(name)}.log")
        while ready not in (None, "line") and not is_open(ready):
            if child.poll() is not None or time.monotonic() > end:
                raise EmuError(f"waited {START_S:.0f} s for {ready} of {name}; see {self.file(name)}.log")
            time.sleep(0.05)  # between two looks; the deadline is above

    def interfaces(self):
        for namespace in (self.gate, self.far):
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", self.gate, "link", "add", "lan0", "address", GATE_MAC, "type", "veth", "peer", "name", "wire0")
        run("ip", "-n", self.gate, "link", "add", "far1", "type", "veth", "peer", "name", "far0", "netns", self.far)
        for interface in ("lan0", "wire0"):
            run(*self.inside(self.gate, "sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{interface}/disable_ipv6"))
            run("ip", "-n", self.gate, "link", "set", interface, "up")
        run("ip", "-n", self.gate, "address", "add", f"{NEAR}/24", "dev", "lan0")
        run("ip", "-n", self.gate, "address", "add", f"{FAR_GATE}/24", "dev", "far1")
        run("ip", "-n", self.gate, "link", "set", "far1", "up")
        run("ip", "-n", self.far, "address", "add", f"{FAR}/24", "dev", "far0")
        run("ip", "-n", self.far, "link", "set", "far0", "up")
        run("ip", "-n", self.far, "route", "add", "default", "via", FAR_GATE)
        run(*self.inside(self.gate, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"))
        # Nothing reaches the far side in the clear: only what comes out of the tunnel's own interface is forwarded.
        run("ip", "-n", self.gate, "rule", "add", "iif", "lan0", "to", FAR_NET, "prohibit")

    def files(self):
        """Fresh random ones to serve; what an earlier network of this folder wrote goes."""
        for name in os.listdir(self.path):
            if name.startswith(OWN):
                os.unlink(self.file(name))
        for name in ("near.bin", "far.bin"):
            with open(self.file(name), "wb") as out:
                out.write(os.urandom(FILE_BYTES))

    def web(self, side, namespace, address):
        """SIDE's web server; what is asked of it is in SIDE-web.requests, what it tells a VM to do in SIDE-web.orders."""
        self.spawn(f"{side}-web", self.inside(namespace, sys.executable, f"{HERE}/web.py", address, "80",
                                              self.file(f"{side}.bin"), self.file(f"{side}-web"), self.markers[side]), "line")

    def names(self, side, namespace, address, *more):
        """SIDE's name server: each name of DOMAIN is ADDRESS, every other is refused; its log has what it was asked."""
        pid = self.file(f"{side}-dnsmasq.pid")
        self.spawn(f"{side}-dnsmasq", self.inside(
            namespace, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--user=root", "--group=", f"--listen-address={address}", "--bind-interfaces", "--except-interface=lo", f"--address=/{DOMAIN}/{address}",
            "--log-queries", "--log-facility=-", f"--pid-file={pid}", *more), pid)

    def dhcp(self):
        return (f"--dhcp-range={POOL},{LEASE}", f"--dhcp-leasefile={self.file('leases')}", "--log-dhcp", "--no-ping",
                "--dhcp-authoritative", f"--dhcp-option=option:router,{NEAR}")

    def up(self, vpn=None, certificate="gateway"):
        """VPN: the folder with ca.pem and the gateway's CERTIFICATE.pem and .key; None: no gateway."""
        need("ip", "dnsmasq")
        os.makedirs(self.path, exist_ok=True)
        self.down()  # what a network of the same folder left that nobody could end
        self.markers = {name: secrets.token_hex(16) for name in ("near", "far")}
        try:
            self.save()
            self.interfaces()
            self.files()
            self.spawn("wire", self.inside(self.gate, sys.executable, f"{HERE}/wire.py", "wire0", "lan0",
                                           "card.sock", self.file("wire.pcap")), "line")
            self.spawn("far-wire", self.inside(self.far, sys.executable, f"{HERE}/wire.py", "far0", self.file("far.pcap")), "line")
            self.web("near", self.gate, NEAR)
            self.web("far", self.far, FAR)
            self.near_names()
            self.names("far", self.far, FAR)
            if vpn:
                self.gateway_start(vpn, certificate)
        except BaseException:
            self.down()
            raise

    def swan(self):
        """Where the gateway's programs find their configuration."""
        conf = self.file("gateway")
        return dict(os.environ, STRONGSWAN_CONF=os.path.join(conf, "strongswan.conf"), SWANCTL_DIR=conf)

    def gateway_start(self, vpn, certificate):
        """Debian's strongSwan with ESP in user space: it needs nothing of the kernel but a tun device."""
        need(CHARON, "swanctl")
        conf = self.file("gateway")
        shutil.rmtree(conf, ignore_errors=True)
        for kind, name, target in (("x509ca", "ca.pem", "ca.pem"), ("x509", f"{certificate}.pem", "gateway.pem"),
                                   ("private", f"{certificate}.key", "gateway.key")):
            os.makedirs(os.path.join(conf, kind))
            shutil.copy(os.path.join(vpn, name), os.path.join(conf, kind, target))
        with open(os.path.join(conf, "strongswan.conf"), "w", encoding="utf-8") as out:
            out.write("charon {\n load = random nonce aes sha1 sha2 hmac kdf pem pkcs1 pkcs8 x509 pubkey constraints revocation"
                      " gcm openssl kernel-libipsec kernel-netlink socket-default vici updown\n"
                      f" port = 500\n port_nat_t = 4500\n plugins {{ vici {{ socket = {VICI} }} }}\n"
                      " filelog { stderr { default = 1 } }\n}\n")
        with open(os.path.join(conf, "swanctl.conf"), "w", encoding="utf-8") as out:
            out.write("connections { road {\n version = 2\n proposals = aes256gcm16-prfsha384-ecp384\n pools = inner\n encap = yes\n"
                      f" local {{ auth = pubkey\n certs = gateway.pem\n id = {GATEWAY_NAME} }}\n remote {{ auth = pubkey }}\n"
                      f" children {{ net {{ local_ts = {FAR_NET}\n esp_proposals = aes256gcm16-ecp384 }} }}\n}} }}\n"
                      f"pools {{ inner {{ addrs = {INNER} }} }}\n")
        # It keeps its pid in /run, where another network's gateway may have one; ip gives it mounts of its own.
        self.spawn("gateway", self.inside(self.gate, "sh", "-c", f"mount -t tmpfs none /run && exec {CHARON}"), self.file("gateway.vici"), self.swan())
        self.gateway("--load-all", "--file", os.path.join(conf, "swanctl.conf"))

    def end_one(self, wanted, gently=True):
        """The daemon of this name ends."""
        known = self.known()
        self.markers = known["markers"]
        self.processes = [(name, Process(pid, start)) for name, pid, start in known["processes"]]
        for name, process in self.processes:
            if name == wanted and not process.end(signals=(signal.SIGTERM,) if gently else (signal.SIGKILL,)):
                raise EmuError(f"{name}, process {process.pid}, does not end")
        self.processes = [pair for pair in self.processes if pair[0] != wanted]
        self.save()

    def hostile(self, begin):
        """hostile_net.py takes the place of the near DHCP and name server, or gives it back."""
        self.end_one("near-dnsmasq" if begin else "hostile")
        if not begin:
            self.near_names()
            return
        # Its answers go to its log as well as the word that it is ready.
        self.spawn("hostile", self.inside(self.gate, sys.executable, f"{HERE}/hostile_net.py", "lan0"))

    def near_names(self):
        self.names("near", self.gate, NEAR, "--interface=lan0", *self.dhcp())

    def gateway_end(self, gently=True):
        """It goes with a farewell to its peers, or without."""
        self.end_one("gateway", gently)
        if os.path.exists(self.file("gateway.vici")):
            os.unlink(self.file("gateway.vici"))

    def order(self, side, line):
        """SIDE's web server tells the VM that asks it for orders to carry out LINE of shell; the number of the order."""
        path = self.file(f"{side}-web.orders")
        with open(path, "a", encoding="utf-8") as out:
            out.write(line + "\n")
        with open(path, encoding="utf-8") as orders:
            return len(orders.readlines())

    def talking(self):
        """The TCP connections of the near side that may still send: neither listening nor waiting for the end of time."""
        table = run(*self.inside(self.gate, "cat", "/proc/net/tcp")).splitlines()[1:]
        return [line for line in table if line.split()[3] not in ("0A", "06")]

    def said(self, name):
        """The lines of one of its logs."""
        try:
            with open(self.file(name), encoding="utf-8", errors="replace") as log:
                return log.read().splitlines()
        except FileNotFoundError:
            return []

    def gateway(self, *arguments):
        """swanctl on the gateway: its own view of the security associations."""
        if not os.path.exists(self.file("gateway.vici")):
            raise EmuError(f"the network of {self.path} has no gateway")
        return run("swanctl", *arguments, "--uri", VICI, env=self.swan(), cwd=self.path)

    def leases(self):
        """Who got which address: [{mac, address}]."""
        try:
            with open(self.file("leases"), encoding="ascii") as file:
                return [{"mac": line.split()[1], "address": line.split()[2]} for line in file if len(line.split()) > 3]
        except FileNotFoundError:
            return []

    def info(self):
        """What a test needs to know; {} where no network is up."""
        known = self.known()
        if not known:
            return {}
        digest = {}
        for name in ("near", "far"):
            with open(self.file(f"{name}.bin"), "rb") as file:
                digest[name] = hashlib.sha256(file.read()).hexdigest()
        return {"near_url": f"http://{NEAR}/file", "far_url": f"http://{FAR}/file", "near_sha256": digest["near"],
                "far_sha256": digest["far"], "file_bytes": FILE_BYTES, "inner_prefix": INNER, "far_prefix": FAR_NET,
                "gateway": NEAR, "marker": known["markers"]["far"], "near_marker": known["markers"]["near"], "leases": self.leases(), "wire": self.file("wire.pcap")}

    def down(self):
        """Ends every process and removes both namespaces; says what would not go."""
        for _, pid, start in reversed(self.known().get("processes", [])):
            Process(pid, start).end()
        for namespace in (self.gate, self.far):
            if os.path.exists(f"{NAMESPACES}/{namespace}"):
                run("ip", "netns", "delete", namespace)
        if os.geteuid() == 0 and not namespaces():
            # ip mounts this folder on itself with the first namespace and leaves it so; busy: somebody has one by now.
            subprocess.run(["umount", NAMESPACES], stderr=subprocess.DEVNULL, check=False)
        for name in PASSING:
            if os.path.exists(self.file(name)):
                os.unlink(self.file(name))

    def left(self):
        """What of the network is still there, as lines; none after `down`."""
        found = [f"namespace {name}" for name in (self.gate, self.far) if os.path.exists(f"{NAMESPACES}/{name}")]
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            words = (self.gate, self.far, *([] if namespaces() or os.geteuid() else [f" {NAMESPACES} "]))
            found += [f"mount {line.strip()}" for line in mounts if any(word in line for word in words)]
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace").split("\0")
                folder = os.readlink(f"/proc/{pid}/cwd")
            except OSError:
                continue
            if int(pid) != os.getpid() and (folder == self.path or any(self.path in word for word in words)):
                found.append(f"process {pid}: {' '.join(words).strip()}")
        return found


def keep(lan, *pki):
    """The network exists as long as somebody holds the other end of standard input; says how it went in one line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        lan.up(*pki)
    except (EmuError, OSError) as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    try:
        print(json.dumps({"ok": True}), flush=True)
        while os.read(0, 64):  # bound: the life of the other end
            pass
    finally:
        lan.down()


def main(verb, path, *rest):
    if verb in ("up", "keep") and os.geteuid() != 0:
        raise EmuError("only root can make namespaces; emu start gives an ordinary user a user namespace first")
    lan = Lan(path)
    if verb == "up":
        lan.up(*rest)
        print(json.dumps(lan.info()))
    elif verb == "keep":
        keep(lan, *rest)
    elif verb == "down":
        lan.down()
    elif verb == "gateway":
        print(lan.gateway(*rest), end="")
    else:
        raise EmuError(f"{verb}: up, keep, down or gateway")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except EmuError as error:
        sys.exit(f"lan: {error}")
