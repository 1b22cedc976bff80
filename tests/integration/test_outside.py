#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon and the internet: whom it believes, what TLS costs it, and what it leaves behind."""

import contextlib
import os
import re
import select
import socket
import socketserver
import sys
import tempfile
import threading
import time

from harness import (CONFIG, SRCDIR, Home, check, check_equal, is_sanitized, print_diagnostic, run,
                     wait_for)

sys.path.insert(0, os.path.join(SRCDIR, "tests", "fakes"))
import prices as fakes  # noqa: E402  pylint: disable=wrong-import-position

PSS_MB = 20  # of the daemon once it made outgoing TLS


@contextlib.contextmanager
def tls_service():
    """a Tibber that signed its certificate itself, and the file with which it is trusted"""
    with tempfile.TemporaryDirectory() as folder:
        context, own = fakes.make_tls(folder)
        service = fakes.Tibber()
        service.listen(context)
        service.set_clock(time.time(), 1.0)
        try:
            yield service, own
        finally:
            service.cut()


def make_config(service, ca_file=""):
    return CONFIG + f"""\
network: {{ca_file: "{ca_file}"}}
tibber:
  access_token: {service.TOKEN}
  url: https://127.0.0.1:{service.port}/
"""


def read_pss_mb(home):
    with open(f"/proc/{home.daemon.pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE)[1]) / 1024


def prices(home):
    return home.get("/api/v1/prices")


def check_memory(home, when):
    pss_mb = read_pss_mb(home)
    print_diagnostic(f"PSS {when}: {pss_mb:.1f} MB of {PSS_MB}")
    check(is_sanitized() or pss_mb <= PSS_MB, f"{pss_mb} MB {when}")


def test_tls():
    """nobody whom the system trusts: refused before the token goes out; then trusted by its file"""
    with tls_service() as (service, own), Home(make_config(service)) as home:
        wait_for(lambda: prices(home)["error"], 20, "the refusal")
        check("not safe" in prices(home)["error"], prices(home)["error"])
        check(prices(home)["is_fallback"], "the fallback tariff stands in")
        check_equal(len(service.requests), 0, "requests to whom we do not trust")
        check(service.TOKEN not in home.daemon.log(), "the token is in the log")
        check_memory(home, "with the authorities of the system")  # the larger of the two
        home.patch("/api/v1/settings", {"network": {"ca_file": own}})
        wait_for(lambda: prices(home)["known_until"], 20, "prices over TLS")
        check_equal(prices(home)["error"], None, "error")
        check_memory(home, "with prices over TLS")


class Proxy(socketserver.ThreadingTCPServer):
    """joins who asks for it, and remembers with whom"""
    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.joined = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __exit__(self, *arguments):
        self.shutdown()
        super().__exit__(*arguments)


class Tunnel(socketserver.StreamRequestHandler):
    def handle(self):
        method, target, _ = self.rfile.readline().decode().split()
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        check_equal(method, "CONNECT", "what a proxy is asked for https")
        self.server.joined.append(target)
        host, port = target.split(":")
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            ends = {self.connection: far, far: self.connection}
            while True:
                for ready in select.select(list(ends), [], [], 30)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    ends[ready].sendall(data)


def test_proxy():
    """of the settings, or of the environment; https through it stays between us and the service"""
    for by_settings in (True, False):
        with tls_service() as (service, own), Proxy() as proxy:
            config = make_config(service, own)
            if by_settings:
                config = config.replace("network: {", f"network: {{proxy: '{proxy.uri}', ")
            environment = {} if by_settings else {"https_proxy": proxy.uri, "no_proxy": ""}
            with Home(config, environment=environment) as home:
                wait_for(lambda: prices(home)["known_until"], 20, "prices by the proxy")
                check_equal(set(proxy.joined), {f"127.0.0.1:{service.port}"}, "who was joined")


if __name__ == "__main__":
    run([test_tls, test_proxy])
