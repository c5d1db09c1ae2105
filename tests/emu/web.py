# SPDX-License-Identifier: Apache-2.0
"""A web server of the test network: one file of fresh random bytes, and a log of who asked. Serves nothing else.

usage: python3 web.py ADDRESS PORT FILE LOG     says `ready` when it listens
"""

import http.server
import os
import shutil
import socketserver
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    file = log = ""

    def do_GET(self):
        if self.path.split("?")[0] != "/file":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(os.path.getsize(self.file)))
        self.end_headers()
        with open(self.file, "rb") as source:
            shutil.copyfileobj(source, self.wfile)

    def log_message(self, *what):
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"{time.time():.3f} {self.client_address[0]} {what[0] % what[1:]}\n")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main(address, port, file, log):
    Handler.file, Handler.log = file, log
    server = Server((address, int(port)), Handler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:5])
