# SPDX-License-Identifier: Apache-2.0
"""A web server of the test network: /file, fresh random bytes, /marker, a word of its own, and a log of who asked.

usage: python3 web.py ADDRESS PORT FILE LOG MARKER     says `ready` when it listens
"""

import http.server
import io
import os
import shutil
import socketserver
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    file = log = marker = ""

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/file":
            with open(self.file, "rb") as source:
                self.answer(source, os.path.getsize(self.file))
        elif path == "/marker":
            self.answer(io.BytesIO(self.marker.encode()), len(self.marker))
        else:
            self.send_error(404)

    def answer(self, source, size):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        shutil.copyfileobj(source, self.wfile)

    def log_message(self, *what):
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"{time.time():.3f} {self.client_address[0]} {what[0] % what[1:]}\n")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main(address, port, file, log, marker):
    Handler.file, Handler.log, Handler.marker = file, log, marker
    server = Server((address, int(port)), Handler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:6])
