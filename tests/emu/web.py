# SPDX-License-Identifier: Apache-2.0
"""A web server of the test network. /file: the same random bytes, no more than a quarter of them while NAME.hold is there; /fresh?BYTES:
others each time; /steady?SECONDS: others, a few at a time for that long or until NAME.finish is there; /marker: a word of its own; /order?N: the line behind the first N of the orders, for a VM of the tests;
/tick?MS: random bytes every MS milliseconds until NAME.finish is there; PUT: takes bytes and forgets them.
Its log says who asked for what, the SHA-256 of what was fresh, steady, put or ticked, and how a connection of /tick ended.

usage: python3 web.py ADDRESS PORT FILE NAME MARKER     says `ready` when it listens; NAME.requests is the log, NAME.orders the orders
"""

import hashlib
import http.server
import os
import shutil
import socketserver
import sys
import time

PUT_MAX = 64 << 20
FRESH_MAX = 16 << 20
TICK_MAX_MS = 60000
TICK_BYTES = 512
STEADY_MAX_S, STEADY_BYTES, STEADY_PAUSE_S = 600, 4096, 0.05
HOLD_LOOK_S = 0.05


class Handler(http.server.BaseHTTPRequestHandler):
    file = name = marker = ""

    def do_GET(self):
        path, _, rest = self.path.partition("?")
        if path == "/file":
            self.whole()
        elif path == "/fresh" and rest.isdecimal() and int(rest) <= FRESH_MAX:
            data = os.urandom(int(rest))
            self.note(f"fresh {len(data)} {hashlib.sha256(data).hexdigest()}")
            self.say(data)
        elif path == "/steady" and rest.isdecimal() and int(rest) <= STEADY_MAX_S:
            self.steady(int(rest))
        elif path == "/marker":
            self.say(self.marker.encode())
        elif path == "/order" and rest.isdecimal():
            self.say(self.order(int(rest)))
        elif path == "/tick" and rest.isdecimal() and 1 <= int(rest) <= TICK_MAX_MS:
            self.tick(int(rest) / 1000)
        else:
            self.send_error(404)

    def do_PUT(self):
        left, total, done = int(self.headers.get("Content-Length", "0")), hashlib.sha256(), 0
        if left > PUT_MAX:
            self.send_error(413)
            return
        while left > done:
            data = self.rfile.read(min(65536, left - done))
            if not data:
                break
            total.update(data)
            done += len(data)
        self.note(f"put {done} {total.hexdigest()}")
        self.say(b"taken")

    def whole(self):
        size = os.path.getsize(self.file)
        with open(self.file, "rb") as source:
            self.head(size)
            self.wfile.write(source.read(size // 4))
            while os.path.exists(f"{self.name}.hold"):  # bound: the test
                time.sleep(HOLD_LOOK_S)
            shutil.copyfileobj(source, self.wfile)

    def steady(self, seconds):
        """One connection that always has something to say; its end is that of the connection, so the log has the digest."""
        port, end, total, sent = self.client_address[1], time.monotonic() + seconds, hashlib.sha256(), 0
        self.note(f"steady begin {port}")
        self.send_response(200)
        self.end_headers()
        while time.monotonic() < end and not os.path.exists(f"{self.name}.finish"):
            data = os.urandom(STEADY_BYTES)
            self.wfile.write(data)
            total.update(data)
            sent += len(data)
            time.sleep(STEADY_PAUSE_S)  # the pace
        self.note(f"steady end {port} {sent} {total.hexdigest()}")

    def order(self, done):
        """Without a final newline: an empty answer means that there is none."""
        try:
            with open(f"{self.name}.orders", "rb") as orders:
                return b"".join(orders.read().splitlines()[done:done + 1])
        except FileNotFoundError:
            return b""

    def tick(self, gap_s):
        """A download that goes on until it is to be finished; what is left of it then, and its digest, are noted."""
        who, total, done = "%s %d" % self.client_address, hashlib.sha256(), 0
        self.note(f"tick begin {who}")
        try:
            self.send_response(200)
            self.end_headers()
            while not os.path.exists(f"{self.name}.finish"):  # bound: the test
                data = os.urandom(TICK_BYTES)
                self.wfile.write(data)
                total.update(data)
                done += len(data)
                time.sleep(gap_s)
            self.note(f"tick end {who} {done} {total.hexdigest()}")
        except OSError as error:
            self.note(f"tick broken {who} {type(error).__name__}")

    def say(self, data):
        self.head(len(data))
        self.wfile.write(data)

    def head(self, size):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def note(self, text):
        with open(f"{self.name}.requests", "a", encoding="utf-8") as log:
            log.write(f"{time.time():.3f} {self.client_address[0]} {text}\n")

    def log_request(self, code="-", size="-"):
        if not getattr(self, "path", "").startswith("/order"):
            super().log_request(code, size)

    def log_message(self, *what):
        self.note(what[0] % what[1:])


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main(address, port, file, name, marker):
    Handler.file, Handler.name, Handler.marker = file, name, marker
    server = Server((address, int(port)), Handler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:6])
